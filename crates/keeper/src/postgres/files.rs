//! The files in the cluster that are ours. Whatever is not named `ella*` belongs to whoever runs the server.

use std::{
    fmt::Write as _,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, fchown},
    path::Path,
};

use super::{Settings, StartError, run_as::RunAs, tune::Machine};

pub(super) const CONFIGURATION: &str = "ella.conf";
pub(super) const HOST_ACCESS: &str = "ella_hba.conf";
pub(super) const IDENTITIES: &str = "ella_ident.conf";

/// Writes what differs; an unchanged start writes nothing, so that it also works on a full disk.
pub(super) fn write(
    cluster: &Path,
    run_as: &RunAs,
    settings: &Settings,
    machine: &Machine,
) -> Result<(), StartError> {
    for (name, content) in [
        (CONFIGURATION, machine.configuration()),
        (HOST_ACCESS, host_access(settings)),
        (IDENTITIES, identities(run_as)),
    ] {
        let path = cluster.join(name);
        if fs::read(&path).is_ok_and(|old| old == content.as_bytes()) {
            continue;
        }
        replace(&path, &content, run_as).map_err(|error| StartError::file("write", &path, error))?;
    }
    Ok(())
}

/// Nobody but these may log in, and nobody at all over a network.
fn host_access(settings: &Settings) -> String {
    let Settings { database, app_role, .. } = settings;
    format!(
        "# Written by ella at every start: changes here are lost.\n\
         # TYPE DATABASE USER METHOD\n\
         local all postgres peer map=ella\n\
         local {database} {app_role} scram-sha-256\n\
         local all all reject\n"
    )
}

/// Who may be the superuser, by the kernel's word: root, and the user who owns the files anyway.
fn identities(run_as: &RunAs) -> String {
    let mut text = String::from(
        "# Written by ella at every start: changes here are lost.\n\
         # MAP SYSTEM-USER DATABASE-USER\n\
         ella root postgres\n",
    );
    if run_as.name != "root" {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "ella \"{}\" postgres", run_as.name);
    }
    text
}

/// Puts a whole new file in the place of the old one. A full disk leaves the old one and nothing else.
pub(crate) fn replace(path: &Path, content: &str, run_as: &RunAs) -> io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let written = (|| {
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // A new file and never an existing one: the folder is PostgreSQL's, and we may be root.
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
        file.write_all(content.as_bytes())?;
        if run_as.switch {
            fchown(&file, Some(run_as.uid), Some(run_as.gid))?;
        }
        file.sync_all()?;
        fs::rename(&unfinished, path)
    })();
    if written.is_err() {
        // The first error says what is wrong.
        let _ = fs::remove_file(&unfinished);
    }
    written
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;
    use crate::postgres::tests::Folder;

    #[test]
    fn an_unchanged_start_writes_nothing() {
        let folder = Folder::new("files");
        let run_as = RunAs::find().unwrap();
        let settings = Settings::new(folder.path(), "secret");
        let machine = Machine { memory: 1 << 30, app_connections: 10, lz4: true, durable: true };
        let inode = || fs::metadata(folder.path().join(CONFIGURATION)).unwrap().ino();
        write(folder.path(), &run_as, &settings, &machine).unwrap();
        let first = inode();
        write(folder.path(), &run_as, &settings, &machine).unwrap();
        assert_eq!(inode(), first);
        write(folder.path(), &run_as, &settings, &Machine { memory: 2 << 30, ..machine }).unwrap();
        assert_ne!(inode(), first);
        assert_eq!(fs::metadata(folder.path().join(HOST_ACCESS)).unwrap().uid(), run_as.uid);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }
}
