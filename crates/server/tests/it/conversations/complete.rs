use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{assert_same_404, complete, ids_that_lead_nowhere};
use crate::support::Ella;

#[tokio::test]
async fn a_completed_conversation_is_told_whole_and_stays_as_it_is() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let id = ana.conversation().await;
    ana.says(&id, "Goodbye!").await;
    ella.advance(SignedDuration::from_secs(90));
    let path = format!("/conversations/{id}/complete");
    let answer = ana.put(&path, json!({"duration_seconds": 77, "latency_ms": {"tts": 5}, "x": 1})).await;
    answer.assert(200);
    let expected = json!({
        "id": id, "topic": "my weekend", "status": "completed", "message_count": 1,
        "started_at": "2026-11-22T10:00:00.000000Z", "completed_at": "2026-11-22T10:01:30.000000Z",
        "duration_seconds": 77,
    });
    assert_eq!(answer.body, expected);
    ella.advance(SignedDuration::from_secs(90));
    assert_eq!(complete(&ana, &id).await.assert(200).body, expected);
    assert_eq!(ana.put(&path, json!({"duration_seconds": 5})).await.assert(200).body, expected);
}

#[tokio::test]
async fn without_a_duration_the_time_until_now_counts() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let id = ana.conversation().await;
    ella.advance(SignedDuration::from_millis(125_999));
    assert_eq!(complete(&ana, &id).await.assert(200).body["duration_seconds"], 125);
}

#[tokio::test]
async fn but_no_more_than_thirty_minutes_past_the_last_message() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for (silent, counted) in [(1799, 2399), (1800, 2400), (1801, 2400), (80_000, 2400)] {
        let id = ana.conversation().await;
        ella.advance(SignedDuration::from_secs(600));
        ana.zoe_says(&id, "Are you still there?").await;
        ella.advance(SignedDuration::from_secs(silent));
        let answer =
            ana.put(&format!("/conversations/{id}/complete"), json!({"duration_seconds": null})).await;
        assert_eq!(answer.assert(200).body["duration_seconds"], counted, "after {silent} s");
    }
    let nothing_said = ana.conversation().await;
    ella.advance(SignedDuration::from_hours(2));
    assert_eq!(complete(&ana, &nothing_said).await.body["duration_seconds"], 1800);
}

#[tokio::test]
async fn a_call_of_more_than_a_day_counts_as_a_day() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let id = ana.conversation().await;
    for _ in 0..3 {
        ella.advance(SignedDuration::from_hours(20));
        ana.says(&id, "Still here.").await;
    }
    assert_eq!(complete(&ana, &id).await.assert(200).body["duration_seconds"], 86400);
}

#[tokio::test]
async fn the_speech_time_goes_to_zoes_last_reply() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let id = ana.conversation().await;
    ana.zoe_says(&id, "Hello!").await;
    ana.zoe_says(&id, "How are you?").await;
    ana.says(&id, "Fine.").await;
    let path = format!("/conversations/{id}");
    ana.put(&format!("{path}/complete"), json!({"latency_ms": {"tts": 180, "stt": "ignored"}}))
        .await
        .assert(200);
    ana.put(&format!("{path}/complete"), json!({"latency_ms": {"tts": 999}})).await.assert(200);
    let messages = ana.get(&format!("{path}/messages")).await.body;
    let spoken: Vec<&Value> =
        messages["items"].as_array().unwrap().iter().map(|message| &message["latency_ms"]["tts"]).collect();
    assert_eq!(spoken, [&Value::Null, &json!(180), &Value::Null]);
}

#[tokio::test]
async fn limits_hold_at_both_edges_and_every_fault_is_told() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for good in [
        json!({"duration_seconds": 0, "latency_ms": {"tts": 0}}),
        json!({"duration_seconds": 86400, "latency_ms": {"tts": 600_000}}),
        json!({"latency_ms": {"tts": null}}),
        json!({"latency_ms": {}}),
    ] {
        let id = ana.conversation().await;
        let answer = ana.put(&format!("/conversations/{id}/complete"), good.clone()).await;
        let duration = good["duration_seconds"].as_i64().unwrap_or(0);
        assert_eq!(answer.assert(200).body["duration_seconds"], duration);
    }
    let id = ana.conversation().await;
    let path = format!("/conversations/{id}/complete");
    for bad in [
        json!({"duration_seconds": -1, "latency_ms": {"tts": -1}}),
        json!({"duration_seconds": 86401, "latency_ms": {"tts": 600_001}}),
        json!({"duration_seconds": "7", "latency_ms": {"tts": "7"}}),
        json!({"duration_seconds": 7.0, "latency_ms": {"tts": 1.5}}),
    ] {
        ana.put(&path, bad).await.assert_faults(&["body.duration_seconds", "body.latency_ms.tts"]);
    }
    ana.put(&path, json!({"latency_ms": 5})).await.assert_faults(&["body.latency_ms"]);
    ana.put(&path, json!([])).await.assert_faults(&["body"]);
    assert_eq!(ana.get(&format!("/conversations/{id}")).await.body["status"], "active");
}

#[tokio::test]
async fn what_is_not_the_students_is_not_there() {
    let ella = Ella::start().await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    let mut answers = Vec::new();
    let ids = ids_that_lead_nowhere(&ben).await;
    for id in &ids {
        answers.push(complete(&ana, id).await);
    }
    assert_same_404(&answers);
    assert_eq!(ben.get(&format!("/conversations/{}", ids[0])).await.body["status"], "active");
    let bad = ana.put("/conversations/42/complete", json!({"duration_seconds": -1})).await;
    bad.assert_faults(&["body.duration_seconds"]);
}
