//! What is tried again, looked for again, and not announced again and again.

use ella_test_support::{
    browser::Page,
    provider::{Gate, Script},
};
use serde_json::{Value, json};

use super::{
    answer, asked, assert_quiet, heads, hold, page,
    scene::{Scene, transcript, zoe_has_answered},
};
use crate::support::Ella;

const ME: &str = "0198c0de-1111-7000-8000-000000000000";

/// Fails the request that is held back, and lets whatever follows pass.
async fn fail_once(page: &Page, path: &str) {
    answer(page, 0, 500, &json!({"detail": "The server stumbled."})).await;
    page.command("Fetch.disable", json!({})).await;
    page.shows("The server stumbled.").await;
    page.press("Try again").await;
    zoe_has_answered(page, 1).await;
    let keys: Vec<Value> = asked(page, path)
        .into_iter()
        .map(|one| one["request"]["headers"]["idempotency-key"].clone())
        .filter(Value::is_string)
        .collect();
    assert_eq!((keys.len(), &keys[0]), (2, &keys[1]), "the same request again");
    assert_eq!(page.evaluate("document.querySelector('.trouble')").await, json!(null));
}

#[tokio::test]
async fn a_beginning_that_failed_is_tried_again_as_the_same_request() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await;
    page.go(&ella.url("/practice")).await;
    page.press("Skip it and talk").await;
    hold(&page, "*/llm/conversation-starter").await;
    page.press("my family").await;
    fail_once(&page, "/llm/conversation-starter").await;
    assert_eq!(transcript(&ella).await["messages"].as_array().unwrap().len(), 1);
    assert_quiet(&page, &ella);
}

#[tokio::test]
async fn a_question_of_the_interview_that_failed_is_tried_again() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await;
    page.go(&ella.url("/practice")).await;
    hold(&page, "*/llm/placement-turn").await;
    page.press("Find my level").await;
    fail_once(&page, "/llm/placement-turn").await;
    heads(&page, "Finding your level").await;
    assert_quiet(&page, &ella);
}

#[tokio::test]
async fn late_corrections_are_looked_for_a_few_times_and_no_more() {
    let Some(call) = Scene::new().with_timers().call().await else { return };
    let page = &call.page;
    page.command(
        "Fetch.enable",
        json!({"patterns": [{"urlPattern": "*/llm/conversation-turn"}, {"urlPattern": "*/messages?*"}]}),
    )
    .await;
    let turn = json!({
        "reply": "You went home!", "corrections": [], "corrections_complete": false, "user_message_id": ME,
        "reply_message_id": "0198c0de-1111-7000-8000-000000000001",
        "engine": {"provider": "openai", "model": "m", "degraded": false, "truncated": false},
        "latency_ms": {"first_token": 1, "llm": 1, "total": 1},
    });
    let correction = json!({"original": "go", "corrected": "went", "explanation": null, "category": "grammar", "type": null});
    let page_with =
        |corrections: Value| json!({"items": [{"id": ME, "corrections": corrections}], "next_cursor": null});
    page.evaluate("hurry = 20").await;
    call.say("Yesterday I go home.").await;
    answer(page, 0, 200, &turn).await;
    call.answered(2).await;
    for seen in 1..3 {
        answer(page, seen, 200, &page_with(json!([]))).await;
    }
    answer(page, 3, 200, &page_with(json!([correction]))).await;
    page.until("document.querySelector('.students ins')?.textContent === 'went'").await;

    // Where none come, nobody looks for ever: another turn shows that time has passed.
    call.say("Then I sleep.").await;
    answer(page, 4, 200, &turn).await;
    call.answered(3).await;
    for seen in 5..9 {
        answer(page, seen, 200, &page_with(json!([]))).await;
    }
    page.evaluate("new Promise((resolve) => setTimeout(resolve, 40000))").await;
    assert_eq!(page.events("Fetch.requestPaused").len(), 9);
}

#[tokio::test]
async fn screen_readers_are_told_sentences_and_not_tokens() {
    let Some(call) = Scene::new().with_model().call().await else { return };
    let page = &call.page;
    page.evaluate(
        "window.told = []; new MutationObserver((changes) => changes.forEach(({ target, addedNodes }) => { \
         const element = target.nodeType === 1 ? target : target.parentElement; \
         if (element?.closest('[aria-live], [role=log], [role=status], [role=alert]')) \
             told.push([...addedNodes].map((node) => node.textContent).join('')); \
         })).observe(document.querySelector('.log'), { subtree: true, childList: true, characterData: true }); 1",
    )
    .await;
    let (one, two) = (Gate::new(), Gate::new());
    let script = Script::new().text(r#"{"reply": "I lo"#).wait_for(&one).text("ve tea. And y").wait_for(&two);
    call.zoe().next(script.text(r#"ou?", "corrections": []}"#).finish());
    call.say("I like tea.").await;
    page.shows("I lo").await;
    assert_eq!(page.evaluate("told").await, json!([]), "half a sentence is no news");
    one.open();
    page.shows("I love tea.").await;
    two.open();
    call.answered(2).await;
    let told = page.evaluate("told.map((one) => one.trim()).filter(Boolean)").await;
    assert_eq!(told, json!(["I love tea.", "And you?"]));
    assert_quiet(page, &call.ella);
}

#[tokio::test]
async fn enter_sends_and_the_other_enters_do_not() {
    let Some(call) = Scene::new().call().await else { return };
    let page = &call.page;
    page.focus("textarea").await;
    page.type_text("One").await;
    for other in ["shiftKey: true", "isComposing: true"] {
        let event = format!(
            "new KeyboardEvent('keydown', {{ key: 'Enter', cancelable: true, bubbles: true, {other} }})"
        );
        let goes_on = page.evaluate(&format!("document.activeElement.dispatchEvent({event})")).await;
        assert_eq!((goes_on, asked(page, "/llm/conversation-turn").len()), (json!(true), 0), "{other}");
    }
    page.key("Enter").await;
    call.answered(2).await;
    assert_eq!(asked(page, "/llm/conversation-turn").len(), 1);
    assert_quiet(page, &call.ella);
}
