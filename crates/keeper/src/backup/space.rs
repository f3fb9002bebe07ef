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

/// Refuses work for which there is no room.
pub(super) fn room_for(needed: u64, folder: &Path) -> Result<(), BackupError> {
    let free = Space::look(folder)?.free_bytes;
    if free >= needed {
        return Ok(());
    }
    let (free_mib, needed_mib) = (free >> 20, needed >> 20);
    Err(BackupError::NoRoom { folder: folder.to_owned(), free_mib, needed_mib })
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
        let space = Space::look(Path::new("/tmp")).unwrap();
        assert!(space.total_bytes >= space.free_bytes && space.total_bytes > 0);
    }
}
