//! Every view of the dashboard with a class in it: for everybody, on a phone and a laptop, in light and dark.

use super::{assert_nothing_forbidden, assert_quiet, enter, faults_by_axe, follow, heads, page};
use crate::support::Ella;
use serde_json::json;

/// What is wider than the screen.
const TOO_WIDE: &str = "[...document.querySelectorAll('body *')].filter((one) => one.checkVisibility()
    && one.closest('.unseen, .skip, thead') === null && one.getBoundingClientRect().right > innerWidth + 1)";
/// Links in tables whose longest word is wider than they are.
const BROKEN: &str = "
    [...document.querySelectorAll('tbody a')].filter((one) => {
        const whole = one.cloneNode(true);
        whole.style.cssText = 'display: block; position: absolute; width: min-content; overflow-wrap: normal';
        one.after(whole);
        const width = whole.scrollWidth;
        whole.remove();
        const { paddingLeft, paddingRight } = getComputedStyle(one.parentElement);
        return width > one.parentElement.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight) + 1;
    })";
/// Bytes that a first view may take.
const FIRST_VIEW: f64 = 150_000.0;

/// Elements in words.
fn told(elements: &str) -> String {
    format!("{elements}.map((one) => one.outerHTML.slice(0, 100))")
}

/// Every document since the last forgetting, with its headers, as it came over the wire.
fn bytes(page: &ella_test_support::browser::Page) -> f64 {
    let loaded = page.events("Network.loadingFinished").into_iter();
    loaded.filter_map(|one| one["encodedDataLength"].as_f64()).sum()
}

#[tokio::test]
async fn every_view_is_for_everybody_on_every_screen() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await.with_class(40, 1000).await;
    let stats = ella.admin_get("/admin/stats").await.body;
    let completed = |row: &&serde_json::Value| row["status"] == "completed";
    let call = stats["recent_conversations"].as_array().unwrap().iter().find(completed).unwrap();
    let student = format!("#/students/{}", call["user_id"].as_str().unwrap());
    let talk = format!("#/conversations/{}", call["id"].as_str().unwrap());
    let topic = call["topic"].as_str().unwrap();
    let topic = format!("{}{}", topic[..1].to_uppercase(), &topic[1..]);
    let views = [
        ("#/", "Overview"),
        ("#/students", "Students"),
        (student.as_str(), call["name"].as_str().unwrap()),
        (talk.as_str(), topic.as_str()),
        ("#/speed", "Speed"),
        ("#/server", "Server"),
    ];

    page.go(&ella.url("/dashboard")).await;
    heads(&page, "The classroom").await;
    let mut found = Vec::new();
    let mut look = async |view: &str| {
        found.extend(faults_by_axe(&page).await.into_iter().map(|fault| format!("{view} {fault}")));
        // The smallest phone, and a tablet: nothing is cut off, and no name is broken.
        for width in [320, 768] {
            page.size(width, 800).await;
            let faults = page.evaluate(&told(&format!("[...{TOO_WIDE}, ...{BROKEN}]"))).await;
            found.extend(faults.as_array().unwrap().iter().map(|fault| format!("{view} {width}: {fault}")));
        }
    };
    look("sign in").await;
    enter(&page, &ella, "?first", "Overview").await;
    let first = bytes(&page);
    for (view, heading) in views {
        follow(&page, view, heading).await;
        look(view).await;
    }
    assert_eq!(found, Vec::<String>::new());
    assert!(first > 10_000.0 && first < FIRST_VIEW, "{first}");
    assert_nothing_forbidden(&page).await;
    assert_quiet(&page, &ella);
}

#[tokio::test]
async fn long_words_are_broken_rather_than_wider_than_a_phone() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let place = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch";
    ana.put("/users/me", json!({"name": place, "location": place})).await.assert(200);
    let topic = place.repeat(2);
    let started = ana.post("/conversations", json!({"topic": topic})).await;
    let id = started.assert(201).body["id"].as_str().unwrap();
    ana.says(id, &place.repeat(3)).await;
    enter(&page, &ella, "", "Overview").await;
    page.size(320, 640).await;
    let student = format!("#/students/{}", ana.id);
    let talk = format!("#/conversations/{id}");
    for (view, heading) in [
        ("#/", "Overview"),
        ("#/students", "Students"),
        (student.as_str(), place),
        (talk.as_str(), topic.as_str()),
    ] {
        follow(&page, view, heading).await;
        assert_eq!(page.evaluate(&told(TOO_WIDE)).await, json!([]), "{view}");
    }
    assert_quiet(&page, &ella);
}
