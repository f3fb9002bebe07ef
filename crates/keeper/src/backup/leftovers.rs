//! What interrupted commands leave behind. A restore beside the living database holds a lock for as long as it lives, and
//! the lock goes with its process, however that ends: what nobody holds is cleared away.

use std::{
    collections::BTreeSet,
    fs::{self, File, TryLockError},
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use tokio::task::spawn_blocking;

use super::{BackupError, Backups, drill, in_place, repository::make_folder, restore::remove};
use crate::postgres::{anew, socket};

/// The names of folders in which a database is restored beside the living one.
const BESIDE: &str = "beside-";
/// Before the name of the folder for pgBackRest's own files.
pub(super) const FOR: &str = "for-";
/// Held by whoever restores there.
const ALIVE: &str = "alive.lock";

/// The folders of a restore beside the living database: its own, and those for pgBackRest and the socket. They go with
/// this.
#[derive(Debug)]
pub(super) struct Scratch {
    pub(super) folder: PathBuf,
    work: PathBuf,
    socket_dir: PathBuf,
    _alive: File,
}

impl Drop for Scratch {
    fn drop(&mut self) {
        remove(&self.folder);
        socket::remove(&self.socket_dir);
        // With the lock in it, last of all.
        let _ = fs::remove_dir_all(&self.work);
    }
}

impl Backups {
    /// Folders that nobody else has.
    pub(super) fn claim(&self, now: Timestamp) -> Result<Scratch, BackupError> {
        let name = format!("{BESIDE}{}", now.strftime("%Y%m%dT%H%M%SZ"));
        let _one_at_a_time = self.claiming()?;
        let names = std::iter::once(name.clone()).chain((2..100).map(|number| format!("{name}-{number}")));
        for name in names {
            if let Some(scratch) = self.take(&name)? {
                return Ok(scratch);
            }
        }
        Err(BackupError::Server(
            "Too many copies run beside this database. Stop some of them first.".to_owned(),
        ))
    }

    /// Clears away what interrupted restores and drills have left, and says how many folders those were. Whoever serves
    /// the data folder, and so keeps everybody else from restoring in place, clears that away too.
    ///
    /// # Errors
    /// The folders cannot be looked at.
    pub async fn clear_leftovers(&self, is_serving: bool) -> Result<usize, BackupError> {
        let backups = self.clone();
        spawn_blocking(move || backups.clear_leftovers_now(is_serving))
            .await
            .map_err(|_| BackupError::Abandoned)?
    }

    fn clear_leftovers_now(&self, is_serving: bool) -> Result<usize, BackupError> {
        let mut dead = Vec::new();
        {
            let _one_at_a_time = self.claiming()?;
            let data_dir = &self.shared.data_dir;
            let mut names: BTreeSet<String> = names_in(data_dir).collect();
            names.extend(
                names_in(&self.shared.folder).filter_map(|name| Some(name.strip_prefix(FOR)?.to_owned())),
            );
            for name in names.iter().filter(|name| name.starts_with(BESIDE)) {
                dead.extend(self.take(name)?);
            }
        }
        let mut cleared = dead.len();
        drop(dead);
        let mut clear = |name: &str| {
            let folder = self.shared.data_dir.join(name);
            if folder.exists() {
                remove(&folder);
                socket::remove(&socket::folder(&folder, &self.shared.run_as));
                cleared += 1;
            }
        };
        if let Ok(_only_one) = self.only_drill() {
            clear(drill::FOLDER);
        }
        if is_serving {
            clear(in_place::FOLDER);
            clear(anew::FOLDER);
        }
        Ok(cleared)
    }

    /// Folders of this name, unless somebody restores there.
    fn take(&self, name: &str) -> Result<Option<Scratch>, BackupError> {
        let work = self.shared.folder.join(format!("{FOR}{name}"));
        make_folder(&work, &self.shared.run_as)?;
        let Some(alive) = lock(&work.join(ALIVE), File::try_lock)? else { return Ok(None) };
        let folder = self.shared.data_dir.join(name);
        let socket_dir = socket::folder(&folder, &self.shared.run_as);
        Ok(Some(Scratch { folder, work, socket_dir, _alive: alive }))
    }

    /// So that nobody takes a folder for forgotten that is just being made.
    fn claiming(&self) -> Result<Option<File>, BackupError> {
        lock(&self.shared.folder.join("beside.lock"), |file| file.lock().map_err(TryLockError::Error))
    }
}

fn names_in(folder: &Path) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok())
}

/// A file that only its holder has locked; none when somebody else has. The lock goes with the file.
pub(super) fn lock(
    path: &Path,
    take: impl FnOnce(&File) -> Result<(), TryLockError>,
) -> Result<Option<File>, BackupError> {
    let failed = |error: io::Error| BackupError::file("lock", path, error);
    let mut options = fs::OpenOptions::new();
    let file = options.mode(0o600).write(true).create(true).truncate(false).open(path).map_err(failed)?;
    match take(&file) {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}
