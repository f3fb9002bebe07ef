use serde_json::{Value, json};

use super::schema::faults;
use crate::{
    conventions::endpoints::{Caller, Endpoint, all, json_body, ready},
    support::{Answer, Ella},
};

/// Asserts that the document describes this answer, to the last property.
#[track_caller]
fn assert_described(document: &Value, endpoint: &Endpoint, answer: &Answer) {
    let path = endpoint.described_path();
    let operation = &document["paths"][&path][endpoint.method.as_str().to_lowercase()];
    let response = &operation["responses"][answer.status.to_string()];
    let schema = &response["content"][answer.header("content-type")]["schema"];
    assert!(schema.is_object(), "{} {} is described: {}", endpoint.name(), answer.status, answer.text);
    let found = faults(document, schema, &answer.body);
    assert_eq!(found, Vec::<String>::new(), "{}: {}", endpoint.name(), answer.text);
}

#[tokio::test]
async fn every_answer_is_what_the_document_says() {
    let ella = Ella::start().await;
    let document = ella.get("/openapi.json").await.body;
    let ana = ella.student().await;
    for endpoint in all() {
        let conversation = ready(&ana).await;
        let message = json!({
            "role": "user", "content": "I has a dog and two cats", "latency_ms": {"stt": 5},
            "corrections": [{"original": "has", "corrected": "have", "category": "grammar", "type": "VERB:SVA"}],
        });
        ana.post(&format!("/conversations/{conversation}/messages"), message).await.assert(201);
        assert_described(&document, &endpoint, &endpoint.succeed(&ana, &conversation).await);
    }
    // Once more, now that everything has been used.
    let conversation = ready(&ana).await;
    ana.post("/llm/session-analysis", json!({"conversation_id": conversation})).await.assert(200);
    for endpoint in all() {
        assert_described(&document, &endpoint, &endpoint.succeed(&ana, &conversation).await);
        if endpoint.path.ends_with("/complete") {
            break;
        }
    }
    let transcript =
        all().into_iter().find(|endpoint| endpoint.path.starts_with("/admin/conversations")).unwrap();
    assert_described(&document, &transcript, &transcript.succeed(&ana, &conversation).await);
}

#[tokio::test]
async fn every_error_is_what_the_document_says() {
    let ella = Ella::start().await;
    let document = ella.get("/openapi.json").await.body;
    let ana = ella.student().await;
    for endpoint in all().into_iter().filter(|endpoint| endpoint.path != "/" && endpoint.path != "/health") {
        let unknown = || endpoint.request(&ana, "0198c0de-1111-7000-8000-000000000000");
        if endpoint.caller != Caller::Anybody {
            let anonymous = Answer::of(endpoint.anonymous(&ella, "x", "x")).await;
            assert_described(&document, &endpoint, anonymous.assert(401));
        }
        if endpoint.body.is_some() {
            for (answer, status) in [
                (Answer::of(unknown().body("x")).await, 415),
                (Answer::of(json_body(unknown(), "7")).await, 422),
                (Answer::of(json_body(unknown(), vec![b' '; 2 << 20])).await, 413),
            ] {
                assert_described(&document, &endpoint, answer.assert(status));
            }
        }
        let good =
            Answer::of(json_body(unknown(), endpoint.good_body("0198c0de-1111-7000-8000-000000000000")))
                .await;
        assert_described(&document, &endpoint, &good);
    }
}
