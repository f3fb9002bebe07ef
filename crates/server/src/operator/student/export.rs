//! `ella student export`: everything that is a student's, as JSON, table by table.

use std::{
    fs,
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use ella_sql::{
    client::Params as _,
    queries::{operator as queries, users},
};
use serde_json::value::RawValue;
use tokio_postgres::{Client, IsolationLevel, Transaction};
use uuid::Uuid;

use super::{super::connection::refused, Operator, unknown};

/// Rows that are read at once.
const PAGE: i32 = 500;

/// Writes the export to the file or the terminal, and says so.
///
/// # Errors
/// A sentence; a file that was begun is removed.
#[expect(clippy::print_stderr, reason = "for the person at the terminal; the export itself may go to stdout")]
pub(super) async fn command(operator: &mut Operator, id: Uuid, to: Option<&Path>) -> Result<(), String> {
    let Some(path) = to else {
        // In pieces, so that no lock of the terminal is held while the database is waited for.
        return export(operator, id, &mut io::stdout()).await.map(drop);
    };
    let cannot_write = |error: io::Error| format!("Cannot write {}: {error}.", path.display());
    // What it holds is somebody's: nobody else may read it.
    let file =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|error| {
            if error.kind() == io::ErrorKind::AlreadyExists {
                format!("{} exists already. Choose another file.", path.display())
            } else {
                cannot_write(error)
            }
        })?;
    let mut writer = BufWriter::new(file);
    let exported = match export(operator, id, &mut writer).await {
        Ok(rows) => writer.into_inner().map_err(|error| cannot_write(error.into_error())).and_then(|file| {
            file.sync_all().map_err(cannot_write)?;
            Ok(rows)
        }),
        Err(error) => Err(error),
    };
    match exported {
        Ok(rows) => {
            eprintln!("Wrote {rows} rows of student {id} to {}.", path.display());
            Ok(())
        }
        Err(error) => {
            // What went wrong is worth more words than what is left of the file.
            let _ = fs::remove_file(path);
            Err(error)
        }
    }
}

/// Writes everything that is a student's, all of one moment; how many rows it was. Left out are keyed hashes of devices,
/// secrets and requests, which say nothing to anybody.
///
/// # Errors
/// A sentence.
pub async fn export<W: Write + Send>(operator: &mut Operator, id: Uuid, to: &mut W) -> Result<u64, String> {
    let (now, action_id) = operator.now();
    let failed = |error: tokio_postgres::Error| refused(&error);
    if users::student_exists().bind(&operator.client, &id).opt().await.map_err(failed)?.is_none() {
        return Err(unknown(id));
    }
    let tables = tables(&operator.client).await.map_err(failed)?;
    let moment =
        operator.client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true);
    let moment = moment.start().await.map_err(failed)?;
    let said = |error: io::Error| format!("The export cannot be written: {error}.");
    write!(to, "{{\"student\":\"{id}\",\"exported_at\":\"{now}\",\"tables\":{{").map_err(said)?;
    let mut rows = 0;
    for (place, table) in tables.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        write!(to, "{comma}\n\"{}\":[", table.name).map_err(said)?;
        rows += write_rows(&moment, table, id, to).await?;
        write!(to, "]").map_err(said)?;
    }
    writeln!(to, "}}}}").and_then(|()| to.flush()).map_err(said)?;
    moment.commit().await.map_err(failed)?;
    let note = queries::NoteOperatorActionParams { user_id: id, id: action_id, now, action: "export" };
    queries::note_operator_action().params(&operator.client, &note).await.map_err(failed)?;
    Ok(rows)
}

async fn write_rows<W: Write>(
    moment: &Transaction<'_>,
    table: &Table,
    id: Uuid,
    to: &mut W,
) -> Result<u64, String> {
    let failed = |error: tokio_postgres::Error| refused(&error);
    let hashes = "device_hash,secret_hash,body_hash";
    let sql = format!(
        "select (to_jsonb(t) - '{{{hashes}}}'::text[])::text from {} t where user_id = $1 order by {}",
        table.quoted, table.order
    );
    let statement = moment.prepare(&sql).await.map_err(failed)?;
    let portal = moment.bind(&statement, &[&id]).await.map_err(failed)?;
    let mut rows = 0;
    loop {
        let page = moment.query_portal(&portal, PAGE).await.map_err(failed)?;
        if page.is_empty() {
            return Ok(rows);
        }
        for row in page {
            let text: &str = row.get(0);
            // Once more through a parser: what is written is JSON, whatever is in it.
            let json: &RawValue =
                serde_json::from_str(text).map_err(|error| format!("a row is no JSON: {error}"))?;
            let comma = if rows == 0 { "" } else { "," };
            write!(to, "{comma}\n{}", json.get())
                .map_err(|error| format!("The export cannot be written: {error}."))?;
            rows += 1;
        }
    }
}

/// A table with rows of students.
struct Table {
    name: String,
    quoted: String,
    order: String,
}

/// Every table in which rows have a student, in the order of their names; the audit is not the student's.
async fn tables(client: &Client) -> Result<Vec<Table>, tokio_postgres::Error> {
    let sql = "select c.relname::text, c.oid::regclass::text, (
            select string_agg(quote_ident(a.attname), ', ' order by k.place)
            from pg_index i cross join unnest(i.indkey) with ordinality k (attribute, place)
            join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attribute
            where i.indrelid = c.oid and i.indisprimary)
        from pg_class c
        where c.relkind = 'r' and c.relname not in ('erased_students', 'operator_actions')
            and c.relnamespace = (select relnamespace from pg_class where oid = 'students'::regclass)
            and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'user_id' and not a.attisdropped)
        order by 1";
    let rows = client.query(sql, &[]).await?;
    Ok(rows.iter().map(|row| Table { name: row.get(0), quoted: row.get(1), order: row.get(2) }).collect())
}
