//! Waits until the server answers.

use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout};
use tokio_postgres::{Config, NoTls, error::SqlState};

use super::{
    StartError, Timeouts,
    child::{Child, Exit},
};

/// One attempt to connect.
const ATTEMPT: Duration = Duration::from_secs(5);

/// How often a long recovery is mentioned.
const MENTIONED_EVERY: Duration = Duration::from_secs(10);

/// What an attempt to connect says.
enum Answer {
    Ready,
    /// Alive, but busy with recovery.
    Recovering(String),
    /// Not there yet.
    Silent(String),
    /// It will say the same the next time.
    Refused(String),
}

/// Polls with real connections until the server answers. More patience is shown to a server that says it recovers
/// from a crash. The database need not be there yet.
pub(super) async fn wait(child: &Child, administrator: &Config, timeouts: &Timeouts) -> Result<(), Unready> {
    tokio::select! {
        exit = child.ended() => Err(Unready::Ended(exit)),
        answer = poll(administrator, timeouts) => answer.map_err(Unready::Failed),
    }
}

/// Why a server is not ready.
pub(super) enum Unready {
    Ended(Exit),
    Failed(StartError),
}

async fn poll(administrator: &Config, timeouts: &Timeouts) -> Result<(), StartError> {
    let started = Instant::now();
    let mut mentioned = Instant::now();
    let mut pause = Duration::from_millis(5);
    loop {
        let (patience, because) = match ask(administrator).await {
            Answer::Ready => return Ok(()),
            Answer::Refused(because) => {
                return Err(StartError::Refused { doing: "connect as its superuser", because });
            }
            Answer::Recovering(because) => (timeouts.ready.max(timeouts.recovery), because),
            Answer::Silent(because) => (timeouts.ready, because),
        };
        if started.elapsed() > patience {
            return Err(StartError::NotReady { after: patience, because });
        }
        if mentioned.elapsed() > MENTIONED_EVERY {
            mentioned = Instant::now();
            tracing::info!(waited_s = started.elapsed().as_secs(), "waiting for PostgreSQL: {because}");
        }
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(100));
    }
}

async fn ask(administrator: &Config) -> Answer {
    let error = match timeout(ATTEMPT, administrator.connect(NoTls)).await {
        Ok(Ok(_)) => return Answer::Ready,
        Ok(Err(error)) => error,
        Err(_) => return Answer::Silent("it took the connection and said nothing".into()),
    };
    let Some(refusal) = error.as_db_error() else {
        return Answer::Silent(error.to_string());
    };
    let because = refusal.message().to_owned();
    match refusal.code() {
        &SqlState::INVALID_CATALOG_NAME => Answer::Ready,
        &SqlState::CANNOT_CONNECT_NOW => Answer::Recovering(because),
        &SqlState::INVALID_AUTHORIZATION_SPECIFICATION | &SqlState::INVALID_PASSWORD => {
            Answer::Refused(because)
        }
        _ => Answer::Silent(because),
    }
}
