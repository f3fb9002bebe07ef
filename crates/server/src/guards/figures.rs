//! How many rows each table has: for drills, which compare a restored database with the living one.

use std::collections::BTreeMap;

use tokio_postgres::GenericClient;

/// The rows of every table in the schema of the students, by the table's name, all at one moment.
///
/// # Errors
/// PostgreSQL's own.
pub async fn row_counts<C: GenericClient>(
    client: &C,
) -> Result<BTreeMap<String, i64>, tokio_postgres::Error> {
    const TABLES: &str = "select relname::text, oid::regclass::text from pg_class
        where relkind = 'r' and relnamespace = (select relnamespace from pg_class where oid = 'students'::regclass)
        order by 1";
    let tables: Vec<(String, String)> =
        client.query(TABLES, &[]).await?.iter().map(|row| (row.get(0), row.get(1))).collect();
    // One statement sees one moment.
    let columns: Vec<String> =
        tables.iter().map(|(_, table)| format!("(select count(*) from {table})")).collect();
    let row = client.query_one(&format!("select {}", columns.join(", ")), &[]).await?;
    tables.iter().enumerate().map(|(place, (name, _))| Ok((name.clone(), row.try_get(place)?))).collect()
}
