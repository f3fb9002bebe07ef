use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::{Ella, Outage};

#[tokio::test]
async fn a_server_that_serves_is_ok() {
    let ella = Ella::start().await;
    ella.advance(SignedDuration::from_secs(90));
    let mut answer = ella.get("/health").await;
    answer.assert(200);
    let latency = answer.body["database"]["latency_ms"].take();
    assert!(latency.as_f64().is_some_and(|latency| latency > 0.0), "{latency}");
    assert_eq!(
        answer.body,
        json!({
            "status": "ok", "version": env!("CARGO_PKG_VERSION"), "uptime_seconds": 90,
            "database": {"status": "ok", "latency_ms": null},
            "backups": {"status": "off", "last_backup_at": null, "last_archived_at": null, "last_drill_at": null},
            "tutor": {"status": "built_in", "providers": []},
        })
    );
}

#[tokio::test]
async fn without_its_database_it_is_down_and_says_so_in_the_same_shape() {
    let ella = Ella::start().await;
    let before = ella.get("/health").await;
    let outage = Outage::begin(&ella).await;
    let answer = ella.get("/health").await;
    answer.assert(503);
    assert_eq!(answer.body["status"], "down");
    assert_eq!(answer.body["database"], json!({"status": "down", "latency_ms": null}));
    assert_eq!(names(&answer.body), names(&before.body));
    assert!(!answer.header("retry-after").is_empty());

    outage.end().await;
    assert_eq!(ella.get("/health").await.assert(200).body["status"], "ok");
}

#[tokio::test]
async fn configured_providers_are_listed_and_one_that_nobody_called_yet_is_not_called_failing() {
    let ella = Ella::with()
        .flag("--llm", "gemini:gemini-3.5-flash-lite,openai:gpt-4.1-mini")
        .flag("--gemini-api-key", "a secret of Gemini's")
        .flag("--openai-api-key", "a secret of OpenAI's")
        .start()
        .await;
    let answer = ella.get("/health").await;
    answer.assert(200);
    assert_eq!(
        answer.body["tutor"],
        json!({"status": "ok", "providers": [
            {"name": "gemini", "model": "gemini-3.5-flash-lite", "state": "unknown"},
            {"name": "openai", "model": "gpt-4.1-mini", "state": "unknown"},
        ]})
    );
    assert_eq!(answer.body["status"], "ok");
    assert!(!answer.text.contains("secret"), "{}", answer.text);
}

/// The names at the top and one level below.
fn names(body: &Value) -> Vec<String> {
    let inner = |(name, value): (&String, &Value)| {
        let below = value.as_object().map(|object| object.keys().cloned().collect::<Vec<_>>());
        format!("{name} {}", below.unwrap_or_default().join(" "))
    };
    body.as_object().unwrap().iter().map(inner).collect()
}
