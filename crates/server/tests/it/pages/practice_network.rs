//! The network goes away in the middle of a turn.

use std::collections::BTreeSet;

use ella_test_support::provider::{Gate, Script, ScriptedProvider};
use serde_json::json;

use super::{
    asked, assert_quiet, faults_by_axe, page,
    practice::{ella_with, say, transcript, zoe_has_answered},
    practice_speech::STUBS,
};

const TURN: &str = "/llm/conversation-turn";

#[tokio::test]
async fn a_turn_that_was_cut_off_is_sent_again_and_nothing_is_said_twice() {
    let Some(page) = page().await else { return };
    let zoe = ScriptedProvider::start().unwrap();
    let ella = ella_with(&zoe).await;
    page.before_each_document(STUBS).await;
    page.go(&ella.url("/practice")).await;
    page.press("Skip it and talk").await;
    zoe.next(Script::answer(json!({"reply": "Hi!", "topic": "tea"}).to_string()));
    page.press("Let Zoe begin").await;
    zoe_has_answered(&page, 1).await;

    let gate = Gate::new();
    zoe.next(Script::new().text(r#"{"reply": "I see. Do"#).wait_for(&gate).text(r#" you?", "corrections": []}"#).finish());
    say(&page, "I like tea.").await;
    page.shows("I see.").await;
    page.offline(true).await;
    page.shows("nothing is said twice").await;
    assert_eq!(faults_by_axe(&page).await, Vec::<String>::new());
    // Meanwhile the server goes on, and has the answer when the device is back.
    gate.open();
    page.offline(false).await;
    zoe_has_answered(&page, 2).await;
    page.until("document.querySelector('.zoes:last-child .words').textContent === 'I see. Do you?'").await;
    assert_eq!(page.evaluate("document.querySelector('.trouble')").await, json!(null));
    assert_eq!(page.evaluate("spoken").await, json!(["Hi!", "I see.", "Do you?"]));
    assert_eq!(zoe.calls().len(), 2, "the starter and one turn");
    let told = transcript(&ella).await;
    let contents: Vec<_> = told["messages"].as_array().unwrap().iter().map(|one| one["content"].clone()).collect();
    assert_eq!(contents, ["Hi!", "I like tea.", "I see. Do you?"]);
    let sent = asked(&page, TURN);
    let keys: BTreeSet<_> = sent.iter().map(|one| one["request"]["headers"]["idempotency-key"].to_string()).collect();
    assert!(sent.len() >= 2 && keys.len() == 1, "{keys:?}");
    assert_quiet(&page, &ella);
}

#[tokio::test]
async fn words_that_were_typed_without_a_network_wait_for_it() {
    let Some(page) = page().await else { return };
    let ella = crate::support::Ella::start().await;
    page.go(&ella.url("/practice")).await;
    page.press("Skip it and talk").await;
    page.press("my weekend").await;
    zoe_has_answered(&page, 1).await;
    page.offline(true).await;
    say(&page, "Are you still there?").await;
    page.shows("This device is offline.").await;
    // Trying by hand does no harm.
    page.press("Try now").await;
    page.offline(false).await;
    zoe_has_answered(&page, 2).await;
    let told = transcript(&ella).await;
    assert_eq!(told["messages"].as_array().unwrap().len(), 3);
    assert_quiet(&page, &ella);
}
