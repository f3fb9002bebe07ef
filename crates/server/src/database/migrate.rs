//! Migrations: forward only, each in a transaction of its own, one program at a time.

use aws_lc_rs::digest;
use jiff::Timestamp;
use tokio_postgres::{Client, error::SqlState};

use crate::secrets::hex;

/// One step of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its number, from 1, without gaps.
    pub version: i32,
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub sql: &'static str,
}

/// All steps, in order. Those that have landed are never edited.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "students_and_conversations",
        sql: include_str!("../../../../migrations/0001_students_and_conversations.sql"),
    },
    Migration {
        version: 2,
        name: "token_budgets",
        sql: include_str!("../../../../migrations/0002_token_budgets.sql"),
    },
    Migration { version: 3, name: "guards", sql: include_str!("../../../../migrations/0003_guards.sql") },
    Migration {
        version: 4,
        name: "students_search",
        sql: include_str!("../../../../migrations/0004_students_search.sql"),
    },
    Migration {
        version: 5,
        name: "fuller_pages",
        sql: include_str!("../../../../migrations/0005_fuller_pages.sql"),
    },
];

/// Whether the database lacks a step that this program knows.
///
/// # Errors
/// A sentence.
pub async fn is_behind(client: &Client, migrations: &[Migration]) -> Result<bool, String> {
    let explain =
        |error: tokio_postgres::Error| format!("read the schema's version: {}", super::explain(&error));
    let there = "select to_regclass('schema_migrations') is not null";
    if !client.query_one(there, &[]).await.map_err(explain)?.get::<_, bool>(0) {
        return Ok(true);
    }
    let versions: Vec<i32> = migrations.iter().map(|migration| migration.version).collect();
    let taken = "select count(*) from schema_migrations where version = any($1)";
    let taken: i64 = client.query_one(taken, &[&versions]).await.map_err(explain)?.get(0);
    Ok(usize::try_from(taken).unwrap_or(0) < versions.len())
}

/// Brings the schema up to date; returns how many steps were taken.
///
/// # Errors
/// A sentence: the database knows steps that this program does not, or a step was edited after it was taken, or
/// PostgreSQL refused one (nothing of it is kept then).
pub async fn migrate(client: &mut Client, migrations: &[Migration], now: Timestamp) -> Result<usize, String> {
    let explain = |error: tokio_postgres::Error| {
        format!("The database could not be migrated: {}", super::explain(&error))
    };
    make_the_list(client).await.map_err(explain)?;
    let mut taken = 0;
    for migration in migrations {
        let transaction = client.transaction().await.map_err(explain)?;
        // The lock of the whole affair: held to the end of the transaction, also through a pooler.
        transaction.batch_execute("lock table schema_migrations in exclusive mode").await.map_err(explain)?;
        let checksum = hex(digest::digest(&digest::SHA256, migration.sql.as_bytes()).as_ref());
        let known = transaction
            .query_opt("select checksum from schema_migrations where version = $1", &[&migration.version])
            .await
            .map_err(explain)?;
        if let Some(known) = known {
            if known.get::<_, String>(0) != checksum {
                return Err(format!(
                    "Migration {} ({}) was changed after it had been applied to this database. \
                     Run the version of ella that made the database, or restore the migration.",
                    migration.version, migration.name
                ));
            }
            continue;
        }
        transaction.batch_execute(migration.sql).await.map_err(|error| {
            format!("Migration {} ({}) failed: {}", migration.version, migration.name, super::explain(&error))
        })?;
        transaction
            .execute(
                "insert into schema_migrations (version, name, checksum, applied_at) values ($1, $2, $3, $4)",
                &[&migration.version, &migration.name, &checksum, &now],
            )
            .await
            .map_err(explain)?;
        transaction.commit().await.map_err(explain)?;
        tracing::info!(version = migration.version, name = migration.name, "migrated the database");
        taken += 1;
    }
    refuse_a_newer_schema(client, migrations).await?;
    Ok(taken)
}

/// Makes the table of the steps that were taken.
async fn make_the_list(client: &Client) -> Result<(), tokio_postgres::Error> {
    const MAKE: &str = "create table if not exists schema_migrations (
        version integer primary key, name text not null, checksum text not null, applied_at timestamptz not null)";
    match client.batch_execute(MAKE).await {
        // "If not exists" does not see a table that another program is making at the same moment, and trips over it in
        // the catalogue. By now it is there.
        Err(error)
            if [&SqlState::UNIQUE_VIOLATION, &SqlState::DUPLICATE_TABLE, &SqlState::DUPLICATE_OBJECT]
                .map(Some)
                .contains(&error.code()) =>
        {
            client.batch_execute(MAKE).await
        }
        made => made,
    }
}

async fn refuse_a_newer_schema(client: &Client, migrations: &[Migration]) -> Result<(), String> {
    let newest = migrations.last().map_or(0, |migration| migration.version);
    let row = client
        .query_one("select coalesce(max(version), 0) from schema_migrations", &[])
        .await
        .map_err(|error| format!("read the schema's version: {}", super::explain(&error)))?;
    let found: i32 = row.get(0);
    if found > newest {
        return Err(format!(
            "The database was migrated by a newer ella (schema {found}; this one knows {newest}). Run that version or a newer one."
        ));
    }
    Ok(())
}
