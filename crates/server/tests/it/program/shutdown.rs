//! How the program ends when it is asked to.

use std::fs;

use ella_test_support::provider::{Gate, Script, ScriptedProvider, reply_json};
use reqwest::Method;
use serde_json::json;
use tokio::net::TcpStream;

use super::{Folder, Program, Start, eventually, is_alive, signal};
use crate::support::Stream;

const PHONE: &str = "6fa459ea-ee8a-4ca4-894e-db77e160355e";

/// The number of the server's process in the folder.
fn postgres_of(folder: &Folder) -> u32 {
    let file = fs::read_to_string(folder.cluster().join("postmaster.pid")).expect("PostgreSQL runs");
    file.lines().next().unwrap().trim().parse().unwrap()
}

/// Zoe speaks through this provider, and has plenty of time.
async fn serve_with(provider: &ScriptedProvider, folder: &Folder) -> Program {
    let start = Start::on(folder).flag("--llm", provider.openai("any-model"));
    start.flag("--turn-budget-ms", 60000).flag("--first-sentence-ms", 60000).serve().await
}

/// A turn on its way, in a conversation of its own.
async fn begin_a_turn(program: &Program) -> (String, String, tokio::task::JoinHandle<(u16, String)>) {
    let ana = program.sign_in(PHONE).await;
    let conversation = ana.conversation().await;
    let request = program
        .request(Method::POST, "/llm/conversation-turn")
        .bearer_auth(&ana.token)
        .json(&json!({"conversation_id": conversation, "text": "I go to the beach yesterday."}));
    #[expect(clippy::disallowed_methods, reason = "the app's side of the turn")]
    let answer = tokio::spawn(async move {
        match request.send().await {
            Ok(response) => (response.status().as_u16(), response.text().await.unwrap_or_default()),
            Err(error) => (0, error.to_string()),
        }
    });
    (conversation, ana.token, answer)
}

async fn is_refused(program: &Program) {
    let address = program.address;
    eventually("new connections are refused", async || TcpStream::connect(address).await.err()).await;
}

#[tokio::test]
async fn sigterm_lets_a_turn_in_flight_end_and_then_stops_postgresql() {
    let folder = Folder::prepared().await;
    let provider = ScriptedProvider::start().unwrap();
    let gate = Gate::new();
    provider.next(
        Script::new().wait_for(&gate).text(reply_json("How was the water?", &json!([]))).usage(9, 9).finish(),
    );
    let program = serve_with(&provider, &folder).await;
    let postgres = postgres_of(&folder);
    let (conversation, token, turn) = begin_a_turn(&program).await;
    provider.wait_for_calls(1).await.unwrap();

    signal(program.pid(), "TERM");
    is_refused(&program).await;
    assert!(is_alive(postgres));
    gate.open();
    let (status, text) = turn.await.unwrap();
    assert_eq!(status, 200, "{text}");
    assert!(text.contains("How was the water?"), "{text}");
    program.ended().await.assert_success();
    assert!(!is_alive(postgres));
    assert!(!folder.cluster().join("postmaster.pid").exists(), "it was stopped in order");

    let program = Program::serve(&folder).await;
    let mut ana = program.sign_in(PHONE).await;
    ana.token = token;
    let messages = ana.get(&format!("/conversations/{conversation}/messages")).await;
    let said: Vec<_> =
        messages.body["items"].as_array().unwrap().iter().map(|item| &item["content"]).collect();
    assert_eq!(said, ["I go to the beach yesterday.", "How was the water?"]);
    program.stop().await;
}

#[tokio::test]
async fn corrections_that_a_model_is_still_writing_are_waited_for() {
    let folder = Folder::prepared().await;
    let provider = ScriptedProvider::start().unwrap();
    let gate = Gate::new();
    let rest = r#""corrections": [{"original": "go", "corrected": "went", "category": "grammar"}]}"#;
    let begin = Script::new().text(r#"{"reply": "How was the water?", "#);
    provider.next(begin.wait_for(&gate).text(rest).usage(9, 9).finish());
    let start = Start::on(&folder).flag("--llm", provider.openai("any-model"));
    let program = start.flag("--turn-budget-ms", 1500).serve().await;
    let (conversation, token, turn) = begin_a_turn(&program).await;
    let (status, text) = turn.await.unwrap();
    assert_eq!(status, 200, "{text}");
    assert!(text.contains(r#""corrections_complete":false"#), "{text}");
    signal(program.pid(), "TERM");
    is_refused(&program).await;
    gate.open();
    program.ended().await.assert_success();

    let program = Program::serve(&folder).await;
    let mut ana = program.sign_in(PHONE).await;
    ana.token = token;
    let messages = ana.get(&format!("/conversations/{conversation}/messages")).await;
    assert_eq!(messages.body["items"][0]["corrections"][0]["corrected"], "went");
    program.stop().await;
}

#[tokio::test]
async fn sigterm_lets_a_stream_end() {
    let folder = Folder::prepared().await;
    let provider = ScriptedProvider::start().unwrap();
    let gate = Gate::new();
    provider.next(Script::new().text(r#"{"reply": "I see. "#).wait_for(&gate).text(r#"Go on."}"#).finish());
    let program = serve_with(&provider, &folder).await;
    let ana = program.sign_in(PHONE).await;
    let conversation = ana.conversation().await;
    let request = program
        .request(Method::POST, "/llm/conversation-turn")
        .bearer_auth(&ana.token)
        .json(&json!({"conversation_id": conversation, "text": "Hello"}));
    let mut stream = Stream::of(request).await;
    assert_eq!(stream.lines(2).await[1], "sentence 0 I see.");
    signal(program.pid(), "TERM");
    is_refused(&program).await;
    gate.open();
    assert_eq!(stream.rest().await.assert_done()["reply"], "I see. Go on.");
    program.ended().await.assert_success();
}

#[tokio::test]
async fn sigint_ends_it_as_well() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    let postgres = postgres_of(&folder);
    signal(program.pid(), "INT");
    program.ended().await.assert_success();
    assert!(!is_alive(postgres));
}

#[tokio::test]
async fn a_turn_that_does_not_end_is_waited_for_only_so_long() {
    let folder = Folder::prepared().await;
    let provider = ScriptedProvider::start().unwrap();
    provider.always(Script::new().hang());
    let start = Start::on(&folder).flag("--llm", provider.openai("any-model")).flag("--shutdown-seconds", 1);
    let program = start.flag("--turn-budget-ms", 60000).flag("--first-sentence-ms", 60000).serve().await;
    let (_, _, turn) = begin_a_turn(&program).await;
    provider.wait_for_calls(1).await.unwrap();
    signal(program.pid(), "TERM");
    let began = std::time::Instant::now();
    program.ended().await.assert_success();
    println!("the shutdown took {:?}", began.elapsed());
    assert_ne!(turn.await.unwrap().0, 200);
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once_and_postgresql_goes_with_it() {
    let folder = Folder::prepared().await;
    let provider = ScriptedProvider::start().unwrap();
    provider.always(Script::new().hang());
    let program = serve_with(&provider, &folder).await;
    let postgres = postgres_of(&folder);
    let (_, _, turn) = begin_a_turn(&program).await;
    provider.wait_for_calls(1).await.unwrap();
    signal(program.pid(), "TERM");
    is_refused(&program).await;
    signal(program.pid(), "TERM");
    assert_eq!(program.ended().await.status.code(), Some(130));
    assert_ne!(turn.await.unwrap().0, 200);
    eventually("PostgreSQL ends", async || (!is_alive(postgres)).then_some(())).await;
    Program::serve(&folder).await.stop().await;
}

/// A first start that has come as far as making its cluster.
async fn begin_a_first_start(folder: &Folder) -> tokio::process::Child {
    let child = Start::on(folder).spawn();
    eventually("the cluster is being made", async || {
        fs::read_dir(folder.data()).ok()?.flatten().find(|entry| entry.path().is_dir())
    })
    .await;
    child
}

#[tokio::test]
async fn a_first_start_that_is_stopped_midway_leaves_nothing_in_the_way_of_the_next() {
    let folder = Folder::new();
    let mut child = begin_a_first_start(&folder).await;
    signal(child.id().unwrap(), "TERM");
    assert!(child.wait().await.unwrap().success());
    Program::serve(&folder).await.stop().await;
}

#[tokio::test]
async fn a_first_start_that_is_killed_midway_leaves_nothing_in_the_way_of_the_next() {
    let folder = Folder::new();
    let mut child = begin_a_first_start(&folder).await;
    signal(child.id().unwrap(), "KILL");
    assert!(!child.wait().await.unwrap().success());
    Program::serve(&folder).await.stop().await;
}
