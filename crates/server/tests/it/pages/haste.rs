//! Somebody who is faster than the page or the server.

use serde_json::{Value, json};

use super::{assert_quiet, enter, follow, heads, hold, page, scene::Scene, stopped};
use crate::support::Ella;

/// Timers of these milliseconds, which the test lets ring. One that was cleared never rings.
const HELD: &str = "
    window.held = new Map();
    const [later, clear] = [window.setTimeout, window.clearTimeout];
    window.setTimeout = (act, time, ...rest) => {
        if (time !== 200 && time !== 250) return later(act, time, ...rest);
        const timer = later(() => undefined, 2 ** 31 - 1);
        held.set(timer, act);
        return timer;
    };
    window.clearTimeout = (timer) => { held.delete(timer); clear(timer); };
    window.ring = () => { const all = [...held.values()]; held.clear(); all.forEach((act) => act()); return all.length; };
";

#[tokio::test]
async fn who_presses_next_twice_turns_one_page() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await.with_class(45, 0).await;
    let all = ella.admin_get("/admin/students?sort=name&limit=100").await.body;
    let all: Vec<Value> = all["items"].as_array().unwrap().iter().map(|row| row["name"].clone()).collect();
    enter(&page, &ella, "#/students?sort=name", "Students").await;
    let names = "[...document.querySelectorAll('tbody th')].map((one) => one.textContent)";
    let is_shown = |rows: &[Value]| format!("JSON.stringify({names}) === {}", json!(json!(rows).to_string()));
    let twice =
        "{ const next = document.querySelector('.pages button:last-child'); next.click(); next.click(); }";
    page.evaluate(twice).await;
    page.until(&is_shown(&all[20..40])).await;
    page.shows("21 to 40").await;
    page.press("Next").await;
    page.until(&is_shown(&all[40..])).await;
    page.shows("41 to 45").await;
    page.press("Previous").await;
    page.until(&is_shown(&all[20..40])).await;
    page.shows("21 to 40").await;
    assert_quiet(&page, &ella);
}

#[tokio::test]
async fn who_leaves_while_typing_keeps_the_address_of_where_they_are() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await;
    page.before_each_document(HELD).await;
    enter(&page, &ella, "#/students", "Students").await;
    page.focus("input[type=search]").await;
    page.type_text("ana").await;
    assert_eq!(page.evaluate("held.size").await, 1, "the search waits for more");
    follow(&page, "#/speed", "Speed").await;
    page.evaluate("ring()").await;
    assert_eq!(page.evaluate("location.hash").await, "#/speed");
    assert_quiet(&page, &ella);
}

#[tokio::test]
async fn a_view_that_was_left_before_it_came_does_not_hide_the_next_one() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await;
    page.before_each_document(HELD).await;
    page.go(&ella.url("/practice#/progress")).await;
    heads(&page, "Your progress").await;
    hold(&page, "*/users/me").await;
    page.press("Talk").await;
    stopped(&page, 0).await;
    page.evaluate("document.querySelector('h1').isOld = true").await;
    page.press("Progress").await;
    page.until("(({ textContent, isOld }) => textContent === 'Your progress' && !isOld)(document.querySelector('h1'))").await;
    page.evaluate("ring()").await;
    assert_eq!(page.evaluate("document.querySelector('h1')?.textContent").await, "Your progress");
    assert_quiet(&page, &ella);
}

#[tokio::test]
async fn a_call_that_was_left_open_has_not_been_hours_of_speaking() {
    let Some(call) = Scene::new().call().await else { return };
    call.say("I went home.").await;
    call.answered(2).await;
    call.ella.advance(jiff::SignedDuration::from_hours(5));
    call.page.press("End the call").await;
    heads(&call.page, "Well done!").await;
    let conversation = call.transcript().await["conversation"].clone();
    assert_eq!(conversation["duration_seconds"], 30 * 60, "{conversation}");
}
