//! Every row is found by its student first.

use super::{connect, tables};
use crate::support::test_cluster;

/// What is not one student's: how a student is found in the first place, and what is about all of them or none.
const APART: [&str; 5] = ["daily_totals", "devices", "heartbeat", "schema_migrations", "server_facts"];

#[tokio::test]
async fn every_primary_key_begins_with_the_student() {
    let client = connect(&test_cluster().await.database().await.administrator).await;
    let mut apart = Vec::new();
    for table in tables(&client).await {
        let sql = "select a.attname::text from pg_index i
            join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
            where i.indrelid = ('ella.' || $1)::regclass and i.indisprimary";
        let first = client.query_opt(sql, &[&table]).await.unwrap();
        let first: String = first.unwrap_or_else(|| panic!("{table} has no primary key")).get(0);
        if first != "user_id" {
            apart.push(table);
        }
    }
    assert_eq!(apart, APART);
}

#[tokio::test]
async fn every_foreign_key_carries_the_student_along() {
    let client = connect(&test_cluster().await.database().await.administrator).await;
    let sql = "select conname::text from pg_constraint c
        where contype = 'f' and connamespace = 'ella'::regnamespace
            and (select attname from pg_attribute where attrelid = c.conrelid and attnum = c.conkey[1]) <> 'user_id'";
    let others: Vec<String> = client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(others, Vec::<String>::new());
}

#[tokio::test]
async fn columns_are_not_null_unless_null_means_something() {
    let client = connect(&test_cluster().await.database().await.administrator).await;
    let sql = "select attrelid::regclass::text || '.' || attname from pg_attribute
        join pg_class on pg_class.oid = attrelid
        where relnamespace = 'ella'::regnamespace and relkind = 'r' and attnum > 0 and not attnotnull order by 1";
    client.batch_execute("set search_path = ella").await.unwrap();
    let found: Vec<String> = client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(found.join("\n"), include_str!("nullable_columns.txt").trim());
}
