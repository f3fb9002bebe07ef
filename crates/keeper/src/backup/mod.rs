//! Backups through pgBackRest: what runs by itself, and what a person can do. [`Backups`] is the way in.
//!
//! PostgreSQL archives its WAL into the local repository only. What lies there is copied on to S3 by us: an S3 that is
//! away then delays its own copy, and neither fills `pg_wal` nor keeps local archiving from going on.

mod archive;
mod drill;
mod error;
mod in_place;
mod info;
mod leftovers;
mod listing;
mod living;
mod make;
mod meter;
mod newest;
mod own;
mod pages;
mod plan;
mod program;
mod repository;
mod restore;
mod s3;
mod segment;
mod ship;
mod source;
mod space;
mod state;
#[cfg(test)]
mod tests;
mod verify;
mod wake;
mod watch;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::sync::Mutex;

pub use self::{
    drill::{Counts, Drill, Questions},
    error::BackupError,
    in_place::Recovered,
    info::Backup,
    living::Living,
    make::Kind,
    meter::Meter,
    plan::{Source, Target},
    restore::Side,
    s3::{S3, decode},
    ship::Shipped,
    space::{Reserve, Space},
    verify::Verification,
    watch::{Archiving, Continuity},
};
use self::{
    program::{Caller, Program},
    repository::{Cluster, Place, Repository, make_folder},
    ship::Shipping,
};
use crate::{
    Secret, Settings, StartError,
    postgres::{
        cluster::is_empty,
        folder,
        run_as::{RunAs, name_of},
        socket,
    },
};

/// Everything that backups need to know.
#[derive(Debug, Clone)]
pub struct BackupSettings {
    /// ella's data folder. Backups lie in its subfolder `backups`.
    pub data_dir: PathBuf,
    /// Encrypts the repositories.
    pub key: Secret,
    /// The second repository, off the machine.
    pub s3: Option<S3>,
    /// Days that can be gone back at least.
    pub keep_days: u32,
    /// After so many seconds PostgreSQL gives a segment to the archive, when something was written.
    pub archive_seconds: u32,
    /// A database that takes no more bytes is small: every full backup of it is made, of a bigger one each seventh.
    pub small_bytes: u64,
    /// What a copy beside the living database leaves free of the disk.
    pub reserve: Reserve,
    /// For a command beside a server: it has a configuration of its own, because its settings may be others.
    pub is_beside: bool,
}

/// Which repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Copy {
    /// The one in the data folder.
    Local,
    /// The one in S3.
    OffMachine,
}

/// Told what is being done, for whoever waits.
pub type Progress = Arc<dyn Fn(&str) + Send + Sync>;

/// The backups of one data folder. Clones are handles of the same.
#[derive(Debug, Clone)]
pub struct Backups {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    data_dir: PathBuf,
    /// `backups` in the data folder.
    folder: PathBuf,
    reserve: Reserve,
    archive_seconds: u32,
    small_bytes: u64,
    run_as: RunAs,
    program: Program,
    local: Caller,
    off_machine: Option<Caller>,
    shipping: Mutex<Shipping>,
    /// One backup at a time, here or in S3: pgBackRest refuses a second one of the same database. Neither archiving nor
    /// its copy waits for it, so that no moment is lost meanwhile.
    making: Mutex<()>,
    /// The checkpointer that was woken.
    awake: Mutex<Option<i32>>,
}

/// Seconds after which a segment is given to the archive, by default: half of what may be lost with the machine.
pub const ARCHIVE_SECONDS: u32 = 15;

impl Backups {
    /// Finds pgBackRest and writes its configuration into the data folder. Nothing runs yet, and no repository is
    /// touched. It blocks for some milliseconds.
    ///
    /// # Errors
    /// pgBackRest is missing, or a folder cannot be used.
    pub fn prepare(settings: &BackupSettings) -> Result<Self, BackupError> {
        let run_as = RunAs::find()?;
        let program = Program::find(run_as.clone())?;
        let data_dir = folder::prepare(&settings.data_dir, &run_as)?;
        let folder = data_dir.join("backups");
        refuse_a_strangers(&data_dir, &run_as)?;
        let cluster = Cluster {
            folder: data_dir.join("postgres"),
            socket_dir: socket::folder(&data_dir, &run_as),
            port: socket::PORT,
        };
        let caller = |place| {
            let repository = Repository { place, key: settings.key.clone(), keep_days: settings.keep_days };
            let own = if settings.is_beside { folder.join("for-commands") } else { folder.clone() };
            Caller::new(program.clone(), repository, cluster.clone(), &own, &folder)
        };
        make_folder(&folder, &run_as)?;
        let local = caller(Place::Folder(folder.join("repository")))?;
        let off_machine = settings.s3.clone().map(|s3| caller(Place::S3(s3))).transpose()?;
        make_folder(&folder.join("state"), &run_as)?;
        let shared = Shared {
            data_dir,
            folder,
            reserve: settings.reserve,
            archive_seconds: settings.archive_seconds,
            small_bytes: settings.small_bytes,
            run_as,
            program,
            local,
            off_machine,
            shipping: Mutex::default(),
            making: Mutex::default(),
            awake: Mutex::default(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// What PostgreSQL must be started with to archive its WAL.
    #[must_use]
    pub fn parameters(&self) -> Vec<(String, String)> {
        [
            ("archive_mode", "on".to_owned()),
            ("archive_command", self.shared.local.shell_line("archive-push \"%p\"")),
            ("archive_timeout", format!("{}s", self.shared.archive_seconds)),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    /// Whether a copy leaves the machine.
    #[must_use]
    pub fn leaves_the_machine(&self) -> bool {
        self.shared.off_machine.is_some()
    }

    /// How far the backup or the restore at work is, for whoever watches. Nothing is measured while nobody does.
    #[must_use]
    pub fn meter(&self) -> Meter {
        self.shared.program.gauge.watch()
    }

    /// The repositories there are.
    #[must_use]
    pub fn copies(&self) -> Vec<Copy> {
        let mut copies = vec![Copy::Local];
        copies.extend(self.shared.off_machine.as_ref().map(|_| Copy::OffMachine));
        copies
    }

    /// Where a repository is, for people.
    #[must_use]
    pub fn place(&self, copy: Copy) -> String {
        self.caller(copy).map(|caller| caller.repository.describe()).unwrap_or_default()
    }

    /// The version of pgBackRest.
    #[must_use]
    pub fn version(&self) -> crate::Version {
        self.shared.program.version
    }

    /// The backups in a repository, oldest first.
    ///
    /// # Errors
    /// The repository cannot be read, or was never made.
    pub async fn list(&self, copy: Copy) -> Result<Vec<Backup>, BackupError> {
        info::backups(self.caller(copy)?).await
    }

    fn caller(&self, copy: Copy) -> Result<&Caller, BackupError> {
        match copy {
            Copy::Local => Ok(&self.shared.local),
            Copy::OffMachine => self.shared.off_machine.as_ref().ok_or_else(|| BackupError::Setting {
                name: "ELLA_BACKUP_S3",
                because: "it is not set".to_owned(),
            }),
        }
    }

    fn living_cluster(&self) -> &Path {
        &self.shared.local.cluster.folder
    }

    fn living_settings(&self, base: &Settings) -> Settings {
        Settings { data_dir: self.shared.data_dir.clone(), ..base.clone() }
    }
}

/// Who runs the server as a service of its own user looks after it as that user. An empty folder is nobody's database.
fn refuse_a_strangers(data_dir: &Path, run_as: &RunAs) -> Result<(), BackupError> {
    use std::os::unix::fs::MetadataExt as _;
    let folder = data_dir.join("postgres");
    let cluster = match std::fs::metadata(&folder) {
        Ok(cluster) if cluster.uid() != run_as.uid && !is_empty(&folder) => cluster,
        _ => return Ok(()),
    };
    let server = std::fs::metadata(data_dir).map_or_else(|_| cluster.uid(), |folder| folder.uid());
    let (owner, expected) = (name_of(cluster.uid()), run_as.name.clone());
    if server == rustix::process::geteuid().as_raw() {
        return Err(StartError::WrongOwner { folder, owner, expected }.into());
    }
    let server = name_of(server);
    Err(BackupError::Server(format!(
        "The database in {} belongs to {owner}. Run this as the user who runs the server, for example with: sudo -u \
         {server} ella ...",
        data_dir.display()
    )))
}

impl std::fmt::Display for Copy {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(match self {
            Self::Local => "local",
            Self::OffMachine => "S3",
        })
    }
}
