use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

/// Why PostgreSQL could not be started. Each is one clear sentence on what is wrong, and one on what to do.
///
/// In every case the data are as they were before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields' meaning stands in the sentences they are part of")]
pub enum StartError {
    /// A setting that cannot be used.
    #[error("The PostgreSQL setting {name} cannot be used: {because}.")]
    Setting { name: &'static str, because: String },

    /// No PostgreSQL server on this machine.
    #[error(
        "No PostgreSQL server was found in {looked_in}. Install version {oldest} or newer \
         (Debian and Ubuntu: apt-get install postgresql), or name the folder of its programs (ELLA_POSTGRES_BIN)."
    )]
    NotInstalled { looked_in: String, oldest: u32 },

    /// There are servers, and none that ella can use.
    #[error(
        "PostgreSQL {oldest} or newer is needed, but only these were found: {found}. Install a newer one \
         (Debian and Ubuntu: apt-get install postgresql), or name the folder of its programs (ELLA_POSTGRES_BIN)."
    )]
    Unsuitable { found: String, oldest: u32 },

    /// Every server is newer than what the installed pgBackRest can back up.
    #[error(
        "The installed pgBackRest {pgbackrest} cannot back up a PostgreSQL newer than {newest}, but only these were \
         found: {found}. Install postgresql-{newest}, or a newer pgBackRest."
    )]
    TooNewForBackups { pgbackrest: String, newest: u32, found: String },

    /// The cluster was made by a major version that is not there.
    #[error(
        "The database in {} was made by PostgreSQL {made_by}, but this machine has {found}. Install that version \
         (Debian and Ubuntu: apt-get install postgresql-{made_by}), or take everything over with `ella backup export` on a \
         machine that has it and `ella import` into an empty folder here. Nothing was changed.", folder.display()
    )]
    OtherMajor { folder: PathBuf, made_by: u32, found: String },

    /// A small program that the keeper runs is missing.
    #[error("The program {program} is missing. Install it (Debian and Ubuntu: apt-get install {package}).")]
    MissingProgram { program: &'static str, package: &'static str },

    /// We are root, and there is no user to run PostgreSQL as; or the user we are has no name.
    #[error("{because}. {advice}.")]
    NoUser { because: String, advice: &'static str },

    /// Another ella holds the folder.
    #[error(
        "Another ella{} already uses the folder {}. Stop it first, or give this one a folder of its own \
         (ELLA_DATA_DIR).",
        pid.map(|pid| format!(" (process {pid})")).unwrap_or_default(), folder.display()
    )]
    Locked { folder: PathBuf, pid: Option<u32> },

    /// PostgreSQL's user cannot reach the data folder.
    #[error(
        "The user {user}, who runs PostgreSQL, may not enter {}, so it cannot reach {}. Choose another data folder \
         (ELLA_DATA_DIR, for example /var/lib/ella), or open that one to passers-by with: chmod o+x {}",
        in_the_way.display(), data_dir.display(), in_the_way.display()
    )]
    Unreachable { user: String, in_the_way: PathBuf, data_dir: PathBuf },

    /// The cluster belongs to someone else.
    #[error(
        "The database folder {} belongs to {owner}, but PostgreSQL would run as {expected}. If these data are meant to \
         be used here, run: chown -R {expected}: {}", folder.display(), folder.display()
    )]
    WrongOwner { folder: PathBuf, owner: String, expected: String },

    /// There is a database where a new one was to be put.
    #[error(
        "There is a database in {} already. Choose an empty data folder (ELLA_DATA_DIR). Nothing was changed.",
        folder.display()
    )]
    Occupied { folder: PathBuf },

    /// There are files where the cluster should be, but no cluster.
    #[error(
        "The folder {} holds files but no PostgreSQL cluster (its PG_VERSION is missing). Bring the missing files back \
         from a backup, or move the folder away to begin with an empty database. Nothing was changed.",
        folder.display()
    )]
    NotACluster { folder: PathBuf },

    /// The cluster's files went away while its server ran.
    #[error(
        "The database's files in {} are gone (PG_VERSION is missing). Bring them back from a backup with: \
         ella restore --to latest", folder.display()
    )]
    FilesGone { folder: PathBuf },

    /// A disk is mounted at the very folder that another one is to take the place of.
    #[error(
        "{} is a mount point, and so nothing can take its place. Mount that disk one folder higher, at the data folder {}, \
         with what is on it in a folder `postgres`. Nothing was changed.",
        folder.display(), folder.parent().unwrap_or(folder).display()
    )]
    MountPoint { folder: PathBuf },

    /// No server runs in the folder.
    #[error(
        "No ella runs with the data folder {}. Start it first (ella serve), or name the right folder (ELLA_DATA_DIR).",
        folder.display()
    )]
    NotRunning { folder: PathBuf },

    /// A server runs in the folder and does not take connections yet.
    #[error("The database in {} is still starting, or restarting. Try again in a moment.", folder.display())]
    NotReadyYet { folder: PathBuf },

    /// The private folder for the socket cannot be had.
    #[error("The socket's folder {} cannot be used: {because}. Remove it, or let its owner do so.", folder.display())]
    SocketFolder { folder: PathBuf, because: String },

    /// A PostgreSQL of an earlier run does not end.
    #[error(
        "A PostgreSQL left over from an earlier run (process {pid}) still uses {} and does not end. Wait for it, or \
         stop it with: kill -QUIT {pid}", folder.display()
    )]
    StillRunning { pid: u32, folder: PathBuf },

    /// The disk is full.
    #[error("The disk that holds {} is full{free}. Free some space and start again.", folder.display())]
    DiskFull { folder: PathBuf, free: String },

    /// `initdb` failed.
    #[error("A new database could not be made: {because}. {advice}.")]
    MakeCluster { because: String, advice: &'static str },

    /// PostgreSQL ended before it answered.
    #[error("PostgreSQL ended before it was ready: {because}. {advice}.")]
    Ended { because: String, advice: &'static str },

    /// PostgreSQL runs and does not answer.
    #[error(
        "PostgreSQL did not answer within {} s: {because}. Its log, above, says what it was busy with.",
        after.as_secs()
    )]
    NotReady { after: Duration, because: String },

    /// PostgreSQL answers, and refuses what we need of it.
    #[error("PostgreSQL would not let us {doing}: {because}. {}", SQL_ADVICE)]
    Refused { doing: &'static str, because: String },

    /// A file or a folder cannot be used.
    #[error("Could not {doing} {}: {because}. {}.", path.display(), file_advice(because))]
    File { doing: &'static str, path: PathBuf, because: io::Error },

    /// `start` was abandoned by its caller.
    #[error("The start was abandoned. Start again.")]
    Abandoned,
}

const SQL_ADVICE: &str =
    "Its log, above, says why; settings of one's own in postgresql.conf may be the cause.";

impl StartError {
    pub(super) fn setting(name: &'static str, because: String) -> Self {
        Self::Setting { name, because }
    }

    /// A file operation that failed; a full disk is told apart.
    pub(crate) fn file(doing: &'static str, path: &Path, because: io::Error) -> Self {
        if because.kind() == io::ErrorKind::StorageFull {
            return Self::disk_full(path);
        }
        Self::File { doing, path: path.to_owned(), because }
    }

    /// A full disk, with how much is left of it: quotas and reserved blocks make "full" surprising.
    pub(crate) fn disk_full(path: &Path) -> Self {
        let folder = path.ancestors().find(|folder| folder.is_dir()).unwrap_or(path).to_owned();
        let free = rustix::fs::statvfs(&folder).map_or_else(
            |_| String::new(),
            |disk| {
                let mib = |blocks: u64| blocks.saturating_mul(disk.f_frsize) >> 20;
                format!(" ({} MiB of {} MiB are free)", mib(disk.f_bavail), mib(disk.f_blocks))
            },
        );
        Self::DiskFull { folder, free }
    }

    /// A program that could not be run.
    pub(super) fn run(program: &'static str, package: &'static str, because: io::Error) -> Self {
        match because.kind() {
            io::ErrorKind::NotFound => Self::MissingProgram { program, package },
            _ => Self::File { doing: "run", path: program.into(), because },
        }
    }

    /// `initdb` failed with these last words.
    pub(super) fn make_cluster(folder: &Path, last_words: &str) -> Self {
        match Cause::of(last_words) {
            Cause::DiskFull => Self::disk_full(folder),
            cause => Self::MakeCluster { because: sentence(last_words), advice: cause.advice() },
        }
    }

    /// PostgreSQL ended before it was ready, with these last words.
    pub(super) fn ended(folder: &Path, last_words: &str) -> Self {
        match Cause::of(last_words) {
            Cause::DiskFull => Self::disk_full(folder),
            // It may be a program of its own that found no room, and PostgreSQL does not know why that one failed.
            Cause::Unknown if has_no_room(folder) => Self::disk_full(folder),
            cause => Self::Ended { because: sentence(last_words), advice: cause.advice() },
        }
    }
}

/// Whether not even a segment of WAL (16 MiB) fits on the disk.
fn has_no_room(folder: &Path) -> bool {
    rustix::fs::statvfs(folder).is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) < 16 << 20)
}

fn sentence(last_words: &str) -> String {
    last_words.trim().trim_end_matches('.').to_owned()
}

fn file_advice(because: &io::Error) -> &'static str {
    match because.kind() {
        io::ErrorKind::PermissionDenied => {
            "Check who owns it and what its mode allows, or choose another data folder (ELLA_DATA_DIR)"
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "Make the disk writable, or choose another data folder (ELLA_DATA_DIR)"
        }
        _ => "Check the disk and the path, or choose another data folder (ELLA_DATA_DIR)",
    }
}

/// What PostgreSQL's last words mean, as far as we can do better than repeat them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    DiskFull,
    Damaged,
    Configuration,
    Memory,
    InUse,
    Mode,
    Locale,
    Unknown,
}

impl Cause {
    fn of(last_words: &str) -> Self {
        let says = |parts: &[&str]| parts.iter().any(|part| last_words.contains(part));
        // "wrote only 4096 of 8192 bytes" is what a file says whose last block does not fit any more.
        if says(&["No space left on device", "Disk quota exceeded", "wrote only"]) {
            Self::DiskFull
        } else if says(&[
            "checkpoint record",
            "incorrect checksum",
            "invalid magic number",
            "pg_filenode.map",
        ]) {
            Self::Damaged
        } else if says(&["configuration file", "configuration parameter", "value for parameter"]) {
            Self::Configuration
        } else if says(&["shared memory segment", "anonymous shared memory", "Cannot allocate memory"]) {
            Self::Memory
        } else if says(&["lock file", "pre-existing shared memory"]) {
            Self::InUse
        } else if says(&["Permission denied", "invalid permissions", "wrong ownership"]) {
            Self::Mode
        } else if says(&["locale name"]) {
            Self::Locale
        } else {
            Self::Unknown
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::DiskFull => "Free some space and start again",
            Self::Damaged => {
                "Files of the database are damaged or missing: bring it back from a backup (ella restore --to latest)"
            }
            Self::Configuration => "Correct that setting in postgresql.conf, in the folder of the database",
            Self::Memory => "Free some memory, or give ella less to tune for",
            Self::InUse => "Another server uses this folder: stop it first",
            Self::Mode => "The folder of the database and all in it must belong to its user, with mode 0700",
            Self::Locale => {
                "The C library lacks the locale C.UTF-8: install it (Debian and Ubuntu: apt-get install libc-bin)"
            }
            Self::Unknown => "Its log, above, says more",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_words_become_advice() {
        let folder = Path::new("/tmp");
        let full = r#"could not write lock file "postmaster.pid": No space left on device"#;
        assert!(matches!(StartError::ended(folder, full), StartError::DiskFull { .. }));
        for (last_words, advice) in [
            ("could not locate a valid checkpoint record", "from a backup"),
            (r#"configuration file "/x/postgresql.conf" contains errors"#, "Correct that setting"),
            ("could not map anonymous shared memory: Cannot allocate memory", "memory"),
            (r#"data directory "/x" has invalid permissions"#, "0700"),
            ("pre-existing shared memory block (key 1, ID 2) is still in use", "stop it first"),
            ("something new.", "Its log"),
        ] {
            let sentence = StartError::ended(folder, last_words).to_string();
            assert!(sentence.contains(advice) && !sentence.contains(".."), "{sentence}");
        }
    }

    #[test]
    fn a_full_disk_says_how_full() {
        let sentence = StartError::file("write", Path::new("/tmp/none/x"), io::ErrorKind::StorageFull.into())
            .to_string();
        assert!(
            sentence.starts_with("The disk that holds /tmp is full (") && sentence.contains("MiB"),
            "{sentence}"
        );
    }
}
