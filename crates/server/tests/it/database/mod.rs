//! The schema, its migrations, and what is generated from it.

mod constraints;
mod deadlocks;
mod generated_sql;
mod keys;
mod migrations;
mod nullability;
mod privileges;
mod rows;

use tokio_postgres::{Client, Config, NoTls};

/// A connection that lasts as long as its client.
pub(crate) async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.expect("the test's database can be reached");
    #[expect(clippy::disallowed_methods, reason = "it ends with the client")]
    tokio::spawn(connection);
    client
}

/// The same as the role that owns the schema.
async fn connect_as_owner(config: &Config) -> Client {
    let client = connect(config).await;
    client.batch_execute("set role ella_owner; set search_path = ella").await.unwrap();
    client
}

/// The tables of the schema, by name.
pub(crate) async fn tables(client: &Client) -> Vec<String> {
    let sql = "select tablename::text from pg_tables where schemaname = 'ella' order by 1";
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// The `SQLSTATE` with which the statement is refused, and the constraint's name if it was one.
async fn refusal(client: &Client, sql: &str) -> (String, String) {
    let error = client.batch_execute(sql).await.expect_err(sql);
    let error = error.as_db_error().unwrap_or_else(|| panic!("{sql}: {error}"));
    (error.code().code().to_owned(), error.constraint().unwrap_or_default().to_owned())
}
