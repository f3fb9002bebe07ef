//! The network goes away in the middle of a turn.

use std::{collections::BTreeSet, net::SocketAddr};

use ella_test_support::provider::{Gate, Script, ScriptedProvider};
use serde_json::json;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};

use super::{
    answer, asked, assert_quiet, faults_by_axe, page,
    practice::{ella_with, say, transcript, zoe_has_answered},
    practice_speech::STUBS,
};

const TURN: &str = "/llm/conversation-turn";

/// A way to the server that can be cut: what is under way then breaks off, and what comes is turned away.
struct Line {
    address: SocketAddr,
    is_cut: watch::Sender<bool>,
}

impl Line {
    async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let is_cut = watch::Sender::new(false);
        let cut = is_cut.clone();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let mut cut = cut.subscribe();
                tokio::spawn(async move {
                    let pass = async {
                        let mut upstream = TcpStream::connect(server).await?;
                        tokio::io::copy_bidirectional(&mut client, &mut upstream).await
                    };
                    // Dropping both ends is what a lost network comes to.
                    tokio::select! {
                        biased;
                        _ = cut.wait_for(|is_cut| *is_cut) => {}
                        _ = pass => {}
                    }
                });
            }
        });
        Self { address, is_cut }
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
    page.focus("#topic").await;
    page.type_text("tea").await;
    page.key("Enter").await;
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
    line.is_cut.send_replace(true);
    // Meanwhile the server goes on, and has the answer when the device is back.
    gate.open();
    page.shows("nothing is said twice").await;
    assert_eq!(faults_by_axe(&page).await, Vec::<String>::new());
    line.is_cut.send_replace(false);
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
