//! The drill: restore the newest state beside the living database, look whether it is all there, and remove it.

use std::{
    fs::File,
    process::Command,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use tokio_postgres::{Config, NoTls};

use super::{
    BackupError, Backups, Copy, Living, Progress, Target,
    leftovers::lock,
    pages,
    restore::{How, Restored, remove},
};
use crate::{
    Settings,
    postgres::{once::Once, run_as::RunAs},
};

/// What to ask the living and the restored database; the tables are not ours to know.
#[derive(Debug, Clone, Default)]
pub struct Questions {
    /// When something was last written (a time, or nothing).
    pub last_write: String,
    /// Tables' names and numbers of rows.
    pub counts: String,
}

/// Rows, by table.
pub type Counts = std::collections::BTreeMap<String, i64>;

/// How a drill went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drill {
    /// When it began.
    pub at: Timestamp,
    /// What was wrong, if it did not pass.
    pub fault: Option<String>,
    /// The repository that was restored from.
    pub repository: String,
    /// The backup that it began with.
    pub backup: Option<String>,
    /// Seconds of work that would have been lost, had the living database vanished when the drill began.
    pub loss_seconds: Option<f64>,
    /// Seconds that bringing the files back took.
    pub restore_seconds: f64,
    /// Seconds until everything was replayed and the database answered.
    pub recovery_seconds: f64,
    /// Rows found, by table.
    pub rows: Counts,
}

const NAME: &str = "drill";
/// Where it restores, in the data folder.
pub(super) const FOLDER: &str = "drill";
/// No drill takes longer.
const LIMIT: Duration = Duration::from_hours(6);
/// How long an answer may take: rows are counted.
const PATIENCE: Duration = Duration::from_mins(10);
/// Rows that may have come between the last archived segment and the question, beside a hundredth.
const SOME_ROWS: i64 = 1000;

impl Backups {
    /// Runs a drill. The result is kept for [`Backups::last_drill`], also when it did not pass.
    ///
    /// # Errors
    /// Another one is at work, there is no such repository, or the result could not be kept.
    pub async fn drill(
        &self,
        copy: Copy,
        questions: &Questions,
        living: &Living,
        base: &Settings,
        progress: &Progress,
        now: Timestamp,
    ) -> Result<Drill, BackupError> {
        let _only_one = self.only_drill()?;
        // A slip of the hand is no drill that did not pass.
        self.caller(copy)?;
        let mut drill = Drill {
            at: now,
            fault: None,
            repository: copy.to_string(),
            backup: None,
            loss_seconds: None,
            restore_seconds: 0.0,
            recovery_seconds: 0.0,
            rows: Counts::new(),
        };
        let running = self.run_drill(&mut drill, copy, questions, living, base, progress);
        match timeout(LIMIT, running).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => drill.fault = Some(error.to_string()),
            Err(_) => drill.fault = Some(format!("It took longer than {} hours.", LIMIT.as_secs() / 3600)),
        }
        self.keep(NAME, &drill)?;
        Ok(drill)
    }

    /// They share a folder, and the one would remove what the other has restored. The lock goes with the file, also when
    /// we die.
    pub(super) fn only_drill(&self) -> Result<File, BackupError> {
        lock(&self.shared.folder.join("drill.lock"), File::try_lock)?.ok_or_else(|| {
            BackupError::Server(
                "Another drill is at work on this data folder. Wait for its end, or look at how it went: ella backup \
                 status"
                    .to_owned(),
            )
        })
    }

    /// How the last drill went.
    #[must_use]
    pub fn last_drill(&self) -> Option<Drill> {
        self.recall(NAME)
    }

    async fn run_drill(
        &self,
        drill: &mut Drill,
        copy: Copy,
        questions: &Questions,
        living: &Living,
        base: &Settings,
        progress: &Progress,
    ) -> Result<(), BackupError> {
        let began = drill.at;
        let living = Answers::of(&living.administrator, questions).await?;
        let scratch = self.shared.data_dir.join(FOLDER);
        let repository = self.caller(copy)?.repository.clone();
        let (caller, plan) = self.way_from(repository, Target::Latest, &scratch, base, began).await?;
        drill.backup = Some(plan.backup.label.clone());
        let how = How { caller: &caller, plan, scratch: &scratch, keep: false, parameters: &[] };
        let restored = match self.restore(how, base, progress).await {
            Ok(restored) => restored,
            Err(error) => {
                remove(&scratch);
                return Err(error);
            }
        };
        let Restored { once, reached, restore_time, recovery_time, .. } = restored;
        drill.restore_seconds = restore_time.as_secs_f64();
        drill.recovery_seconds = recovery_time.as_secs_f64();
        progress("Comparing it with the living database ...");
        let compared = compare(&once, &living, questions, reached, drill).await;
        progress("Looking at every page and index (pg_amcheck) ...");
        let checked = match compared {
            Ok(()) => amcheck(&once, &self.shared.run_as, base).await,
            Err(error) => Err(error),
        };
        once.stop().await;
        remove(&scratch);
        checked
    }
}

/// What a database answered.
struct Answers {
    last_write: Option<Timestamp>,
    counts: Counts,
}

impl Answers {
    async fn of(config: &Config, questions: &Questions) -> Result<Self, BackupError> {
        let failed = |error: tokio_postgres::Error| {
            let because =
                error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned());
            BackupError::Server(format!("The database could not be asked: {because}."))
        };
        let asking = async {
            let (client, connection) = config.connect(NoTls).await.map_err(failed)?;
            let work = async {
                let last_write = match questions.last_write.as_str() {
                    "" => None,
                    question => client.query_one(question, &[]).await?.try_get(0)?,
                };
                let mut counts = Counts::new();
                if !questions.counts.is_empty() {
                    for row in client.query(questions.counts.as_str(), &[]).await? {
                        counts.insert(row.try_get(0)?, row.try_get(1)?);
                    }
                }
                drop(client);
                Ok((last_write, counts))
            };
            let (worked, _) = tokio::join!(work, connection);
            worked.map_err(failed)
        };
        let late = |_| BackupError::Server("The database does not answer.".to_owned());
        let (last_write, counts): (Option<std::time::SystemTime>, Counts) =
            timeout(PATIENCE, asking).await.map_err(late)??;
        Ok(Self { last_write: last_write.and_then(|time| Timestamp::try_from(time).ok()), counts })
    }
}

/// Whether what is in the living database is in the restored one.
async fn compare(
    once: &Once,
    living: &Answers,
    questions: &Questions,
    reached: Option<Timestamp>,
    drill: &mut Drill,
) -> Result<(), BackupError> {
    let restored = Answers::of(&once.administrator(), questions).await?;
    drill.loss_seconds = living.last_write.map(|living| {
        // Whatever it was that was committed last shows how far the archive goes.
        let there = restored.last_write.max(reached).unwrap_or(Timestamp::MIN);
        living.duration_since(there).max(SignedDuration::ZERO).as_secs_f64()
    });
    drill.rows.clone_from(&restored.counts);
    if living.last_write.is_some() && restored.last_write.is_none() {
        return Err(BackupError::Unsound { because: "the heartbeat is not in it".to_owned() });
    }
    for (table, living) in &living.counts {
        let found = restored.counts.get(table).copied().unwrap_or(0);
        if found + living / 100 + SOME_ROWS < *living || (found == 0 && *living > SOME_ROWS / 10) {
            let because = format!("{table} has {found} rows in it and {living} in the living database");
            return Err(BackupError::Unsound { because });
        }
    }
    Ok(())
}

/// Every page and every index, by PostgreSQL's own tool.
async fn amcheck(once: &Once, run_as: &RunAs, base: &Settings) -> Result<(), BackupError> {
    let mut command: Command = run_as.command("nice", "TERM");
    command.args(["-n", "10"]).arg(once.program("pg_amcheck"));
    command.arg("-h").arg(once.socket_dir()).args(["-U", "postgres", "-d", &base.database]);
    let began = Instant::now();
    let faults = pages::amcheck(command, LIMIT).await?;
    tracing::debug!(took_ms = began.elapsed().as_millis(), "pg_amcheck is done");
    match faults.first() {
        None => Ok(()),
        Some(fault) => Err(BackupError::Unsound { because: format!("pg_amcheck says: {fault}") }),
    }
}
