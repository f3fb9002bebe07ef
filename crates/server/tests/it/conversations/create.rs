use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Ella};

#[tokio::test]
async fn a_conversation_begins_active_and_empty() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let answer = ana.post("/conversations", json!({"topic": "  my weekend\u{3000}", "mood": "good"})).await;
    answer.assert(201);
    assert_eq!(
        answer.body,
        json!({
            "id": answer.body["id"], "topic": "my weekend", "status": "active", "message_count": 0,
            "started_at": "2026-11-22T10:00:00.000000Z", "completed_at": null, "duration_seconds": null,
        })
    );
    let id: uuid::Uuid = answer.body["id"].as_str().unwrap().parse().unwrap();
    assert_eq!((id.get_version_num(), answer.body["id"].as_str().unwrap()), (7, id.to_string().as_str()));
}

#[tokio::test]
async fn the_topic_may_be_left_out_and_so_may_the_body() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for body in [json!({}), json!({"topic": null})] {
        let answer = ana.post("/conversations", body).await;
        assert_eq!(answer.assert(201).body["topic"], Value::Null);
    }
    let answer = Answer::of(ana.request(Method::POST, "/conversations")).await;
    assert_eq!(answer.assert(201).body["topic"], Value::Null);
}

#[tokio::test]
async fn a_topic_has_1_to_200_characters() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for topic in ["x".to_owned(), "\u{1F600}".repeat(200), format!(" {} ", "x".repeat(200))] {
        let answer = ana.post("/conversations", json!({"topic": topic})).await;
        assert_eq!(answer.assert(201).body["topic"], topic.trim());
    }
    for topic in [json!(""), json!(" \t"), json!("x".repeat(201)), json!("a\u{0}"), json!(5), json!(["x"])] {
        ana.post("/conversations", json!({"topic": topic})).await.assert_faults(&["body.topic"]);
    }
    ana.post("/conversations", json!("topic")).await.assert_faults(&["body"]);
    assert_eq!(ana.get("/conversations").await.body["items"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_bad_key_and_a_bad_topic_are_told_together() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let request = ana.request(Method::POST, "/conversations").header("idempotency-key", "7");
    Answer::of(request.json(&json!({"topic": ""})))
        .await
        .assert_faults(&["header.Idempotency-Key", "body.topic"]);
}
