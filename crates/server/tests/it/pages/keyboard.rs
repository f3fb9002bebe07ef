//! Without a mouse.

use ella_test_support::{
    browser::Page,
    provider::{Gate, Script, reply_json},
};
use serde_json::json;

use super::{assert_quiet, enter, heads, page, scene::Scene};
use crate::support::{ADMIN_KEY, Ella};

/// Tabs on until the focus is on what has this text, and can be seen there.
async fn tab_to(page: &Page, text: &str) {
    for _ in 0..60 {
        page.key("Tab").await;
        if page.evaluate("document.activeElement.textContent.trim()").await == json!(text) {
            let outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle").await;
            assert_eq!(outline, "solid", "{text}: the focus can be seen");
            return;
        }
    }
    panic!("{text} cannot be reached: {}", page.text().await);
}

#[tokio::test]
async fn the_dashboard_can_be_used_with_the_keyboard_alone() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await.with_class(40, 60).await;
    page.go(&ella.url("/dashboard")).await;
    heads(&page, "The classroom").await;
    tab_to(&page, "Skip to the content").await;
    page.key("Enter").await;
    page.key("Tab").await;
    assert_eq!(page.evaluate("document.activeElement.id").await, "key");
    page.type_text(ADMIN_KEY).await;
    page.key("Enter").await;
    heads(&page, "Overview").await;
    page.until("document.activeElement.tagName === 'H1'").await;
    page.evaluate("document.activeElement.blur(); document.body.focus()").await;
    tab_to(&page, "Students").await;
    page.key("Enter").await;
    heads(&page, "Students").await;
    // The next key goes on from the new heading.
    page.until("document.activeElement.textContent === 'Students'").await;
    page.key("Tab").await;
    page.type_text("ana rib").await;
    page.until("document.querySelectorAll('tbody tr').length === 1").await;
    tab_to(&page, "Ana Ribeiro").await;
    page.key("Enter").await;
    heads(&page, "Ana Ribeiro").await;
    assert_quiet(&page, &ella);
}

#[tokio::test]
async fn zoe_can_be_talked_with_with_the_keyboard_alone() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await;
    page.go(&ella.url("/practice")).await;
    heads(&page, "Hello, I’m Zoe.").await;
    tab_to(&page, "Skip it and talk").await;
    page.key("Enter").await;
    heads(&page, "What shall we talk about?").await;
    tab_to(&page, "my family").await;
    page.key("Enter").await;
    heads(&page, "My family").await;
    page.until("document.querySelector('.zoes') && !document.querySelector('.log .dots')").await;
    page.until("document.activeElement.tagName === 'H1'").await;
    tab_to(&page, "End the call").await;
    page.key("Tab").await;
    assert_eq!(page.evaluate("document.activeElement.tagName").await, "TEXTAREA");
    page.type_text("I have two sisters.").await;
    page.key("Enter").await;
    page.until("document.querySelectorAll('.zoes').length === 2 && !document.querySelector('.log .dots')")
        .await;
    assert_eq!(
        page.evaluate("document.activeElement.tagName").await,
        "TEXTAREA",
        "the next words can be typed"
    );
    assert_quiet(&page, &ella);
}

/// What can be reached, in the order in which it stands; and where the focus is, and what is wrong with how it is shown.
const WALK: &str = "
    window.stops = () => [...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
        .filter((one) => !one.disabled && one.checkVisibility());
    window.beginning = () => { document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex'); };
    window.reached = () => {
        const one = document.activeElement;
        const { outlineStyle, outlineWidth } = getComputedStyle(one);
        const box = one.getClientRects()[0] ?? new DOMRect();
        const above = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
        const faults = [];
        if (outlineStyle !== 'solid' || parseFloat(outlineWidth) < 2) faults.push('without an outline');
        if (!one.contains(above)) faults.push(`behind ${above?.outerHTML.slice(0, 80) ?? 'the edge'}`);
        return [stops().indexOf(one), ...faults];
    };
    1
";

/// Tabs through all of it, on a phone also back, where bars hide the most: everything comes in its order, with an outline,
/// and nothing hides it.
async fn walk(page: &Page) {
    page.evaluate(WALK).await;
    for (width, height, comes_back) in [(1280, 800, false), (390, 700, true)] {
        page.size(width, height).await;
        page.evaluate("beginning()").await;
        let stops = page.evaluate("stops().length").await.as_u64().unwrap();
        let there = (0..stops).map(|stop| ("Tab", stop));
        let back = (0..stops - 1).rev().filter(|_| comes_back).map(|stop| ("Shift+Tab", stop));
        for (key, stop) in there.chain(back) {
            page.key(key).await;
            let reached = page.evaluate("reached()").await;
            let what = page.evaluate("document.activeElement.outerHTML.slice(0, 120)").await;
            assert_eq!(reached, json!([stop]), "{width} pixels, {key}: {what}");
        }
    }
}

#[tokio::test]
async fn all_of_the_dashboard_is_reached_with_tab_in_its_order_and_can_be_seen_there() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await.with_class(3, 8).await;
    let stats = ella.admin_get("/admin/stats").await.body;
    let call = &stats["recent_conversations"][0];
    page.go(&ella.url("/dashboard")).await;
    heads(&page, "The classroom").await;
    walk(&page).await;
    enter(&page, &ella, "?in", "Overview").await;
    walk(&page).await;
    for view in [
        "#/students".to_owned(),
        format!("#/students/{}", call["user_id"].as_str().unwrap()),
        format!("#/conversations/{}", call["id"].as_str().unwrap()),
        "#/speed".to_owned(),
        "#/server".to_owned(),
    ] {
        page.evaluate(&format!(
            "document.querySelector('h1').textContent = 'gone'; location.hash = {}",
            json!(view)
        ))
        .await;
        page.until("!['gone', 'Loading…', undefined].includes(document.querySelector('h1')?.textContent)")
            .await;
        walk(&page).await;
    }
    assert_quiet(&page, &ella);
}

#[tokio::test]
async fn all_of_the_practice_room_is_reached_with_tab_in_its_order_and_can_be_seen_there() {
    let Some(call) = Scene::new().with_sound().with_model().call().await else { return };
    let page = &call.page;
    for answers in 2..6 {
        call.zoe().next(Script::answer(reply_json(&"Tell me more! ".repeat(20), &json!([]))));
        call.say("I like tea.").await;
        call.answered(answers).await;
    }
    walk(page).await;
    page.press("Speak").await;
    page.shows("its maker may hear the audio").await;
    walk(page).await;
    page.press("End the call").await;
    heads(page, "Well done!").await;
    walk(page).await;
    page.press("My progress").await;
    heads(page, "Your progress").await;
    walk(page).await;
    page.press("Talk").await;
    heads(page, "What shall we talk about?").await;
    walk(page).await;
    assert_quiet(page, &call.ella);
}

#[tokio::test]
async fn escape_says_no_and_hushes_zoe_and_no_focus_is_lost() {
    let Some(call) = Scene::new().with_sound().with_model().call().await else { return };
    let page = &call.page;
    let is_on = |text: &str| format!("document.activeElement.textContent === '{text}'");
    tab_to(page, "Speak").await;
    page.key("Enter").await;
    page.until(&is_on("Switch it on")).await;
    page.key("Escape").await;
    assert_eq!(page.evaluate("document.activeElement.tagName").await, "TEXTAREA");
    assert_eq!(page.evaluate("document.querySelector('.consent').hidden").await, true);
    assert_eq!(page.evaluate("typeof ear").await, "undefined", "nothing listens");
    page.key("Tab").await;
    page.key("Enter").await;
    page.until(&is_on("Switch it on")).await;
    page.key("Enter").await;
    page.until(&is_on("Stop")).await;
    page.key("Enter").await;
    page.until(&is_on("Speak")).await;

    let gate = Gate::new();
    let script = Script::new().text(r#"{"reply": "One. T"#).wait_for(&gate);
    call.zoe().next(script.text(r#"wo.", "corrections": []}"#).finish());
    call.say("Count for me!").await;
    page.until("spoken.includes('One.')").await;
    page.key("Escape").await;
    gate.open();
    call.answered(2).await;
    page.shows("One. Two.").await;
    assert_eq!(page.evaluate("spoken").await, json!(["Hi!", "One."]), "the second was not spoken");
    assert_quiet(page, &call.ella);
}
