//! Rows on their way from the copy to the living database, table by table, as JSON: so that columns that the copy does not
//! have yet get their defaults.

use tokio_postgres::{Client, Transaction, types::ToSql};

/// Rows that are read and written at once.
const PAGE: i32 = 500;

/// A table that both databases have.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) name: String,
    /// Its columns in both, quoted.
    columns: String,
}

/// The tables of students that both databases have, those first that others refer to. Devices, and what outlives a
/// student, are no such tables.
pub(super) async fn in_both(living: &Client, side: &Client) -> Result<Vec<Table>, tokio_postgres::Error> {
    const COLUMNS: &str = "select c.relname::text, a.attname::text
        from pg_class c join pg_attribute a on a.attrelid = c.oid
        where c.relkind = 'r' and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
            and c.relname not in ('devices', 'erased_students', 'operator_actions')
            and c.relnamespace = (select relnamespace from pg_class where oid = 'students'::regclass)
            and exists (select from pg_attribute u where u.attrelid = c.oid and u.attname = 'user_id' and not u.attisdropped)
        order by array_position(array['students', 'placements', 'conversations', 'messages'], c.relname::text),
            c.relname, a.attnum";
    let read = async |client: &Client| -> Result<Vec<(String, String)>, tokio_postgres::Error> {
        Ok(client.query(COLUMNS, &[]).await?.iter().map(|row| (row.get(0), row.get(1))).collect())
    };
    let (here, there) = (read(living).await?, read(side).await?);
    let mut tables: Vec<Table> = Vec::new();
    for (table, column) in here.into_iter().filter(|column| there.contains(column)) {
        let column = format!("\"{}\"", column.replace('"', "\"\""));
        match tables.last_mut().filter(|last| last.name == table) {
            Some(last) => last.columns = format!("{}, {column}", last.columns),
            None => tables.push(Table { name: table, columns: column }),
        }
    }
    Ok(tables)
}

impl Table {
    /// Copies the rows that the condition names and that are not there yet; how many it were.
    pub(super) async fn copy(
        &self,
        side: &Transaction<'_>,
        living: &Transaction<'_>,
        condition: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<u64, tokio_postgres::Error> {
        let Self { name, columns } = self;
        let read =
            side.prepare(&format!("select to_jsonb(t)::text from \"{name}\" t where {condition}")).await?;
        let write = format!(
            "insert into \"{name}\" ({columns})
             select {columns} from jsonb_populate_recordset(null::\"{name}\", $1::text::jsonb) on conflict do nothing"
        );
        let write = living.prepare(&write).await?;
        let portal = side.bind(&read, parameters).await?;
        let mut copied = 0;
        loop {
            let page = side.query_portal(&portal, PAGE).await?;
            if page.is_empty() {
                return Ok(copied);
            }
            let rows: Vec<&str> = page.iter().map(|row| row.get(0)).collect();
            let rows = format!("[{}]", rows.join(","));
            copied += living.execute(&write, &[&rows]).await?;
        }
    }
}
