//! The log: one line a request, and nothing of what students say or who they are.

use ella_test_support::database::execute;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Folder, Program, Start, eventually};
use crate::support::Answer;

const PHONE: &str = "f47ac10b-58cc-4372-a567-0e02b2c3d479";

/// The lines about requests, in order.
fn requests(log: &str) -> Vec<Value> {
    let lines =
        log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("{line}")));
    lines.filter(|line| line["message"] == "request").collect()
}

#[tokio::test]
async fn every_request_leaves_one_line_of_json() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    let ana = program.sign_in(PHONE).await;
    let conversation = ana.conversation().await;
    ana.get(&format!("/conversations/{conversation}")).await.assert(200);
    Answer::of(program.request(Method::GET, "/nowhere").header("x-request-id", "mine-1")).await.assert(404);
    let lines = requests(&program.log());
    let summary: Vec<_> = lines
        .iter()
        .map(|line| (line["http.method"].as_str(), line["http.route"].as_str(), line["http.status"].as_u64()))
        .collect();
    assert_eq!(
        summary,
        [
            (Some("POST"), Some("/auth/anonymous"), Some(200)),
            (Some("POST"), Some("/conversations"), Some(201)),
            (Some("GET"), Some("/conversations/{id}"), Some(200)),
            (Some("GET"), Some("(none)"), Some(404)),
        ]
    );
    assert_eq!(lines[3]["request.id"], "mine-1");
    for line in &lines {
        assert!(line["total_ms"].is_f64() && line["timestamp"].is_string(), "{line}");
        assert_eq!(line["level"], "INFO");
    }
    assert!(lines[2]["database_ms"].is_f64());
    program.stop().await;
}

#[tokio::test]
async fn a_stream_leaves_its_line_when_it_is_over() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    let ana = program.sign_in(PHONE).await;
    let conversation = ana.conversation().await;
    let request = program
        .request(Method::POST, "/llm/conversation-turn")
        .bearer_auth(&ana.token)
        .json(&json!({"conversation_id": conversation, "text": "Hello"}));
    let answer = Answer::of(request.header("accept", "text/event-stream")).await;
    assert!(answer.assert(200).text.contains("event: done"));
    let line = eventually("the line is there", async || {
        requests(&program.log()).into_iter().find(|line| line["http.route"] == "/llm/conversation-turn")
    })
    .await;
    assert_eq!((&line["http.status"], &line["stream.end"]), (&json!(200), &json!("done")));
    assert_eq!(line["request.id"], answer.header("x-request-id"));
    let time = |name: &str| line[name].as_f64().unwrap_or_else(|| panic!("{name} in {line}"));
    assert!(
        time("first_sentence_ms") <= time("total_ms") && time("database_ms") <= time("total_ms"),
        "{line}"
    );
    assert!(line["llm_ms"].is_f64(), "{line}");
    program.stop().await;
}

#[tokio::test]
async fn nothing_personal_reaches_the_log_not_even_with_an_error() {
    let folder = Folder::prepared().await;
    let program = Start::on(&folder).env("ELLA_LOG", "debug").serve().await;
    let ana = program.sign_in(PHONE).await;
    let secret = "the device secret of Ana, long enough";
    let device = json!({"device_id": PHONE, "device_secret": secret});
    Answer::of(program.request(Method::POST, "/auth/anonymous").json(&device)).await.assert(200);
    ana.put("/users/me", json!({"name": "Ana Quintana", "location": "Mirandela"})).await.assert(200);
    let conversation = ana.post("/conversations", json!({"topic": "my budgerigar"})).await;
    let id = conversation.body["id"].as_str().unwrap();
    let path = format!("/conversations/{id}/messages");
    let message = |text: &str| json!({"role": "user", "content": text});
    ana.post(&path, message("My grandmother is ill.")).await.assert(201);
    ana.post("/llm/conversation-turn", json!({"conversation_id": id, "text": "She like tulips."}))
        .await
        .assert(200);
    let turn = json!({"conversation_id": id, "text": "She like chrysanthemums."});
    let streamed =
        program.request(Method::POST, "/llm/conversation-turn").bearer_auth(&ana.token).json(&turn);
    Answer::of(streamed.header("accept", "text/event-stream")).await.assert(200);
    // Faults of the client, and a fault of ours with a student's row in it: PostgreSQL quotes rows in its errors.
    ana.post(&path, json!({"role": "Quasimodo", "content": "Esmeralda"})).await.assert(422);
    ana.get("/conversations/Notre-Dame").await.assert(404);
    execute(
        &folder.administrator(),
        "set search_path = ella; alter table messages add check (content <> 'I am afraid.')",
    )
    .await;
    ana.post(&path, message("I am afraid.")).await.assert_problem(500);
    let key = "123e4567-e89b-12d3-a456-426614174000";
    let wrong = program.request(Method::GET, "/admin/stats?who=Clopin").header("x-admin-key", key);
    Answer::of(wrong).await.assert_problem(403);

    let (token, admin_key, recovery_key) =
        (&ana.token, folder.read("admin.key"), folder.read("recovery.key"));
    let log = program.log();
    for personal in [
        "Ana Quintana",
        "Mirandela",
        "budgerigar",
        "grandmother",
        "tulips",
        "chrysanthemums",
        "Quasimodo",
        "Esmeralda",
        "Notre-Dame",
        "afraid",
        "Clopin",
        PHONE,
        secret,
        token,
        key,
        &admin_key,
        &recovery_key,
    ] {
        assert!(!log.contains(personal), "{personal} is in the log:\n{log}");
    }
    // And yet the fault of ours is told.
    assert!(log.contains("messages_content_check"), "{log}");
    program.stop().await;
}

#[tokio::test]
async fn the_form_and_the_level_are_settings() {
    let folder = Folder::prepared().await;
    let program = Start::on(&folder).env("ELLA_LOG_FORM", "text").serve().await;
    program.get("/health").await.assert(200);
    let log = program.log();
    let line = log.lines().find(|line| line.contains("http.route")).expect("a line about the request");
    assert!(line.contains("INFO") && line.contains("http.route=\"/health\""), "{line}");
    assert!(!line.starts_with('{') && !line.contains('\u{1b}'), "{line}");
    program.stop().await;

    let program = Start::on(&folder).env("ELLA_LOG", "warn").serve().await;
    program.get("/health").await.assert(200);
    assert_eq!(program.log(), "");
    program.stop().await;
}
