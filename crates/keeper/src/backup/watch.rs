//! Watches the archive: is WAL given to it, and is none missing in it.

use std::{fs, time::SystemTime};

use jiff::Timestamp;
use serde::Serialize;
use tokio::time::timeout;
use tokio_postgres::{Config, NoTls, Row};

use super::{
    BackupError, Backups, Copy, Living,
    archive::{Archive, Gap},
    info,
    segment::Segment,
};

/// How long the database may take to answer a question.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// How archiving does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Archiving {
    /// When a segment was last archived, since the statistics were last reset.
    pub last_archived_at: Option<Timestamp>,
    /// When one could last not be archived.
    pub last_failed_at: Option<Timestamp>,
    /// Times that one could not be archived.
    pub failures: i64,
    /// Segments that wait.
    pub waiting: u64,
    /// Seconds that the oldest of them has waited.
    pub waiting_seconds: u64,
}

/// What is missing in a repository's archive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Continuity {
    /// Segments that were looked at.
    pub segments: u64,
    /// Gaps that no later full backup has made harmless: the present cannot be restored across them.
    pub open_gaps: Vec<String>,
    /// Older gaps: moments between them and the next backup cannot be restored.
    pub past_gaps: Vec<String>,
    /// When the newest segment was put there.
    pub newest_at: Option<Timestamp>,
}

impl Archiving {
    /// Whether the last attempt failed.
    #[must_use]
    pub fn fails(&self) -> bool {
        self.last_failed_at
            .is_some_and(|failed| self.last_archived_at.is_none_or(|archived| failed > archived))
    }
}

impl Backups {
    /// How archiving does.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn archiving(&self, living: &Living) -> Result<Archiving, BackupError> {
        let row = ask(
            &living.administrator,
            "select last_archived_time, last_failed_time, failed_count from pg_stat_archiver",
        )
        .await?;
        let garbled = |error: tokio_postgres::Error| {
            BackupError::Server(format!("The database's answer is not understood: {error}."))
        };
        let moment = |text: Option<SystemTime>| text.and_then(|time| Timestamp::try_from(time).ok());
        let (waiting, waiting_seconds) = self.waiting();
        Ok(Archiving {
            last_archived_at: moment(row.try_get(0).map_err(garbled)?),
            last_failed_at: moment(row.try_get(1).map_err(garbled)?),
            failures: row.try_get(2).map_err(garbled)?,
            waiting,
            waiting_seconds,
        })
    }

    /// Segments that PostgreSQL wants archived, and how long the oldest has waited.
    fn waiting(&self) -> (u64, u64) {
        let folder = self.living_cluster().join("pg_wal/archive_status");
        let ready: Vec<SystemTime> = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "ready"))
            .filter_map(|entry| entry.metadata().ok()?.modified().ok())
            .collect();
        let oldest = ready.iter().filter_map(|since| since.elapsed().ok()).max().unwrap_or_default();
        (ready.len() as u64, oldest.as_secs())
    }

    /// Looks for gaps in a repository's archive.
    ///
    /// # Errors
    /// The repository cannot be read.
    pub async fn continuity(&self, copy: Copy) -> Result<Continuity, BackupError> {
        let caller = self.caller(copy)?;
        let mut archive = Archive::list(caller).await?;
        let mut gaps = self.real(archive.gaps());
        if !gaps.is_empty() {
            // One that was being put there while we looked is there by now.
            archive = Archive::list(caller).await?;
            let still = self.real(archive.gaps());
            gaps.retain(|gap| still.contains(gap));
        }
        let backups = info::backups(caller).await?;
        // The present is restored from there. A timeline that was left, or is newer and was left, leads elsewhere.
        let newest_full =
            backups.iter().rfind(|backup| backup.kind == "full").map(|backup| backup.first_segment);
        let is_past = |gap: &Gap| {
            newest_full.is_some_and(|full| full.timeline != gap.timeline || full.number > gap.last)
        };
        let (past, open): (Vec<Gap>, Vec<Gap>) = gaps.into_iter().partition(is_past);
        let names = |gaps: Vec<Gap>| gaps.iter().map(ToString::to_string).collect();
        Ok(Continuity {
            segments: archive.segments.values().map(|numbers| numbers.len() as u64).sum(),
            open_gaps: names(open),
            past_gaps: names(past),
            newest_at: archive.newest,
        })
    }

    /// What PostgreSQL still has is late and not missing.
    fn real(&self, gaps: Vec<Gap>) -> Vec<Gap> {
        let status = self.living_cluster().join("pg_wal/archive_status");
        let is_waiting =
            |timeline, number| status.join(format!("{}.ready", Segment { timeline, number })).exists();
        gaps.into_iter()
            .filter(|gap| !(gap.first..=gap.last).all(|number| is_waiting(gap.timeline, number)))
            .collect()
    }
}

/// The timeline that a database which takes writes is on.
pub(super) async fn timeline(config: &Config) -> Result<u32, BackupError> {
    let row =
        ask(config, "select ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int").await?;
    let timeline: i32 = row.try_get(0).map_err(|error| garbled(&error))?;
    u32::try_from(timeline).map_err(|error| garbled(&error))
}

/// An answer of the database's that cannot be read.
pub(super) fn garbled(error: &dyn std::fmt::Display) -> BackupError {
    BackupError::Server(format!("The database's answer is not understood: {error}."))
}

/// The first row of an answer, on a connection of its own.
pub(super) async fn ask(config: &Config, question: &str) -> Result<Row, BackupError> {
    let failed = |error: tokio_postgres::Error| {
        let because =
            error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned());
        BackupError::Server(format!("The database could not be asked: {because}."))
    };
    let asking = async {
        let (client, connection) = config.connect(NoTls).await.map_err(failed)?;
        let work = async move { client.query_one(question, &[]).await };
        tokio::select! {
            biased;
            row = work => row.map_err(failed),
            _ = connection => Err(BackupError::Server("The database hung up.".to_owned())),
        }
    };
    timeout(PATIENCE, asking)
        .await
        .unwrap_or_else(|_| Err(BackupError::Server("The database does not answer.".to_owned())))
}
