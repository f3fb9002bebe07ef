//! The network goes away in the middle of a turn.

use std::{collections::BTreeSet, net::SocketAddr};

use ella_test_support::{
    browser::Page,
    provider::{Gate, Script, ScriptedProvider},
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

use super::{
    TIMERS, answer, asked, assert_quiet, faults_by_axe, heads, page,
    practice::{ella_with, say, transcript, zoe_has_answered},
    practice_speech::STUBS,
};
use crate::support::Ella;

const TURN: &str = "/llm/conversation-turn";

/// How a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Whole,
    /// Nothing passes, and nobody is told.
    Hanging,
    /// Of each answer only its head passes.
    HeadsOnly,
    /// What is under way breaks off, and what comes is turned away.
    Cut,
}

/// A way to the server that can be disturbed.
struct Line {
    address: SocketAddr,
    state: watch::Sender<State>,
}

impl Line {
    async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = watch::Sender::new(State::Whole);
        let states = state.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let mut state = states.subscribe();
                let (up, down) = (states.subscribe(), states.subscribe());
                tokio::spawn(async move {
                    let pass = async {
                        let (from_client, to_client) = client.into_split();
                        let (from_server, to_server) = TcpStream::connect(server).await.ok()?.into_split();
                        tokio::join!(relay(from_client, to_server, up), relay(from_server, to_client, down));
                        Some(())
                    };
                    // Dropping both ends is what a lost network comes to.
                    tokio::select! {
                        biased;
                        _ = state.wait_for(|state| *state == State::Cut) => {}
                        _ = pass => {}
                    }
                });
            }
        });
        Self { address, state }
    }

    fn becomes(&self, state: State) {
        self.state.send_replace(state);
    }
}

/// Passes on what comes as far as the line lets it.
async fn relay(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut state: watch::Receiver<State>) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        let mut piece = &bytes[..read];
        let body = piece.windows(4).position(|four| four == b"\r\n\r\n").map(|head| head + 4);
        let is_answer = piece.starts_with(b"HTTP/");
        if let Some(body) = body
            && is_answer
            && *state.borrow() == State::HeadsOnly
        {
            let sent = to.write_all(&piece[..body]).await;
            piece = &piece[body..];
            if sent.is_err() || state.wait_for(|state| *state == State::Whole).await.is_err() {
                return;
            }
        }
        if state.wait_for(|state| *state != State::Hanging).await.is_err()
            || to.write_all(piece).await.is_err()
        {
            return;
        }
    }
}

/// Where a call with Zoe has begun, over a line.
async fn in_a_call(page: &Page, zoe: &ScriptedProvider, line: &Line) {
    page.before_each_document(STUBS).await;
    page.before_each_document(TIMERS).await;
    page.go(&format!("http://{}/practice", line.address)).await;
    page.press("Skip it and talk").await;
    zoe.next(Script::answer(json!({"reply": "Hi!", "topic": "tea"}).to_string()));
    page.focus("#topic").await;
    page.type_text("tea").await;
    page.key("Enter").await;
    zoe_has_answered(page, 1).await;
}

/// The turn was sent so often or more, always as the same request; it stands once in the transcript, and was spoken once.
async fn assert_said_once(page: &Page, ella: &Ella, zoe: &ScriptedProvider, least: usize) {
    assert_eq!(page.evaluate("document.querySelector('.trouble')").await, json!(null));
    assert_eq!(zoe.calls().len(), 2, "the starter and one turn");
    let told = transcript(ella).await;
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
fn two_sentences(zoe: &ScriptedProvider) -> Gate {
    let gate = Gate::new();
    let script = Script::new().text(r#"{"reply": "I see. Do"#).wait_for(&gate);
    zoe.next(script.text(r#" you?", "corrections": []}"#).finish());
    gate
}

#[tokio::test]
async fn a_turn_that_was_cut_off_is_sent_again_and_nothing_is_said_twice() {
    let Some(page) = page().await else { return };
    let zoe = ScriptedProvider::start().unwrap();
    let ella = ella_with(&zoe).await;
    let line = Line::to(ella.address).await;
    in_a_call(&page, &zoe, &line).await;
    let gate = two_sentences(&zoe);
    say(&page, "I like tea.").await;
    page.shows("I see.").await;
    line.becomes(State::Cut);
    // Meanwhile the server goes on, and has the answer when the device is back.
    gate.open();
    page.shows("nothing is said twice").await;
    assert_eq!(faults_by_axe(&page).await, Vec::<String>::new());
    line.becomes(State::Whole);
    page.press("Try now").await;
    zoe_has_answered(&page, 2).await;
    assert_said_once(&page, &ella, &zoe, 2).await;
}

#[tokio::test]
async fn a_line_that_hangs_is_given_up_after_some_tries_and_trying_by_hand_is_the_same_request() {
    let Some(page) = page().await else { return };
    let zoe = ScriptedProvider::start().unwrap();
    let ella = ella_with(&zoe).await;
    let line = Line::to(ella.address).await;
    in_a_call(&page, &zoe, &line).await;
    let gate = two_sentences(&zoe);
    say(&page, "I like tea.").await;
    page.shows("I see.").await;
    line.becomes(State::Hanging);
    gate.open();
    // Seconds pass like this: the silence that began before is waited for as it is.
    page.evaluate("hurry = 20").await;
    page.press("Try now").await;
    page.shows("The server does not answer.").await;
    page.until(
        "[...document.querySelectorAll('.trouble button')].some((one) => one.textContent === 'Try again')",
    )
    .await;
    assert_eq!(asked(&page, TURN).len(), 5, "tries have an end");
    assert_eq!(faults_by_axe(&page).await, Vec::<String>::new());
    page.evaluate("hurry = 1").await;
    line.becomes(State::Whole);
    page.press("Try again").await;
    zoe_has_answered(&page, 2).await;
    assert_said_once(&page, &ella, &zoe, 6).await;
}

#[tokio::test]
async fn a_network_that_goes_away_in_a_turn_is_told_at_once_and_one_that_comes_back_is_used_at_once() {
    let Some(page) = page().await else { return };
    let zoe = ScriptedProvider::start().unwrap();
    let ella = ella_with(&zoe).await;
    let line = Line::to(ella.address).await;
    in_a_call(&page, &zoe, &line).await;
    let gate = two_sentences(&zoe);
    say(&page, "I like tea.").await;
    page.shows("I see.").await;
    // No clock helps here.
    page.evaluate("hurry = 1e-6").await;
    page.offline(true).await;
    page.shows("This device is offline. Your words are kept").await;
    assert_eq!(faults_by_axe(&page).await, Vec::<String>::new());
    gate.open();
    page.offline(false).await;
    zoe_has_answered(&page, 2).await;
    assert_said_once(&page, &ella, &zoe, 2).await;
}

#[tokio::test]
async fn an_answer_that_never_ends_is_not_waited_for() {
    let Some(page) = page().await else { return };
    let zoe = ScriptedProvider::start().unwrap();
    let ella = ella_with(&zoe).await;
    let line = Line::to(ella.address).await;
    in_a_call(&page, &zoe, &line).await;
    line.becomes(State::HeadsOnly);
    page.evaluate("hurry = 20").await;
    page.press("Progress").await;
    heads(&page, "No connection").await;
    page.evaluate("hurry = 1").await;
    line.becomes(State::Whole);
    page.press("Try again").await;
    heads(&page, "Your progress").await;
}

#[tokio::test]
async fn words_that_were_typed_without_a_network_wait_for_it() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await;
    page.before_each_document(TIMERS).await;
    page.go(&ella.url("/practice")).await;
    page.press("Skip it and talk").await;
    page.press("my weekend").await;
    zoe_has_answered(&page, 1).await;
    page.offline(true).await;
    say(&page, "Are you still there?").await;
    page.shows("This device is offline.").await;
    // Trying by hand does no harm.
    page.press("Try now").await;
    // Nor does waiting until the tries are used up: the network that is back is enough.
    page.evaluate("hurry = 20").await;
    page.until(
        "[...document.querySelectorAll('.trouble button')].some((one) => one.textContent === 'Try again')",
    )
    .await;
    page.evaluate("hurry = 1").await;
    page.offline(false).await;
    zoe_has_answered(&page, 2).await;
    let told = transcript(&ella).await;
    assert_eq!(told["messages"].as_array().unwrap().len(), 3);
    assert_quiet(&page, &ella);
}

#[tokio::test]
async fn a_server_that_does_not_stream_is_understood() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await;
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
