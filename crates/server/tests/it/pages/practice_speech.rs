//! Speaking and listening, with the browser's own means stubbed: a machine without sound has none.

use ella_test_support::provider::{Gate, Script, reply_json};
use serde_json::{Value, json};

use super::{asked, assert_for_everybody, assert_quiet, scene::Scene};

#[tokio::test]
async fn each_sentence_is_spoken_as_it_comes_and_typing_over_zoe_stops_her() {
    let Some(call) = Scene::new().with_model().with_sound().call().await else { return };
    let page = &call.page;
    let (second, rest) = (Gate::new(), Gate::new());
    call.zoe().next(
        Script::new()
            .text(r#"{"reply": "One. T"#)
            .wait_for(&second)
            .text("wo. T")
            .wait_for(&rest)
            .text(r#"hree.", "corrections": []}"#)
            .finish(),
    );
    call.say("Count for me!").await;
    // Sound starts with the first sentence, while the second one is not there yet.
    page.until("spoken.length === 2").await;
    assert_for_everybody(page).await;
    second.open();
    page.until("spoken.length === 3").await;
    let hushed = page.evaluate("hushed").await.as_i64();
    page.type_text("Stop").await;
    page.until(&format!("hushed > {}", hushed.unwrap())).await;
    rest.open();
    call.answered(2).await;
    page.shows("One. Two. Three.").await;
    assert_eq!(page.evaluate("spoken").await, json!(["Hi!", "One.", "Two."]), "the third was not spoken");

    // How long the speech took goes with the next turn.
    call.zoe().next(Script::answer(reply_json("All right.", &json!([]))));
    page.key("Enter").await;
    call.answered(3).await;
    let sent = asked(page, "/llm/conversation-turn");
    let body: Value =
        serde_json::from_str(sent.last().unwrap()["request"]["postData"].as_str().unwrap()).unwrap();
    assert!(body["latency_ms"]["tts"].as_i64().is_some_and(|tts| (1..60_000).contains(&tts)), "{body}");
    page.press("Zoe’s voice is on").await;
    call.zoe().next(Script::answer(reply_json("Quiet now.", &json!([]))));
    call.say("Be quiet.").await;
    call.answered(4).await;
    assert_eq!(page.evaluate("spoken.includes('Quiet now.')").await, false);
    assert_quiet(page, &call.ella);
}

#[tokio::test]
async fn the_ear_is_off_until_it_is_switched_on_and_its_time_is_sent_along() {
    let Some(call) = Scene::new().with_sound().with_timers().call().await else { return };
    let page = &call.page;
    page.press("Speak").await;
    page.shows("its maker may hear the audio; it needs HTTPS.").await;
    assert_eq!(page.evaluate("typeof ear").await, "undefined", "nothing listens yet");
    assert_for_everybody(page).await;
    page.press("Keep typing").await;
    assert_eq!(page.evaluate("document.activeElement.tagName").await, "TEXTAREA");
    page.press("Speak").await;
    page.press("Switch it on").await;
    page.shows("Listening…").await;
    assert_for_everybody(page).await;
    page.evaluate("hear('I have', false)").await;
    page.until("document.querySelector('textarea').value === 'I have'").await;
    page.evaluate("ear.onspeechend(); hear('I have two sisters', true); ear.onend(); 1").await;
    call.answered(2).await;
    let told = call.transcript().await;
    assert_eq!(told["messages"][1]["content"], "I have two sisters");
    assert!(told["messages"][1]["latency_ms"]["stt"].is_i64(), "{told}");
    // Whoever thinks of a word has not finished, and what a phone repeats is said once.
    page.evaluate("hurry = 1e-6").await;
    page.press("Speak").await;
    page.evaluate("hearAll(['They'], true); hearAll(['They', 'They are', 'funny'], true); 1").await;
    assert_eq!(asked(page, "/llm/conversation-turn").len(), 1, "not yet");
    page.press("Stop").await;
    call.answered(3).await;
    assert_eq!(call.transcript().await["messages"][3]["content"], "They are funny");
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
    assert_quiet(page, &call.ella);
}

#[tokio::test]
async fn talking_over_zoe_stops_her() {
    let Some(call) = Scene::new().with_model().with_sound().call().await else { return };
    let page = &call.page;
    page.press("Speak").await;
    page.press("Switch it on").await;
    page.press("Stop").await;
    let gate = Gate::new();
    let script = Script::new().text(r#"{"reply": "One. T"#).wait_for(&gate);
    call.zoe().next(script.text(r#"wo.", "corrections": []}"#).finish());
    call.say("Count for me!").await;
    page.until("spoken.includes('One.')").await;
    let hushed = page.evaluate("hushed").await.as_i64().unwrap();
    page.press("Speak").await;
    page.until(&format!("hushed > {hushed}")).await;
    page.press("Stop").await;
    gate.open();
    call.answered(2).await;
    page.shows("One. Two.").await;
    assert_eq!(page.evaluate("spoken").await, json!(["Hi!", "One."]), "this reply is over for the ear");
    call.zoe().next(Script::answer(reply_json("All right.", &json!([]))));
    page.press("Speak").await;
    page.evaluate("hear('Thank you', true)").await;
    call.answered(3).await;
    page.until("spoken.includes('All right.')").await;
    assert_quiet(page, &call.ella);
}

#[tokio::test]
async fn without_https_typing_works_and_speaking_says_why_not() {
    // Unlike 127.0.0.1, this name is no secure place.
    let Some(call) = Scene::new().with_sound().at("ella.test").call().await else { return };
    let page = &call.page;
    assert_eq!(page.evaluate("isSecureContext").await, false);
    page.press("Speak").await;
    page.shows("Speaking needs HTTPS, and this address has none. Typing works all the same.").await;
    assert_for_everybody(page).await;
    assert_eq!(page.evaluate("typeof ear").await, "undefined");
    call.say("Then I type.").await;
    call.answered(2).await;
    assert_quiet(page, &call.ella);
}
