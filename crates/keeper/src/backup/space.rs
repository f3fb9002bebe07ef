//! Room on the disk. WAL is never thrown away to make some.

use std::{fs, path::Path};

use serde::Serialize;

use super::BackupError;

/// The disk that holds the data folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Space {
    /// Bytes that are free for us.
    pub free_bytes: u64,
    /// Bytes of the whole disk.
    pub total_bytes: u64,
    /// Bytes of WAL that PostgreSQL keeps.
    pub wal_bytes: u64,
}

impl Space {
    /// Looks at a data folder and the cluster in it.
    ///
    /// # Errors
    /// The disk cannot be asked.
    pub fn look(data_dir: &Path) -> Result<Self, BackupError> {
        let disk = rustix::fs::statvfs(data_dir)
            .map_err(|error| BackupError::file("look at the disk of", data_dir, error.into()))?;
        Ok(Self {
            free_bytes: disk.f_bavail.saturating_mul(disk.f_frsize),
            total_bytes: disk.f_blocks.saturating_mul(disk.f_frsize),
            wal_bytes: bytes_in(&data_dir.join("postgres/pg_wal")),
        })
    }

    /// Free hundredths of the disk.
    #[must_use]
    pub fn free_percent(&self) -> u8 {
        let percent = self.free_bytes.saturating_mul(100).checked_div(self.total_bytes).unwrap_or(100);
        u8::try_from(percent).unwrap_or(100)
    }
}

/// How much of a disk is kept free for the database itself: below it nothing new is to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reserve {
    /// Hundredths of the disk.
    pub percent: u8,
    /// No more than this, in bytes: a tenth of a large disk is plenty.
    pub most_bytes: u64,
}

impl Default for Reserve {
    /// A tenth, but no more than 2 GiB: four times as much WAL as is kept for a checkpoint.
    fn default() -> Self {
        Self { percent: 10, most_bytes: 2 << 30 }
    }
}

impl Reserve {
    /// Whether less is free than is to be kept, or less than so many times as much.
    #[must_use]
    pub fn is_touched(&self, space: &Space, times: u64) -> bool {
        space.free_bytes < self.bytes(space).saturating_mul(times)
    }

    /// What is to be kept free of a disk.
    pub(super) fn bytes(&self, space: &Space) -> u64 {
        (space.total_bytes / 100 * u64::from(self.percent)).min(self.most_bytes)
    }
}

/// Refuses work for which there is no room.
pub(super) fn room_for(needed: u64, folder: &Path) -> Result<(), BackupError> {
    let free = Space::look(folder)?.free_bytes;
    if free >= needed {
        return Ok(());
    }
    let (free_mib, needed_mib) = (free >> 20, needed >> 20);
    Err(BackupError::NoRoom { folder: folder.to_owned(), free_mib, needed_mib })
}

/// Refuses a copy beside the living database that would leave this no room: the students come first.
pub(super) fn room_beside(needed: u64, reserve: Reserve, folder: &Path) -> Result<(), BackupError> {
    let kept_free = reserve.bytes(&Space::look(folder)?);
    room_for(needed.saturating_add(kept_free), folder)
}

/// Bytes of the files in a folder, without what lies deeper.
fn bytes_in(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.metadata().ok())
        .filter(fs::Metadata::is_file)
        .map(|file| file.len())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_space_is_counted_in_hundredths() {
        let space = |free_bytes, total_bytes| Space { free_bytes, total_bytes, wal_bytes: 0 }.free_percent();
        assert_eq!([space(1, 10), space(99, 1000), space(0, 10), space(0, 0)], [10, 9, 0, 100]);
        let space = |free_bytes, total_bytes| Space { free_bytes, total_bytes, wal_bytes: 0 };
        let reserve = Reserve::default();
        // Of a disk of 8 GB a tenth is kept, of one of 1 TB no more than 2 GiB.
        let (small, large) = (8_000_000_000, 1_000_000_000_000);
        let touched =
            [(799_999_999, small), (800_000_000, small), (2_147_483_647, large), (2_147_483_648, large)];
        let touched = touched.map(|(free, total)| reserve.is_touched(&space(free, total), 1));
        assert_eq!(touched, [true, false, true, false]);
        assert!(reserve.is_touched(&space(1_500_000_000, small), 2));
        let space = Space::look(Path::new("/tmp")).unwrap();
        assert!(space.total_bytes >= space.free_bytes && space.total_bytes > 0);
    }
}
