//! What the reconcilers have seen, for whoever asks how the backups do.

use std::collections::BTreeMap;

use ella_keeper::{Archiving, Backup, Continuity, Copy, Shipped, Space};
use jiff::Timestamp;

use super::pages::Look;

/// The latest of everything.
#[derive(Debug, Clone, Default)]
pub struct Board {
    /// How archiving does.
    pub archiving: Option<Result<Archiving, String>>,
    /// The disk.
    pub space: Option<Space>,
    /// Each repository.
    pub copies: BTreeMap<Copy, CopyBoard>,
    /// The daily look at the living database's pages.
    pub pages: PagesBoard,
}

/// What was seen of a repository.
#[derive(Debug, Clone, Default)]
pub struct CopyBoard {
    /// Whether it is there, since this program started.
    pub is_made: bool,
    /// The backups in it.
    pub backups: Vec<Backup>,
    /// When it was last looked whether one is due.
    pub looked_at: Option<Timestamp>,
    /// Since when one is due, and not made yet.
    pub due_since: Option<Timestamp>,
    /// When one was last made for the sake of a gap.
    pub closed_a_gap_at: Option<Timestamp>,
    /// Why the last attempt to make, or list, one failed.
    pub error: Option<String>,
    /// When gaps were last looked for, and what was found.
    pub continuity: Option<(Timestamp, Result<Continuity, String>)>,
    /// How far the copy of the archive is.
    pub shipped: Option<Result<Shipped, String>>,
}

/// What was seen of the living database's pages.
#[derive(Debug, Clone, Default)]
pub struct PagesBoard {
    /// Why nobody looks, if nobody does.
    pub off: Option<&'static str>,
    /// The last look.
    pub last: Option<Look>,
    /// Why the last attempt failed.
    pub error: Option<String>,
}
