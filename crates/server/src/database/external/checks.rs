//! What the database must be able to do before Ella trusts it with students' words.

use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use super::super::explain;

const OLDEST: u32 = 150_000;

/// One round trip, without a prepared statement: it must work through any pooler.
const QUESTIONS: &str = "select
    current_setting('server_version_num') as version_number,
    current_setting('server_version') as version,
    pg_catalog.pg_is_in_recovery()::text as in_recovery,
    current_setting('transaction_read_only') as read_only,
    current_schema() as schema,
    pg_catalog.has_schema_privilege(current_schema(), 'create')::text as may_create,
    current_setting('search_path') as search_path,
    current_user as role,
    current_database() as database,
    current_setting('server_encoding') as encoding,
    (pg_catalog.lower('ÄЖ') = 'äж')::text as knows_capitals,
    current_setting('fsync') as fsync,
    current_setting('full_page_writes') as full_page_writes,
    current_setting('synchronous_commit') as synchronous_commit";

/// Refuses a database that cannot serve, and warns about one that may lose what was said.
///
/// # Errors
/// A sentence that says what is missing and how to give it.
pub(super) async fn check(client: &Client) -> Result<(), String> {
    let messages = client
        .simple_query(QUESTIONS)
        .await
        .map_err(|error| format!("The database could not be asked about itself: {}.", explain(&error)))?;
    let row = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let row = row.ok_or("The database did not answer a simple question about itself.")?;
    let answers = |name: &str| answer(row, name);
    refuse(&answers)?;
    for (name, harm) in durability(&answers) {
        tracing::warn!(
            setting = name,
            "the database runs with {name}=off: {harm}. Ask whoever runs it to switch it on"
        );
    }
    if answers("knows_capitals") != "true" {
        tracing::warn!(
            "the database's locale knows no capitals beyond A to Z: in a search for a student, Ж and ж are two letters. \
             Make the database with another locale, such as C.UTF-8, if that matters"
        );
    }
    Ok(())
}

/// The value in this column; nothing for null.
fn answer<'a>(row: &'a SimpleQueryRow, name: &str) -> &'a str {
    row.try_get(name).ok().flatten().unwrap_or_default()
}

fn refuse<'a>(answer: &impl Fn(&str) -> &'a str) -> Result<(), String> {
    let (role, database) = (answer("role"), answer("database"));
    if answer("version_number").parse::<u32>().is_ok_and(|version| version < OLDEST) {
        return Err(format!(
            "The database is PostgreSQL {}; Ella needs 15 or newer. Upgrade it.",
            answer("version")
        ));
    }
    if answer("in_recovery") == "true" {
        return Err("The database is a standby, which cannot be written to. Connect to the primary, or name all the hosts \
                    with target_session_attrs=read-write."
            .to_owned());
    }
    if answer("read_only") == "on" {
        return Err(format!(
            "The database is read-only for {role} (default_transaction_read_only is on). \
             Run `alter role {role} set default_transaction_read_only = off`, or reset it where it was set."
        ));
    }
    if !answer("encoding").eq_ignore_ascii_case("utf8") {
        return Err(format!(
            "The database {database} has the encoding {}, and students write in any language: Ella needs UTF8. Make another \
             one (`create database ... encoding 'UTF8' template template0`) and name it in DATABASE_URL.",
            answer("encoding")
        ));
    }
    if answer("schema").is_empty() {
        return Err(format!(
            "The role {role} has no schema to put tables into in the database {database} (its search_path is {}). Give \
             it one: `create schema {role} authorization {role}`.",
            answer("search_path")
        ));
    }
    if answer("may_create") != "true" {
        return Err(format!(
            "The role {role} may not create tables in the schema {schema} of the database {database}. Give it a schema \
             of its own (`create schema {role} authorization {role}`), or run `grant create on schema {schema} to {role}`.",
            schema = answer("schema"),
        ));
    }
    Ok(())
}

/// Settings under which the database may lose what it has promised to keep, with the harm.
fn durability<'a>(answer: &impl Fn(&str) -> &'a str) -> Vec<(&'static str, &'static str)> {
    [
        ("fsync", "a crash of its machine can destroy all data"),
        ("full_page_writes", "a crash of its machine can destroy all data"),
        ("synchronous_commit", "a crash loses the last words of conversations"),
    ]
    .into_iter()
    .filter(|(name, _)| answer(name) == "off")
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers<'a>(changed: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> &'a str {
        move |name| {
            let usual = match name {
                "version_number" => "150018",
                "version" => "14.9",
                "in_recovery" => "false",
                "may_create" => "true",
                "schema" | "role" | "database" => "ella",
                "encoding" => "UTF8",
                _ => "on",
            };
            let usual = if name == "read_only" { "off" } else { usual };
            changed.iter().find(|(changed, _)| *changed == name).map_or(usual, |(_, value)| value)
        }
    }

    #[test]
    fn each_lack_has_its_sentence() {
        assert_eq!(refuse(&answers(&[])), Ok(()));
        for (name, value, expected) in [
            ("version_number", "140009", "is PostgreSQL 14.9; Ella needs 15 or newer"),
            ("in_recovery", "true", "is a standby"),
            ("read_only", "on", "alter role ella set default_transaction_read_only = off"),
            ("encoding", "SQL_ASCII", "database ella has the encoding SQL_ASCII"),
            ("schema", "", "create schema ella authorization ella"),
            ("may_create", "false", "grant create on schema ella to ella"),
        ] {
            let sentence = refuse(&answers(&[(name, value)])).unwrap_err();
            assert!(sentence.contains(expected), "{sentence}");
        }
    }

    #[test]
    fn what_endangers_the_data_is_found() {
        assert_eq!(durability(&answers(&[])), []);
        let found = durability(&answers(&[("fsync", "off"), ("synchronous_commit", "off")]));
        assert_eq!(found.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["fsync", "synchronous_commit"]);
    }
}
