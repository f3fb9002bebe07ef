//! The way to the database: a small pool, deadlines on everything, and a clear idea of what may be tried again.

pub mod durability;
pub mod external;
pub mod managed;
pub mod migrate;
pub mod pool;
mod recovery_key;

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio_postgres::error::SqlState;

use crate::http::{ApiError, context};

pub use pool::Pool;
pub use recovery_key::RecoveryKey;

/// A connection out of the pool, for one phase of a request.
pub type Client = deadpool_postgres::Client;

/// The database, as the endpoints use it.
#[derive(Clone)]
pub struct Database {
    pool: Pool,
    /// Set while the disk is nearly full.
    refuses_writes: Arc<AtomicBool>,
    patience: Duration,
}

/// Why the database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// It cannot be reached, is too busy, or lost the connection. Nothing is known to be wrong with the request.
    #[error("{0}")]
    Unavailable(String),
    /// A constraint with this name refused the rows.
    #[error("constraint {0}")]
    Constraint(String),
    /// Anything else: a fault of ours.
    #[error("{0}")]
    Other(String),
}

/// How long a piece of work may take. Statements end before, by the timeouts of their session; but a database that is
/// frozen, or gone without a word, keeps to none.
const PATIENCE: Duration = Duration::from_secs(12);
/// Tries of a work that may be repeated.
const TRIES: u32 = 3;

impl Database {
    /// The database behind `pool`.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { pool, refuses_writes: Arc::default(), patience: PATIENCE }
    }

    /// The same, but its answers are waited for so long.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The pool, for its figures.
    #[must_use]
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Refuses writes from now on, or takes them again; reads go on either way. True if that is news.
    #[must_use]
    pub fn refuse_writes(&self, refuse: bool) -> bool {
        self.refuses_writes.swap(refuse, Ordering::Relaxed) != refuse
    }

    /// Whether writes are refused.
    #[must_use]
    pub fn refuses_writes(&self) -> bool {
        self.refuses_writes.load(Ordering::Relaxed)
    }

    fn accept_write(&self) -> Result<(), DatabaseError> {
        if self.refuses_writes() {
            return Err(DatabaseError::Unavailable(
                "the disk is nearly full: nothing new is stored".to_owned(),
            ));
        }
        Ok(())
    }

    /// Reads. When the connection turns out to be dead, the work is tried again on another.
    pub async fn read<T, F, Fut>(&self, work: F) -> Result<T, DatabaseError>
    where
        F: Fn(Client) -> Fut,
        Fut: Future<Output = Result<T, tokio_postgres::Error>>,
    {
        self.run(TRIES, work).await
    }

    /// Writes what may be written twice with the same outcome, such as a setting or anything with an idempotency key:
    /// tried again like a read.
    pub async fn write_again<T, F, Fut>(&self, work: F) -> Result<T, DatabaseError>
    where
        F: Fn(Client) -> Fut,
        Fut: Future<Output = Result<T, tokio_postgres::Error>>,
    {
        self.accept_write()?;
        self.run(TRIES, work).await
    }

    /// Writes once. When the connection dies meanwhile nobody knows whether it was written, and it is not tried again.
    pub async fn write<T, F, Fut>(&self, work: F) -> Result<T, DatabaseError>
    where
        F: Fn(Client) -> Fut,
        Fut: Future<Output = Result<T, tokio_postgres::Error>>,
    {
        self.accept_write()?;
        self.run(1, work).await
    }

    /// Writes for a request: again if it has an idempotency key, which keeps a second write from doing anything.
    pub async fn write_keyed<T, F, Fut>(&self, has_key: bool, work: F) -> Result<T, DatabaseError>
    where
        F: Fn(Client) -> Fut,
        Fut: Future<Output = Result<T, tokio_postgres::Error>>,
    {
        self.accept_write()?;
        self.run(if has_key { TRIES } else { 1 }, work).await
    }

    async fn run<T, F, Fut>(&self, tries: u32, work: F) -> Result<T, DatabaseError>
    where
        F: Fn(Client) -> Fut,
        Fut: Future<Output = Result<T, tokio_postgres::Error>>,
    {
        let began = Instant::now();
        let mut attempt = 0;
        let result = loop {
            attempt += 1;
            let client = match self.pool.get().await {
                Ok(client) => client,
                Err(error) => break Err(DatabaseError::Unavailable(error)),
            };
            let Ok(worked) = tokio::time::timeout(self.patience, work(client)).await else {
                // The connection came back to the pool in the middle of a statement: it, and its idle like, are given up.
                self.pool.drop_idle();
                break Err(DatabaseError::Unavailable("the database hangs".to_owned()));
            };
            match worked {
                Ok(value) => break Ok(value),
                Err(error) => {
                    let lost = connection_is_lost(&error);
                    if lost {
                        self.pool.drop_idle();
                    }
                    // Whom PostgreSQL picks to end a deadlock has written nothing: that is always worth another try.
                    let picked = error.code() == Some(&SqlState::T_R_DEADLOCK_DETECTED) && attempt < TRIES;
                    if !picked && (!lost || attempt >= tries) {
                        break Err(DatabaseError::from(error));
                    }
                }
            }
        };
        context::add_database_time(began.elapsed());
        result
    }
}

/// Whether the connection is of no more use: closed, ended by an administrator, broken, or now read-only after a
/// fail-over.
fn connection_is_lost(error: &tokio_postgres::Error) -> bool {
    error.is_closed()
        || error.as_db_error().is_none()
            && std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
        || error.code().is_some_and(|code| {
            *code == SqlState::ADMIN_SHUTDOWN
                || *code == SqlState::CRASH_SHUTDOWN
                || *code == SqlState::CANNOT_CONNECT_NOW
                || *code == SqlState::READ_ONLY_SQL_TRANSACTION
                || code.code().starts_with("08")
        })
}

/// Whether the database refused because it is too busy or too full just now.
fn is_passing(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| {
        *code == SqlState::QUERY_CANCELED
            || *code == SqlState::LOCK_NOT_AVAILABLE
            || *code == SqlState::T_R_DEADLOCK_DETECTED
            || *code == SqlState::T_R_SERIALIZATION_FAILURE
            // Class 53: out of disk, memory or connections.
            || code.code().starts_with("53")
    })
}

impl From<tokio_postgres::Error> for DatabaseError {
    fn from(error: tokio_postgres::Error) -> Self {
        if connection_is_lost(&error) || is_passing(&error) {
            return Self::Unavailable(explain(&error));
        }
        match error.as_db_error().and_then(|error| error.constraint()) {
            Some(constraint) => Self::Constraint(constraint.to_owned()),
            None => Self::Other(explain(&error)),
        }
    }
}

/// The error with its cause; `Display` of the driver's error leaves the cause out.
#[must_use]
pub fn explain(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(database) => format!("{} ({})", database.message(), database.code().code()),
        None => std::error::Error::source(error)
            .map_or_else(|| error.to_string(), |source| format!("{error}: {source}")),
    }
}

impl From<DatabaseError> for ApiError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Unavailable(cause) => Self::Unavailable(cause),
            // Every table that a student writes to refers to the student: this one is no longer there.
            DatabaseError::Constraint(name) if name.ends_with("_user_id_fkey") => Self::lost_student(),
            DatabaseError::Constraint(name) => Self::Internal(format!("constraint {name}")),
            DatabaseError::Other(cause) => Self::Internal(cause),
        }
    }
}
