//! Guards against losing what students said: by a bug, by a slip of the hand, or by a restore.
//!
//! - Rows of students are deleted only when their student stands on the list of the erased ([`erased`]), one statement
//!   changes only few rows, and nothing is truncated or dropped. The rules are in `rows.sql` and `drops.sql`; they hold
//!   for the owner of the tables too, and no setting switches them off.
//! - The [`heartbeat`] tells how new the data are, and [`figures`] how many: for restores and drills.

pub mod erased;
pub mod figures;
pub mod heartbeat;

use tokio_postgres::Client;

use crate::database::explain;

const ROWS: &str = include_str!("rows.sql");
const DROPS: &str = include_str!("drops.sql");
const LIFT: &str = include_str!("lift.sql");

/// Raises every guard, in the managed database. The client is the superuser's; its search path is `ella` afterwards.
///
/// # Errors
/// A sentence.
pub async fn raise_all(client: &Client) -> Result<(), String> {
    let work = async {
        client
            .batch_execute(
                "create schema if not exists ella_guards; revoke all on schema ella_guards from public;
                set search_path = ella_guards, ella, pg_temp",
            )
            .await?;
        client.batch_execute(ROWS).await?;
        client.batch_execute(DROPS).await?;
        client.batch_execute("set search_path = ella").await
    };
    work.await.map_err(|error| format!("The guards could not be raised: {}.", explain(&error)))
}

/// Raises those guards that the owner of the tables can raise, in a database that someone else runs, and names those
/// that are missing, in one line. A guard that cannot be had keeps nobody from serving.
pub async fn raise_what_can_be(client: &Client) {
    // Only one program at a time, as for migrations: functions that are replaced by two at once get in each other's way.
    // Functions look in the schema of the tables, whoever's statement it is that calls them.
    const SCHEMA: &str =
        "select set_config('search_path', relnamespace::regnamespace::text || ', pg_temp', true)
        from pg_class where oid = 'students'::regclass";
    let raise = format!("begin; lock table schema_migrations in exclusive mode; {SCHEMA}; {ROWS}; commit");
    match client.batch_execute(&raise).await {
        Ok(()) => tracing::info!(
            "guards: deletions, changes of many rows and TRUNCATE are refused; not DROP (an event trigger, which only a \
             superuser can make), and this role could take the guards away (give the tables another owner)"
        ),
        Err(error) => {
            // Of an aborted transaction nothing else is left to say.
            let _ = client.batch_execute("rollback").await;
            tracing::warn!(
                "no guards against deletion could be raised in this database: {}. Run ella once as the owner of the tables",
                explain(&error)
            );
        }
    }
}

/// Takes the guards away, for a migration. Every start raises them again.
///
/// # Errors
/// A sentence.
pub async fn lift(client: &Client) -> Result<(), String> {
    let lifted = client.batch_execute(LIFT).await;
    lifted.map_err(|error| format!("The guards could not be lifted for a migration: {}.", explain(&error)))
}
