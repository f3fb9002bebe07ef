//! The private folder of PostgreSQL's unix socket: short, because a socket's path may have 107 bytes at most, and
//! closed to all but PostgreSQL's user (and root).

use std::{
    fs,
    os::unix::{
        ffi::OsStrExt as _,
        fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, chown},
    },
    path::{Path, PathBuf},
};

use super::{StartError, run_as::RunAs};

/// The socket's number; nobody else is in the folder.
pub(crate) const PORT: u16 = 5432;

/// Where the socket for a data folder belongs.
///
/// An ordinary user's is in /tmp and not in `XDG_RUNTIME_DIR`, which goes when the user logs out, while a server in
/// the background stays. PostgreSQL touches the socket every hour, so nobody clears it away as forgotten.
pub(crate) fn folder(data_dir: &Path, run_as: &RunAs) -> PathBuf {
    // FNV-1a: any hash that stays the same from one build to the next will do.
    let hash = data_dir.as_os_str().as_bytes().iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    if run_as.switch {
        format!("/run/ella-{hash:016x}").into()
    } else {
        format!("/tmp/ella-{}-{hash:016x}", run_as.uid).into()
    }
}

/// Makes the folder, or takes the one of the last run and removes what a killed server left in it.
/// Only for who holds the data folder's lock and knows that no server lives.
pub(super) fn prepare(folder: &Path, run_as: &RunAs) -> Result<(), StartError> {
    take(folder, run_as)?;
    clear(folder);
    Ok(())
}

fn clear(folder: &Path) {
    for name in [format!(".s.PGSQL.{PORT}"), format!(".s.PGSQL.{PORT}.lock")] {
        // What is not there need not be removed, and of what is in its way PostgreSQL itself complains.
        let _ = fs::remove_file(folder.join(name));
    }
}

/// Removes the folder after the last stop.
pub(crate) fn remove(folder: &Path) {
    clear(folder);
    if let Err(error) = fs::remove_dir(folder) {
        tracing::debug!(%error, folder = %folder.display(), "the socket's folder stays");
    }
}

fn take(folder: &Path, run_as: &RunAs) -> Result<(), StartError> {
    let failed = |error| StartError::file("make the socket's folder", folder, error);
    let refused =
        |because: &str| StartError::SocketFolder { folder: folder.to_owned(), because: because.to_owned() };
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(failed(error)),
        _ => {}
    }
    // Not through a link: in /tmp anyone may have put one there.
    let metadata = fs::symlink_metadata(folder).map_err(failed)?;
    if !metadata.is_dir() {
        return Err(refused("it is not a folder"));
    }
    let ours = metadata.uid() == run_as.uid || (run_as.switch && metadata.uid() == 0);
    if !ours {
        return Err(refused("it belongs to someone else"));
    }
    if metadata.mode() & 0o777 != 0o700 {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(failed)?;
    }
    if metadata.uid() != run_as.uid {
        chown(folder, Some(run_as.uid), Some(run_as.gid)).map_err(failed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::tests::{Folder, needs_root};

    #[test]
    fn the_path_is_short_whatever_the_data_folder() {
        let root = RunAs { uid: 101, gid: 104, name: "postgres".into(), switch: true };
        let user = RunAs { uid: u32::MAX, switch: false, ..root.clone() };
        let data_dir = PathBuf::from(format!("/{}", "long/".repeat(60)));
        for run_as in [root, user] {
            // `sun_path` of `struct sockaddr_un`, less the byte that ends it.
            assert!(folder(&data_dir, &run_as).join(".s.PGSQL.5432").as_os_str().len() <= 107);
            assert_ne!(folder(Path::new("/a"), &run_as), folder(Path::new("/b"), &run_as));
        }
    }

    #[test]
    fn a_folder_of_ones_own_is_closed_and_taken_again() {
        let parent = Folder::new("socket");
        let run_as = RunAs::find().unwrap();
        let socket = parent.path().join("socket");
        fs::DirBuilder::new().mode(0o755).create(&socket).unwrap();
        for _ in 0..2 {
            take(&socket, &run_as).unwrap();
            let metadata = fs::metadata(&socket).unwrap();
            assert_eq!((metadata.uid(), metadata.mode() & 0o777), (run_as.uid, 0o700));
        }
    }

    #[test]
    fn a_link_is_refused() {
        let parent = Folder::new("socket-link");
        let link = parent.path().join("link");
        std::os::unix::fs::symlink("/tmp", &link).unwrap();
        let sentence = take(&link, &RunAs::find().unwrap()).unwrap_err().to_string();
        assert!(sentence.contains("not a folder"), "{sentence}");
    }

    #[test]
    fn a_strangers_folder_is_refused() {
        if !needs_root("a_strangers_folder_is_refused") {
            return;
        }
        let parent = Folder::new("socket-stranger");
        let socket = parent.path().join("socket");
        fs::create_dir(&socket).unwrap();
        chown(&socket, Some(65534), None).unwrap();
        let sentence = take(&socket, &RunAs::find().unwrap()).unwrap_err().to_string();
        assert!(sentence.contains("someone else"), "{sentence}");
    }
}
