//! A limit of open files that is lower than what all who come would take.

use ella::open_files::OpenFiles;
use ella_test_support::provider::{Gate, Script, ScriptedProvider, reply_json};
use futures::{StreamExt, stream::FuturesUnordered};
use reqwest::Method;
use serde_json::json;

use super::{Folder, Start};
use crate::support::Answer;

const PHONE: &str = "0c7a6f2e-54b1-4b0c-9c0e-3f6d1d3a9b11";
const LIMIT: usize = 160;
/// Each would take two of them: its own connection, and one to the provider.
const TURNS: usize = 150;

#[tokio::test]
async fn past_it_the_built_in_voice_answers_and_nothing_fails() {
    let (provider, gate) = (ScriptedProvider::start().unwrap(), Gate::new());
    let reply = reply_json("Thank you for waiting.", &json!([]));
    provider.always(Script::new().wait_for(&gate).text(reply).finish());
    let (folder, limit) = (Folder::prepared().await, format!("--nofile={LIMIT}:{LIMIT}"));
    let start = Start::on(&folder).after(&["prlimit", &limit]).flag("--llm", provider.openai("m"));
    let program = start.flag("--turn-budget-ms", 60_000).flag("--first-sentence-ms", 60_000).serve().await;
    let ana = program.sign_in(PHONE).await;
    let call = ana.conversation().await;
    // Each over a connection of its own, which does not stay.
    let turn = || {
        let request = program.request(Method::POST, "/llm/conversation-turn").bearer_auth(&ana.token);
        let request = request.header("connection", "close");
        Answer::of(request.json(&json!({"conversation_id": call, "text": "Hello"})))
    };
    let mut turns: FuturesUnordered<_> = (0..TURNS).map(|_| turn()).collect();
    let calls = OpenFiles::limited_to(LIMIT).shares(10).calls;

    for _ in calls..TURNS {
        let answer = turns.next().await.unwrap();
        assert_eq!(answer.assert(200).body["engine"]["degraded"], true, "while the others wait");
    }
    provider.wait_for_calls(calls).await.unwrap();
    gate.open();
    while let Some(answer) = turns.next().await {
        assert_eq!(answer.assert(200).body["reply"], "Thank you for waiting.");
    }
    assert_eq!(provider.calls().len(), calls);
    let health = program.get("/health").await;
    assert_eq!(health.assert(200).body["tutor"]["providers"][0]["state"], "ok", "nobody is blamed");
    let log = program.log();
    assert!(log.contains("the limit of open files allows"), "{log}");
    assert!(!log.contains("os error 24") && !log.contains("could not accept"), "{log}");
    program.stop().await;
}
