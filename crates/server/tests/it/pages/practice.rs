//! Somebody meets Zoe.

use ella_test_support::{
    browser::Page,
    provider::{Script, ScriptedProvider, reply_json},
};
use serde_json::json;

use super::{
    asked, assert_for_everybody, assert_nothing_forbidden, assert_quiet, faults_by_axe, heads, page,
    scene::{Scene, ella_with, say, transcript, zoe_has_answered},
};
use crate::support::Ella;

/// Looks at what is shown with axe.
async fn look(page: &Page, place: &str, found: &mut Vec<String>) {
    found.extend(faults_by_axe(page).await.into_iter().map(|fault| format!("{place} {fault}")));
}

#[tokio::test]
async fn a_newcomer_is_placed_by_a_short_interview() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await;
    let mut found = Vec::new();
    page.go(&ella.url("/practice")).await;
    heads(&page, "Hello, I’m Zoe.").await;
    let loaded = page.events("Network.loadingFinished").into_iter();
    let first: f64 = loaded.filter_map(|one| one["encodedDataLength"].as_f64()).sum();
    assert!(first > 10_000.0 && first < 150_000.0, "{first}");
    look(&page, "hello", &mut found).await;
    page.press("Find my level").await;
    heads(&page, "Finding your level").await;
    zoe_has_answered(&page, 1).await;
    look(&page, "first question", &mut found).await;
    let mut answers = 0;
    loop {
        zoe_has_answered(&page, answers + 1).await;
        if page.evaluate("document.querySelector('textarea') === null").await == true {
            break;
        }
        say(&page, "I like to read long books about the sea because they are never boring.").await;
        answers += 1;
    }
    look(&page, "interview", &mut found).await;
    page.press("See my level").await;
    page.until("document.querySelector('h1').textContent.startsWith('You speak English at')").await;
    look(&page, "level", &mut found).await;
    let student = ella.admin_get("/admin/students").await.body["items"][0].clone();
    let placements =
        ella.admin_get(&format!("/admin/placements/{}/transcript", student["id"].as_str().unwrap())).await;
    let placement = &placements.assert(200).body["placements"][0];
    assert_eq!(placement["transcript"].as_array().unwrap().len(), 2 * answers + 1);
    assert_eq!(placement["cefr_level"], student["cefr_level"]);
    assert!(page.text().await.contains(student["cefr_level"].as_str().unwrap()));
    page.press("Talk with Zoe").await;
    heads(&page, "What shall we talk about?").await;
    look(&page, "topics", &mut found).await;

    // The same device is the same student again, is not greeted like a stranger, and need not sign in.
    page.go(&ella.url("/practice?again")).await;
    heads(&page, "What shall we talk about?").await;
    assert_eq!(ella.admin_get("/admin/students").await.body["items"].as_array().unwrap().len(), 1);
    assert_eq!(asked(&page, "/auth/anonymous").len(), 1);
    // A token that is no longer good is replaced without a word.
    page.evaluate("localStorage.setItem('ella.token', 'an old one')").await;
    page.press("Progress").await;
    heads(&page, "Your progress").await;
    assert_eq!(asked(&page, "/auth/anonymous").len(), 2);
    assert_eq!(found, Vec::<String>::new());
    assert_nothing_forbidden(&page).await;
    assert_quiet(&page, &ella);
}

#[tokio::test]
async fn a_call_has_gentle_corrections_and_ends_with_a_look_back() {
    let Some(page) = page().await else { return };
    let zoe = ScriptedProvider::start().unwrap();
    let ella = ella_with(&zoe).await;
    let mut found = Vec::new();
    page.go(&ella.url("/practice")).await;
    page.press("Skip it and talk").await;
    heads(&page, "What shall we talk about?").await;
    zoe.next(Script::answer(json!({"reply": "Hi! Tell me about the sea.", "topic": "the sea"}).to_string()));
    page.focus("#topic").await;
    page.type_text("the <i>sea</i>").await;
    page.key("Enter").await;
    heads(&page, "The <i>sea</i>").await;
    zoe_has_answered(&page, 1).await;
    let correction = json!([{"original": "go", "corrected": "went", "explanation": "Yesterday is past.", "category": "grammar", "type": "VERB:TENSE"}]);
    zoe.next(Script::answer(reply_json("You went there! With whom?", &correction)));
    say(&page, "Yesterday I go to the <b>sea</b>.").await;
    zoe_has_answered(&page, 2).await;
    page.until("document.querySelector('.students ins')?.textContent === 'went'").await;
    page.shows("Yesterday is past.").await;
    page.shows("You went there! With whom?").await;
    page.shows("the <b>sea</b>.").await;
    look(&page, "call", &mut found).await;

    let moment = json!({"message": 2, "quote": "to the <b>sea</b>", "why": "A clear picture."});
    zoe.next(Script::answer(
        json!({"reply": "A brave talk.", "best_moments": [moment], "next_steps": ["Say it twice."]})
            .to_string(),
    ));
    page.press("End the call").await;
    heads(&page, "Well done!").await;
    let text = page.text().await;
    for shown in ["A brave talk.", "to the <b>sea</b>", "A clear picture.", "Say it twice.", "grammar 1 time"]
    {
        assert!(text.contains(shown), "{shown} is not in: {text}");
    }
    look(&page, "look back", &mut found).await;
    page.press("My progress").await;
    heads(&page, "Your progress").await;
    page.shows("You have begun. Come back tomorrow!").await;
    look(&page, "progress", &mut found).await;
    assert_eq!(found, Vec::<String>::new());
    let told = transcript(&ella).await;
    assert_eq!(told["conversation"]["status"], "completed");
    assert_eq!(told["messages"].as_array().unwrap().len(), 3);
    assert_nothing_forbidden(&page).await;
    assert_quiet(&page, &ella);
}

#[tokio::test]
async fn who_says_nothing_is_not_looked_back_at() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await;
    page.go(&ella.url("/practice#/progress")).await;
    page.shows("Nothing here yet").await;
    assert_for_everybody(&page).await;
    page.press("Talk").await;
    page.press("Skip it and talk").await;
    page.press("Let Zoe begin").await;
    zoe_has_answered(&page, 1).await;
    page.shows("Zoe’s built-in voice answers").await;
    assert_for_everybody(&page).await;
    page.press("End the call").await;
    heads(&page, "That was a short one.").await;
    assert_for_everybody(&page).await;
    assert_quiet(&page, &ella);
}

#[tokio::test]
async fn who_walks_away_has_ended_the_call() {
    let Some(call) = Scene::new().call().await else { return };
    let page = &call.page;
    call.say("I went home.").await;
    call.answered(2).await;
    page.press("Progress").await;
    heads(page, "Your progress").await;
    page.until("performance.getEntriesByType('resource').some((one) => one.name.endsWith('/complete') && one.responseEnd)").await;
    assert_eq!(call.transcript().await["conversation"]["status"], "completed");
    assert_quiet(page, &call.ella);
}

#[tokio::test]
async fn a_correction_does_not_push_the_answer_out_of_sight() {
    let Some(call) = Scene::new().with_model().call().await else { return };
    let page = &call.page;
    page.media("", &[("prefers-reduced-motion", "reduce")]).await;
    page.size(320, 640).await;
    let why = "Yesterday is over, so the verb stands in the past. ".repeat(4);
    let correction =
        json!([{"original": "go", "corrected": "went", "explanation": why, "category": "grammar"}]);
    let reply = "You went to the sea! Was the water warm, and what did you do there all day long?";
    call.zoe().next(Script::answer(reply_json(reply, &correction)));
    call.say("Yesterday I go to the sea with my brother, and we swam until it was dark.").await;
    call.answered(2).await;
    page.until("document.querySelector('.students ins')?.textContent === 'went'").await;
    let hidden = "document.querySelector('.zoes:last-child').getBoundingClientRect().bottom \
                  - document.querySelector('.composer').getBoundingClientRect().top";
    let hidden = page.evaluate(hidden).await;
    assert!(hidden.as_f64() <= Some(0.0), "{hidden} pixels of the answer are hidden");
}
