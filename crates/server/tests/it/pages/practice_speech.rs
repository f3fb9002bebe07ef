//! Speaking and listening, with the browser's own means stubbed: a machine without sound has none.

use ella_test_support::provider::{Gate, Script, ScriptedProvider, reply_json};
use serde_json::{Value, json};

use super::{
    TIMERS, asked, assert_quiet, faults_by_axe, heads, page,
    practice::{ella_with, say, transcript, zoe_has_answered},
};
use crate::support::Ella;

/// A voice that notes what it is to say, and an ear that a test speaks into.
pub(super) const STUBS: &str = "
    window.spoken = []; window.hushed = 0;
    window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
    Object.defineProperty(window, 'speechSynthesis', { value: {
        speak(utterance) { spoken.push(utterance.text); setTimeout(() => utterance.onstart?.(), 5); },
        cancel() { hushed++; },
    } });
    window.SpeechRecognition = window.webkitSpeechRecognition = class {
        start() { if (window.deaf) throw new Error('no'); window.ear = this; }
        stop() { this.onend?.(); }
    };
    window.hearAll = (pieces, isFinal) => ear.onresult({
        results: pieces.map((transcript) => Object.assign([{ transcript }], { isFinal })) });
    window.hear = (transcript, isFinal) => hearAll([transcript], isFinal);
";

#[tokio::test]
async fn each_sentence_is_spoken_as_it_comes_and_typing_over_zoe_stops_her() {
    let Some(page) = page().await else { return };
    let zoe = ScriptedProvider::start().unwrap();
    let ella = ella_with(&zoe).await;
    page.before_each_document(STUBS).await;
    page.go(&ella.url("/practice")).await;
    page.press("Skip it and talk").await;
    zoe.next(Script::answer(json!({"reply": "Hi!", "topic": "tea"}).to_string()));
    page.focus("#topic").await;
    page.type_text("tea").await;
    page.key("Enter").await;
    zoe_has_answered(&page, 1).await;
    let (second, rest) = (Gate::new(), Gate::new());
    zoe.next(
        Script::new()
            .text(r#"{"reply": "One. T"#)
            .wait_for(&second)
            .text("wo. T")
            .wait_for(&rest)
            .text(r#"hree.", "corrections": []}"#)
            .finish(),
    );
    say(&page, "Count for me!").await;
    // Sound starts with the first sentence, while the second one is not there yet.
    page.until("spoken.length === 2").await;
    second.open();
    page.until("spoken.length === 3").await;
    let hushed = page.evaluate("hushed").await.as_i64();
    page.type_text("Stop").await;
    page.until(&format!("hushed > {}", hushed.unwrap())).await;
    rest.open();
    zoe_has_answered(&page, 2).await;
    page.shows("One. Two. Three.").await;
    assert_eq!(page.evaluate("spoken").await, json!(["Hi!", "One.", "Two."]), "the third was not spoken");

    // How long the speech took goes with the next turn.
    zoe.next(Script::answer(reply_json("All right.", &json!([]))));
    page.key("Enter").await;
    zoe_has_answered(&page, 3).await;
    let sent = asked(&page, "/llm/conversation-turn");
    let body: Value =
        serde_json::from_str(sent.last().unwrap()["request"]["postData"].as_str().unwrap()).unwrap();
    assert!(body["latency_ms"]["tts"].as_i64().is_some_and(|tts| (1..60_000).contains(&tts)), "{body}");
    page.press("Zoe’s voice is on").await;
    zoe.next(Script::answer(reply_json("Quiet now.", &json!([]))));
    say(&page, "Be quiet.").await;
    zoe_has_answered(&page, 4).await;
    assert_eq!(page.evaluate("spoken.includes('Quiet now.')").await, false);
    assert_quiet(&page, &ella);
}

#[tokio::test]
async fn the_ear_is_off_until_it_is_switched_on_and_its_time_is_sent_along() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await;
    page.before_each_document(STUBS).await;
    page.before_each_document(TIMERS).await;
    page.go(&ella.url("/practice")).await;
    page.press("Skip it and talk").await;
    page.press("my family").await;
    zoe_has_answered(&page, 1).await;
    page.press("Speak").await;
    page.shows("its maker may hear the audio; it needs HTTPS.").await;
    assert_eq!(page.evaluate("typeof ear").await, "undefined", "nothing listens yet");
    assert_eq!(faults_by_axe(&page).await, Vec::<String>::new());
    page.press("Keep typing").await;
    assert_eq!(page.evaluate("document.activeElement.tagName").await, "TEXTAREA");
    page.press("Speak").await;
    page.press("Switch it on").await;
    page.shows("Listening…").await;
    page.evaluate("hear('I have', false)").await;
    page.until("document.querySelector('textarea').value === 'I have'").await;
    page.evaluate("ear.onspeechend(); hear('I have two sisters', true); ear.onend(); 1").await;
    zoe_has_answered(&page, 2).await;
    let told = transcript(&ella).await;
    assert_eq!(told["messages"][1]["content"], "I have two sisters");
    assert!(told["messages"][1]["latency_ms"]["stt"].is_i64(), "{told}");
    // Whoever thinks of a word has not finished, and what a phone repeats is said once.
    page.evaluate("hurry = 1e-6").await;
    page.press("Speak").await;
    page.evaluate("hearAll(['They'], true); hearAll(['They', 'They are', 'funny'], true); 1").await;
    assert_eq!(asked(&page, "/llm/conversation-turn").len(), 1, "not yet");
    page.press("Stop").await;
    zoe_has_answered(&page, 3).await;
    assert_eq!(transcript(&ella).await["messages"][3]["content"], "They are funny");
    page.evaluate("hurry = 1").await;
    // An ear that does not open is told, and opens the next time.
    page.evaluate("window.deaf = true").await;
    page.press("Speak").await;
    page.shows("The browser could not listen.").await;
    page.evaluate("window.deaf = false").await;
    page.press("Speak").await;
    page.shows("Listening…").await;
    page.press("Stop").await;
    // What goes wrong is told, and typing goes on.
    page.press("Speak").await;
    page.evaluate("ear.onerror({ error: 'not-allowed' }); ear.onend(); 1").await;
    page.shows("The browser was not allowed to use the microphone.").await;
    assert_quiet(&page, &ella);
}

#[tokio::test]
async fn talking_over_zoe_stops_her() {
    let Some(page) = page().await else { return };
    let zoe = ScriptedProvider::start().unwrap();
    let ella = ella_with(&zoe).await;
    page.before_each_document(STUBS).await;
    page.go(&ella.url("/practice")).await;
    page.press("Skip it and talk").await;
    zoe.next(Script::answer(json!({"reply": "Hi!", "topic": "tea"}).to_string()));
    page.focus("#topic").await;
    page.type_text("tea").await;
    page.key("Enter").await;
    zoe_has_answered(&page, 1).await;
    page.press("Speak").await;
    page.press("Switch it on").await;
    page.press("Stop").await;
    let gate = Gate::new();
    let script = Script::new().text(r#"{"reply": "One. T"#).wait_for(&gate);
    zoe.next(script.text(r#"wo.", "corrections": []}"#).finish());
    say(&page, "Count for me!").await;
    page.until("spoken.includes('One.')").await;
    let hushed = page.evaluate("hushed").await.as_i64().unwrap();
    page.press("Speak").await;
    page.until(&format!("hushed > {hushed}")).await;
    page.press("Stop").await;
    gate.open();
    zoe_has_answered(&page, 2).await;
    page.shows("One. Two.").await;
    assert_eq!(page.evaluate("spoken").await, json!(["Hi!", "One."]), "this reply is over for the ear");
    zoe.next(Script::answer(reply_json("All right.", &json!([]))));
    page.press("Speak").await;
    page.evaluate("hear('Thank you', true)").await;
    zoe_has_answered(&page, 3).await;
    page.until("spoken.includes('All right.')").await;
    assert_quiet(&page, &ella);
}

#[tokio::test]
async fn without_https_typing_works_and_speaking_says_why_not() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await;
    page.before_each_document(STUBS).await;
    // Unlike 127.0.0.1, this name is no secure place.
    page.go(&format!("http://ella.test:{}/practice", ella.address.port())).await;
    assert_eq!(page.evaluate("isSecureContext").await, false);
    heads(&page, "Hello, I’m Zoe.").await;
    page.press("Skip it and talk").await;
    page.press("my family").await;
    zoe_has_answered(&page, 1).await;
    page.press("Speak").await;
    page.shows("Speaking needs HTTPS, and this address has none. Typing works all the same.").await;
    assert_eq!(page.evaluate("typeof ear").await, "undefined");
    say(&page, "Then I type.").await;
    zoe_has_answered(&page, 2).await;
    assert_quiet(&page, &ella);
}
