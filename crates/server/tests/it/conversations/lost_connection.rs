//! PostgreSQL's side of a connection is killed while a request is at work on it.

use ella_test_support::database::{ask, execute};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Answer, Ella, Held, Student, test_cluster};

/// A server whose statements wait for locks for as long as its requests: a busy machine may need more than the usual
/// two seconds to find the one to kill.
async fn patient_ella() -> Ella {
    let mut database = test_cluster().await.database().await;
    database.application.options("-c role=ella_app -c search_path=ella");
    Ella::with().flag("--request-seconds", 60).start_on(database).await
}

async fn kill_all(ella: &Ella) {
    let kill = "select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()";
    execute(&ella.database.administrator, kill).await;
}

async fn count(ella: &Ella, table: &str) -> String {
    ask(&ella.database.administrator, &format!("select count(*) from ella.{table}")).await
}

fn body(table: &str) -> Value {
    match table {
        "placements" => json!({"cefr_level": "A1", "confidence": 1, "transcript": []}),
        "messages" => json!({"role": "user", "content": "Hello!"}),
        _ => json!({"topic": "cats"}),
    }
}

async fn path(student: &Student<'_>, table: &str) -> String {
    match table {
        "messages" => format!("/conversations/{}/messages", student.conversation().await),
        table => format!("/{table}"),
    }
}

#[tokio::test]
async fn a_read_succeeds_anyway() {
    let ella = patient_ella().await;
    let ana = ella.student().await;
    let id = ana.conversation().await;
    let said = ana.says(&id, "Hello!").await;
    for (table, path) in [
        ("conversations", format!("/conversations/{id}")),
        ("conversations", "/conversations".to_owned()),
        ("messages", format!("/conversations/{id}/messages")),
        ("placements", "/progress/summary".to_owned()),
        ("students", "/users/me".to_owned()),
    ] {
        let held = Held::table(&ella, table).await;
        let killed = async {
            held.kill_the_one_that_waits().await;
            held.let_go().await;
        };
        let (answer, ()) = tokio::join!(ana.get(&path), killed);
        answer.assert(200);
    }
    let messages = ana.get(&format!("/conversations/{id}/messages")).await;
    assert_eq!(messages.body["items"], json!([said]));
}

#[tokio::test]
async fn a_write_with_a_key_succeeds_anyway_and_once() {
    let ella = patient_ella().await;
    let ana = ella.student().await;
    for table in ["conversations", "messages", "placements"] {
        let path = path(&ana, table).await;
        let before: u32 = count(&ella, table).await.parse().unwrap();
        let held = Held::table(&ella, table).await;
        let killed = async {
            held.kill_the_one_that_waits().await;
            held.let_go().await;
        };
        let key = Uuid::from_u128(7);
        let (answer, ()) = tokio::join!(ana.post_with_key(&path, key, body(table)), killed);
        answer.assert(201);
        assert_eq!(ana.post_with_key(&path, key, body(table)).await.assert(200).body, answer.body);
        assert_eq!(count(&ella, table).await.parse(), Ok(before + 1));
    }
}

#[tokio::test]
async fn completing_succeeds_anyway() {
    let ella = patient_ella().await;
    let ana = ella.student().await;
    let path = format!("/conversations/{}/complete", ana.conversation().await);
    let held = Held::table(&ella, "conversations").await;
    let killed = async {
        held.kill_the_one_that_waits().await;
        held.let_go().await;
    };
    let completing = Answer::of(ana.request(Method::PUT, &path));
    let (answer, ()) = tokio::join!(completing, killed);
    assert_eq!(answer.assert(200).body["status"], "completed");
}

#[tokio::test]
async fn a_write_without_a_key_is_refused_and_not_tried_again() {
    let ella = patient_ella().await;
    let ana = ella.student().await;
    for table in ["conversations", "messages", "placements"] {
        let path = path(&ana, table).await;
        let before = count(&ella, table).await;
        let held = Held::table(&ella, table).await;
        let (answer, ()) = tokio::join!(ana.post(&path, body(table)), held.kill_the_one_that_waits());
        answer.assert_problem(503);
        assert!(!answer.header("retry-after").is_empty());
        held.let_go().await;
        assert_eq!(count(&ella, table).await, before);
    }
}

#[tokio::test]
async fn connections_that_die_while_idle_are_hardly_noticed() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let id = ana.conversation().await;
    let messages = format!("/conversations/{id}/messages");
    let mut stored = 0;
    for round in 0..10 {
        // Fills the pool.
        let reads = (0..8).map(|_| ana.get("/conversations"));
        futures::future::join_all(reads).await;
        kill_all(&ella).await;
        let key = Uuid::from_u128(round);
        let (read, keyed, plain) = tokio::join!(
            ana.get(&messages),
            ana.post_with_key(&messages, key, body("messages")),
            ana.post(&messages, body("messages")),
        );
        read.assert(200);
        keyed.assert(201);
        assert!([201, 503].contains(&plain.status), "{}", plain.text);
        stored += 1 + usize::from(plain.status == 201);
    }
    assert_eq!(ana.get(&format!("/conversations/{id}")).await.body["message_count"], stored);
    assert_eq!(count(&ella, "messages").await, stored.to_string());
}
