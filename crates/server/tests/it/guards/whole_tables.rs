//! Nothing is changed, emptied or dropped as a whole.

use super::{REFUSED, refused, scene};
use crate::database::{connect, tables};

#[tokio::test]
async fn one_statement_changes_only_few_rows() {
    let (_database, owner) = scene().await;
    let (code, message, hint) = refused(&owner, "update messages set content = ''").await;
    // The constraint is met first here: an empty text is no message.
    assert_eq!(code, "23514", "{message} {hint}");
    for (sql, expected) in [
        (
            "update messages set content = 'x'",
            "one statement would update more than 20 rows of messages: refused",
        ),
        ("update messages set corrections = '[]' where position <= 11", "more than 20 rows of messages"),
    ] {
        let (code, message, hint) = refused(&owner, sql).await;
        assert_eq!(code, REFUSED, "{sql}");
        assert!(message.contains(expected), "{message}");
        assert!(hint.contains("condition"), "{hint}");
    }
    let changed = owner.execute("update messages set content = 'x' where position <= 10", &[]).await.unwrap();
    assert_eq!(changed, 20);
    let same: i64 =
        owner.query_one("select count(*) from messages where content = 'I am.'", &[]).await.unwrap().get(0);
    assert_eq!(same, 60);
}

#[tokio::test]
async fn no_setting_that_anyone_can_make_opens_a_guard() {
    let (_database, owner) = scene().await;
    for setting in ["ella.guards", "ella.erase", "ella.migrating", "ella_guards.off"] {
        for value in ["on", "off", "true"] {
            owner.batch_execute(&format!("set {setting} = '{value}'")).await.unwrap();
            assert_eq!(refused(&owner, "delete from students").await.0, REFUSED, "{setting} {value}");
        }
    }
    // The one that PostgreSQL itself has is the superuser's.
    assert_eq!(refused(&owner, "set session_replication_role = replica").await.0, "42501");
}

#[tokio::test]
async fn no_table_is_ever_emptied() {
    let (_database, owner) = scene().await;
    for table in tables(&owner).await {
        for sql in [format!("truncate {table}"), format!("truncate {table} cascade")] {
            let (code, message, _) = refused(&owner, &sql).await;
            assert!(code == REFUSED || code == "0A000" && !sql.contains("cascade"), "{sql}: {message}");
        }
    }
}

#[tokio::test]
async fn nothing_is_dropped_by_the_owner_nor_by_the_superuser() {
    let (database, owner) = scene().await;
    let superuser = connect(&database.administrator).await;
    superuser.batch_execute("set search_path = ella").await.unwrap();
    for sql in [
        "drop table messages",
        "drop table students cascade",
        "drop table messages, analyses, conversations",
        "drop schema ella cascade",
        "alter table messages drop column content",
        "drop trigger guard_deletions on messages",
        "drop table if exists daily_totals",
        "do $$ begin drop table messages; end $$",
    ] {
        for client in [&owner, &superuser] {
            let (code, message, hint) = refused(client, sql).await;
            assert_eq!(code, REFUSED, "{sql}: {message}");
            assert!(message.ends_with("would be dropped: refused"), "{sql}: {message}");
            assert!(hint.contains("migration"), "{hint}");
        }
    }
    for sql in ["drop function ella_guards.guard_deletions() cascade", "drop owned by ella_owner cascade"] {
        let (code, message, _) = refused(&superuser, sql).await;
        assert!(code == REFUSED || code == "2BP01", "{sql}: {code} {message}");
    }
    // The owner cannot even reach the guards.
    assert_eq!(refused(&owner, "drop schema ella_guards cascade").await.0, "42501");
    assert_eq!(refused(&owner, "drop event trigger ella_refuses_drops").await.0, "42501");
    let messages: i64 = owner.query_one("select count(*) from messages", &[]).await.unwrap().get(0);
    assert_eq!(messages, 80);
}

#[tokio::test]
async fn what_is_nobodys_may_be_dropped() {
    let (database, owner) = scene().await;
    let superuser = connect(&database.administrator).await;
    superuser
        .batch_execute("create schema notes; create table notes.mine (id integer); drop schema notes cascade")
        .await
        .unwrap();
    superuser
        .batch_execute("create temporary table messages (id integer); drop table messages")
        .await
        .unwrap();
    owner.batch_execute("create index helper on messages (created_at); drop index helper").await.unwrap();
}

#[tokio::test]
async fn a_guard_that_is_missing_or_switched_off_is_back_after_the_next_start() {
    let (database, _owner) = scene().await;
    let mut superuser = connect(&database.administrator).await;
    superuser
        .batch_execute(
            "set search_path = ella; alter event trigger ella_refuses_drops disable;
            drop trigger guard_deletions on messages; alter table students disable trigger guard_deletions;
            drop trigger guard_truncation on placements;
            create or replace trigger guard_updates after update on conversations
                referencing old table as changed for each statement execute function ella_guards.guard_number('9999999')",
        )
        .await
        .unwrap();
    let clock = ella::clock::Clock::System;
    ella::database::managed::prepare(&mut superuser, "ella_owner", &clock).await.unwrap();
    superuser
        .batch_execute(
            "insert into conversations (user_id, id, started_at)
            select '018f0000-0000-7000-8000-000000000001', gen_random_uuid(), now() from generate_series(1, 501)",
        )
        .await
        .unwrap();
    for sql in [
        "delete from messages",
        "delete from students",
        "truncate placements",
        "drop table messages",
        "update conversations set topic = 'x'",
    ] {
        assert_eq!(refused(&superuser, sql).await.0, REFUSED, "{sql}");
    }
}

/// Who is the superuser and means it can drop the guards; it does not come by accident, and does not last.
#[tokio::test]
async fn guards_that_were_dropped_as_a_whole_are_back_too() {
    let (database, owner) = scene().await;
    let mut superuser = connect(&database.administrator).await;
    superuser.batch_execute("drop schema ella_guards cascade").await.unwrap();
    ella::database::managed::prepare(&mut superuser, "ella_owner", &ella::clock::Clock::System)
        .await
        .unwrap();
    for sql in [
        "drop table messages",
        "drop schema ella cascade",
        "delete from messages",
        "truncate messages cascade",
    ] {
        assert_eq!(refused(&owner, sql).await.0, REFUSED, "{sql}");
    }
}

#[tokio::test]
async fn a_migration_may_drop_and_change_what_it_must() {
    let (database, owner) = scene().await;
    let mut superuser = connect(&database.administrator).await;
    superuser.batch_execute("set search_path = ella").await.unwrap();
    ella::guards::lift(&superuser).await.unwrap();
    // As migrations run: by the owner.
    owner
        .batch_execute(
            "update messages set content = 'Moved.'; alter table placements drop column confidence",
        )
        .await
        .unwrap();
    ella::database::managed::prepare(&mut superuser, "ella_owner", &ella::clock::Clock::System)
        .await
        .unwrap();
    for sql in [
        "update messages set content = 'x'",
        "alter table students drop column location",
        "delete from messages",
    ] {
        assert_eq!(refused(&owner, sql).await.0, REFUSED, "{sql}");
    }
}

#[tokio::test]
async fn a_start_with_all_guards_up_touches_no_table() {
    let (database, _owner) = scene().await;
    let mut superuser = connect(&database.administrator).await;
    let triggers = "select array_agg(oid order by oid)::text from pg_trigger where tgname like 'guard\\_%'";
    let before: String = superuser.query_one(triggers, &[]).await.unwrap().get(0);
    // Somebody reads and holds on to it: raising a guard anew would wait for them.
    let reader = connect(&database.administrator).await;
    reader.batch_execute("begin; lock table ella.messages in share row exclusive mode").await.unwrap();
    superuser.batch_execute("set lock_timeout = '1s'").await.unwrap();
    ella::database::managed::prepare(&mut superuser, "ella_owner", &ella::clock::Clock::System)
        .await
        .unwrap();
    let after: String = superuser.query_one(triggers, &[]).await.unwrap().get(0);
    assert_eq!(before, after);
}
