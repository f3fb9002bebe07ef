//! What lies in a repository's archive, and whether a segment is missing in it. pgBackRest sees nothing amiss when one
//! is: `verify` and `info` say ok, and a restore ends at the gap as if nothing had come after it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use jiff::Timestamp;
use serde::Deserialize;

use super::{
    BackupError,
    program::{BRIEF, Caller},
    repository::STANZA,
    segment::{Lsn, Segment},
};

/// The archive of a repository.
#[derive(Debug, Clone, Default)]
pub(super) struct Archive {
    /// Numbers of the segments, by timeline.
    pub(super) segments: BTreeMap<u32, BTreeSet<u64>>,
    /// Timelines that have a history file, and when it was put here.
    pub(super) histories: BTreeMap<u32, Option<Timestamp>>,
    /// When the newest file was put here.
    pub(super) newest: Option<Timestamp>,
    /// The folder of this database's major version.
    pub(super) folder: Option<String>,
}

/// Missing segments, from the first to the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) timeline: u32,
    pub(super) first: u64,
    pub(super) last: u64,
}

impl fmt::Display for Gap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |number| Segment { timeline: self.timeline, number };
        if self.first == self.last {
            write!(formatter, "WAL segment {}", name(self.first))
        } else {
            write!(formatter, "WAL from {} to {}", name(self.first), name(self.last))
        }
    }
}

/// Where a timeline left each of its ancestors, oldest first.
pub(super) type History = Vec<(u32, Lsn)>;

#[derive(Deserialize)]
struct Entry {
    time: Option<i64>,
}

impl Archive {
    pub(super) async fn list(caller: &Caller) -> Result<Self, BackupError> {
        let place = format!("archive/{STANZA}");
        let said = caller
            .call("list the archive", &["repo-ls", "--recurse", "--output=json", &place], BRIEF)
            .await?;
        Self::parse(&said.text).map_err(|because| BackupError::Failed {
            doing: "list the archive",
            repository: caller.name(),
            because,
        })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let entries: BTreeMap<String, Entry> =
            serde_json::from_str(text).map_err(|error| error.to_string())?;
        // "15-1", and after an upgrade "17-2": the last number counts.
        let folder = entries
            .keys()
            .filter_map(|path| path.split('/').next())
            .filter_map(|folder| Some((folder.split_once('-')?.1.parse::<u32>().ok()?, folder)))
            .max()
            .map(|(_, folder)| folder.to_owned());
        let mut archive = Self::default();
        let inside = folder.as_ref().map(|folder| format!("{folder}/")).unwrap_or_default();
        for (path, entry) in &entries {
            let time = entry.time.and_then(|time| Timestamp::from_second(time).ok());
            let Some(path) = path.strip_prefix(&inside).filter(|_| folder.is_some()) else { continue };
            archive.add(path.rsplit('/').next().unwrap_or(path), time);
        }
        archive.folder = folder;
        Ok(archive)
    }

    fn add(&mut self, file: &str, time: Option<Timestamp>) {
        if is_unfinished(file) {
            return;
        }
        if let Some(timeline) = file.strip_suffix(".history") {
            if let Ok(timeline) = u32::from_str_radix(timeline, 16) {
                self.histories.insert(timeline, time);
            }
        } else if let Some(segment) = file.split_once('-').and_then(|(name, _)| Segment::parse(name)) {
            self.segments.entry(segment.timeline).or_default().insert(segment.number);
            self.newest = self.newest.max(time);
        }
    }

    /// The history of a timeline, out of its file.
    pub(super) async fn history(&self, caller: &Caller, timeline: u32) -> Result<History, BackupError> {
        let (Some(folder), true) = (&self.folder, self.histories.contains_key(&timeline)) else {
            return Ok(History::new());
        };
        let file = format!("archive/{STANZA}/{folder}/{timeline:08X}.history");
        let said = caller.call("read a timeline's history", &["repo-get", &file], BRIEF).await?;
        Ok(parse_history(&said.text))
    }

    /// What is missing between segments that are there, from each timeline's first to its last.
    pub(super) fn gaps(&self) -> Vec<Gap> {
        self.segments
            .iter()
            .flat_map(|(timeline, numbers)| {
                let next = numbers.iter().skip(1);
                numbers.iter().zip(next).filter(|(this, next)| *this + 1 < **next).map(|(this, next)| Gap {
                    timeline: *timeline,
                    first: this + 1,
                    last: next - 1,
                })
            })
            .collect()
    }

    /// What is missing first on the way from a segment to the end of a timeline with this history.
    pub(super) fn first_gap(&self, from: Segment, timeline: u32, history: &History) -> Option<Gap> {
        let mut at = from.number;
        // A new timeline begins with a copy of the segment in which it left the old one.
        let legs = history
            .iter()
            .filter(|(ancestor, _)| *ancestor >= from.timeline)
            .map(|(ancestor, left_at)| (*ancestor, Some(left_at.segment())));
        for (leg, until) in legs.chain([(timeline, None)]) {
            let empty = BTreeSet::new();
            let numbers = self.segments.get(&leg).unwrap_or(&empty);
            let later = until.or_else(|| numbers.last().map(|last| last + 1)).unwrap_or(at);
            let missing = |number: &u64| !numbers.contains(number);
            if let Some(first) = (at..later).find(missing) {
                let last = (first..later).take_while(missing).last().unwrap_or(first);
                return Some(Gap { timeline: leg, first, last });
            }
            at = at.max(later);
        }
        None
    }
}

/// Whether a file is still being written.
pub(super) fn is_unfinished(file: &str) -> bool {
    file.split('.').next_back() == Some("tmp")
}

pub(super) fn parse_history(text: &str) -> History {
    text.lines()
        .filter_map(|line| {
            let mut fields = line.split_whitespace();
            Some((fields.next()?.parse().ok()?, Lsn::parse(fields.next()?)?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(segments: &[(u32, &[u64])]) -> Archive {
        let segments = segments
            .iter()
            .map(|(timeline, numbers)| (*timeline, numbers.iter().copied().collect()))
            .collect();
        Archive { segments, ..Archive::default() }
    }

    #[test]
    fn a_listing_is_understood() {
        let text = r#"{".":{"type":"path"},"15-1":{"type":"path"},"15-1/0000000100000000":{"type":"path"},
            "14-0/00000009.history":{"type":"file","size":1,"time":1},
            "15-1/00000002.history":{"type":"file","size":41,"time":1795590742},
            "15-1/0000000100000000/000000010000000000000001-73f9c5087d3bfea26af821d60263b5ad86ec2d95.zst":
                {"type":"file","size":1295568,"time":1795590745},
            "15-1/0000000100000000/000000010000000000000002.00000028.backup":{"type":"file","size":400,"time":1795590744},
            "15-1/0000000100000000/000000010000000000000002-9311b4655b52c699829b9324bcfc994a998de9cf.zst.pgbackrest.tmp":
                {"type":"file","size":9,"time":1795590799},
            "archive.info":{"type":"file","size":368,"time":1795590999}}"#;
        let archive = Archive::parse(text).unwrap();
        assert_eq!(archive.segments, [(1, BTreeSet::from([1]))].into());
        assert_eq!(archive.histories.keys().collect::<Vec<_>>(), [&2]);
        assert_eq!(archive.newest, Timestamp::from_second(1_795_590_745).ok());
        assert_eq!(archive.folder.as_deref(), Some("15-1"));
        assert!(Archive::parse("{}").unwrap().segments.is_empty());
    }

    #[test]
    fn a_gap_is_seen_and_named() {
        assert_eq!(archive(&[(1, &[3, 4, 5]), (2, &[5, 6])]).gaps(), []);
        let gaps = archive(&[(1, &[3, 5, 9])]).gaps();
        assert_eq!(gaps.len(), 2);
        assert_eq!(gaps[0].to_string(), "WAL segment 000000010000000000000004");
        assert!(gaps[1].to_string().ends_with("to 000000010000000000000008"));
    }

    #[test]
    fn only_gaps_on_the_way_count() {
        let from = |number| Segment { timeline: 1, number };
        // Timeline 2 left timeline 1 in segment 5; what came on 1 after that does not matter.
        let history = vec![(1, Lsn(0x0500_0028))];
        let whole = archive(&[(1, &[3, 4, 6]), (2, &[5, 6, 7])]);
        assert_eq!(whole.first_gap(from(3), 2, &history), None);
        let broken = archive(&[(1, &[3, 6]), (2, &[5, 6, 7])]);
        assert_eq!(broken.first_gap(from(3), 2, &history).unwrap().first, 4);
        let broken = archive(&[(1, &[3, 4]), (2, &[6, 7])]);
        assert_eq!(broken.first_gap(from(3), 2, &history).unwrap(), Gap { timeline: 2, first: 5, last: 5 });
        assert_eq!(archive(&[(1, &[3, 4])]).first_gap(from(5), 1, &History::new()), None, "nothing came yet");
    }

    #[test]
    fn a_history_is_read() {
        let text =
            "1\t0/5000000\tno recovery target specified\n\n2\t0/7000028\tbefore 2026-11-22 10:00:00+00\n";
        assert_eq!(parse_history(text), [(1, Lsn(0x500_0000)), (2, Lsn(0x700_0028))]);
    }
}
