//! What happens when a process is killed.

use std::fs;

use ella_test_support::provider::{Script, ScriptedProvider, reply_json};
use reqwest::Method;
use serde_json::json;

use super::{Folder, Program, Start, eventually, is_alive, signal};
use crate::support::Answer;

const PHONE: &str = "7d444840-9dc0-41d1-b245-5ffdce74fad2";

fn postgres_of(folder: &Folder) -> Option<u32> {
    let file = fs::read_to_string(folder.cluster().join("postmaster.pid")).ok()?;
    file.lines().next()?.trim().parse().ok()
}

#[tokio::test]
async fn killed_it_takes_its_postgresql_along_and_loses_nothing_that_was_acknowledged() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    let postgres = postgres_of(&folder).expect("PostgreSQL runs");
    let ana = program.sign_in(PHONE).await;
    let conversation = ana.conversation().await;
    let path = format!("/conversations/{conversation}/messages");
    for number in 1..=20 {
        let message = json!({"role": "user", "content": format!("This is sentence {number}.")});
        ana.post(&path, message).await.assert(201);
    }
    let token = ana.token.clone();
    signal(program.pid(), "KILL");
    drop(program);

    // At once: the new one waits for what the killed one left behind.
    let program = Program::serve(&folder).await;
    println!("a start after a kill took {:?}", program.started_in);
    assert!(!is_alive(postgres));
    let mut ana = program.sign_in(PHONE).await;
    ana.token = token;
    let messages = ana.get(&format!("{path}?limit=100")).await;
    let positions: Vec<_> = messages.assert(200).body["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["position"].as_i64())
        .collect();
    assert_eq!(positions, (1..=20).map(Some).collect::<Vec<_>>());
    program.stop().await;
}

#[tokio::test]
async fn a_turn_that_a_crash_broke_off_is_taken_over_at_once_by_its_retry() {
    let folder = Folder::prepared().await;
    let zoe = ScriptedProvider::start().unwrap();
    zoe.next(Script::new().hang());
    zoe.next(Script::answer(reply_json("Here I am again.", &json!([]))));
    let start = || {
        let patient = Start::on(&folder).flag("--llm", zoe.openai("m")).flag("--turn-budget-ms", 30_000);
        patient.flag("--first-sentence-ms", 30_000)
    };
    let program = start().serve().await;
    let ana = program.sign_in(PHONE).await;
    let call = ana.conversation().await;
    let turn = |program: &Program, token: &str| {
        program
            .request(Method::POST, "/llm/conversation-turn")
            .bearer_auth(token)
            .header("idempotency-key", "11111111-1111-4111-8111-111111111111")
            .json(&json!({"conversation_id": call, "text": "Are you there?"}))
    };
    let token = ana.token.clone();
    tokio::select! {
        answer = Answer::of(turn(&program, &token)) => panic!("nobody may answer yet: {}", answer.text),
        called = zoe.wait_for_calls(1) => called.unwrap(),
    }
    signal(program.pid(), "KILL");
    drop(program);

    let program = start().serve().await;
    // The claim of the killed one would hold for a minute.
    let answer = Answer::of(turn(&program, &token)).await;
    assert_eq!(answer.assert(200).body["reply"], "Here I am again.");
    let mut ana = program.sign_in(PHONE).await;
    ana.token = token;
    let stored = ana.get(&format!("/conversations/{call}/messages")).await;
    let said: Vec<_> =
        stored.body["items"].as_array().unwrap().iter().map(|item| item["content"].clone()).collect();
    assert_eq!(said, ["Are you there?", "Here I am again."]);
    program.stop().await;
}

#[tokio::test]
async fn killed_its_postgresql_ends_without_it() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    let postgres = postgres_of(&folder).expect("PostgreSQL runs");
    signal(program.pid(), "KILL");
    eventually("PostgreSQL ends", async || (!is_alive(postgres)).then_some(())).await;
}

#[tokio::test]
async fn a_killed_postgresql_means_503_for_a_moment_and_then_it_serves_again_by_itself() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    let ana = program.sign_in(PHONE).await;
    ana.put("/users/me", json!({"name": "Ana"})).await.assert(200);
    let (mut told_ana, mut told_the_operator) = (false, false);
    for _ in 0..5 {
        let postgres = eventually("PostgreSQL runs", async || postgres_of(&folder)).await;
        signal(postgres, "KILL");
        eventually("it serves again", async || {
            let answer = ana.get("/users/me").await;
            if answer.status == 503 {
                answer.assert_problem(503);
                assert!(answer.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds >= 1));
                told_ana = true;
            }
            let health = program.get("/health").await;
            if health.status == 503 {
                assert_eq!(
                    (&health.body["status"], &health.body["database"]["status"]),
                    (&json!("down"), &json!("down"))
                );
                assert_eq!(health.body["database"]["latency_ms"], json!(null));
                told_the_operator = true;
            }
            let is_another = postgres_of(&folder).is_some_and(|pid| pid != postgres);
            (is_another && answer.status == 200 && health.status == 200).then(|| {
                assert_eq!(answer.body["name"], "Ana");
                assert_eq!(health.body["status"], "ok");
            })
        })
        .await;
        if told_ana && told_the_operator {
            program.stop().await;
            return;
        }
    }
    panic!("503 was never seen: {told_ana} {told_the_operator}");
}
