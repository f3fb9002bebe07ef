//! Whether the archive holds anything that the data folder has not seen.

use std::path::Path;

use super::{
    Backups, Copy, Source,
    archive::Archive,
    info,
    living::major_of,
    segment::{Lsn, Segment},
};
use crate::{
    Settings,
    postgres::{discover::discover, tool::ask},
};

/// Where a cluster is, by its own word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) system: u64,
    pub(super) timeline: u32,
    pub(super) checkpoint: Lsn,
}

impl Backups {
    /// Whether the database of the data folder, which need not run, has seen everything that the archive holds. It has
    /// not when the folder is an old copy, when the archive is another database's, and when nobody can tell.
    pub async fn living_has_seen_all(&self, source: Option<&Source>, base: &Settings) -> bool {
        let Some(here) = self.position(base) else { return false };
        let copy = match source {
            // The copy in S3 is made of the local one.
            None => Copy::Local,
            Some(Source::Repository(copy)) => *copy,
            Some(Source::Folder(_)) => return false,
        };
        let Ok(caller) = self.caller(copy) else { return false };
        let Ok(listed) = info::listed(caller).await else { return false };
        let Ok(archive) = Archive::list(caller).await else { return false };
        listed.system == Some(here.system) && here.has_seen(&archive, self.living_cluster())
    }

    pub(super) fn position(&self, base: &Settings) -> Option<Position> {
        self.position_of(self.living_cluster(), base)
    }

    /// Where a cluster that does not run is, by its own word.
    pub(super) fn position_of(&self, cluster: &Path, base: &Settings) -> Option<Position> {
        let programs = discover(base.bin_dir.as_deref(), Some((cluster, major_of(cluster).ok()?))).ok()?;
        let mut command = self.shared.run_as.command(programs.program("pg_controldata"), "KILL");
        Position::parse(&ask(command.arg(cluster))?)
    }
}

impl Position {
    /// Out of what `pg_controldata` prints.
    fn parse(text: &str) -> Option<Self> {
        let value = |name: &str| text.lines().find_map(|line| Some(line.strip_prefix(name)?.trim()));
        Some(Self {
            system: value("Database system identifier:")?.parse().ok()?,
            timeline: value("Latest checkpoint's TimeLineID:")?.parse().ok()?,
            checkpoint: Lsn::parse(value("Latest checkpoint location:")?)?,
        })
    }

    fn has_seen(self, archive: &Archive, cluster: &Path) -> bool {
        let Some((timeline, number)) = archive
            .segments
            .iter()
            .next_back()
            .and_then(|(timeline, numbers)| Some((*timeline, *numbers.last()?)))
        else {
            return true;
        };
        // After a crash the last checkpoint lies back, but what was archived since is noted.
        let noted = || {
            let status = cluster.join("pg_wal/archive_status");
            let segment = Segment { timeline, number };
            ["done", "ready"].iter().any(|state| status.join(format!("{segment}.{state}")).exists())
        };
        self.timeline > timeline
            || self.timeline == timeline && (self.checkpoint.segment() >= number || noted())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_seen_what_its_last_checkpoint_lies_behind() {
        let text = "pg_control version number:            1300\nDatabase system identifier:           7431\n\
                    Latest checkpoint location:           0/3000028\nLatest checkpoint's TimeLineID:       2\n";
        let here = Position::parse(text).unwrap();
        assert_eq!(here, Position { system: 7431, timeline: 2, checkpoint: Lsn(0x0300_0028) });
        let up_to = |timeline, number| Archive {
            segments: [(timeline, [1, number].into())].into(),
            ..Archive::default()
        };
        let seen = |archive: &Archive| here.has_seen(archive, Path::new("/nowhere"));
        assert_eq!(
            [(1, 9), (2, 2), (2, 3), (2, 4), (3, 1)].map(|(t, n)| seen(&up_to(t, n))),
            [true, true, true, false, false]
        );
        assert!(seen(&Archive::default()));
    }
}
