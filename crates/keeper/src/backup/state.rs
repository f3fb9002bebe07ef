//! What must be known after a restart: small files, each written as a whole.

use std::{fs, path::PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{BackupError, Backups};
use crate::postgres::files::replace;

/// Since when the living database is on its timeline: a restore writes it, and a server that finds itself on another
/// one than is noted here. Whoever puts old files back by hand tells nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TimelineSince {
    pub(super) timeline: u32,
    /// None where it has been from the beginning, or nobody knows.
    pub(super) since: Option<Timestamp>,
}

impl Backups {
    /// What was kept under a name, if it can be read.
    pub(super) fn recall<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_slice(&fs::read(self.state_file(name)).ok()?).ok()
    }

    pub(super) fn keep<T: Serialize>(&self, name: &str, value: &T) -> Result<(), BackupError> {
        let path = self.state_file(name);
        let written = serde_json::to_string_pretty(value)
            .map_err(std::io::Error::other)
            .and_then(|text| replace(&path, &(text + "\n"), &self.shared.run_as));
        written.map_err(|error| BackupError::file("write", &path, error))
    }

    fn state_file(&self, name: &str) -> PathBuf {
        self.shared.folder.join("state").join(format!("{name}.json"))
    }
}
