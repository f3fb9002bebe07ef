//! The network goes away in the middle of a turn.

use std::{collections::BTreeSet, net::SocketAddr};

use ella_test_support::{
    browser::Page,
    provider::{Gate, Script, ScriptedProvider},
};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};

use super::{
    HURRY, answer, asked, assert_quiet, faults_by_axe, page,
    practice::{ella_with, say, transcript, zoe_has_answered},
    practice_speech::STUBS,
};

const TURN: &str = "/llm/conversation-turn";

/// How a way to the server does.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Open,
    /// What is under way breaks off, and what comes is turned away.
    Cut,
    /// Nothing comes through any more, and nobody is told: neither what is under way nor what comes.
    Hung,
}

/// Waits until the line does so; for ever when the test is over.
async fn becomes(line: &mut watch::Receiver<State>, wanted: State) {
    if line.wait_for(|state| *state == wanted).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// A way to the server that can fail.
struct Line {
    address: SocketAddr,
    state: watch::Sender<State>,
}

impl Line {
    async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = watch::Sender::new(State::Open);
        let line = state.clone();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let (mut cut, mut hung) = (line.subscribe(), line.subscribe());
                tokio::spawn(async move {
                    let pass = async {
                        let mut upstream = TcpStream::connect(server).await?;
                        tokio::io::copy_bidirectional(&mut client, &mut upstream).await
                    };
                    let flow = async {
                        tokio::pin!(pass);
                        tokio::select! {
                            biased;
                            () = becomes(&mut hung, State::Hung) => std::future::pending().await,
                            _ = &mut pass => {}
                        }
                    };
                    // Dropping both ends is what a lost network comes to.
                    tokio::select! {
                        biased;
                        () = becomes(&mut cut, State::Cut) => {}
                        () = flow => {}
                    }
                });
            }
        });
        Self { address, state }
    }
}

#[tokio::test]
async fn a_turn_that_was_cut_off_is_sent_again_and_nothing_is_said_twice() {
    let Some(page) = page().await else { return };
    let zoe = ScriptedProvider::start().unwrap();
    let ella = ella_with(&zoe).await;
    let line = Line::to(ella.address).await;
    page.before_each_document(STUBS).await;
    page.go(&format!("http://{}/practice", line.address)).await;
    page.press("Skip it and talk").await;
    zoe.next(Script::answer(json!({"reply": "Hi!", "topic": "tea"}).to_string()));
    page.press("Let Zoe begin").await;
    zoe_has_answered(&page, 1).await;

    let gate = Gate::new();
    zoe.next(
        Script::new()
            .text(r#"{"reply": "I see. Do"#)
            .wait_for(&gate)
            .text(r#" you?", "corrections": []}"#)
            .finish(),
    );
    say(&page, "I like tea.").await;
    page.shows("I see.").await;
    line.state.send_replace(State::Cut);
    // Meanwhile the server goes on, and has the answer when the device is back.
    gate.open();
    page.shows("nothing is said twice").await;
    assert_eq!(faults_by_axe(&page).await, Vec::<String>::new());
    line.state.send_replace(State::Open);
    page.press("Try now").await;
    zoe_has_answered(&page, 2).await;
    assert_eq!(page.evaluate("document.querySelector('.trouble')").await, json!(null));
    assert_eq!(zoe.calls().len(), 2, "the starter and one turn");
    let told = transcript(&ella).await;
    let messages = told["messages"].as_array().unwrap();
    let contents: Vec<_> = messages.iter().map(|one| one["content"].as_str().unwrap()).collect();
    // On a machine so slow that the stream fell silent for too long, the reply ends with its first sentence.
    assert!(matches!(contents[..], ["Hi!", "I like tea.", "I see. Do you?" | "I see."]), "{contents:?}");
    let shown = page.evaluate("document.querySelector('.zoes:last-child .words').textContent").await;
    assert_eq!(shown, contents[2]);
    let spoken = page.evaluate("spoken.join(' ')").await;
    assert_eq!(spoken, format!("Hi! {}", contents[2]), "each sentence once");
    let sent = asked(&page, TURN);
    let keys: BTreeSet<_> =
        sent.iter().map(|one| one["request"]["headers"]["idempotency-key"].to_string()).collect();
    assert!(sent.len() >= 2 && keys.len() == 1, "{keys:?}");
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

#[tokio::test]
async fn a_server_that_does_not_stream_is_understood() {
    let Some(page) = page().await else { return };
    let ella = crate::support::Ella::start().await;
    page.before_each_document(STUBS).await;
    page.go(&ella.url("/practice")).await;
    page.press("Skip it and talk").await;
    page.press("my weekend").await;
    zoe_has_answered(&page, 1).await;
    let before = page.evaluate("spoken.length").await;
    page.command("Fetch.enable", json!({"patterns": [{"urlPattern": format!("*{TURN}")}]})).await;
    say(&page, "Hello?").await;
    let whole = json!({
        "reply": "Hello! How are you?", "corrections": [], "corrections_complete": true,
        "user_message_id": "0198c0de-1111-7000-8000-000000000000",
        "reply_message_id": "0198c0de-1111-7000-8000-000000000001",
        "engine": {"provider": "openai", "model": "m", "degraded": false, "truncated": false},
        "latency_ms": {"first_token": 1, "llm": 1, "total": 1},
    });
    answer(&page, 0, 200, &whole).await;
    zoe_has_answered(&page, 2).await;
    page.shows("Hello! How are you?").await;
    let sentences = page.evaluate(&format!("spoken.slice({before})")).await;
    assert_eq!(sentences, json!(["Hello!", "How are you?"]), "sentence by sentence all the same");
}

/// A turn whose first sentence is there, and then the line is silent. Gives the line and the gate of the rest.
async fn hanging(page: &Page, zoe: &ScriptedProvider, ella: &crate::support::Ella) -> (Line, Gate) {
    let line = Line::to(ella.address).await;
    page.before_each_document(STUBS).await;
    page.before_each_document(HURRY).await;
    page.go(&format!("http://{}/practice", line.address)).await;
    page.press("Skip it and talk").await;
    zoe.next(Script::answer(json!({"reply": "Hi!", "topic": "tea"}).to_string()));
    page.press("Let Zoe begin").await;
    zoe_has_answered(page, 1).await;
    let gate = Gate::new();
    let rest = r#" you?", "corrections": []}"#;
    zoe.next(Script::new().text(r#"{"reply": "I see. Do"#).wait_for(&gate).text(rest).finish());
    (line, gate)
}

/// Each sentence was spoken once, and all tries were one request.
async fn assert_said_once(page: &Page, ella: &crate::support::Ella, zoe: &ScriptedProvider) {
    assert_eq!(zoe.calls().len(), 2, "the starter and one turn");
    let told = transcript(ella).await;
    let messages: Vec<_> =
        told["messages"].as_array().unwrap().iter().map(|one| one["content"].clone()).collect();
    assert_eq!(messages.len(), 3, "{messages:?}");
    let reply = messages[2].as_str().unwrap();
    assert!(matches!(reply, "I see. Do you?" | "I see."), "{reply}");
    assert_eq!(page.evaluate("document.querySelector('.zoes:last-child .words').textContent").await, reply);
    assert_eq!(page.evaluate("spoken.join(' ')").await, format!("Hi! {reply}"));
    assert_eq!(page.evaluate("document.querySelector('.trouble')").await, Value::Null);
    let keys: BTreeSet<_> = asked(page, TURN)
        .iter()
        .map(|one| one["request"]["headers"]["idempotency-key"].to_string())
        .collect();
    assert_eq!(keys.len(), 1, "{keys:?}");
}

#[tokio::test]
async fn a_line_that_hangs_is_given_up_and_after_some_tries_the_student_says_when() {
    let Some(page) = page().await else { return };
    let zoe = ScriptedProvider::start().unwrap();
    let ella = ella_with(&zoe).await;
    let (line, gate) = hanging(&page, &zoe, &ella).await;
    say(&page, "I like tea.").await;
    page.shows("I see.").await;
    line.state.send_replace(State::Hung);
    gate.open();
    page.evaluate("hurry = 40").await;
    page.shows("nothing is said twice").await;
    page.shows("Nothing is lost, and trying again says nothing twice.").await;
    assert_eq!(asked(&page, TURN).len(), 5, "it has an end");
    assert_eq!(faults_by_axe(&page).await, Vec::<String>::new());
    page.evaluate("hurry = 1").await;
    line.state.send_replace(State::Open);
    page.press("Try again").await;
    zoe_has_answered(&page, 2).await;
    assert_said_once(&page, &ella, &zoe).await;
}

#[tokio::test]
async fn a_network_that_goes_is_told_at_once_and_one_that_comes_back_is_used_at_once() {
    let Some(page) = page().await else { return };
    let zoe = ScriptedProvider::start().unwrap();
    let ella = ella_with(&zoe).await;
    let (line, gate) = hanging(&page, &zoe, &ella).await;
    // No patience of the page's ends within this test: only the browser's word is left.
    page.evaluate("hurry = 0.001").await;
    say(&page, "I like tea.").await;
    page.shows("I see.").await;
    line.state.send_replace(State::Hung);
    gate.open();
    page.evaluate("dispatchEvent(new Event('offline'))").await;
    page.until("document.querySelector('.trouble')?.textContent.includes('This device is offline.')").await;
    assert_eq!(asked(&page, TURN).len(), 1, "what is under way may still come");
    line.state.send_replace(State::Open);
    page.evaluate("dispatchEvent(new Event('online'))").await;
    zoe_has_answered(&page, 2).await;
    assert_said_once(&page, &ella, &zoe).await;
}

#[tokio::test]
async fn what_zoe_begins_with_and_an_interview_can_be_tried_again() {
    let Some(page) = page().await else { return };
    let ella = crate::support::Ella::start().await;
    page.go(&ella.url("/practice")).await;
    let problem = json!({"type": "about:blank", "title": "Oh", "status": 500, "detail": "It broke.", "request_id": "1"});
    for (seen, (path, begin)) in
        [("/llm/placement-turn", "Find my level"), ("/llm/conversation-starter", "Let Zoe begin")]
            .into_iter()
            .enumerate()
    {
        page.command("Fetch.enable", json!({"patterns": [{"urlPattern": format!("*{path}")}]})).await;
        page.press(begin).await;
        answer(&page, seen, 500, &problem).await;
        page.shows("It broke.").await;
        page.command("Fetch.disable", json!({})).await;
        page.press("Try again").await;
        zoe_has_answered(&page, 1).await;
        let sent = asked(&page, path);
        let keys: BTreeSet<_> =
            sent.iter().map(|one| one["request"]["headers"]["idempotency-key"].to_string()).collect();
        assert_eq!((sent.len(), keys.len()), (2, 1), "{path}");
        if seen == 0 {
            page.press("Skip it").await;
        }
    }
    assert_eq!(transcript(&ella).await["messages"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn corrections_that_are_late_are_looked_for_more_than_once() {
    let Some(page) = page().await else { return };
    let ella = crate::support::Ella::start().await;
    page.before_each_document(HURRY).await;
    page.go(&ella.url("/practice")).await;
    page.press("Skip it and talk").await;
    page.press("my weekend").await;
    zoe_has_answered(&page, 1).await;
    let patterns = json!([{"urlPattern": format!("*{TURN}")}, {"urlPattern": "*/messages?*"}]);
    page.command("Fetch.enable", json!({"patterns": patterns})).await;
    page.evaluate("hurry = 4").await;
    say(&page, "Yesterday I go home.").await;
    let id = "0198c0de-1111-7000-8000-000000000000";
    let turn = json!({
        "reply": "Did you?", "corrections": [], "corrections_complete": false,
        "user_message_id": id, "reply_message_id": "0198c0de-1111-7000-8000-000000000001",
        "engine": {"provider": "openai", "model": "m", "degraded": false, "truncated": false},
        "latency_ms": {"first_token": 1, "llm": 1, "total": 1},
    });
    answer(&page, 0, 200, &turn).await;
    let correction = json!([{"original": "go", "corrected": "went", "explanation": null, "category": "grammar", "type": null}]);
    for (seen, corrections) in [(1, json!([])), (2, json!([])), (3, correction)] {
        let messages = json!({"items": [{"id": id, "corrections": corrections}], "next_cursor": null});
        answer(&page, seen, 200, &messages).await;
    }
    page.until("document.querySelector('.students ins')?.textContent === 'went'").await;
    assert_quiet(&page, &ella);
}
