use serde_json::{Value, json};

use super::{assert_same_404, complete, ids_that_lead_nowhere};
use crate::support::{Ella, Student};

fn whole() -> Value {
    json!({
        "role": "user", "content": "  I go to school yesterday. ",
        "corrections": [
            {"original": " go ", "corrected": "went", "explanation": "Past.", "category": "grammar", "type": "VERB:TENSE"},
            {"original": "school", "corrected": "School", "category": "spelling", "explanation": null},
        ],
        "latency_ms": {"stt": 210, "llm": 640},
    })
}

#[tokio::test]
async fn a_message_is_stored_as_it_was_understood() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let id = ana.conversation().await;
    ella.advance(jiff::SignedDuration::from_secs(3));
    let path = format!("/conversations/{id}/messages");
    let first = ana.post(&path, whole()).await;
    first.assert(201);
    assert_eq!(
        first.body,
        json!({
            "id": first.body["id"], "conversation_id": id, "position": 1, "role": "user",
            "content": "I go to school yesterday.",
            "corrections": [
                {"original": "go", "corrected": "went", "explanation": "Past.", "category": "grammar", "type": "VERB:TENSE"},
                {"original": "school", "corrected": "School", "category": "spelling"},
            ],
            "latency_ms": {"stt": 210, "llm": 640, "tts": null}, "created_at": "2026-11-22T10:00:03.000000Z",
        })
    );
    let second = ana.post(&path, json!({"role": "assistant", "content": "What did you do?"})).await;
    second.assert(201);
    assert_eq!(
        second.body,
        json!({
            "id": second.body["id"], "conversation_id": id, "position": 2, "role": "assistant",
            "content": "What did you do?", "corrections": [], "latency_ms": {"stt": null, "llm": null, "tts": null},
            "created_at": "2026-11-22T10:00:03.000000Z",
        })
    );
    let list = ana.get(&path).await.body;
    assert_eq!(list, json!({"items": [first.body, second.body], "next_cursor": null}));
}

#[tokio::test]
async fn every_limit_holds_at_both_edges() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let id = ana.conversation().await;
    let correction = whole()["corrections"][1].clone();
    for (place, good) in [
        ("/content", json!("x")),
        ("/content", json!("\u{1F600}".repeat(8000))),
        ("/corrections", json!([])),
        ("/corrections", json!(vec![correction.clone(); 50])),
        ("/corrections", Value::Null),
        ("/corrections/0/original", json!("é".repeat(500))),
        ("/corrections/0/corrected", json!("é".repeat(500))),
        ("/corrections/0/explanation", json!("é".repeat(1000))),
        ("/corrections/0/type", json!("A".repeat(30))),
        ("/corrections/0/type", json!(":")),
        ("/corrections/0/category", json!("vocab")),
        ("/corrections/0/category", json!("fluency")),
        ("/corrections/0/category", json!("pronunciation")),
        ("/latency_ms/stt", json!(0)),
        ("/latency_ms/llm", json!(600_000)),
        ("/latency_ms", Value::Null),
        ("/latency_ms", json!({"tts": 600_000})),
    ] {
        let answer = send(&ana, &id, place, &good).await;
        answer.assert(201);
        let stored = ana.get(&format!("/conversations/{id}/messages?limit=100")).await.body;
        assert_eq!(stored["items"].as_array().unwrap().last(), Some(&answer.body), "{place}");
    }
    for (place, bad, fault) in [
        ("/role", json!("system"), "body.role"),
        ("/role", Value::Null, "body.role"),
        ("/content", json!("\u{2003}"), "body.content"),
        ("/content", json!("x".repeat(8001)), "body.content"),
        ("/content", json!("a\u{0}b"), "body.content"),
        ("/content", json!(5), "body.content"),
        ("/corrections", json!(vec![correction; 51]), "body.corrections"),
        ("/corrections", json!({}), "body.corrections"),
        ("/corrections/0/original", json!(""), "body.corrections.0.original"),
        ("/corrections/0/original", json!("x".repeat(501)), "body.corrections.0.original"),
        ("/corrections/1/corrected", json!(" "), "body.corrections.1.corrected"),
        ("/corrections/1/corrected", json!("x".repeat(501)), "body.corrections.1.corrected"),
        ("/corrections/0/explanation", json!(""), "body.corrections.0.explanation"),
        ("/corrections/0/explanation", json!("x".repeat(1001)), "body.corrections.0.explanation"),
        ("/corrections/0/category", json!("Grammar"), "body.corrections.0.category"),
        ("/corrections/0/category", Value::Null, "body.corrections.0.category"),
        ("/corrections/0/type", json!("verb"), "body.corrections.0.type"),
        ("/corrections/0/type", json!("A".repeat(31)), "body.corrections.0.type"),
        ("/corrections/0/type", json!(""), "body.corrections.0.type"),
        ("/corrections/1", json!("went"), "body.corrections.1"),
        ("/latency_ms/stt", json!(-1), "body.latency_ms.stt"),
        ("/latency_ms/llm", json!(600_001), "body.latency_ms.llm"),
        ("/latency_ms/llm", json!(1.0), "body.latency_ms.llm"),
        ("/latency_ms", json!([]), "body.latency_ms"),
    ] {
        send(&ana, &id, place, &bad).await.assert_faults(&[fault]);
    }
    assert_eq!(ana.get(&format!("/conversations/{id}")).await.body["message_count"], 17);
}

async fn send(student: &Student<'_>, id: &str, place: &str, value: &Value) -> crate::support::Answer {
    let mut message = whole();
    *message.pointer_mut(place).unwrap() = value.clone();
    student.post(&format!("/conversations/{id}/messages"), message).await
}

#[tokio::test]
async fn every_fault_is_told_at_once() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let path = format!("/conversations/{}/messages", ana.conversation().await);
    ana.post(&path, json!({})).await.assert_faults(&["body.role", "body.content"]);
    let bad = json!({
        "role": 1, "content": "", "corrections": [{}, {"original": "a", "corrected": "b", "category": "x"}],
        "latency_ms": {"stt": "1", "llm": -5, "tts": true},
    });
    ana.post(&path, bad).await.assert_faults(&[
        "body.role",
        "body.content",
        "body.corrections.0.original",
        "body.corrections.0.corrected",
        "body.corrections.0.category",
        "body.corrections.1.category",
        "body.latency_ms.stt",
        "body.latency_ms.llm",
        "body.latency_ms.tts",
    ]);
}

#[tokio::test]
async fn a_completed_conversation_takes_no_more() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let id = ana.conversation().await;
    complete(&ana, &id).await.assert(200);
    let path = format!("/conversations/{id}/messages");
    ana.post(&path, whole()).await.assert_problem(409);
    ana.post(&path, json!({"role": "user"})).await.assert_faults(&["body.content"]);
    assert_eq!(ana.get(&path).await.assert(200).body["items"], json!([]));
}

#[tokio::test]
async fn what_is_not_the_students_is_not_there() {
    let ella = Ella::start().await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    let ids = ids_that_lead_nowhere(&ben).await;
    let mut answers = Vec::new();
    for id in &ids {
        answers.push(ana.post(&format!("/conversations/{id}/messages"), whole()).await);
    }
    complete(&ben, &ids[0]).await.assert(200);
    answers.push(ana.post(&format!("/conversations/{}/messages", ids[0]), whole()).await);
    assert_same_404(&answers);
    ana.post("/conversations/42/messages", json!({})).await.assert_faults(&["body.role", "body.content"]);
    assert_eq!(ben.get(&format!("/conversations/{}", ids[0])).await.body["message_count"], 0);
}
