//! Which timeline the living database is on, by its own word.

use jiff::Timestamp;
use tokio::task::spawn_blocking;

use super::{Backups, make::TIMELINE, state::TimelineSince};
use crate::Settings;

/// The timeline of the data folder's database. No backup tells it when old files were put back by hand and none was made
/// since; and the archive holds the abandoned, newer one as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Own {
    /// The number of the database.
    pub(super) system: u64,
    pub(super) timeline: u32,
    /// Since when it has been the living one, where that was seen.
    pub(super) since: Option<Timestamp>,
}

impl Backups {
    /// What the cluster in the data folder says of itself; it need not run. None where there is none, or it is damaged.
    pub(super) async fn own(&self, base: &Settings) -> Option<Own> {
        let (backups, base) = (self.clone(), base.clone());
        let position = spawn_blocking(move || backups.position(&base)).await.ok()??;
        let noted: Option<TimelineSince> = self.recall(TIMELINE);
        // A restore writes its note before the database is in its place, and may have been interrupted between.
        let since = noted.filter(|noted| noted.timeline == position.timeline).and_then(|noted| noted.since);
        Some(Own { system: position.system, timeline: position.timeline, since })
    }
}
