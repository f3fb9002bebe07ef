use ella_test_support::provider::Script;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{STARTER, ella_with, in_database, message_row, messages, system, transcript, zoe};
use crate::support::Ella;

fn starter(words: &str, topic: &str) -> Script {
    Script::answer(json!({"reply": words, "topic": topic}).to_string())
}

#[tokio::test]
async fn without_a_conversation_nothing_is_stored() {
    let zoe = zoe();
    zoe.next(starter("Hi! Do you like animals?", "animals"));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let answer = ana.post(STARTER, json!({})).await;
    let body = &answer.assert(200).body;
    assert_eq!(
        *body,
        json!({
            "text": "Hi! Do you like animals?", "topic": "animals", "message_id": null,
            "engine": {"provider": "openai", "model": "m", "degraded": false, "truncated": false},
            "latency_ms": body["latency_ms"],
        })
    );
    assert_eq!(in_database(&ella, "select count(*) from messages").await, "0");
}

#[tokio::test]
async fn a_body_may_be_left_out() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let request = ana.request(reqwest::Method::POST, STARTER);
    crate::support::Answer::of(request).await.assert(200);
}

#[tokio::test]
async fn with_a_conversation_it_is_zoes_first_message() {
    let zoe = zoe();
    zoe.next(starter("Hi! How was your weekend?", "something else"));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let answer = ana.post(STARTER, json!({"conversation_id": call})).await;
    assert_eq!(answer.assert(200).body["topic"], "my weekend", "the conversation's own topic stands");
    let stored = messages(&ana, &call).await;
    assert_eq!(transcript(&stored), ["1 assistant: Hi! How was your weekend?"]);
    assert_eq!(stored[0]["id"], answer.body["message_id"]);
    let row = message_row(&ella, 1).await;
    assert_eq!(row["llm_ms"], answer.body["latency_ms"]["llm"]);
    for (column, value) in [
        ("provider", json!("openai")),
        ("degraded", json!(false)),
        ("prompt_tokens", json!(20)),
        ("completion_tokens", json!(10)),
        ("answers_position", Value::Null),
        ("turn_ms", Value::Null),
        ("word_count", json!(5)),
    ] {
        assert_eq!(row[column], value, "{column}");
    }
}

#[tokio::test]
async fn the_requests_topic_comes_before_the_conversations() {
    let zoe = zoe();
    zoe.always(starter("Hi!", "anything"));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let answer = ana.post(STARTER, json!({"conversation_id": call, "topic": " football "})).await;
    assert_eq!(answer.assert(200).body["topic"], "football");
    assert!(system(&zoe.calls()[0]).contains("<topic>football</topic>"));
    let free = ana.post("/conversations", json!({})).await.body["id"].clone();
    let answer = ana.post(STARTER, json!({"conversation_id": free})).await;
    assert_eq!(answer.assert(200).body["topic"], "anything", "Zoe's choice");
}

#[tokio::test]
async fn the_built_in_voice_has_openers_for_every_level_and_topic() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for level in ["A1", "B1", "C2"] {
        let placement = json!({"cefr_level": level, "confidence": 1, "transcript": []});
        ana.post("/placements", placement).await.assert(201);
        let openers =
            futures::future::join_all((0..60).map(|_| ana.post(STARTER, json!({"topic": "{topic} tea"}))))
                .await;
        let mut lines: Vec<String> =
            openers.iter().map(|answer| answer.assert(200).body["text"].to_string()).collect();
        assert!(lines.iter().all(|line| line.contains("{topic} tea")), "{lines:?}");
        lines.sort();
        lines.dedup();
        assert!(lines.len() >= 3, "{lines:?}");
        let chosen = ana.post(STARTER, json!({})).await;
        let (text, topic) = (chosen.body["text"].as_str().unwrap(), chosen.body["topic"].as_str().unwrap());
        assert!(text.contains(topic), "{text} about {topic}");
        assert_eq!(chosen.body["engine"]["degraded"], true);
    }
}

#[tokio::test]
async fn who_may_not_and_what_is_wrong() {
    let ella = Ella::start().await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    let call = ana.conversation().await;
    ben.post(STARTER, json!({"conversation_id": call})).await.assert_problem(404);
    ben.post(STARTER, json!({"conversation_id": Uuid::nil()})).await.assert_problem(404);
    ana.put(&format!("/conversations/{call}/complete"), json!({})).await.assert(200);
    ana.post(STARTER, json!({"conversation_id": call})).await.assert_problem(409);
    let wrong = json!({"conversation_id": "x", "topic": "x".repeat(201)});
    ana.post(STARTER, wrong).await.assert_faults(&["body.conversation_id", "body.topic"]);
    assert_eq!(messages(&ana, &call).await.len(), 0);
}
