//! Whether the server is well.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ella_test_support::browser::Page;
use serde_json::{Value, json};

use super::{assert_quiet, enter, faults_by_axe, heads, page};
use crate::support::Ella;

/// Answers every request for the server's state like this.
async fn answer(page: &Page, seen: usize, status: u16, body: &Value) {
    let request = loop {
        if let Some(request) = page.events("Fetch.requestPaused").get(seen) {
            break request["requestId"].clone();
        }
        // Each question to the browser takes it a moment.
        page.evaluate("1").await;
    };
    let answer = json!({
        "requestId": request, "responseCode": status, "body": BASE64_STANDARD.encode(body.to_string()),
        "responseHeaders": [{"name": "content-type", "value": "application/json"}],
    });
    page.command("Fetch.fulfillRequest", answer).await;
}

#[tokio::test]
async fn every_part_says_how_it_is_and_what_to_do() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await;
    enter(&page, &ella, "", "Overview").await;
    page.command("Fetch.enable", json!({"patterns": [{"urlPattern": "*/admin/server"}]})).await;
    page.evaluate("location.hash = '#/server'").await;
    let part = |condition: &str, todo: Option<&str>| json!({"condition": condition, "what_to_do": todo});
    let mut drill = part("attention", Some("Look at the last drill."));
    drill["achieved_loss_seconds"] = json!(12);
    drill["recovery_seconds"] = json!(95);
    drill["last_drill_at"] = json!("2026-11-22T03:00:00Z");
    let mut disk = part("failing", Some("Free some space."));
    disk["free_bytes"] = json!(1_500_000_000_i64);
    let mut provider = part("ok", None);
    provider["name"] = json!("gemini");
    provider["model"] = json!("gemini-3.5-flash-lite");
    let state = json!({
        "database": part("ok", None), "pool": part("ok", None), "disk": disk, "archive": part("off", Some("Set ELLA_BACKUP_S3.")),
        "backups": part("ok", None), "verification": part("ok", None), "drill": drill, "providers": [provider],
    });
    answer(&page, 0, 200, &state).await;
    heads(&page, "Server").await;
    let text = page.text().await;
    for shown in [
        "Something is failing.",
        "Free some space.",
        "1.5 GB",
        "Look at the last drill.",
        "12 s",
        "1 min 35 s",
        "22 Nov 2026, 03:00 UTC",
        "Set ELLA_BACKUP_S3.",
        "gemini-3.5-flash-lite",
    ] {
        assert!(text.contains(shown), "{shown} is not in: {text}");
    }
    assert_eq!(faults_by_axe(&page).await, Vec::<String>::new());
    assert_quiet(&page, &ella);
}

#[tokio::test]
async fn a_server_that_tells_less_is_shown_by_its_health() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await;
    enter(&page, &ella, "", "Overview").await;
    page.command("Fetch.enable", json!({"patterns": [{"urlPattern": "*/admin/server"}]})).await;
    page.evaluate("location.hash = '#/server'").await;
    answer(&page, 0, 404, &json!({"detail": "There is no such address here.", "status": 404})).await;
    page.shows("This server does not tell more than /health does.").await;
    page.shows("Set ELLA_LLM to a language model").await;
    assert!(page.text().await.contains("Version 0.1.0"));
}
