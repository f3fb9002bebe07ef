//! The recovery key in force, against the one that the database was made with.

use std::{fs, path::Path};

use ella_sql::{client::Params, queries::upkeep};
use tokio_postgres::Client;

use super::{Database, explain};
use crate::secrets::{Origin, RECOVERY_KEY_FILE, Secrets, write_private};

/// The fact under which the key's fingerprint is remembered.
const FINGERPRINT: &str = "recovery_key_fingerprint";
/// The file beside our own database that says the same, for before anything is written: what derives from a wrong key
/// must not take the place of what derives from the right one, which may be the last trace of it.
const FINGERPRINT_FILE: &str = "recovery.fingerprint";

/// The recovery key in force. With another one than the database was made with, no device would find its student
/// again.
#[derive(Clone, Copy)]
pub struct RecoveryKey<'a> {
    /// What derives from it.
    pub secrets: &'a Secrets,
    /// Where it came from.
    pub origin: Origin,
    /// The folder in which it is kept.
    pub data_dir: &'a Path,
}

impl RecoveryKey<'_> {
    /// Refuses another key than the database in the data folder was made with, before that is touched.
    ///
    /// # Errors
    /// A sentence that says where to put the right key.
    pub fn refuse_another_at_first_sight(self) -> Result<(), String> {
        let path = self.data_dir.join(FINGERPRINT_FILE);
        match fs::read_to_string(&path) {
            Ok(kept) => self.compare(kept.trim()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(format!(
                "Cannot read {}: {error}. Let the user who runs Ella read it, and start again.",
                path.display()
            )),
        }
    }

    /// Keeps the fingerprint beside our own database.
    ///
    /// # Errors
    /// A sentence that names the file.
    pub fn keep_fingerprint(self) -> Result<(), String> {
        let path = self.data_dir.join(FINGERPRINT_FILE);
        let fingerprint = self.secrets.fingerprint();
        if fs::read_to_string(&path).is_ok_and(|kept| kept.trim() == fingerprint) {
            return Ok(());
        }
        write_private(&path, fingerprint)
    }

    /// Refuses to touch a database that was made with another key. For before the first change of it: its tables may
    /// not be there yet.
    ///
    /// # Errors
    /// A sentence that says where to put the right key.
    pub async fn refuse_another(self, client: &Client) -> Result<(), String> {
        let failed = |error| format!("The database cannot be read: {}.", explain(&error));
        let made = client.query_one("select to_regclass('server_facts') is not null", &[]).await;
        if !made.map_err(failed)?.get::<_, bool>(0) {
            return Ok(());
        }
        let remembered = client
            .query_opt("select value from server_facts where name = $1", &[&FINGERPRINT])
            .await
            .map_err(failed)?;
        remembered.map_or(Ok(()), |row| self.compare(row.get(0)))
    }

    /// Remembers the key in a new database, and refuses one that was made with another.
    ///
    /// # Errors
    /// A sentence that says where to put the right key.
    pub async fn remember(self, database: &Database) -> Result<(), String> {
        let fingerprint = self.secrets.fingerprint();
        let remembered = database
            .write_again(|client| async move {
                if let Some(known) = upkeep::server_fact().bind(&client, &FINGERPRINT).opt().await? {
                    return Ok(known);
                }
                let fact = upkeep::RememberServerFactParams { name: FINGERPRINT, value: fingerprint };
                match upkeep::remember_server_fact().params(&client, &fact).opt().await? {
                    Some(known) => Ok(known),
                    // Another program was first, too late for this statement to see what it wrote.
                    None => upkeep::server_fact().bind(&client, &FINGERPRINT).one().await,
                }
            })
            .await
            .map_err(|error| format!("The database cannot be read: {error}."))?;
        self.compare(&remembered)
    }

    fn compare(self, remembered: &str) -> Result<(), String> {
        let fingerprint = self.secrets.fingerprint();
        if remembered == fingerprint {
            return Ok(());
        }
        let file = self.data_dir.join(RECOVERY_KEY_FILE);
        if self.origin == Origin::Made {
            // It opens nothing, and must not be mistaken for the right one at the next start.
            let _ = fs::remove_file(&file);
        }
        Err(format!(
            "This database was made with another recovery key (fingerprint {remembered}; this one is {fingerprint}). \
             Put the right one into {} or set it as ELLA_RECOVERY_KEY. Nothing was changed.",
            file.display()
        ))
    }
}
