//! Room on the disk, judged.

use ella_keeper::Space;
use serde::Serialize;
use utoipa::ToSchema;

use super::report::{Circumstances, Finding};

/// Room on the disk that holds the data folder.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DiskReport {
    #[serde(flatten)]
    pub(crate) finding: Finding,
    pub(crate) free_bytes: Option<u64>,
    pub(crate) total_bytes: Option<u64>,
    /// Bytes of WAL that PostgreSQL keeps.
    pub(crate) wal_bytes: Option<u64>,
    /// Whether nothing new is stored just now.
    pub(crate) writes_refused: bool,
}

/// The disk, judged.
pub(super) fn disk(space: Option<Space>, circumstances: &Circumstances) -> DiskReport {
    let advice = "Free some space, or give the data folder a larger disk. WAL and backups are never thrown away early.";
    let finding = match space {
        None => Finding::ok("Nobody has looked yet."),
        Some(space) if circumstances.writes_refused => Finding::failing(
            format!(
                "Only {} % of the disk is free: nothing new is stored, and reads go on.",
                space.free_percent()
            ),
            advice,
        ),
        Some(space) if circumstances.reserve.is_touched(&space, 2) => {
            let says = format!(
                "{} % of the disk is free; below half of that nothing new is stored.",
                space.free_percent()
            );
            Finding::warning(says, advice)
        }
        Some(space) => Finding::ok(format!("{} % of the disk is free.", space.free_percent())),
    };
    DiskReport {
        finding,
        free_bytes: space.map(|space| space.free_bytes),
        total_bytes: space.map(|space| space.total_bytes),
        wal_bytes: space.map(|space| space.wal_bytes),
        writes_refused: circumstances.writes_refused,
    }
}
