//! Nothing there, on its way, failed, cut off.

use serde_json::json;

use super::{
    assert_for_everybody, assert_nothing_forbidden, enter, follow, heads, hold, page, scene::Scene, stopped,
};
use crate::support::Ella;

#[tokio::test]
async fn an_empty_school_is_told_kindly() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await;
    enter(&page, &ella, "", "Overview").await;
    page.shows("Nobody has talked yet").await;
    assert_for_everybody(&page).await;
    follow(&page, "#/students", "Students").await;
    page.shows("No students yet").await;
    assert_for_everybody(&page).await;
    follow(&page, "#/speed", "Speed").await;
    page.shows("No turn in 24 hours").await;
    assert_for_everybody(&page).await;
    let ana = ella.student().await;
    follow(&page, &format!("#/students/{}", ana.id), "No name").await;
    page.shows("No conversation yet").await;
    page.shows("No placement test yet.").await;
    assert_for_everybody(&page).await;
    let id = ana.post("/conversations", json!({})).await.body["id"].as_str().unwrap().to_owned();
    follow(&page, &format!("#/conversations/{id}"), "Free talk").await;
    page.shows("Nobody has said anything yet").await;
    assert_for_everybody(&page).await;
    assert_nothing_forbidden(&page).await;
}

#[tokio::test]
async fn what_is_on_its_way_what_failed_and_what_is_not_there_are_told_and_can_be_tried_again() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await;
    enter(&page, &ella, "", "Overview").await;
    hold(&page, "*/admin/*").await;
    page.evaluate("location.hash = '#/speed'").await;
    page.shows("Loading…").await;
    assert_for_everybody(&page).await;
    for seen in 0..2 {
        let request = stopped(&page, seen).await;
        let problem = json!({"requestId": request, "responseCode": 503, "body": "", "responseHeaders": [{"name": "retry-after", "value": "1"}]});
        page.command("Fetch.fulfillRequest", problem).await;
    }
    heads(&page, "That did not work").await;
    page.shows("The server answered 503.").await;
    assert_for_everybody(&page).await;
    page.command("Fetch.disable", json!({})).await;
    page.press("Try again").await;
    heads(&page, "Speed").await;
    for nowhere in
        ["#/nowhere", "#/students/0198c0de-1111-7000-8000-000000000000", "#/conversations/..%2F..%2Fstats"]
    {
        follow(&page, nowhere, "Not here").await;
    }
    assert_for_everybody(&page).await;
    page.press("Go to the overview").await;
    heads(&page, "Overview").await;
}

#[tokio::test]
async fn a_device_that_is_cut_off_keeps_what_it_had_and_goes_on_when_it_is_back() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await.with_class(40, 60).await;
    enter(&page, &ella, "", "Overview").await;
    page.offline(true).await;
    page.shows("This device is offline. These figures are of").await;
    page.shows("Latest conversations").await;
    assert_for_everybody(&page).await;
    page.evaluate("location.hash = '#/students'").await;
    heads(&page, "No connection").await;
    assert_for_everybody(&page).await;
    page.offline(false).await;
    page.press("Try again").await;
    heads(&page, "Students").await;
}

#[tokio::test]
async fn nothing_moves_for_those_who_do_not_want_it() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await;
    enter(&page, &ella, "", "Overview").await;
    hold(&page, "*/admin/*").await;
    page.evaluate("location.hash = '#/speed'").await;
    page.shows("Loading…").await;
    let moves = "getComputedStyle(document.querySelector('.dots span')).animationName";
    assert_eq!(page.evaluate(moves).await, "breathe");
    page.media("", &[("prefers-reduced-motion", "reduce")]).await;
    assert_eq!(page.evaluate(moves).await, "none");
}

#[tokio::test]
async fn a_call_glides_along_only_for_those_who_like_that() {
    let Some(call) = Scene::new().call().await else { return };
    let page = &call.page;
    page.evaluate(
        "window.glides = new Set(); Element.prototype.scrollIntoView = (how) => glides.add(how.behavior); 1",
    )
    .await;
    for (answers, wish, behaviour) in [(2, "no-preference", "smooth"), (3, "reduce", "auto")] {
        page.media("", &[("prefers-reduced-motion", wish)]).await;
        page.evaluate("glides.clear()").await;
        call.say("I went home.").await;
        call.answered(answers).await;
        assert_eq!(page.evaluate("[...glides]").await, json!([behaviour]), "{wish}");
    }
}

#[tokio::test]
async fn the_practice_room_says_so_when_it_waits_fails_or_is_cut_off() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await;
    hold(&page, "*/auth/anonymous").await;
    page.go(&ella.url("/practice")).await;
    page.shows("Loading…").await;
    assert_for_everybody(&page).await;
    let problem = json!({"status": 429, "detail": "Too many sign-ins.", "title": "", "type": ""});
    super::answer(&page, 0, 429, &problem).await;
    heads(&page, "That did not work").await;
    page.shows("Too many sign-ins.").await;
    assert_for_everybody(&page).await;
    page.command("Fetch.disable", json!({})).await;
    page.press("Try again").await;
    heads(&page, "Hello, I’m Zoe.").await;
    page.offline(true).await;
    page.shows("This device is offline.").await;
    assert_for_everybody(&page).await;
    page.press("Skip it and talk").await;
    heads(&page, "No connection").await;
    assert_for_everybody(&page).await;
    page.offline(false).await;
    page.press("Try again").await;
    heads(&page, "What shall we talk about?").await;
}

#[tokio::test]
async fn a_browser_that_names_no_zone_or_an_unknown_one_gets_its_days_in_utc() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await;
    page.before_each_document(
        "const real = Intl.DateTimeFormat.prototype.resolvedOptions; \
         Intl.DateTimeFormat.prototype.resolvedOptions = function () { return { ...real.call(this), timeZone: window.name || '+01:00' }; };",
    )
    .await;
    page.go(&ella.url("/practice#/progress")).await;
    heads(&page, "Your progress").await;
    let sent = super::asked(&page, "/progress/summary");
    assert!(sent[0]["request"]["url"].as_str().unwrap().ends_with("?tz=UTC"), "{sent:?}");
    // A zone that the browser knows and the server does not.
    page.evaluate("window.name = 'Europe/Lisbon'").await;
    hold(&page, "*/progress/summary?*").await;
    page.command("Page.navigate", json!({"url": ella.url("/practice?again#/progress")})).await;
    let problem = json!({"status": 422, "detail": "No such zone.", "title": "", "type": ""});
    super::answer(&page, 0, 422, &problem).await;
    let request = stopped(&page, 1).await;
    page.command("Fetch.continueRequest", json!({"requestId": request})).await;
    heads(&page, "Your progress").await;
    let sent = super::asked(&page, "/progress/summary");
    assert!(sent.last().unwrap()["request"]["url"].as_str().unwrap().ends_with("?tz=UTC"), "{sent:?}");
}
