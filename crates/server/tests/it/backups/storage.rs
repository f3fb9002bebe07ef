//! The S3-compatible server of the tests, for a program's start.

use std::ops::{Deref, DerefMut};

use ella_test_support::storage;

use crate::program::{Folder, Start};

/// The server and the way to it.
pub struct Storage(storage::Storage);

impl Storage {
    /// Starts one with a bucket `ella`, if it is installed: without it the test is skipped, and fails in CI.
    pub async fn start(test: &str, folder: &Folder) -> Option<Self> {
        let started = storage::Storage::start(folder.path()).await;
        assert!(
            started.is_some() || std::env::var_os("CI").is_none(),
            "{test} needs `sh setup/python.sh storage`, and CI must not skip it"
        );
        started.map(Self)
    }

    /// Adds it to a start.
    pub fn given_to(&self, start: Start) -> Start {
        self.environment().into_iter().fold(start, |start, (name, value)| start.env(name, value))
    }
}

impl Deref for Storage {
    type Target = storage::Storage;

    fn deref(&self) -> &storage::Storage {
        &self.0
    }
}

impl DerefMut for Storage {
    fn deref_mut(&mut self) -> &mut storage::Storage {
        &mut self.0
    }
}
