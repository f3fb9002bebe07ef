//! What the application's role may do: read and add, change what endpoints change, delete nothing of a student's.

use std::{collections::BTreeSet, time::Duration};

use ella::config::Config;
use tokio_postgres::NoTls;

use super::{connect, refusal, rows, tables};
use crate::{
    program::{Folder, Program},
    support::test_cluster,
};

/// The columns that endpoints change, table by table.
const CHANGED: &[(&str, &[&str])] = &[
    (
        "students",
        &[
            "name",
            "age",
            "location",
            "cefr_level",
            "level_from",
            "focus_grammar",
            "focus_vocab",
            "focus_fluency",
            "updated_at",
            "last_active_on",
        ],
    ),
    ("devices", &["secret_hash"]),
    (
        "conversations",
        &[
            "completed_at",
            "duration_seconds",
            "last_position",
            "last_message_at",
            "student_messages",
            "student_words",
            "corrections_grammar",
            "corrections_vocab",
            "corrections_fluency",
            "corrections_spelling",
            "corrections_pronunciation",
        ],
    ),
    ("messages", &["corrections", "tts_ms", "prompt_tokens", "completion_tokens"]),
    ("analyses", &["created_at", "up_to_position", "result"]),
    ("retry_keys", &["claimed_until", "response"]),
    ("heartbeat", &["beat_at", "next_if_idle"]),
    ("token_usage", &["prompt_tokens", "completion_tokens"]),
];

/// What only migrations and operators add to.
const NOT_ADDED_TO: [&str; 4] = ["erased_students", "heartbeat", "operator_actions", "schema_migrations"];

#[tokio::test]
async fn table_by_table_the_application_has_only_what_it_needs() {
    let database = test_cluster().await.database().await;
    let client = connect(&database.administrator).await;
    for table in tables(&client).await {
        for privilege in ["select", "insert", "update", "delete", "truncate", "references", "trigger"] {
            let sql = "select has_table_privilege('ella_app', 'ella.' || $1, $2)";
            let has: bool = client.query_one(sql, &[&table, &privilege]).await.unwrap().get(0);
            let wanted = match privilege {
                "select" => true,
                "insert" => !NOT_ADDED_TO.contains(&table.as_str()),
                "delete" => table == "retry_keys",
                _ => false,
            };
            assert_eq!(has, wanted, "{privilege} on {table}");
        }
        let sql =
            "select attname::text from pg_attribute where attrelid = ('ella.' || $1)::regclass and attnum > 0
            and has_column_privilege('ella_app', attrelid, attnum, 'update')";
        let found = client.query(sql, &[&table]).await.unwrap();
        let found: BTreeSet<String> = found.iter().map(|row| row.get(0)).collect();
        let wanted =
            CHANGED.iter().find(|(name, _)| *name == table).map_or(&[] as &[&str], |(_, columns)| columns);
        assert_eq!(found, wanted.iter().map(|column| (*column).to_owned()).collect(), "update of {table}");
    }
}

// From here on it is the program's own PostgreSQL, with the real roles, databases and passwords.

#[tokio::test]
async fn it_can_change_no_table_and_empty_none() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    rows::seed(&super::connect_as_owner(&folder.administrator()).await, 1).await;
    let client = connect(&folder.application()).await;
    for sql in [
        "create table mine (id integer)",
        "create schema mine",
        "create temporary table mine (id integer)",
        "alter table students add column mine integer",
        "drop table messages",
        "drop schema ella cascade",
        "truncate messages",
        "truncate retry_keys",
        "create index on messages (id)",
        "create trigger mine before delete on students execute function suppress_redundant_updates_trigger()",
        "delete from students",
        "delete from devices",
        "delete from placements",
        "delete from conversations",
        "delete from messages",
        "delete from analyses",
        "delete from daily_totals",
        "delete from server_facts",
        "delete from token_usage",
        "delete from schema_migrations",
        "delete from erased_students",
        "delete from operator_actions",
        "delete from heartbeat",
        "insert into erased_students select user_id, now() from students",
        "select erase_student(user_id, now(), gen_random_uuid()) from students",
        "drop trigger guard_deletions on messages",
        "alter table messages disable trigger all",
        "set session_replication_role = replica",
        "drop event trigger ella_refuses_drops",
        "update messages set content = 'something else'",
        "update placements set confidence = 1",
        "update conversations set user_id = user_id",
        "update devices set user_id = user_id",
        "update server_facts set value = 'another key'",
        "update daily_totals set students = 0",
        "insert into schema_migrations values (99, 'mine', '', now())",
        "set role ella_owner",
        "set session authorization postgres",
        "alter role ella_app superuser",
        "copy students to '/tmp/students'",
        "select pg_read_file('/etc/passwd')",
    ] {
        let (code, _) = refusal(&client, sql).await;
        assert_eq!(code, "42501", "{sql}");
    }
    client.batch_execute("delete from retry_keys").await.unwrap();
    drop(client);
    program.stop().await;
}

#[tokio::test]
async fn the_owner_cannot_log_in_and_nobody_but_the_superuser_can_become_it() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    let client = connect(&folder.administrator()).await;
    let sql = "select rolcanlogin, rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls
        from pg_roles where rolname = $1";
    let owner = client.query_one(sql, &[&"ella_owner"]).await.unwrap();
    assert_eq!((owner.get(0), owner.get(1)), (false, false));
    let app = client.query_one(sql, &[&"ella_app"]).await.unwrap();
    assert_eq!((app.get(0), app.get(1)), (true, false));
    let sql = "select pg_has_role('ella_app', 'ella_owner', 'MEMBER')";
    assert!(!client.query_one(sql, &[]).await.unwrap().get::<_, bool>(0));
    let sql = "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'ella' and c.relowner <> 'ella_owner'::regrole";
    assert_eq!(client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0), 0, "all of it is the owner's");

    // The password opens the application's role in its own database, and nothing else.
    let application = folder.application();
    drop(connect(&application).await);
    let (mut owner, mut elsewhere, mut unknown) = (application.clone(), application.clone(), application);
    owner.user("ella_owner");
    elsewhere.dbname("postgres");
    unknown.password("another password");
    for refused in [owner, elsewhere, unknown] {
        assert!(refused.connect(NoTls).await.is_err(), "{refused:?}");
    }
    // And there is no way in over a network.
    let listens = client.query_one("show listen_addresses", &[]).await.unwrap();
    assert_eq!(listens.get::<_, String>(0), "");
    drop(client);
    program.stop().await;
}

#[tokio::test]
async fn the_servers_own_timeouts_lie_below_the_requests_deadline() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    let client = connect(&folder.application()).await;
    let deadline = Config::from_flags(Vec::<String>::new()).unwrap().request_deadline();
    let mut found = Vec::new();
    for name in ["lock_timeout", "statement_timeout"] {
        let sql = "select setting::bigint from pg_settings where name = $1 and unit = 'ms'";
        let milliseconds: i64 = client.query_one(sql, &[&name]).await.unwrap().get(0);
        assert!(milliseconds > 0, "{name} is off");
        found.push(Duration::from_millis(milliseconds.unsigned_abs()));
    }
    assert!(found[0] < found[1] && found[1] < deadline, "{found:?} {deadline:?}");
    drop(client);
    program.stop().await;
}

#[tokio::test]
async fn a_row_that_somebody_else_holds_is_waited_for_only_so_long() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    let ana = program.sign_in("550e8400-e29b-41d4-a716-446655440000").await;
    let mut holder = super::connect_as_owner(&folder.administrator()).await;
    let held = holder.transaction().await.unwrap();
    held.execute("select from students for update", &[]).await.unwrap();
    let answer = ana.put("/users/me", serde_json::json!({"name": "Ana"})).await;
    answer.assert_problem(503);
    assert!(!answer.header("retry-after").is_empty());
    held.rollback().await.unwrap();
    ana.put("/users/me", serde_json::json!({"name": "Ana"})).await.assert(200);
    drop(holder);
    program.stop().await;
}
