//! Where backups lie, and the configuration that pgBackRest gets for each place.
//!
//! Every call of pgBackRest knows one repository only. With both in one configuration an S3 that is away held up the
//! local one too: 69 s for a mere list, and a local backup that failed for want of its WAL.

use std::{
    fmt::Write as _,
    fs,
    os::unix::fs::{DirBuilderExt as _, chown},
    path::{Path, PathBuf},
};

use super::{BackupError, s3::S3};
use crate::{
    Secret,
    postgres::{files::replace, run_as::RunAs},
};

/// Under this name the database stands in its repositories.
pub(super) const STANZA: &str = "ella";

/// Where a repository lies.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// A folder on this machine.
    Folder(PathBuf),
    /// A bucket.
    S3(S3),
}

/// One repository.
#[derive(Debug, Clone)]
pub(super) struct Repository {
    pub(super) place: Place,
    pub(super) key: Secret,
    pub(super) keep_days: u32,
}

/// The cluster that a call is about: the living one, or one that is being restored.
#[derive(Debug, Clone)]
pub(super) struct Cluster {
    pub(super) folder: PathBuf,
    pub(super) socket_dir: PathBuf,
    pub(super) port: u16,
}

impl Repository {
    /// Its name in sentences and reports.
    pub(super) fn name(&self) -> &'static str {
        match self.place {
            Place::Folder(_) => "local",
            Place::S3(_) => "S3",
        }
    }

    /// Where it is, for people.
    pub(super) fn describe(&self) -> String {
        match &self.place {
            Place::Folder(folder) => folder.display().to_string(),
            Place::S3(s3) => s3.describe(),
        }
    }

    /// The content of the configuration file. Keys stand here and nowhere else: not on a command line, where every user
    /// of the machine can read them.
    fn configuration(&self, cluster: &Cluster, work: &Path) -> String {
        let path = |path: &Path| path.display().to_string();
        let mut lines = vec![
            ("repo1-cipher-type", "aes-256-cbc".to_owned()),
            ("repo1-cipher-pass", self.key.expose().to_owned()),
            ("repo1-retention-full-type", "time".to_owned()),
            ("repo1-retention-full", self.keep_days.to_string()),
            ("repo1-bundle", "y".to_owned()),
            ("compress-type", "zst".to_owned()),
            ("start-fast", "y".to_owned()),
            ("archive-timeout", "120".to_owned()),
            ("io-timeout", "10".to_owned()),
            ("process-max", "1".to_owned()),
            // The default is one folder in /tmp for everybody on the machine.
            ("lock-path", path(&work.join(self.name()))),
            ("spool-path", path(&work.join(self.name()))),
            ("log-level-file", "off".to_owned()),
            ("log-level-console", "off".to_owned()),
            ("log-level-stderr", "warn".to_owned()),
        ];
        match &self.place {
            Place::Folder(folder) => lines.push(("repo1-path", path(folder))),
            Place::S3(s3) => lines.extend(s3.options()),
        }
        let mut text = String::from("# Written by ella: changes here are lost.\n[global]\n");
        for (name, value) in lines {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name}={value}");
        }
        let _ = write!(
            text,
            "\n[{STANZA}]\npg1-path={}\npg1-socket-path={}\npg1-port={}\npg1-user=postgres\n",
            cluster.folder.display(),
            cluster.socket_dir.display(),
            cluster.port,
        );
        text
    }

    /// Writes the configuration into `folder` where it differs, readable by PostgreSQL's user alone; its path. Locks and
    /// the like go into `work`.
    pub(super) fn configure(
        &self,
        cluster: &Cluster,
        folder: &Path,
        work: &Path,
        run_as: &RunAs,
    ) -> Result<PathBuf, BackupError> {
        for path in [folder, work, &cluster.folder, &cluster.socket_dir] {
            // The file's format knows no quoting.
            if path.to_str().is_none_or(|path| path.contains(['\n', '\r', '='])) {
                let because = format!("{} holds a character that pgBackRest cannot take", path.display());
                return Err(BackupError::Setting { name: "ELLA_DATA_DIR", because });
            }
        }
        make_folder(folder, run_as)?;
        make_folder(&work.join(self.name()), run_as)?;
        let path = folder.join(format!("{}.conf", self.name()));
        let content = self.configuration(cluster, work);
        if !fs::read(&path).is_ok_and(|old| old == content.as_bytes()) {
            replace(&path, &content, run_as).map_err(|error| BackupError::file("write", &path, error))?;
        }
        Ok(path)
    }
}

/// Makes a folder for PostgreSQL's user alone.
pub(super) fn make_folder(folder: &Path, run_as: &RunAs) -> Result<(), BackupError> {
    let make = || {
        if folder.is_dir() {
            return Ok(());
        }
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        if run_as.switch { chown(folder, Some(run_as.uid), Some(run_as.gid)) } else { Ok(()) }
    };
    make().map_err(|error| BackupError::file("make the folder", folder, error))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;
    use crate::postgres::tests::Folder;

    #[test]
    fn the_configuration_is_for_postgresqls_user_alone_and_throws_no_wal_away() {
        let folder = Folder::new("backup-configuration");
        let run_as = RunAs::find().unwrap();
        let repository =
            Repository { place: Place::Folder("/repository".into()), key: "hunter2".into(), keep_days: 14 };
        let cluster = Cluster { folder: "/pg".into(), socket_dir: "/run/x".into(), port: 5432 };
        let backups = folder.path().join("backups");
        let path = repository.configure(&cluster, &backups, &backups, &run_as).unwrap();
        let metadata = fs::metadata(&path).unwrap();
        assert_eq!((metadata.mode() & 0o777, metadata.uid()), (0o600, run_as.uid));
        assert_eq!(fs::metadata(&backups).unwrap().mode() & 0o777, 0o700);
        let text = fs::read_to_string(&path).unwrap();
        for line in ["repo1-cipher-type=aes-256-cbc", "compress-type=zst", "repo1-bundle=y", "start-fast=y"] {
            assert!(text.lines().any(|known| known == line), "{line}");
        }
        for never in ["archive-push-queue-max", "repo1-block", "/tmp/pgbackrest"] {
            assert!(!text.contains(never), "{never}");
        }
        assert!(!format!("{repository:?}").contains("hunter2"));
    }
}
