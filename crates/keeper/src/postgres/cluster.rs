//! The cluster's folder: looked at before it is used, made as a whole or not at all, and never made anew over data.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, chown},
    path::{Path, PathBuf},
    process::Output,
    thread,
    time::{Duration, Instant},
};

use rustix::{
    fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx},
    process::Signal,
};
use tokio_util::sync::CancellationToken;

use super::{
    StartError,
    discover::Binaries,
    files::CONFIGURATION,
    orphan,
    run_as::{RunAs, name_of},
    tool::run,
};

/// How long a killed process may take to be gone.
const KILLED: Duration = Duration::from_secs(5);

/// The major version that made the cluster in this folder, or `None` when there is no cluster and room for one.
pub(super) fn made_by(cluster: &Path, run_as: &RunAs) -> Result<Option<u32>, StartError> {
    let metadata = match fs::metadata(cluster) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StartError::file("look at", cluster, error)),
    };
    if metadata.uid() != run_as.uid {
        return Err(StartError::WrongOwner {
            folder: cluster.to_owned(),
            owner: name_of(metadata.uid()),
            expected: run_as.name.clone(),
        });
    }
    let version = cluster.join("PG_VERSION");
    match fs::read_to_string(&version) {
        // "9.6" was a major version once, and is only ever to be named.
        Ok(text) => Ok(Some(text.trim().split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if is_empty(cluster) {
                Ok(None)
            } else {
                Err(StartError::NotACluster { folder: cluster.to_owned() })
            }
        }
        Err(error) => Err(StartError::file("read", &version, error)),
    }
}

/// Whether there is surely nothing in a folder.
pub(crate) fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

/// Refuses a folder at which a disk is mounted: a restored or new database takes its place by a change of names, and the
/// kernel would say no more of it than "busy".
pub(crate) fn refuse_a_mount_point(folder: &Path) -> Result<(), StartError> {
    let root = StatxAttributes::MOUNT_ROOT;
    let found = statx(CWD, folder, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::empty());
    // A kernel that is too old to know says nothing.
    if found
        .is_ok_and(|found| found.stx_attributes_mask.contains(root) && found.stx_attributes.contains(root))
    {
        return Err(StartError::MountPoint { folder: folder.to_owned() });
    }
    Ok(())
}

/// How to make a cluster.
pub(super) struct Recipe<'a> {
    pub(super) binaries: &'a Binaries,
    pub(super) run_as: &'a RunAs,
    pub(super) durable: bool,
    pub(super) deadline: Duration,
    pub(super) given_up: &'a CancellationToken,
}

impl Recipe<'_> {
    /// Makes a cluster under another name and renames it when it is complete: an interruption leaves nothing that
    /// could be taken for a cluster, and the next start clears it away.
    pub(super) fn make(&self, cluster: &Path) -> Result<(), StartError> {
        refuse_a_mount_point(cluster)?;
        let unfinished = unfinished(cluster);
        clear(&unfinished)?;
        let made = self.make_in(&unfinished, cluster);
        if made.is_err() {
            clear(&unfinished)?;
        }
        made
    }

    fn make_in(&self, unfinished: &Path, cluster: &Path) -> Result<(), StartError> {
        let failed = |doing| move |error| StartError::file(doing, cluster, error);
        fs::DirBuilder::new().mode(0o700).create(unfinished).map_err(failed("make the folder"))?;
        if self.run_as.switch {
            chown(unfinished, Some(self.run_as.uid), Some(self.run_as.gid))
                .map_err(failed("hand over the folder"))?;
        }
        let output = self.initdb(unfinished).map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut if self.given_up.is_cancelled() => StartError::Abandoned,
            io::ErrorKind::TimedOut => StartError::make_cluster(
                cluster,
                &format!("initdb took longer than {} s", self.deadline.as_secs()),
            ),
            _ => StartError::run("setpriv", "util-linux", error),
        })?;
        if !output.status.success() {
            return Err(StartError::make_cluster(cluster, &last_words(&output)));
        }
        include_ours(&unfinished.join("postgresql.conf")).map_err(failed("configure"))?;
        fs::rename(unfinished, cluster).map_err(failed("put in place"))?;
        // The new name must be on the disk before anything is stored under it.
        cluster
            .parent()
            .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
            .map_err(failed("put in place"))
    }

    fn initdb(&self, folder: &Path) -> io::Result<Output> {
        // Killed with us, not ended: it would clean up, perhaps what the next start has just made under that name.
        let mut command = self.run_as.command(self.binaries.program("initdb"), "KILL");
        command.arg("-D").arg(folder).args([
            "--username=postgres",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--data-checksums",
            "--no-instructions",
            // Of no effect under ella, which names its own file; safe for who starts the server by hand.
            "--auth-local=peer",
            "--auth-host=reject",
        ]);
        if !self.durable {
            command.arg("--no-sync");
        }
        run(&mut command, self.deadline, self.given_up)
    }
}

/// Whether this build of PostgreSQL accepts lz4 (the two settings that use it come from one build option).
pub(super) fn accepts_lz4(cluster: &Path, binaries: &Binaries, run_as: &RunAs) -> bool {
    let mut command = run_as.command(binaries.program("postgres"), "KILL");
    command.arg("-D").arg(cluster).args(["-C", "wal_compression", "-c", "wal_compression=lz4"]);
    super::tool::ask(&mut command).is_some()
}

fn unfinished(cluster: &Path) -> PathBuf {
    cluster.with_extension("unfinished")
}

/// Removes a half-made cluster. Its name is ours, we hold the lock, and whoever still works in it is ended first.
pub(crate) fn clear(unfinished: &Path) -> Result<(), StartError> {
    let started = Instant::now();
    loop {
        let at_work = orphan::processes_in(unfinished);
        match at_work.first() {
            None => break,
            Some(&pid) if started.elapsed() > KILLED => {
                return Err(StartError::StillRunning { pid, folder: unfinished.to_owned() });
            }
            Some(_) => at_work.into_iter().for_each(|pid| orphan::kill(pid, Signal::KILL)),
        }
        thread::sleep(Duration::from_millis(10));
    }
    match fs::remove_dir_all(unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StartError::file("remove the half-made database", unfinished, error))
        }
        _ => Ok(()),
    }
}

fn include_ours(configuration: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).open(configuration)?;
    write!(
        file,
        "\n# ella tunes PostgreSQL to this machine's memory at every start, in the file below.\n\
         # Settings of your own go after this line, and win.\n\
         include_if_exists = '{CONFIGURATION}'\n"
    )?;
    file.sync_all()
}

/// `initdb` says what went wrong, and then how it cleans up.
fn last_words(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text
        .lines()
        .find(|line| line.contains("No space left on device") || line.contains("wrote only"))
        .or_else(|| text.lines().find(|line| line.contains("FATAL:") || line.contains("PANIC:")))
        .or_else(|| text.lines().find(|line| line.contains("error:")))
        .or_else(|| text.lines().last());
    line.map_or_else(|| format!("initdb ended with {}", output.status), |line| line.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::tests::Folder;

    #[test]
    fn a_folder_with_other_files_is_left_alone() {
        let folder = Folder::new("not-a-cluster");
        let run_as = RunAs::find().unwrap();
        let cluster = folder.path().join("postgres");
        assert_eq!(made_by(&cluster, &run_as).unwrap(), None);
        fs::create_dir(&cluster).unwrap();
        chown(&cluster, Some(run_as.uid), Some(run_as.gid)).unwrap();
        assert_eq!(made_by(&cluster, &run_as).unwrap(), None);
        fs::write(cluster.join("base"), "precious").unwrap();
        let sentence = made_by(&cluster, &run_as).unwrap_err().to_string();
        assert!(
            sentence.contains("PG_VERSION is missing") && sentence.contains("Nothing was changed"),
            "{sentence}"
        );
    }

    #[test]
    fn a_mount_point_is_named_with_where_to_mount_it() {
        let folder = Folder::new("no-mount-point");
        refuse_a_mount_point(folder.path()).unwrap();
        refuse_a_mount_point(&folder.path().join("not-there")).unwrap();
        let sentence = refuse_a_mount_point(Path::new("/proc")).unwrap_err().to_string();
        assert!(
            sentence.contains("/proc is a mount point") && sentence.contains("one folder higher"),
            "{sentence}"
        );
    }

    #[test]
    fn what_went_wrong_is_picked_from_what_initdb_says() {
        let output = |stderr: &str| Output {
            status: std::os::unix::process::ExitStatusExt::from_raw(256),
            stdout: vec![],
            stderr: stderr.into(),
        };
        let text = "FATAL:  could not write to file: No space left on device\nchild process exited\n\
                    initdb: removing contents of data directory \"/x\"\n";
        assert!(matches!(
            StartError::make_cluster(Path::new("/tmp"), &last_words(&output(text))),
            StartError::DiskFull { .. }
        ));
        let text = "initdb: error: invalid locale name \"C.UTF-8\"\ninitdb: hint: x\n";
        assert!(last_words(&output(text)).contains("invalid locale name"));
        assert!(last_words(&output("")).contains("ended with"));
    }
}
