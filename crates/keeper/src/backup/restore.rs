//! Restoring into a folder beside the living data, and looking at what came of it.

use std::{
    fs,
    io::ErrorKind,
    num::NonZero,
    path::Path,
    thread::available_parallelism,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Config;

use super::{
    BackupError, Backups, Progress, Source, Target,
    leftovers::Scratch,
    plan::{Plan, show},
    program::{Caller, LONG},
    repository::make_folder,
    source::End,
    space::{room_beside, room_for},
    watch::ask,
};
use crate::{
    Settings, Timeouts,
    postgres::{
        cluster::clear,
        files::replace,
        once::{NotOnce, Once},
    },
};

/// Memory that a restored copy beside the living database is tuned for.
const LITTLE_MEMORY: u64 = 256 << 20;
/// Processes of pgBackRest's that restore in the place of the living database: each takes some memory.
const MOST_PROCESSES: usize = 4;
/// Room that WAL and everything else needs beside the restored files.
const ROOM: u64 = 128 << 20;
/// The same for a copy beside the living database, which goes on writing meanwhile.
const ROOM_BESIDE: u64 = 1 << 30;
/// What PostgreSQL says when the archive ends before the target.
const ENDED_EARLY: &str = "recovery ended before configured recovery target was reached";

/// A restored database that runs.
#[derive(Debug)]
pub(super) struct Restored {
    pub(super) once: Once,
    pub(super) plan: Plan,
    /// The number that PostgreSQL gave it, if the repository was asked.
    pub(super) system: Option<u64>,
    /// The last commit in it.
    pub(super) reached: Option<Timestamp>,
    /// Whether the archive ended before the target.
    pub(super) was_clamped: bool,
    pub(super) restore_time: Duration,
    pub(super) recovery_time: Duration,
}

/// How to restore.
pub(super) struct How<'a> {
    pub(super) caller: &'a Caller,
    pub(super) plan: Plan,
    /// The folder to restore into; whatever is in it goes.
    pub(super) scratch: &'a Path,
    /// Whether the copy is to be kept: then it is written to the disk for sure.
    pub(super) keep: bool,
    /// Further parameters of the server.
    pub(super) parameters: &'a [(&'static str, &'static str)],
}

/// A restored, read-only database beside the living one.
#[derive(Debug)]
pub struct Side {
    // Before its files.
    once: Once,
    scratch: Scratch,
    /// The last commit in it.
    pub reached: Option<Timestamp>,
    /// Whether the archive ended before the moment that was asked for.
    pub was_clamped: bool,
}

impl Side {
    /// How to connect as the superuser.
    #[must_use]
    pub fn administrator(&self) -> Config {
        self.once.administrator()
    }

    /// The folder of its socket, for `psql -h`.
    #[must_use]
    pub fn socket_dir(&self) -> &Path {
        self.once.socket_dir()
    }

    /// Stops it and removes its files.
    pub async fn stop(self) {
        self.once.stop().await;
        drop(self.scratch);
    }
}

impl Backups {
    /// Restores into a folder beside the living database and starts a read-only server on it.
    ///
    /// # Errors
    /// A sentence; the living data are not touched, and nothing is left behind. Nor is it when the future is dropped.
    pub async fn beside(
        &self,
        source: Option<&Source>,
        target: Target,
        base: &Settings,
        progress: &Progress,
        now: Timestamp,
    ) -> Result<Side, BackupError> {
        let scratch = self.claim(now)?;
        let ways = self.ways_to(source, target, &scratch.folder, base, progress, now).await?;
        let read_only = [("default_transaction_read_only", "on")];
        let end = End { scratch: &scratch.folder, keep: false, parameters: &read_only };
        let restored = self.restore_by(ways, &end, base, progress).await?;
        let Restored { once, reached, was_clamped, .. } = restored;
        Ok(Side { once, scratch, reached, was_clamped })
    }

    /// Restores as planned, recovers, and gives a server that has left recovery.
    pub(super) async fn restore(
        &self,
        how: How<'_>,
        base: &Settings,
        progress: &Progress,
    ) -> Result<Restored, BackupError> {
        let How { caller, plan, scratch, keep, parameters } = how;
        let began = Instant::now();
        remove(scratch);
        let parent = scratch.parent().unwrap_or(scratch);
        let bytes = plan.backup.database_bytes;
        if keep {
            room_for(bytes + bytes / 10 + ROOM, parent)?;
        } else {
            room_beside(bytes + ROOM_BESIDE, self.shared.reserve, parent)?;
        }
        progress(&format!(
            "Restoring the backup of {} ({} MB) from the {} repository ...",
            show(plan.backup.ended_at),
            plan.backup.database_bytes / 1_000_000,
            caller.name()
        ));
        let scratch_settings = Settings { data_dir: scratch.to_owned(), ..base.clone() };
        let scratch = crate::postgres::folder::prepare(scratch, &self.shared.run_as)?;
        let cluster = scratch.join("postgres");
        make_folder(&cluster, &self.shared.run_as)?;
        let set = format!("--set={}", plan.backup.label);
        // While nobody is served the whole machine is there for it; beside the living database it takes one core.
        let processes =
            if keep { available_parallelism().map_or(1, NonZero::get).min(MOST_PROCESSES) } else { 1 };
        let processes = format!("--process-max={processes}");
        caller.call("restore", &["restore", "--type=none", &set, &processes], LONG).await?;
        let signal = cluster.join("recovery.signal");
        replace(&signal, "", &self.shared.run_as)
            .map_err(|error| BackupError::file("write", &signal, error))?;
        let restore_time = began.elapsed();
        progress("Recovering what was written after it ...");
        let began = Instant::now();
        let recovering = Recovering { caller, plan: &plan, settings: scratch_settings, keep, parameters };
        let (once, clamped_to) = recovering.run().await?;
        let reached = reached(&once).await?.or(clamped_to);
        let has_all = matches!((plan.target, clamped_to), (Target::At(moment), Some(to)) if to >= moment);
        let was_clamped = clamped_to.is_some() && !has_all;
        if plan.target == Target::Latest || was_clamped {
            plan.is_whole(&cluster)?;
        }
        let recovery_time = began.elapsed();
        Ok(Restored { once, plan, system: None, reached, was_clamped, restore_time, recovery_time })
    }
}

/// A recovery that is to be run.
struct Recovering<'a> {
    caller: &'a Caller,
    plan: &'a Plan,
    settings: Settings,
    keep: bool,
    parameters: &'a [(&'static str, &'static str)],
}

impl Recovering<'_> {
    /// Runs it; also where it ended, if the archive ended before the target.
    async fn run(&self) -> Result<(Once, Option<Timestamp>), BackupError> {
        let until = match (self.plan.target, &self.plan.gap) {
            (Target::At(moment), _) => Some(moment),
            // Recovery ends at a gap as if it were the end; with a target that cannot be reached it says where.
            (Target::Latest, Some(_)) => Some(Timestamp::MAX - SignedDuration::from_hours(24 * 365 * 5000)),
            (Target::Latest, None) => None,
        };
        let (because, lines, error) = match Once::start(self.settings(until)).await {
            Ok(once) => return Ok((once, None)),
            Err(NotOnce::Failed(error)) => return Err(error.into()),
            Err(NotOnce::Ended { because, lines, error }) => (because, lines, error),
        };
        if !because.contains(ENDED_EARLY) {
            return Err(error.into());
        }
        let last = lines.iter().rev().find_map(|line| last_commit(line));
        let reached = last.unwrap_or(self.plan.backup.ended_at);
        let is_whole = matches!(self.plan.target, Target::At(moment) if reached >= moment);
        if let (Some(gap), false) = (&self.plan.gap, is_whole) {
            let later = self
                .plan
                .next_backup
                .map(|next| format!("; a moment from {} on has a backup of its own", show(next)));
            let (missing, reached) = (gap.to_string(), show(reached));
            return Err(BackupError::Gap { missing, reached, later: later.unwrap_or_default() });
        }
        // The moment lies after the last commit in the archive: everything there is, is what was asked for.
        let once = Once::start(self.settings(None)).await.map_err(crate::StartError::from)?;
        Ok((once, Some(reached)))
    }

    /// A segment that is not there is the end of the archive, and PostgreSQL takes any failure for that; a repository
    /// that could not be read must not pass for its end. From 126 on it gives up.
    fn restore_command(&self) -> String {
        let get = self.caller.shell_line("archive-get %f \"%p\"");
        format!("{get}; code=$?; if [ $code -gt 1 ]; then exit 126; fi; exit $code")
    }

    fn settings(&self, until: Option<Timestamp>) -> Settings {
        let mut parameters = vec![
            // Else it would write a timeline of its own into the repository of the living one.
            ("archive_mode".to_owned(), "off".to_owned()),
            // It answers when recovery is over and not before: `pg_ctl -w` is content with less.
            ("hot_standby".to_owned(), "off".to_owned()),
            ("restore_command".to_owned(), self.restore_command()),
            ("recovery_target_timeline".to_owned(), self.plan.timeline.to_string()),
            ("recovery_target_action".to_owned(), "promote".to_owned()),
        ];
        if self.keep {
            // Nothing is archived yet, so its first segments would be gone for good when they are full.
            parameters.push(("wal_keep_size".to_owned(), "64MB".to_owned()));
        }
        if let Some(until) = until {
            let until = until.strftime("%Y-%m-%d %H:%M:%S%.6f+00").to_string();
            parameters.push(("recovery_target_time".to_owned(), until));
        }
        parameters
            .extend(self.parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Settings {
            parameters,
            durable: self.keep,
            low_priority: !self.keep,
            memory_bytes: if self.keep { self.settings.memory_bytes } else { Some(LITTLE_MEMORY) },
            timeouts: Timeouts { recovery: LONG, ..self.settings.timeouts.clone() },
            ..self.settings.clone()
        }
    }
}

/// The time in "last completed transaction was at log time 2026-11-22 10:00:00.123+00".
fn last_commit(line: &str) -> Option<Timestamp> {
    let time = line.split_once("last completed transaction was at log time ")?.1.trim();
    let time = time
        .strip_suffix("+00")
        .or_else(|| time.strip_suffix(" UTC"))
        .or_else(|| time.strip_suffix(" GMT"))?;
    format!("{}Z", time.replacen(' ', "T", 1)).parse().ok()
}

/// The last commit that recovery brought back.
async fn reached(once: &Once) -> Result<Option<Timestamp>, BackupError> {
    let row =
        ask(&once.administrator(), "select pg_is_in_recovery(), pg_last_xact_replay_timestamp()").await?;
    let garbled = |error: tokio_postgres::Error| BackupError::Unsound { because: error.to_string() };
    if row.try_get(0).map_err(garbled)? {
        return Err(BackupError::Unsound { because: "it is still in recovery".to_owned() });
    }
    let last: Option<std::time::SystemTime> = row.try_get(1).map_err(garbled)?;
    Ok(last.and_then(|time| Timestamp::try_from(time).ok()))
}

/// Removes a folder that was restored into, and ends what an interrupted run left at work in it.
pub(super) fn remove(scratch: &Path) {
    if let Err(error) = clear(&scratch.join("postgres")) {
        tracing::warn!("{error}");
        return;
    }
    for attempt in 1.. {
        match fs::remove_dir_all(scratch) {
            // A pgBackRest that is on its way out may still put a file there.
            Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty && attempt < 40 => {
                std::thread::sleep(Duration::from_millis(50));
            }
            Err(error) if error.kind() != ErrorKind::NotFound => {
                tracing::warn!(%error, folder = %scratch.display(), "a restored copy could not be removed");
                return;
            }
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_commit_is_read_from_the_log() {
        let line = "last completed transaction was at log time 2026-11-22 10:00:00.123456+00";
        assert_eq!(last_commit(line), "2026-11-22T10:00:00.123456Z".parse().ok());
        assert_eq!(last_commit("redo done at 0/3000028"), None);
    }
}
