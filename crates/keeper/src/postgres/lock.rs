//! One ella a data folder.

use std::{
    fs::{self, File, TryLockError},
    io::{Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use super::StartError;

/// A killed program is restarted at once, and the kernel may still be clearing it away.
const PATIENCE: Duration = Duration::from_millis(500);

/// Held while any PostgreSQL of ours may run in the folder. The operating system drops it when we die, however we die.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Lock {
    pub(crate) fn take(data_dir: &Path) -> Result<Self, StartError> {
        let path = data_dir.join("ella.lock");
        let failed = |error| StartError::file("lock", &path, error);
        // Nobody else may open it, because who can open it can lock it. It stays when we end: to remove it would let two programs lock two files of one name.
        let mut file = fs::OpenOptions::new()
            .mode(0o600)
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        let started = Instant::now();
        while let Err(refusal) = file.try_lock() {
            if let TryLockError::Error(error) = refusal {
                return Err(failed(error));
            }
            if started.elapsed() > PATIENCE {
                let mut holder = String::new();
                let pid = file.read_to_string(&mut holder).ok().and_then(|_| holder.trim().parse().ok());
                return Err(StartError::Locked { folder: data_dir.to_owned(), pid });
            }
            thread::sleep(Duration::from_millis(20));
        }
        file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(failed)?;
        Ok(Self { file })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Said aloud: a child between fork and exec has the file open as well, and would keep the lock by that.
        if let Err(error) = self.file.unlock() {
            tracing::debug!(%error, "the lock goes with the file instead");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::tests::Folder;

    #[test]
    fn the_second_learns_who_is_the_first() {
        let folder = Folder::new("lock");
        let first = Lock::take(folder.path()).unwrap();
        let sentence = Lock::take(folder.path()).unwrap_err().to_string();
        let named = format!("Another ella (process {})", std::process::id());
        assert!(sentence.contains(&named) && sentence.contains("ELLA_DATA_DIR"), "{sentence}");
        drop(first);
        Lock::take(folder.path()).unwrap();
    }
}
