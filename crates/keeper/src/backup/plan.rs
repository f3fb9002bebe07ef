//! Which backup and which timeline lead to a moment.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use super::{
    BackupError, Copy,
    archive::{Archive, Gap, History, parse_history},
    info::{Backup, Listed},
    own::Own,
    program::Caller,
    segment::Segment,
};

/// What is to be restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Everything that the archive holds.
    Latest,
    /// Everything that had been committed at this moment.
    At(Timestamp),
}

/// Where it is to come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A copy of a repository's folder.
    Folder(PathBuf),
    /// One of the repositories of the data folder.
    Repository(Copy),
}

impl std::str::FromStr for Source {
    type Err = std::convert::Infallible;

    /// `local`, `s3` or a folder.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "local" => Self::Repository(Copy::Local),
            "s3" | "S3" => Self::Repository(Copy::OffMachine),
            folder => Self::Folder(folder.into()),
        })
    }
}

/// The way there.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) backup: Backup,
    /// The timeline that was the living one at that moment. PostgreSQL's default is the newest, which left the older
    /// one before some later moments: it would stop there and say nothing.
    pub(super) timeline: u32,
    pub(super) target: Target,
    pub(super) gap: Option<Gap>,
    /// The last segment in the archive on the way.
    last_segment: Option<u64>,
    /// The end of the next backup after the moment.
    pub(super) next_backup: Option<Timestamp>,
}

impl Plan {
    pub(super) async fn make(
        caller: &Caller,
        listed: &Listed,
        own: Option<Own>,
        target: Target,
        now: Timestamp,
    ) -> Result<Self, BackupError> {
        if let Target::At(moment) = target
            && moment > now
        {
            return Err(BackupError::TooLate { asked: show(moment) });
        }
        let Listed { backups, system } = listed;
        let archive = Archive::list(caller).await?;
        let own = own.filter(|own| Some(own.system) == *system && is_in(own.timeline, backups, &archive));
        let timeline = match (target, own) {
            // The present is that of the database which lives, whatever came into the archive last.
            (Target::Latest, Some(own)) => own.timeline,
            _ => living_at(&since(backups, &archive, own), target),
        };
        let history = archive.history(caller, timeline).await?;
        choose(backups, &archive, timeline, &history, target, caller)
    }
}

impl Plan {
    /// Refuses a recovery that ended before the archive did, by the history of the timeline that it began.
    pub(super) fn is_whole(&self, cluster: &Path) -> Result<(), BackupError> {
        let Some(last) = self.last_segment else { return Ok(()) };
        let newest = fs::read_dir(cluster.join("pg_wal"))
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "history"))
            .max_by_key(fs::DirEntry::file_name);
        let history = newest.and_then(|entry| fs::read_to_string(entry.path()).ok()).unwrap_or_default();
        let ended = parse_history(&history).last().map(|(_, left_at)| left_at.segment());
        if ended.is_some_and(|ended| ended >= last) {
            return Ok(());
        }
        let name = |number| Segment { timeline: self.timeline, number };
        let at =
            ended.map_or_else(|| "nowhere".to_owned(), |number| format!("in WAL segment {}", name(number)));
        let because = format!("recovery ended {at}, and the archive goes on to {}", name(last));
        Err(BackupError::Unsound { because })
    }
}

/// A moment as people write it and PostgreSQL reads it.
pub(super) fn show(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d %H:%M:%S%.fZ").to_string()
}

/// Moments from which on a timeline was the living one, as far as is known; the first has been from the beginning.
fn since(backups: &[Backup], archive: &Archive, own: Option<Own>) -> BTreeSet<(Timestamp, u32)> {
    let is_told = |timeline: u32| {
        backups.iter().any(|backup| backup.timeline == timeline && backup.timeline_since.is_some())
    };
    let told = backups.iter().filter_map(|backup| Some((backup.timeline_since?, backup.timeline)));
    let files = archive.histories.iter().filter_map(|(timeline, time)| Some(((*time)?, *timeline)));
    let files = files.filter(|(_, timeline)| !is_told(*timeline));
    // Only a living database is backed up: old files that were put back by hand are on their old timeline again.
    let backed_up = backups.iter().map(|backup| (backup.ended_at, backup.timeline));
    let first = archive.segments.keys().take(1).copied();
    let unknown = backups.iter().map(|backup| backup.timeline);
    let unknown = unknown.filter(|timeline| !is_told(*timeline) && !archive.histories.contains_key(timeline));
    let from_the_beginning = first.chain(unknown).map(|timeline| (Timestamp::MIN, timeline));
    let own = own.and_then(|own| Some((own.since?, own.timeline)));
    told.chain(files).chain(backed_up).chain(from_the_beginning).chain(own).collect()
}

/// Whether anything of a timeline can be restored.
fn is_in(timeline: u32, backups: &[Backup], archive: &Archive) -> bool {
    archive.segments.contains_key(&timeline) || backups.iter().any(|backup| backup.timeline == timeline)
}

fn living_at(since: &BTreeSet<(Timestamp, u32)>, target: Target) -> u32 {
    since
        .iter()
        .rfind(|(since, _)| match target {
            Target::Latest => true,
            Target::At(moment) => *since <= moment,
        })
        .map_or(1, |(_, timeline)| *timeline)
}

fn choose(
    backups: &[Backup],
    archive: &Archive,
    timeline: u32,
    history: &History,
    target: Target,
    caller: &Caller,
) -> Result<Plan, BackupError> {
    let leads_there = |backup: &&Backup| {
        backup.timeline == timeline
            || history
                .iter()
                .any(|(ancestor, left_at)| *ancestor == backup.timeline && backup.end <= *left_at)
    };
    let leading: Vec<&Backup> = backups.iter().filter(leads_there).collect();
    let is_before = |backup: &&&Backup| match target {
        Target::Latest => true,
        Target::At(moment) => backup.ended_at <= moment,
    };
    // One that copied damaged pages comes last: what was written to them since an earlier one is in the archive.
    let newest_sound = |backup: &&&Backup| (!backup.has_bad_pages, backup.ended_at);
    let Some(backup) = leading.iter().filter(is_before).max_by_key(newest_sound) else {
        return Err(match (target, leading.iter().map(|backup| backup.ended_at).min()) {
            (Target::At(moment), Some(first)) => {
                BackupError::TooEarly { asked: show(moment), first: show(first) }
            }
            _ => BackupError::Empty {
                repository: caller.name(),
                place: caller.repository.describe(),
                advice: "Check the place, or wait for the first backup",
            },
        });
    };
    let next_backup =
        leading.iter().filter(|other| other.ended_at > backup.ended_at).map(|other| other.ended_at).min();
    let gap = archive.first_gap(backup.first_segment, timeline, history);
    // A copy of the segment in which the timeline begins may be all there is of it.
    let last_segment = archive.segments.get(&timeline).and_then(|numbers| numbers.last().copied());
    Ok(Plan { backup: (*backup).clone(), timeline, target, gap, last_segment, next_backup })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-11-22T{text}Z").parse().unwrap()
    }

    #[test]
    fn the_timeline_is_the_one_that_lived_then() {
        let since = BTreeSet::from([
            (Timestamp::MIN, 1),
            (at("12:00:00"), 2),
            (at("13:00:00"), 3),
            (at("14:00:00"), 1),
        ]);
        for (moment, timeline) in
            [("11:59:59", 1), ("12:00:00", 2), ("12:59:59", 2), ("13:30:00", 3), ("14:30:00", 1)]
        {
            assert_eq!(living_at(&since, Target::At(at(moment))), timeline, "{moment}");
        }
        assert_eq!(living_at(&since, Target::Latest), 1, "its files were put back");
        assert_eq!(living_at(&BTreeSet::new(), Target::Latest), 1);
    }

    #[test]
    fn an_annotation_is_believed_before_the_time_of_a_file() {
        let archive = Archive { histories: [(2, Some(at("18:00:00")))].into(), ..Archive::default() };
        assert_eq!(since(&[], &archive, None), [(at("18:00:00"), 2)].into());
    }
}
