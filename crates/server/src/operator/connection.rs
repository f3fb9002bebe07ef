//! The operator's connection: the superuser's, to the PostgreSQL that a running `ella serve` keeps; or, of an external
//! database, that of the role in `DATABASE_URL`, which owns the tables.

use std::{ops::Deref, path::PathBuf, time::Duration};

use ella_keeper::Postgres;
use jiff::Timestamp;
use tokio::{task::JoinHandle, time::timeout};
use tokio_postgres::{Client, Config as ConnectionConfig, NoTls};

use crate::{
    clock::{Clock, Ids},
    config::Config,
    database::{explain, external},
};

/// How long the connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// A connection that may do what operators may.
pub struct Operator {
    /// The connection.
    pub client: Client,
    /// Where the list of the erased is kept, and the recovery key.
    pub data_dir: PathBuf,
    /// The time.
    pub clock: Clock,
    ids: Ids,
    // Ends with the client.
    _connection: Option<JoinHandle<()>>,
}

impl Deref for Operator {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Operator {
    /// Connects to the database that the settings name.
    ///
    /// # Errors
    /// A sentence that says what to do, such as to start the server.
    pub async fn connect(config: &Config) -> Result<Self, String> {
        let data_dir = config.data_dir()?;
        let (client, connection) = match config.external_database() {
            Some(url) => external::connect_once(url).await?,
            None => {
                let found = Postgres::running(&data_dir, "ella").map_err(|error| error.to_string())?;
                enter(&found, "ella").await?
            }
        };
        // A big student takes longer than a request may, and a row that somebody holds is not waited for for ever.
        let patience = "set statement_timeout = '15min'; set lock_timeout = '30s'; set idle_in_transaction_session_timeout = '15min'";
        client.batch_execute(patience).await.map_err(|error| refused(&error))?;
        let operator = Self {
            client,
            data_dir,
            clock: Clock::System,
            ids: Ids::default(),
            _connection: Some(connection),
        };
        operator.refuse_an_old_schema().await?;
        Ok(operator)
    }

    /// An operator on a connection that is there already, with its search path set.
    #[must_use]
    pub fn on(client: Client, data_dir: PathBuf, clock: Clock) -> Self {
        Self { client, data_dir, clock, ids: Ids::default(), _connection: None }
    }

    /// The time, and an id made then.
    #[must_use]
    pub fn now(&self) -> (Timestamp, uuid::Uuid) {
        let now = self.clock.now();
        (now, self.ids.next(now))
    }

    async fn refuse_an_old_schema(&self) -> Result<(), String> {
        let there = "select to_regclass('erased_students') is not null";
        let there = self.client.query_one(there, &[]).await.map_err(|error| refused(&error))?;
        if there.get(0) {
            return Ok(());
        }
        Err("This database was not made by this version of ella. Bring it up to date first: ella migrate."
            .to_owned())
    }
}

/// Enters a database of ours, or a copy of one, in this schema.
///
/// # Errors
/// A sentence.
pub async fn enter(config: &ConnectionConfig, schema: &str) -> Result<(Client, JoinHandle<()>), String> {
    let connecting = timeout(CONNECT, config.connect(NoTls));
    let (client, connection) = connecting
        .await
        .map_err(|_| {
            format!("The database did not answer within {} s. Try again in a moment.", CONNECT.as_secs())
        })?
        .map_err(|error| refused(&error))?;
    #[expect(clippy::disallowed_methods, reason = "it ends with its client")]
    let connection = tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(error = %explain(&error), "an operator's connection has ended");
        }
    });
    let path = format!("set search_path = \"{}\"", schema.replace('"', "\"\""));
    client.batch_execute(&path).await.map_err(|error| refused(&error))?;
    Ok((client, connection))
}

/// What PostgreSQL answered, as a sentence.
#[must_use]
pub fn refused(error: &tokio_postgres::Error) -> String {
    let hint = error.as_db_error().and_then(|error| error.hint()).map(|hint| format!(" {hint}"));
    format!("The database refused: {}.{}", explain(error), hint.unwrap_or_default())
}
