//! Whether the server is well.

use serde_json::{Value, json};

use super::{answer, assert_for_everybody, assert_quiet, enter, heads, page};
use crate::support::Ella;

fn finding(condition: &str, says: &str, todo: Option<&str>, rest: Value) -> Value {
    let mut part = json!({"condition": condition, "says": says, "what_to_do": todo});
    part.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    part
}

/// All that an answer says in sentences: how each part is, what to do, and what is wrong.
fn sentences(answer: &Value) -> Vec<String> {
    let words = |value: &Value| value.as_str().map(|words| vec![words.to_owned()]).unwrap_or_default();
    match answer {
        Value::Object(parts) => parts
            .iter()
            .flat_map(|(name, part)| match name.as_str() {
                "says" | "what_to_do" => words(part),
                "faults" | "gaps" => part.as_array().unwrap().iter().flat_map(words).collect(),
                _ => sentences(part),
            })
            .collect(),
        Value::Array(parts) => parts.iter().flat_map(sentences).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn every_part_says_how_it_is_and_what_to_do() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await;
    enter(&page, &ella, "", "Overview").await;
    page.command("Fetch.enable", json!({"patterns": [{"urlPattern": "*/admin/server"}]})).await;
    page.evaluate("location.hash = '#/server'").await;
    let at = "2026-11-22T03:00:00Z";
    let repository = json!({
        "name": "S3", "place": "s3://ella", "backups": 7, "last_backup_at": at, "last_backup_seconds": 9,
        "database_bytes": 1, "repository_bytes": 54_000_000, "restorable_from": at, "archived_up_to": at,
        "archive_segments": 4, "gaps": ["A segment is missing."],
        "verification": finding("ok", "Every file is whole.", None, json!({"at": at, "faults": []})),
    });
    let state = json!({
        "as_of": at, "condition": "failing", "version": "0.1.0", "uptime_seconds": 3700,
        "database": finding("ok", "It answers.", None, json!({"kind": "managed", "latency_ms": 0.4})),
        "pool": finding("ok", "1 of 10 connections are in use.", None, json!({"max": 10, "open": 2, "idle": 1})),
        "backups": {
            "status": "failing", "last_backup_at": at,
            "archive": finding("off", "Nothing is archived.", Some("Set ELLA_BACKUP_S3."), json!({
                "last_archived_at": null, "failures": 0, "waiting_segments": 0, "waiting_seconds": 0})),
            "repositories": [finding("ok", "The last backup is 12 minutes old.", None, repository)],
            "drill": finding("warning", "The last drill is old.", Some("Look at the last drill."), json!({
                "last_at": at, "repository": "S3", "loss_seconds": 11.2, "recovery_seconds": 95.0})),
            "pages": finding("failing", "Pages were damaged.", Some("See to the disk."), json!({
                "last_at": at, "seconds": 75, "faults": ["A checksum of messages is wrong."]})),
            "disk": finding("failing", "The disk is full.", Some("Free some space."), json!({
                "free_bytes": 1_500_000_000_i64, "total_bytes": 80_000_000_000_i64, "wal_bytes": null, "writes_refused": true})),
        },
        "tutor": finding("ok", "Zoe has a model.", None, json!({"providers": [
            finding("ok", "It answers.", None, json!({"name": "gemini", "model": "gemini-3.5-flash-lite"}))]})),
        "tasks": [finding("ok", "completed 3", None, json!({"name": "complete silent calls", "at": at}))],
    });
    answer(&page, 0, 200, &state).await;
    heads(&page, "Server").await;
    let text = page.text().await;
    for said in sentences(&state) {
        assert!(text.contains(&said), "{said} is not in: {text}");
    }
    let conditions = "[...document.querySelectorAll('.part .badge')].map((one) => one.textContent)";
    let conditions = page.evaluate(conditions).await;
    assert_eq!(
        conditions.as_array().unwrap()[..4],
        ["act now", "act now", "act now", "look soon"],
        "{conditions}"
    );
    for shown in [
        "Something does not do what it should.",
        "up for 1 h 1 min",
        "1.5 GB",
        "not now",
        "12 s",
        "1 min 35 s",
        "22 Nov 2026, 03:00 UTC",
        "1 min 15 s",
        "54 MB",
        "gemini-3.5-flash-lite",
        "complete silent calls",
    ] {
        assert!(text.contains(shown), "{shown} is not in: {text}");
    }
    assert_for_everybody(&page).await;
    assert_quiet(&page, &ella);
}

#[tokio::test]
async fn the_server_itself_is_shown_as_it_tells() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await;
    let told = ella.admin_get("/admin/server").await;
    enter(&page, &ella, "#/server", "Server").await;
    let text = page.text().await;
    for part in ["/database/says", "/backups/drill/says", "/tutor/says", "/tutor/what_to_do"] {
        let said = told.assert(200).body.pointer(part).unwrap().as_str().unwrap();
        assert!(text.contains(said), "{said} is not in: {text}");
    }
    assert!(text.contains("Set ELLA_LLM to a language model"), "{text}");
    assert_quiet(&page, &ella);
}

#[tokio::test]
async fn a_server_that_is_well_and_keeps_no_copy_elsewhere_is_not_said_to_be_well() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await;
    let mut report = ella.admin_get("/admin/server").await.assert(200).body.clone();
    report["database"]["kind"] = json!("managed");
    report["backups"]["archive"]["what_to_do"] = json!("Set ELLA_BACKUPS=on.");
    enter(&page, &ella, "", "Overview").await;
    page.command("Fetch.enable", json!({"patterns": [{"urlPattern": "*/admin/server"}]})).await;
    for (seen, (status, sentence, advice)) in [
        ("off", "It runs well, but nothing is backed up.", "Set ELLA_BACKUPS=on."),
        ("local_only", "It runs well, but no copy of the data leaves this machine.", "Set ELLA_BACKUP_S3"),
    ]
    .into_iter()
    .enumerate()
    {
        report["condition"] = json!("ok");
        report["backups"]["status"] = json!(status);
        page.evaluate(&format!("location.hash = '#/server?{status}'")).await;
        answer(&page, seen, 200, &report).await;
        page.shows(sentence).await;
        page.shows(advice).await;
        let text = page.text().await;
        assert!(!text.contains("All is well."), "{text}");
        let heads = "[...document.querySelectorAll('.part h2')].some((one) => one.textContent === 'Backups')";
        assert_eq!(page.evaluate(heads).await, true, "{status}");
        assert_for_everybody(&page).await;
    }
    assert_quiet(&page, &ella);
}
