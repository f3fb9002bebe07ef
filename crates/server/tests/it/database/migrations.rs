//! Migrations: forward only, one program at a time, and each tried on a database with rows in it.

use ella::database::migrate::{MIGRATIONS, Migration, migrate};
use ella_test_support::database::TestDatabase;
use futures::future::join_all;
use jiff::Timestamp;
use tokio_postgres::Client;

use super::{connect, rows, tables};
use crate::support::test_cluster;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// A database without tables, with the schema and the owner that it has in the managed cluster.
async fn empty() -> TestDatabase {
    let database = test_cluster().await.empty_database().await;
    let client = connect(&database.administrator).await;
    client.batch_execute("create schema ella authorization ella_owner").await.unwrap();
    database
}

async fn owner(database: &TestDatabase) -> Client {
    super::connect_as_owner(&database.administrator).await
}

async fn count(client: &Client, table: &str) -> i64 {
    client.query_one(&format!("select count(*) from {table}"), &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn each_runs_on_a_database_with_rows_and_loses_none() {
    let database = empty().await;
    let mut client = owner(&database).await;
    for (steps, migration) in MIGRATIONS.iter().enumerate() {
        assert_eq!(usize::try_from(migration.version).unwrap(), steps + 1, "versions have no gaps");
        let mut before = Vec::new();
        for table in tables(&client).await {
            before.push((count(&client, &table).await, table));
        }
        assert_eq!(migrate(&mut client, &MIGRATIONS[..=steps], NOW).await, Ok(1));
        for (rows, table) in before.into_iter().filter(|(_, table)| table != "schema_migrations") {
            assert_eq!(count(&client, &table).await, rows, "{table} after {}", migration.name);
        }
        rows::add(&client, migration.version).await;
    }
    // Everything is there already: nothing to do, also with rows everywhere.
    assert_eq!(migrate(&mut client, MIGRATIONS, NOW).await, Ok(0));
    for table in tables(&client).await {
        assert!(count(&client, &table).await > 0, "{table} has no rows: say in rows.rs how to fill it");
    }
}

#[tokio::test]
async fn programs_that_start_at_once_on_an_empty_database_take_each_step_once() {
    for _ in 0..5 {
        let database = empty().await;
        let mut clients = Vec::new();
        for _ in 0..4 {
            clients.push(owner(&database).await);
        }
        let taken = join_all(clients.iter_mut().map(|client| migrate(client, MIGRATIONS, NOW))).await;
        let taken: Vec<usize> = taken.into_iter().map(|taken| taken.unwrap()).collect();
        assert_eq!(taken.iter().sum::<usize>(), MIGRATIONS.len(), "{taken:?}");
    }
}

#[tokio::test]
async fn one_that_was_edited_after_it_had_been_applied_is_refused() {
    let database = empty().await;
    let mut client = owner(&database).await;
    migrate(&mut client, MIGRATIONS, NOW).await.unwrap();
    let edited = [Migration { sql: "select 1", ..MIGRATIONS[0] }];
    let sentence = migrate(&mut client, &edited, NOW).await.unwrap_err();
    assert!(sentence.contains("Migration 1 (students_and_conversations) was changed"), "{sentence}");
    assert_eq!(migrate(&mut client, MIGRATIONS, NOW).await, Ok(0));
}

#[tokio::test]
async fn a_schema_from_the_future_is_refused() {
    let database = empty().await;
    let mut client = owner(&database).await;
    let version = i32::try_from(MIGRATIONS.len()).unwrap() + 1;
    let mut future = MIGRATIONS.to_vec();
    future.push(Migration {
        version,
        name: "from_the_future",
        sql: "create table robots (id integer primary key)",
    });
    assert_eq!(migrate(&mut client, &future, NOW).await, Ok(future.len()));
    let sentence = migrate(&mut client, MIGRATIONS, NOW).await.unwrap_err();
    assert!(sentence.contains(&format!("migrated by a newer ella (schema {version}")), "{sentence}");
}

#[tokio::test]
async fn of_one_that_fails_nothing_is_kept_and_the_next_try_begins_there() {
    let database = empty().await;
    let mut client = owner(&database).await;
    let version = i32::try_from(MIGRATIONS.len()).unwrap() + 1;
    let with = |sql| {
        let next = Migration { version, name: "robots", sql };
        MIGRATIONS.iter().copied().chain([next]).collect::<Vec<_>>()
    };
    let broken = with("create table robots (id integer primary key); select 1 / 0");
    let sentence = migrate(&mut client, &broken, NOW).await.unwrap_err();
    assert!(sentence.contains(&format!("Migration {version} (robots) failed")), "{sentence}");
    assert!(!tables(&client).await.contains(&"robots".to_owned()));
    let mended = with("create table robots (id integer primary key)");
    assert_eq!(migrate(&mut client, &mended, NOW).await, Ok(1));
}
