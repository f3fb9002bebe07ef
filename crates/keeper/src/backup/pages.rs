//! Every page and every index of a database, looked at by PostgreSQL's own `pg_amcheck`.

use std::{process::Command, time::Duration};

use rustix::process::{Pid, setpriority_process};
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use super::{BackupError, Living, watch::ask};
use crate::postgres::tool::run;

/// How much others go before it, as `nice` counts.
const NICE: i32 = 10;
/// Faults that are told: where one page is damaged, others often are.
const MOST: usize = 20;
/// What the program answers when it found something.
const FOUND: i32 = 2;

impl Living {
    /// Looks at every page and index of the database while it serves; what is wrong, a sentence each. Others go first:
    /// the session that reads everything has a low priority. Given up at the deadline, and when the future is dropped.
    ///
    /// # Errors
    /// It could not look.
    pub async fn check_pages(&self, deadline: Duration) -> Result<Vec<String>, BackupError> {
        let mut command = self.client("pg_amcheck")?;
        // A lock that somebody holds is not waited for for ever, and a session without its program ends.
        let options = "-c lock_timeout=1min -c client_connection_check_interval=10s";
        command.env("PGOPTIONS", options);
        tokio::select! {
            found = amcheck(command, deadline) => found,
            never = self.give_way() => match never {},
        }
    }

    /// Gives the check's session a low priority, which its program cannot: PostgreSQL does the work.
    async fn give_way(&self) -> std::convert::Infallible {
        let session = "select max(pid) from pg_stat_activity where application_name = 'pg_amcheck'";
        let mut known = None;
        loop {
            let found = ask(&self.administrator, session).await.ok();
            let pid: Option<i32> = found.and_then(|row| row.try_get(0).ok()).flatten();
            if pid.is_some() && pid != known {
                known = pid;
                if let Err(error) = setpriority_process(pid.and_then(Pid::from_raw), NICE) {
                    tracing::debug!(%error, "the check keeps the priority of others");
                }
            }
            // Another session is rare: one reads all of a database.
            let pause = if known.is_some() { Duration::from_secs(30) } else { Duration::from_millis(100) };
            tokio::time::sleep(pause).await;
        }
    }
}

/// Runs a `pg_amcheck` that knows where to connect; what it found, a sentence each.
pub(super) async fn amcheck(mut command: Command, deadline: Duration) -> Result<Vec<String>, BackupError> {
    command.arg("--install-missing");
    let given_up = CancellationToken::new();
    let _give_up_on_drop = given_up.clone().drop_guard();
    let checked = spawn_blocking(move || run(&mut command, deadline, &given_up)).await;
    let not_run = |because: String| BackupError::Server(format!("pg_amcheck could not be run: {because}."));
    let output = checked.map_err(|_| BackupError::Abandoned)?.map_err(|error| match error.kind() {
        std::io::ErrorKind::TimedOut => BackupError::Server(format!(
            "Looking at every page took longer than {} minutes.",
            deadline.as_secs() / 60
        )),
        _ => not_run(error.to_string()),
    })?;
    if output.status.success() {
        return Ok(Vec::new());
    }
    if output.status.code() == Some(FOUND) {
        let found = faults(&String::from_utf8_lossy(&output.stdout));
        return Ok(if found.is_empty() { vec!["something, without a word".to_owned()] } else { found });
    }
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    let error = words.lines().find(|line| line.contains("error:")).or_else(|| words.lines().last());
    Err(not_run(error.unwrap_or("it ended without a word").trim().to_owned()))
}

/// A finding has a line that names the relation and the block, and a line beneath that says what is wrong.
fn faults(words: &str) -> Vec<String> {
    let mut faults: Vec<String> = Vec::new();
    for line in words.lines().filter(|line| !line.trim().is_empty()) {
        match faults.last_mut() {
            Some(last) if line.starts_with(char::is_whitespace) => *last = format!("{last} {}", line.trim()),
            _ => faults.push(line.trim().to_owned()),
        }
    }
    faults.truncate(MOST);
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_finding_is_one_sentence() {
        let words = "heap table \"ella.ella.notes\":\n    ERROR:  invalid page in block 0 of relation base/1/2\n\
                     btree index \"ella.ella.notes_pkey\":\n    ERROR:  item order invariant violated\n    DETAIL:  x\n";
        let found = faults(words);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("ella.notes\": ERROR:  invalid page in block 0"), "{found:?}");
        assert_eq!(faults(&"x\n".repeat(100)).len(), MOST);
    }
}
