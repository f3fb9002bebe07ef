//! Making backups.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Backup, BackupError, Backups, Copy, Living,
    info::{self, SINCE},
    program::{BRIEF, LONG},
    repository::{Place, STANZA},
    state::TimelineSince,
    watch::timeline,
};

/// How much a backup takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Everything.
    Full,
    /// What has changed since the last one.
    Incremental,
}

/// What was known at a backup: by repository, the number of the next transaction.
#[derive(Debug, Default, Serialize, Deserialize)]
struct AtLastBackup {
    next_transaction: BTreeMap<String, i64>,
}

const AT_LAST_BACKUP: &str = "backup";
pub(super) const TIMELINE: &str = "timeline";

impl Backups {
    /// Makes the repository where there is none yet, for the cluster in the data folder, which need not run. Run again
    /// it changes nothing.
    ///
    /// # Errors
    /// It cannot be reached, or belongs to another database.
    pub async fn make_repository(&self, copy: Copy) -> Result<(), BackupError> {
        self.shared.program.knows(self.major()?)?;
        let make = ["stanza-create", "--no-online"];
        self.caller(copy)?.call("make the repository", &make, BRIEF).await.map(drop)
    }

    /// Whether there is a local repository.
    #[must_use]
    pub fn has_local_repository(&self) -> bool {
        matches!(&self.shared.local.repository.place, Place::Folder(folder)
            if folder.join("archive").join(STANZA).join("archive.info").exists())
    }

    /// What is due in a repository: a first backup, a full one after `full_every` (seven times that, for a big database),
    /// an incremental one after `every`. Nothing when nothing was written since the last one.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn due(
        &self,
        copy: Copy,
        backups: &[Backup],
        every: SignedDuration,
        full_every: SignedDuration,
        living: &Living,
        now: Timestamp,
    ) -> Result<Option<Kind>, BackupError> {
        let Some(last) = backups.last() else { return Ok(Some(Kind::Full)) };
        // A restore begins a timeline, and is followed by a backup on it: one that was interrupted is made up for, and
        // so are old files that were put back by hand.
        if last.timeline != self.note_timeline(living, now).await?.timeline {
            return Ok(Some(Kind::Full));
        }
        if now.duration_since(last.ended_at) < every {
            return Ok(None);
        }
        let known: AtLastBackup = self.recall(AT_LAST_BACKUP).unwrap_or_default();
        if known.next_transaction.get(&copy.to_string()) == Some(&next_transaction(living).await?) {
            return Ok(None);
        }
        let last_full = backups.iter().rfind(|backup| backup.kind == "full").map(|backup| backup.ended_at);
        let patience =
            if last.database_bytes > self.shared.small_bytes { full_every * 7 } else { full_every };
        let full = last_full.is_none_or(|last_full| now.duration_since(last_full) >= patience);
        Ok(Some(if full { Kind::Full } else { Kind::Incremental }))
    }

    /// Since when the living database is on its timeline: from now on, when it was seen on another one before.
    async fn note_timeline(&self, living: &Living, now: Timestamp) -> Result<TimelineSince, BackupError> {
        let timeline = timeline(&living.administrator).await?;
        let noted: Option<TimelineSince> = self.recall(TIMELINE);
        match noted {
            Some(noted) if noted.timeline == timeline => Ok(noted),
            other => {
                let note = TimelineSince { timeline, since: other.map(|_| now) };
                self.keep(TIMELINE, &note)?;
                Ok(note)
            }
        }
    }

    /// Makes a backup in a repository, and throws away what is older than is kept. Waits for one that is being made.
    ///
    /// # Errors
    /// What pgBackRest says, and what to do.
    pub async fn make(&self, copy: Copy, kind: Kind, living: &Living) -> Result<Backup, BackupError> {
        let caller = self.caller(copy)?;
        let _one_at_a_time = self.shared.making.lock().await;
        let next = next_transaction(living).await?;
        let kind = match kind {
            Kind::Full => "--type=full",
            Kind::Incremental => "--type=incr",
        };
        let timeline = timeline(&living.administrator).await?;
        let noted: Option<TimelineSince> = self.recall(TIMELINE);
        let since = noted.filter(|noted| noted.timeline == timeline).and_then(|noted| noted.since);
        let since = since.map(|since| format!("--annotation={SINCE}={since}"));
        let mut arguments = vec!["backup", kind];
        arguments.extend(since.as_deref());
        caller.call("make a backup", &arguments, LONG).await?;
        let mut known: AtLastBackup = self.recall(AT_LAST_BACKUP).unwrap_or_default();
        known.next_transaction.insert(copy.to_string(), next);
        self.keep(AT_LAST_BACKUP, &known)?;
        info::backups(caller).await?.pop().ok_or(BackupError::Failed {
            doing: "make a backup",
            repository: caller.name(),
            because: "it is not in the list afterwards".to_owned(),
        })
    }
}

/// The number that the next transaction which writes will get: the same as before when nothing was written.
async fn next_transaction(living: &Living) -> Result<i64, BackupError> {
    let row = super::watch::ask(
        &living.administrator,
        "select pg_snapshot_xmax(pg_current_snapshot())::text::bigint",
    )
    .await?;
    row.try_get(0)
        .map_err(|error| BackupError::Server(format!("The database's answer is not understood: {error}.")))
}
