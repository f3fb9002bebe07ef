//! Without a mouse.

use ella_test_support::browser::Page;
use serde_json::json;

use super::{assert_quiet, heads, page};
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
