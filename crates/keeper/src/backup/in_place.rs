//! Restoring in the place of the living database. It has to be stopped; its files are kept aside.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::{
    BackupError, Backups, Progress, Source, Target,
    drill::Questions,
    make::TIMELINE,
    plan::show,
    restore::{Restored, remove},
    segment::Segment,
    source::End,
    state::TimelineSince,
    watch::{ask, timeline},
};
use crate::{
    Settings, StartError,
    postgres::{
        cluster::{is_empty, refuse_a_mount_point},
        files::replace,
        lock::Lock,
        orphan,
    },
};

/// What a restore in place did.
#[derive(Debug, Clone)]
pub struct Recovered {
    /// The last commit in it.
    pub reached: Option<Timestamp>,
    /// Whether the archive ended before the moment that was asked for.
    pub was_clamped: bool,
    /// Where the old files are.
    pub kept_aside: Option<PathBuf>,
    /// The heartbeat in it: something had been written then.
    pub last_write: Option<Timestamp>,
}

/// Where it restores, in the data folder.
pub(super) const FOLDER: &str = "restoring";

impl Backups {
    /// Puts the database of a moment in the place of the living one. Until the very last step the old files are where
    /// they were; then the two change places in one. It may be interrupted at any time and run again.
    ///
    /// # Errors
    /// A sentence. The living data were not touched.
    pub async fn in_place(
        &self,
        source: Option<&Source>,
        target: Target,
        questions: &Questions,
        base: &Settings,
        progress: &Progress,
        now: Timestamp,
    ) -> Result<Recovered, BackupError> {
        let _lock = Lock::take(&self.shared.data_dir).map_err(|error| match error {
            StartError::Locked { pid, .. } => BackupError::Server(format!(
                "The server runs on this data folder{}. Stop it, and run this again; or look first, beside it: \
                 ella restore --beside. Nothing was changed.",
                pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
            )),
            other => other.into(),
        })?;
        let living = self.living_cluster().to_owned();
        // Not at the end of it all.
        refuse_a_mount_point(&living)?;
        orphan::clear(&living, &base.timeouts).await?;
        let scratch = self.shared.data_dir.join(FOLDER);
        let ways = self.ways_to(source, target, &scratch, base, progress, now).await?;
        let end = End { scratch: &scratch, keep: true, parameters: &[] };
        let restored = self.restore_by(ways, &end, &self.living_settings(base), progress).await?;
        let checked = check(&restored, questions, now).await;
        let Restored { once, system, reached, was_clamped, .. } = restored;
        once.stop().await;
        let (timeline, last_write) = match checked {
            Ok(checked) => checked,
            Err(error) => {
                remove(&scratch);
                return Err(error);
            }
        };
        let cluster = scratch.join("postgres");
        self.will_be_archived(&cluster, timeline, base)?;
        self.make_way_in_the_local_repository(system, &scratch, progress, now).await;
        // Before the swap: a note that nothing came of is put right by the next start.
        self.keep(TIMELINE, &TimelineSince { timeline, since: Some(now) })?;
        let kept_aside = swap(&cluster, &living, now)?;
        remove(&scratch);
        Ok(Recovered { reached, was_clamped, kept_aside, last_write })
    }

    /// The new timeline's history, and segments of it that are full already, were written while nothing was archived:
    /// the living server gives them to the archive. Until its first backup they are the only way to what it writes.
    fn will_be_archived(&self, cluster: &Path, timeline: u32, base: &Settings) -> Result<(), BackupError> {
        let wal = cluster.join("pg_wal");
        let current = self.position_of(cluster, base).map_or(0, |position| position.checkpoint.segment());
        // Those that come later are there in advance, and hold nothing.
        let is_full = |name: &str| {
            Segment::parse(name)
                .is_some_and(|segment| segment.timeline == timeline && segment.number < current)
        };
        let history = format!("{timeline:08X}.history");
        let names = fs::read_dir(&wal).map_err(|error| BackupError::file("look at", &wal, error))?;
        let names = names.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        for name in names.filter(|name| *name == history || is_full(name)) {
            let ready = wal.join("archive_status").join(format!("{name}.ready"));
            replace(&ready, "", &self.shared.run_as)
                .map_err(|error| BackupError::file("write", &ready, error))?;
        }
        Ok(())
    }
}

/// The timeline it is on now, and its heartbeat, which cannot be later than what was asked for.
async fn check(
    restored: &Restored,
    questions: &Questions,
    now: Timestamp,
) -> Result<(u32, Option<Timestamp>), BackupError> {
    let config = restored.once.administrator();
    let unsound = |because: String| BackupError::Unsound { because };
    let timeline = timeline(&config).await?;
    if questions.last_write.is_empty() {
        return Ok((timeline, None));
    }
    let row = ask(&config, &questions.last_write).await?;
    let beat: Option<std::time::SystemTime> = row.try_get(0).map_err(|error| unsound(error.to_string()))?;
    let beat = beat.and_then(|time| Timestamp::try_from(time).ok());
    let until = match restored.plan.target {
        Target::At(moment) => moment,
        Target::Latest => now,
    };
    match beat {
        // A second for clocks that differ.
        Some(beat) if beat > until + jiff::SignedDuration::from_secs(1) => Err(unsound(format!(
            "its heartbeat is of {}, after {}: it is of another timeline",
            show(beat),
            show(until)
        ))),
        beat => Ok((timeline, beat)),
    }
}

/// Puts the restored cluster in the place of the living one, which gets a name with the time.
fn swap(restored: &Path, living: &Path, now: Timestamp) -> Result<Option<PathBuf>, BackupError> {
    let failed = |error: io::Error| BackupError::file("put in place", living, error);
    let folder = living.parent().unwrap_or(living);
    let aside = folder.join(format!("postgres.before-{}", now.strftime("%Y%m%dT%H%M%SZ")));
    // An empty folder, made by hand or left by what was removed, is nothing to keep.
    let kept = if living.exists() && !is_empty(living) {
        // Under the aside name first, so that whatever lies there is never taken for something to clear away.
        fs::rename(restored, &aside).map_err(failed)?;
        let exchanged =
            renameat_with(CWD, &aside, CWD, living, RenameFlags::EXCHANGE).map_err(io::Error::from);
        if let Err(error) = exchanged {
            // This disk cannot exchange two names in one step.
            tracing::debug!(%error, "the two change places in two steps");
            let third = aside.with_extension("restored");
            fs::rename(&aside, &third).map_err(failed)?;
            fs::rename(living, &aside).map_err(failed)?;
            fs::rename(&third, living).map_err(failed)?;
        }
        Some(aside)
    } else {
        fs::rename(restored, living).map_err(failed)?;
        None
    };
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::tests::Folder;

    #[test]
    fn the_old_files_are_kept_aside() {
        let folder = Folder::new("swap");
        let [restored, living] = ["restored", "postgres"].map(|name| folder.path().join(name));
        let make = |path: &Path, text: &str| {
            fs::create_dir(path).unwrap();
            fs::write(path.join("PG_VERSION"), text).unwrap();
        };
        make(&restored, "new");
        assert_eq!(swap(&restored, &living, Timestamp::UNIX_EPOCH).unwrap(), None);
        make(&restored, "newer");
        let aside = swap(&restored, &living, Timestamp::UNIX_EPOCH).unwrap().unwrap();
        assert!(aside.ends_with("postgres.before-19700101T000000Z"));
        assert_eq!(fs::read_to_string(living.join("PG_VERSION")).unwrap(), "newer");
        assert_eq!(fs::read_to_string(aside.join("PG_VERSION")).unwrap(), "new");
        assert!(!restored.exists());
        // An empty folder is no database, and nothing to keep.
        fs::remove_dir_all(&living).unwrap();
        fs::create_dir(&living).unwrap();
        make(&restored, "newest");
        assert_eq!(swap(&restored, &living, Timestamp::UNIX_EPOCH).unwrap(), None);
        assert_eq!(fs::read_to_string(living.join("PG_VERSION")).unwrap(), "newest");
    }
}
