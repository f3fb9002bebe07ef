//! The backups of the managed database: what runs by itself, how it does, and the commands.
//!
//! How a backup is made, checked and restored is the keeper's; here is what it does not know: which tables there are,
//! what the settings say, and how to tell people.

pub mod board;
pub mod commands;
pub mod disk;
pub mod pages;
pub mod report;
mod tasks;
pub mod words;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ella_keeper::{BackupSettings, Backups, Living, Postgres, Progress, Questions, S3, Settings};
use jiff::{SignedDuration, Timestamp};

use self::board::Board;
use crate::{
    config::{Config, Switch},
    database::managed,
    secrets::Secrets,
};

pub use pages::QuietHours;
pub use report::{Condition, Report};
pub(crate) use tasks::{gauges, start};

/// The server's backups. Clones are the same.
#[derive(Clone)]
pub struct BackupService(Arc<Inner>);

struct Inner {
    mode: Mode,
    board: Mutex<Board>,
}

/// Whether there are backups.
#[derive(Debug)]
pub enum Mode {
    /// There are none, and none are wanted: why.
    Off(&'static str),
    /// They are wanted and cannot be made: why, and what to do.
    Impossible(String),
    /// There are.
    On(Box<On>),
}

/// Why there are none: the database is external.
const ANOTHER_ONES: &str = "the database is another one's, who backs it up";
/// Why there are none: nobody wants them.
const SWITCHED_OFF: &str = "they are switched off (ELLA_BACKUPS)";

impl Mode {
    /// What whoever runs the server should do about it, where there are none.
    #[must_use]
    pub fn advice(&self) -> Option<&'static str> {
        match self {
            Self::Off(ANOTHER_ONES) => Some(
                "Ask whoever runs the database when it was last backed up, and when that was last restored.",
            ),
            Self::Off(SWITCHED_OFF) => {
                Some("What is lost is lost. Set ELLA_BACKUPS=on and start the server again.")
            }
            _ => None,
        }
    }
}

/// What is needed to make them.
#[derive(Debug)]
pub struct On {
    /// The keeper's part.
    pub backups: Backups,
    /// Why nothing is copied into the S3 that is set, and what to do.
    pub s3_fault: Option<String>,
    /// The database, if it runs.
    pub living: Result<Living, String>,
    /// How it is run, for copies of it.
    pub settings: Settings,
}

impl On {
    /// The database.
    ///
    /// # Errors
    /// It does not run.
    pub fn living(&self) -> Result<&Living, String> {
        self.living.as_ref().map_err(Clone::clone)
    }
}

/// What can be done before the database runs.
pub struct Prepared(Result<Option<Wanted>, String>);

/// Backups that are wanted and can be made.
struct Wanted {
    backups: Backups,
    s3_fault: Option<String>,
}

/// How long the last copy may hold up a stop.
pub(crate) const LAST_COPY: std::time::Duration = std::time::Duration::from_secs(10);

/// What a drill asks the living and the restored database.
#[must_use]
pub fn questions() -> Questions {
    let tables = ["students", "devices", "placements", "conversations", "messages", "analyses"];
    let counts: Vec<String> =
        tables.iter().map(|table| format!("select '{table}', count(*) from ella.{table}")).collect();
    Questions {
        last_write: "select nullif(max(beat_at), 'epoch') from ella.heartbeat".to_owned(),
        counts: counts.join(" union all "),
    }
}

/// Says nothing.
fn quiet() -> Progress {
    Arc::new(|_: &str| {})
}

/// The keeper's backups for these settings, for the server or for a command beside it.
///
/// # Errors
/// A sentence.
pub fn open(config: &Config, secrets: &Secrets, data_dir: &Path, is_beside: bool) -> Result<Backups, String> {
    open_with(bucket(config)?, config, secrets, data_dir, is_beside)
}

/// The S3 that is set, with its keys.
fn bucket(config: &Config) -> Result<Option<S3>, String> {
    let variable = |name: &str| std::env::var(name).ok();
    let s3 = config.backup_s3.as_deref().map(|text| S3::parse(text, variable)).transpose();
    s3.map_err(|error| error.to_string())
}

fn open_with(
    s3: Option<S3>,
    config: &Config,
    secrets: &Secrets,
    data_dir: &Path,
    is_beside: bool,
) -> Result<Backups, String> {
    let settings = BackupSettings {
        data_dir: data_dir.to_owned(),
        key: secrets.backup_key().into(),
        s3,
        keep_days: config.backup_keep_days,
        archive_seconds: config.archive_seconds,
        small_bytes: u64::from(config.backup_small_gib) << 30,
        reserve: config.disk_reserve(),
        is_beside,
    };
    Backups::prepare(&settings).map_err(|error| error.to_string())
}

/// Prepares backups, if they are wanted. What keeps them from being made does not keep the server from starting, and a
/// slip in what is said of S3 does not keep this machine's own from being made.
#[must_use]
pub fn prepare(config: &Config, secrets: &Secrets, data_dir: &Path) -> Prepared {
    if config.external_database().is_some() || config.backups == Switch::Off {
        return Prepared(Ok(None));
    }
    let (s3, s3_fault) = match bucket(config) {
        Ok(s3) => (s3, None),
        Err(fault) => (None, Some(fault)),
    };
    let backups = open_with(s3, config, secrets, data_dir, false);
    Prepared(backups.map(|backups| Some(Wanted { backups, s3_fault })))
}

impl Prepared {
    /// What PostgreSQL is to be started with.
    #[must_use]
    pub fn parameters(&self) -> Vec<(String, String)> {
        match &self.0 {
            Ok(Some(wanted)) => wanted.backups.parameters(),
            _ => Vec::new(),
        }
    }

    /// Makes the local repository where there is none yet: PostgreSQL archives from its first moments on, and would
    /// complain until there is one. What keeps it from being made is told where backups are.
    pub async fn make_first_repository(&self) {
        let Ok(Some(wanted)) = &self.0 else { return };
        if !wanted.backups.has_local_repository()
            && let Err(error) = wanted.backups.make_repository(ella_keeper::Copy::Local).await
        {
            tracing::debug!(%error, "the local repository is not made yet");
        }
    }

    /// The backups of a database that runs.
    #[must_use]
    pub fn with(
        self,
        postgres: Option<&Postgres>,
        config: &Config,
        secrets: &Secrets,
        data_dir: &Path,
    ) -> BackupService {
        let mode = match (self.0, postgres) {
            (Err(because), _) => Mode::Impossible(because),
            (Ok(Some(Wanted { backups, s3_fault })), Some(postgres)) => Mode::On(Box::new(On {
                backups,
                s3_fault,
                living: Ok(Living::from(postgres)),
                settings: managed::settings(config, secrets, data_dir),
            })),
            (Ok(_), None) => Mode::Off(ANOTHER_ONES),
            (Ok(None), Some(_)) => Mode::Off(SWITCHED_OFF),
        };
        BackupService::new(mode)
    }
}

impl BackupService {
    /// Backups in a mode.
    #[must_use]
    pub fn new(mode: Mode) -> Self {
        Self(Arc::new(Inner { mode, board: Mutex::default() }))
    }

    /// No backups.
    #[must_use]
    pub fn off() -> Self {
        Self::new(Mode::Off("there is no database to back up"))
    }

    /// Whether there are backups.
    #[must_use]
    pub fn mode(&self) -> &Mode {
        &self.0.mode
    }

    /// One line for the person who starts the server.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.0.mode {
            Mode::Off(because) => format!("off: {because}"),
            Mode::Impossible(because) => format!("failing: {because}"),
            Mode::On(on) => match &on.s3_fault {
                Some(fault) => {
                    format!("failing: on this machine only, because S3 cannot be used: {fault}")
                }
                None if on.backups.leaves_the_machine() => format!(
                    "continuous, on this machine and in {}",
                    on.backups.place(ella_keeper::Copy::OffMachine)
                ),
                None => {
                    "local_only: no copy leaves this machine (set ELLA_BACKUP_S3, see docs/operations.md)"
                        .to_owned()
                }
            },
        }
    }

    /// Copies what PostgreSQL archived at its end off the machine, if that goes quickly.
    pub async fn copy_the_last(&self) {
        let Mode::On(on) = &self.0.mode else { return };
        let known = self.board().copies.get(&ella_keeper::Copy::OffMachine).cloned().unwrap_or_default();
        let Some(Ok(_)) = known.shipped else { return };
        match tokio::time::timeout(LAST_COPY, on.backups.ship()).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the last seconds are not copied off the machine yet"),
            Err(_) => tracing::warn!("the last seconds are not copied off the machine yet: it took too long"),
        }
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.0.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time between two backups, two full backups and so on, as the settings say.
#[derive(Clone, Copy, Debug)]
pub struct Intervals {
    /// Between two backups.
    pub every: SignedDuration,
    /// Between two full ones.
    pub full: SignedDuration,
    /// Between two verifications; zero for none.
    pub verify: SignedDuration,
    /// Between two drills; zero for none.
    pub drill: SignedDuration,
}

impl From<&Config> for Intervals {
    fn from(config: &Config) -> Self {
        let hours = |hours: u32| SignedDuration::from_hours(hours.into());
        Self {
            every: SignedDuration::from_mins(config.backup_minutes.into()),
            full: hours(config.backup_full_hours),
            verify: hours(config.backup_verify_hours),
            drill: hours(config.backup_drill_hours),
        }
    }
}

impl Intervals {
    /// Whether something that is done so often is due again.
    #[must_use]
    pub fn is_due(interval: SignedDuration, last: Option<Timestamp>, now: Timestamp) -> bool {
        !interval.is_zero() && last.is_none_or(|last| now.duration_since(last) >= interval)
    }
}

/// The data folder and what opens it, for commands that run beside the server.
pub struct Place {
    /// The data folder.
    pub data_dir: PathBuf,
    /// Everything that derives from the recovery key.
    pub secrets: Secrets,
    /// The recovery key itself.
    pub recovery_key: String,
}

impl Place {
    /// Finds it; no key is made.
    ///
    /// # Errors
    /// A sentence.
    pub fn find(config: &Config) -> Result<Self, String> {
        let data_dir = config.data_dir()?;
        let recovery_key = crate::secrets::existing_recovery_key(config, &data_dir)?;
        let secrets = Secrets::new(&recovery_key, config);
        Ok(Self { data_dir, secrets, recovery_key })
    }
}
