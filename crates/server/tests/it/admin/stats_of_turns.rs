use ella_test_support::provider::{Script, ScriptedProvider, reply_json};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::stats;
use crate::support::Ella;

/// What the contract means by percentiles: the smallest value that so many percent do not exceed.
fn percentiles(mut values: Vec<i64>) -> Value {
    values.sort_unstable();
    let at = |percent: usize| values[(values.len() * percent).div_ceil(100) - 1];
    json!({"p50": at(50), "p95": at(95), "p99": at(99), "count": values.len()})
}

#[tokio::test]
async fn latencies_of_stored_messages_are_summed_up() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let id = ana.conversation().await;
    let path = format!("/conversations/{id}/messages");
    for n in 1..=40 {
        let latency =
            json!({"stt": n, "llm": 1000 - n, "tts": if n % 2 == 0 { json!(n) } else { Value::Null }});
        let message = json!({"role": "assistant", "content": "Hello!", "latency_ms": latency});
        ana.post(&path, message).await.assert(201);
    }
    let none = json!({"p50": null, "p95": null, "p99": null, "count": 0});
    let expected = json!({
        "stt": percentiles((1..=40).collect()), "llm": percentiles((960..1000).collect()),
        "tts": percentiles((1..=20).map(|n| 2 * n).collect()), "turn": none, "spoken": none,
    });
    assert_eq!(stats(&ella).await["latency_ms"], expected);
    ella.advance(SignedDuration::from_hours(24) - SignedDuration::from_secs(130));
    assert_eq!(stats(&ella).await["latency_ms"], expected, "for 24 hours");
    ella.advance(SignedDuration::from_secs(70));
    assert_eq!(stats(&ella).await["latency_ms"]["stt"], none);
}

#[tokio::test]
async fn spoken_is_the_whole_of_a_turn() {
    let provider = ScriptedProvider::start().unwrap();
    let ella = Ella::with().flag("--llm", provider.openai("m")).start().await;
    let ana = ella.student().await;
    let id = ana.conversation().await;
    provider
        .always(Script::new().text(reply_json("Nice! Tell me more.", &json!([]))).usage(100, 20).finish());
    let mut totals = Vec::new();
    // The second turn brings the speech time of the first reply, the end that of the third; the fourth has no stt.
    for latency in [json!({"stt": 10}), json!({"stt": 20, "tts": 5}), json!({"stt": 30})] {
        let body = json!({"conversation_id": id, "text": "I like cats.", "latency_ms": latency});
        let answer = ana.post("/llm/conversation-turn", body).await;
        assert_eq!(answer.assert(200).body["engine"]["degraded"], false);
        totals.push(answer.body["latency_ms"]["total"].as_i64().unwrap());
    }
    let end = json!({"latency_ms": {"tts": 7}});
    ana.put(&format!("/conversations/{id}/complete"), end).await.assert(200);
    let figures = stats(&ella).await;
    assert_eq!(figures["latency_ms"]["turn"], percentiles(totals.clone()));
    assert_eq!(figures["latency_ms"]["spoken"], percentiles(vec![10 + totals[0] + 5, 30 + totals[2] + 7]));
    assert_eq!(figures["latency_ms"]["stt"], percentiles(vec![10, 20, 30]));
    assert_eq!(figures["latency_ms"]["tts"], percentiles(vec![5, 7]));
    assert_eq!(
        figures["tutor"],
        json!({"turns": 3, "degraded_turns": 0, "prompt_tokens": 300, "completion_tokens": 60})
    );
}

#[tokio::test]
async fn turns_of_the_built_in_voice_are_degraded_ones() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let id = ana.conversation().await;
    for _ in 0..2 {
        let body = json!({"conversation_id": id, "text": "Hello!"});
        ana.post("/llm/conversation-turn", body).await.assert(200);
    }
    // A starter is no turn.
    ana.post("/llm/conversation-starter", json!({"conversation_id": id})).await.assert(200);
    let figures = stats(&ella).await;
    assert_eq!(
        figures["tutor"],
        json!({"turns": 2, "degraded_turns": 2, "prompt_tokens": 0, "completion_tokens": 0})
    );
    assert_eq!(figures["messages"]["total"], 5);
    ella.advance(SignedDuration::from_hours(24));
    assert_eq!(stats(&ella).await["tutor"]["turns"], 0);
}
