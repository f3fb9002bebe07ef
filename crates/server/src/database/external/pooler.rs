//! Tells a transaction pooler from a database: whether a session stays with one server process.
//!
//! Ella prepares each statement once for a connection and sets timeouts for it; behind PgBouncer's transaction mode both
//! end up in somebody else's session. It is recognised by what it does and not by name, so that others are, too.

use tokio_postgres::{Client, Error, SimpleQueryMessage, error::SqlState};

use super::super::explain;

/// What to say about a transaction pooler.
pub(super) const SENTENCE: &str = "DATABASE_URL leads to a connection pooler in transaction mode (such as PgBouncer with \
     pool_mode=transaction), where prepared statements and settings do not stay with their connection. Connect to \
     PostgreSQL directly (Ella has a pool of her own), or use the pooler in session mode (pool_mode=session).";

const PROCESS: &str = "select pg_catalog.pg_backend_pid()";

/// Makes sure that `first` and `second`, two connections to the same server, each have a process of their own.
///
/// # Errors
/// A sentence.
pub(super) async fn refuse_transaction_pooler(first: &Client, second: &Client) -> Result<(), String> {
    match stays(first, second).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(SENTENCE.to_owned()),
        // A pooler in statement mode refuses `begin`; a prepared statement is gone, or somebody else's is there.
        Err(error) if is_mixed_up(&error) => Err(SENTENCE.to_owned()),
        Err(error) => Err(format!("The database could not be tried out: {}.", explain(&error))),
    }
}

/// A pooler gives its server processes out by the transaction. Taken in turn, the first connection's second query meets
/// another process; taken from the top of a stack, the second connection gets the one that the first has just used.
/// With `begin` it keeps it, so that the first, and what it has prepared, must land elsewhere. Twice, because in between
/// the pooler may have started another process and put it anywhere.
async fn stays(first: &Client, second: &Client) -> Result<bool, Error> {
    let own = process(first, PROCESS).await?;
    for _ in 0..2 {
        if process(first, PROCESS).await? != own
            || process(second, &format!("begin; {PROCESS}")).await? == own
            || process(first, PROCESS).await? != own
        {
            return Ok(false);
        }
        second.batch_execute("commit").await?;
        if process(first, PROCESS).await? != own {
            return Ok(false);
        }
    }
    let statement = first.prepare(PROCESS).await?;
    second.batch_execute(&format!("begin; {PROCESS}")).await?;
    let row = first.query_one(&statement, &[]).await?;
    second.batch_execute("commit").await?;
    Ok(Some(row.get::<_, i32>(0).to_string()) == own)
}

/// The number that the last query of `statements` tells.
async fn process(client: &Client, statements: &str) -> Result<Option<String>, Error> {
    let messages = client.simple_query(statements).await?;
    Ok(messages.iter().rev().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    }))
}

fn is_mixed_up(error: &Error) -> bool {
    error.code().is_some_and(|code| {
        [SqlState::PROTOCOL_VIOLATION, SqlState::INVALID_SQL_STATEMENT_NAME, SqlState::DUPLICATE_PSTATEMENT]
            .contains(code)
    })
}
