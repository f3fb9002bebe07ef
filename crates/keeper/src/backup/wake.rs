//! Has PostgreSQL keep to `archive_timeout` from the first.

use super::{BackupError, Backups, Living, watch::ask};

impl Backups {
    /// Wakes the checkpointer of a server that has just started, once each; whether that was so.
    ///
    /// It is the checkpointer who begins a new segment when `archive_timeout` is over. But it starts during recovery, does
    /// not count that time then, and sleeps until the next checkpoint: for minutes nothing small was archived (seen
    /// with 15.18). Told to read the settings again, it wakes and counts. Every restart has another checkpointer,
    /// also one that PostgreSQL makes by itself after a crash.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn wake_the_archiving(&self, living: &Living) -> Result<bool, BackupError> {
        let question = "select pid from pg_stat_activity where backend_type = 'checkpointer'";
        let garbled =
            |error| BackupError::Server(format!("The database's answer is not understood: {error}."));
        let pid: i32 = ask(&living.administrator, question).await?.try_get(0).map_err(garbled)?;
        if *self.shared.awake.lock().await == Some(pid) {
            return Ok(false);
        }
        ask(&living.administrator, "select pg_reload_conf()").await?;
        *self.shared.awake.lock().await = Some(pid);
        Ok(true)
    }
}
