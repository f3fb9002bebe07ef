//! The network goes away in the middle of a turn.

use std::collections::BTreeSet;

use ella_test_support::provider::{Gate, Script};
use serde_json::json;

use super::{
    answer, asked, assert_for_everybody, assert_quiet, heads,
    line::State,
    scene::{Call, Scene},
};

const TURN: &str = "/llm/conversation-turn";

/// A call over a line.
async fn over_a_line() -> Option<Call> {
    Scene::new().with_model().with_sound().with_timers().over_a_line().call().await
}

/// The turn was sent so often or more, always as the same request; it stands once in the transcript, and was spoken once.
async fn assert_said_once(call: &Call, least: usize) {
    let page = &call.page;
    assert_eq!(page.evaluate("document.querySelector('.trouble')").await, json!(null));
    assert_eq!(call.zoe().calls().len(), 2, "the starter and one turn");
    let told = call.transcript().await;
    let messages = told["messages"].as_array().unwrap();
    let contents: Vec<_> = messages.iter().map(|one| one["content"].as_str().unwrap()).collect();
    // On a machine so slow that the stream fell silent for too long, the reply ends with its first sentence.
    assert!(matches!(contents[..], ["Hi!", "I like tea.", "I see. Do you?" | "I see."]), "{contents:?}");
    let shown = page.evaluate("document.querySelector('.zoes:last-child .words').textContent").await;
    assert_eq!(shown, contents[2]);
    let spoken = page.evaluate("spoken.join(' ')").await;
    assert_eq!(spoken, format!("Hi! {}", contents[2]), "each sentence once");
    let sent = asked(page, TURN);
    let keys: BTreeSet<_> =
        sent.iter().map(|one| one["request"]["headers"]["idempotency-key"].to_string()).collect();
    assert!(sent.len() >= least && keys.len() == 1, "{} times: {keys:?}", sent.len());
}

/// Zoe answers, and waits after her first sentence.
fn two_sentences(call: &Call) -> Gate {
    let gate = Gate::new();
    let script = Script::new().text(r#"{"reply": "I see. Do"#).wait_for(&gate);
    call.zoe().next(script.text(r#" you?", "corrections": []}"#).finish());
    gate
}

#[tokio::test]
async fn a_turn_that_was_cut_off_is_sent_again_and_nothing_is_said_twice() {
    let Some(call) = over_a_line().await else { return };
    let page = &call.page;
    let gate = two_sentences(&call);
    call.say("I like tea.").await;
    page.shows("I see.").await;
    call.line().becomes(State::Cut);
    // Meanwhile the server goes on, and has the answer when the device is back.
    gate.open();
    page.shows("nothing is said twice").await;
    assert_for_everybody(page).await;
    call.line().becomes(State::Whole);
    page.press("Try now").await;
    call.answered(2).await;
    assert_said_once(&call, 2).await;
}

#[tokio::test]
async fn a_line_that_hangs_is_given_up_after_some_tries_and_trying_by_hand_is_the_same_request() {
    let Some(call) = over_a_line().await else { return };
    let page = &call.page;
    let gate = two_sentences(&call);
    call.say("I like tea.").await;
    page.shows("I see.").await;
    call.line().becomes(State::Hanging);
    gate.open();
    // Seconds pass like this: the silence that began before is waited for as it is.
    page.evaluate("hurry = 20").await;
    page.press("Try now").await;
    page.shows("The server does not answer.").await;
    page.until(
        "[...document.querySelectorAll('.trouble button')].some((one) => one.textContent === 'Try again')",
    )
    .await;
    assert_eq!(asked(page, TURN).len(), 5, "tries have an end");
    assert_for_everybody(page).await;
    page.evaluate("hurry = 1").await;
    call.line().becomes(State::Whole);
    page.press("Try again").await;
    call.answered(2).await;
    assert_said_once(&call, 6).await;
}

#[tokio::test]
async fn a_network_that_goes_away_in_a_turn_is_told_at_once_and_one_that_comes_back_is_used_at_once() {
    let Some(call) = over_a_line().await else { return };
    let page = &call.page;
    let gate = two_sentences(&call);
    call.say("I like tea.").await;
    page.shows("I see.").await;
    // No clock helps here.
    page.evaluate("hurry = 1e-6").await;
    page.offline(true).await;
    page.shows("This device is offline. Your words are kept").await;
    assert_for_everybody(page).await;
    gate.open();
    page.offline(false).await;
    call.answered(2).await;
    assert_said_once(&call, 2).await;
}

#[tokio::test]
async fn an_answer_that_never_ends_is_not_waited_for() {
    let Some(call) = over_a_line().await else { return };
    let page = &call.page;
    call.line().becomes(State::HeadsOnly);
    page.evaluate("hurry = 20").await;
    page.press("Progress").await;
    heads(page, "No connection").await;
    page.evaluate("hurry = 1").await;
    call.line().becomes(State::Whole);
    page.press("Try again").await;
    heads(page, "Your progress").await;
}

#[tokio::test]
async fn words_that_were_typed_without_a_network_wait_for_it() {
    let Some(call) = Scene::new().with_timers().call().await else { return };
    let page = &call.page;
    page.offline(true).await;
    call.say("Are you still there?").await;
    page.shows("This device is offline.").await;
    // Trying by hand does no harm, and the next key goes on from there.
    page.focus(".trouble button").await;
    page.key("Enter").await;
    page.until("document.activeElement.matches('.zoes:last-child')").await;
    // Nor does waiting until the tries are used up: the network that is back is enough.
    page.evaluate("hurry = 20").await;
    page.until(
        "[...document.querySelectorAll('.trouble button')].some((one) => one.textContent === 'Try again')",
    )
    .await;
    page.evaluate("hurry = 1").await;
    page.offline(false).await;
    call.answered(2).await;
    let told = call.transcript().await;
    assert_eq!(told["messages"].as_array().unwrap().len(), 3);
    assert_quiet(page, &call.ella);
}

#[tokio::test]
async fn a_server_that_does_not_stream_is_understood() {
    let Some(call) = Scene::new().with_sound().call().await else { return };
    let page = &call.page;
    let before = page.evaluate("spoken.length").await;
    page.command("Fetch.enable", json!({"patterns": [{"urlPattern": format!("*{TURN}")}]})).await;
    call.say("Hello?").await;
    let whole = json!({
        "reply": "Hello! How are you?", "corrections": [], "corrections_complete": true,
        "user_message_id": "0198c0de-1111-7000-8000-000000000000",
        "reply_message_id": "0198c0de-1111-7000-8000-000000000001",
        "engine": {"provider": "openai", "model": "m", "degraded": false, "truncated": false},
        "latency_ms": {"first_token": 1, "llm": 1, "total": 1},
    });
    answer(page, 0, 200, &whole).await;
    call.answered(2).await;
    page.shows("Hello! How are you?").await;
    let sentences = page.evaluate(&format!("spoken.slice({before})")).await;
    assert_eq!(sentences, json!(["Hello!", "How are you?"]), "sentence by sentence all the same");
}
