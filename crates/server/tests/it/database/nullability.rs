//! cornucopia does not know which columns may be null: the queries say it, and here it is checked. A column that is
//! not marked with `?` must come straight from a column that is `NOT NULL`, or stand in a short list of expressions.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use super::connect_as_owner;
use crate::support::test_cluster;

/// Expressions that are never null: constants, counts, comparisons of what is never null, and what `coalesce` ends with a
/// constant.
const NEVER_NULL: &[&str] = &[
    "spoken_messages.canned",
    "students_by_level.students",
    "hold_student.held",
    "student_has_phones.has_phones",
    "students_by_level.active_today",
    "students_by_level.active_7_days",
    "students_by_level.active_30_days",
    "conversation_totals.total",
    "conversation_totals.completed",
    "conversation_totals.speaking_time_seconds",
    "conversation_totals.messages",
    "latencies.stt_count",
    "latencies.llm_count",
    "latencies.tts_count",
    "latencies.turn_count",
    "latencies.spoken_count",
    "latencies.degraded_turns",
    "latencies.prompt_tokens",
    "latencies.completion_tokens",
    "count_day.day",
    "count_day.students",
    "count_day.conversations",
    "count_day.messages",
    // Both halves are the same column that is NOT NULL, but a union hides where its columns come from.
    "remember_server_fact.value",
    "turn_history.position",
    "turn_history.by_student",
    "turn_history.content",
    "turn_history.by_model",
    "turn_history.canned",
    "turn_context.tokens_today",
    "analysis.is_current",
    "tokens_of_student.tokens",
    "tokens_of_all.tokens",
    "student_exists.there",
    "ping.well",
    "students.sort_key",
    "students.conversations",
    "students.speaking_time_seconds",
    "students.words_spoken",
    "placement_count.placements",
    "model_usage.provider",
    "model_usage.model",
    "model_usage.replies",
    "model_usage.degraded_replies",
    "model_usage.truncated_replies",
    "model_usage.prompt_tokens",
    "model_usage.completion_tokens",
    "any_student.there",
    // An array's elements that are looked up in a table whose key they are.
    "not_yet_erased.id",
    "erase_student.was_there",
    "student_is_empty.empty",
];

/// A query of `queries/`, with its columns that may be null.
#[derive(Debug)]
struct Query {
    name: String,
    sql: String,
    nullable: BTreeSet<String>,
}

/// The names with a `?` between the parentheses that follow.
fn marked(text: &str) -> BTreeSet<String> {
    let inside =
        text.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or("", |(inside, _)| inside);
    inside.split(',').filter_map(|name| name.trim().strip_suffix('?')).map(str::to_owned).collect()
}

/// The queries of a file: `--: Row(column?)` declares a row, `--! name (parameter?) : Row` or `: (column?)` a query.
fn queries(text: &str) -> Vec<Query> {
    let mut rows = BTreeMap::new();
    let mut found: Vec<Query> = Vec::new();
    for line in text.lines() {
        if let Some(row) = line.strip_prefix("--:") {
            let name = row.split('(').next().unwrap().trim();
            rows.insert(name.to_owned(), marked(row));
        } else if let Some(query) = line.strip_prefix("--!") {
            let (head, result) = query.rsplit_once(':').unwrap_or((query, ""));
            let name = head.split('(').next().unwrap().trim().to_owned();
            let nullable = rows.get(result.trim()).cloned().unwrap_or_else(|| marked(result));
            found.push(Query { name, sql: String::new(), nullable });
        } else if let Some(query) = found.last_mut().filter(|_| !line.starts_with("--")) {
            query.sql.push_str(line);
            query.sql.push('\n');
        }
    }
    found
}

/// `:name` becomes `$1` and so on; `::type` stays.
fn numbered(sql: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    let mut numbered = String::new();
    let mut rest = sql;
    while let Some(at) = rest.find(':') {
        numbered.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some(cast) = after.strip_prefix(':') {
            numbered.push_str("::");
            rest = cast;
            continue;
        }
        let end = after.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(after.len());
        let name = &after[..end];
        let number = names.iter().position(|known| *known == name).unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        });
        numbered.push('$');
        numbered.push_str(&(number + 1).to_string());
        rest = &after[end..];
    }
    numbered + rest
}

#[tokio::test]
async fn a_column_that_is_not_marked_as_nullable_is_never_null() {
    let client = connect_as_owner(&test_cluster().await.database().await.administrator).await;
    let is_not_null = client
        .prepare("select attnotnull from pg_attribute where attrelid = $1 and attnum = $2")
        .await
        .unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../queries");
    let (mut expressions, mut count) = (BTreeSet::new(), 0);
    for entry in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        // It would make columns null that are not null in their table.
        for join in ["left join", "right join", "full join", "outer join"] {
            assert!(!text.contains(join), "a {join} makes columns null: teach this test about it");
        }
        for query in queries(&text) {
            let statement = client.prepare(&numbered(&query.sql)).await;
            let statement = statement.unwrap_or_else(|error| panic!("{query:?}: {error:?}"));
            count += 1;
            for column in statement.columns() {
                let place = format!("{}.{}", query.name, column.name());
                if query.nullable.contains(column.name()) {
                    continue;
                }
                match (column.table_oid(), column.column_id()) {
                    (Some(table), Some(number)) => {
                        let row = client.query_one(&is_not_null, &[&table, &number]).await.unwrap();
                        assert!(row.get::<_, bool>(0), "{place} may be null: mark it with a ?");
                    }
                    _ => drop(expressions.insert(place)),
                }
            }
            for name in &query.nullable {
                let is_there = statement.columns().iter().any(|column| column.name() == name);
                assert!(is_there, "{} marks {name}, which it does not return", query.name);
            }
        }
    }
    assert!(count > 30, "only {count} queries were found");
    let known: BTreeSet<String> = NEVER_NULL.iter().map(|place| (*place).to_owned()).collect();
    let of =
        |one: &BTreeSet<String>, other: &BTreeSet<String>| one.difference(other).cloned().collect::<Vec<_>>();
    assert_eq!(
        of(&expressions, &known),
        Vec::<String>::new(),
        "can these be null? Mark them with a ?, or list them"
    );
    assert_eq!(of(&known, &expressions), Vec::<String>::new(), "these are no longer there");
}

#[test]
fn queries_are_read_as_they_are_written() {
    let read = queries(
        "-- A page.\n--: Row(b?)\n--! one (p?) : Row\nselect a, b from t where c = :p::integer and d = :q and e = :p;\n\n\
         --! two : (x?)\nselect x from t;\n--! three (p?)\ndelete from t;\n",
    );
    let names: Vec<_> = read
        .iter()
        .map(|query| (query.name.as_str(), query.nullable.iter().map(String::as_str).collect()))
        .collect();
    assert_eq!(names, [("one", vec!["b"]), ("two", vec!["x"]), ("three", vec![])]);
    assert_eq!(
        numbered(&read[0].sql).trim(),
        "select a, b from t where c = $1::integer and d = $2 and e = $1;"
    );
}
