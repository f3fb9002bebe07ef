//! Rows of students are deleted only when the student stands on the list of the erased.

use super::{REFUSED, refused, scene};
use crate::database::{connect, tables};

const ANA: &str = "018f0000-0000-7000-8000-000000000001";
const BEN: &str = "018f0000-0000-7000-8000-000000000002";

#[tokio::test]
async fn the_owner_cannot_delete_a_single_row_of_a_student() {
    let (_database, owner) = scene().await;
    for (sql, table) in [
        ("delete from students", "students"),
        ("delete from devices", "devices"),
        ("delete from placements", "placements"),
        ("delete from conversations", "conversations"),
        ("delete from messages", "messages"),
        ("delete from analyses", "analyses"),
        (
            "delete from messages where position = 1 and user_id = '018f0000-0000-7000-8000-000000000001'",
            "messages",
        ),
        ("delete from students where user_id = '018f0000-0000-7000-8000-000000000001'", "students"),
        ("with gone as (delete from messages returning 1) select count(*) from gone", "messages"),
        ("do $$ begin delete from students; end $$", "students"),
    ] {
        let (code, message, hint) = refused(&owner, sql).await;
        assert_eq!(code, REFUSED, "{sql}: {message}");
        // A cascade meets the guard of the first table that it reaches.
        assert!(
            message.contains(table) || sql.contains("from students") || sql.contains("from conversations"),
            "{sql}: {message}"
        );
        assert!(message.contains("not on the list of the erased"), "{message}");
        assert!(hint.contains("ella student erase"), "{hint}");
    }
    for (table, rows) in
        [("students", 2), ("devices", 2), ("placements", 2), ("messages", 80), ("analyses", 2)]
    {
        let count: i64 = owner.query_one(&format!("select count(*) from {table}"), &[]).await.unwrap().get(0);
        assert_eq!(count, rows, "{table}");
    }
}

#[tokio::test]
async fn a_loop_over_single_rows_fails_at_the_first() {
    let (database, owner) = scene().await;
    let looping = "do $$ declare victim record; begin
        for victim in select * from messages loop
            delete from messages where user_id = victim.user_id and conversation_id = victim.conversation_id
                and position = victim.position;
        end loop; end $$";
    assert_eq!(refused(&owner, looping).await.0, REFUSED);
    // Statement by statement, as a program with a bug would do it; the application's role is not even asked.
    let application = connect(&database.application).await;
    for (client, code) in [(&owner, REFUSED), (&application, "42501")] {
        let rows = client.query("select user_id::text, position from messages", &[]).await.unwrap();
        assert_eq!(rows.len(), 80);
        for row in rows.iter().take(3) {
            let (user, position): (String, i32) = (row.get(0), row.get(1));
            let sql = format!("delete from messages where user_id = '{user}' and position = {position}");
            assert_eq!(refused(client, &sql).await.0, code);
        }
    }
    let left: i64 = owner.query_one("select count(*) from messages", &[]).await.unwrap().get(0);
    assert_eq!(left, 80);
}

#[tokio::test]
async fn an_erased_student_goes_whole_and_nobody_else_with_them() {
    let (_database, owner) = scene().await;
    let erase = format!("select erase_student('{ANA}', '2026-11-22T10:00:00Z', gen_random_uuid())");
    assert!(owner.query_one(&erase, &[]).await.unwrap().get::<_, bool>(0));
    let mut asked = 0;
    for table in tables(&owner).await {
        let of_students =
            "select count(*) from pg_attribute where attrelid = $1::text::regclass and attname = 'user_id'";
        if owner.query_one(of_students, &[&table]).await.unwrap().get::<_, i64>(0) == 0 {
            continue;
        }
        let count = async |user: &str| {
            let sql = format!("select count(*) from {table} where user_id = '{user}'");
            owner.query_one(&sql, &[]).await.unwrap().get::<_, i64>(0)
        };
        // One line on the list and one in the audit are all that is left.
        let is_a_note = ["erased_students", "operator_actions"].contains(&table.as_str());
        assert_eq!(count(ANA).await, i64::from(is_a_note), "{table}");
        assert_eq!(count(BEN).await > 0, !is_a_note && table != "token_usage", "{table}");
        asked += 1;
    }
    assert!(asked >= 9, "{asked}");
    // Again: nothing is there to erase, and nothing is noted twice.
    assert!(!owner.query_one(&erase, &[]).await.unwrap().get::<_, bool>(0));
    let noted = "select (select count(*) from erased_students), (select count(*) from operator_actions)";
    let noted = owner.query_one(noted, &[]).await.unwrap();
    assert_eq!((noted.get::<_, i64>(0), noted.get::<_, i64>(1)), (1, 1));
}

#[tokio::test]
async fn nobody_is_taken_off_the_list_again() {
    let (_database, owner) = scene().await;
    owner.batch_execute(&format!("select erase_student('{ANA}', now(), gen_random_uuid())")).await.unwrap();
    for sql in [
        "delete from erased_students",
        "update erased_students set erased_at = now()",
        "truncate erased_students",
        "delete from operator_actions",
        "update operator_actions set at = now()",
    ] {
        assert_eq!(refused(&owner, sql).await.0, REFUSED, "{sql}");
    }
}

#[tokio::test]
async fn old_retry_keys_go_in_batches_of_five_hundred() {
    let (_database, owner) = scene().await;
    owner
        .batch_execute(&format!(
            "insert into retry_keys (user_id, key, path, created_at, body_hash, response)
            select '{ANA}', gen_random_uuid(), '/placements', now(), sha256(''), '{{}}' from generate_series(1, 499)"
        ))
        .await
        .unwrap();
    let (code, message, _) = refused(&owner, "delete from retry_keys").await;
    assert_eq!(code, REFUSED);
    assert_eq!(message, "one statement would delete more than 500 rows of retry_keys: refused");
    let batch = format!("delete from retry_keys where user_id = '{ANA}'");
    assert_eq!(owner.execute(&batch, &[]).await.unwrap(), 500);
}
