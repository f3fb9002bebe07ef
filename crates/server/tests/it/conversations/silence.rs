use ella::tasks::complete_silent_conversations;
use jiff::SignedDuration;
use serde_json::json;

use crate::support::Ella;

#[tokio::test]
async fn a_call_that_fell_silent_is_completed_at_its_last_message() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let talked = ana.conversation().await;
    let never = ana.conversation().await;
    ella.advance(SignedDuration::from_millis(300_700));
    ana.says(&talked, "One moment, please.").await;
    ella.advance(SignedDuration::from_hours(24) - SignedDuration::from_secs(1));
    assert_eq!(complete_silent_conversations(&ella.app).await, Ok(1), "the one in which nothing was said");
    let answer = ana.get(&format!("/conversations/{never}")).await;
    assert_eq!(
        answer.body,
        json!({
            "id": never, "topic": "my weekend", "status": "completed", "message_count": 0,
            "started_at": "2026-11-22T10:00:00.000000Z", "completed_at": "2026-11-22T10:00:00.000000Z",
            "duration_seconds": 0,
        })
    );
    assert_eq!(ana.get(&format!("/conversations/{talked}")).await.body["status"], "active");

    ella.advance(SignedDuration::from_secs(1));
    assert_eq!(complete_silent_conversations(&ella.app).await, Ok(1), "silent for 24 hours to the second");
    let answer = ana.get(&format!("/conversations/{talked}")).await;
    assert_eq!(
        answer.body,
        json!({
            "id": talked, "topic": "my weekend", "status": "completed", "message_count": 1,
            "started_at": "2026-11-22T10:00:00.000000Z", "completed_at": "2026-11-22T10:05:00.700000Z",
            "duration_seconds": 300,
        })
    );
    assert_eq!(complete_silent_conversations(&ella.app).await, Ok(0));
    let path = format!("/conversations/{talked}/messages");
    ana.post(&path, json!({"role": "user", "content": "Hi"})).await.assert_problem(409);
}

#[tokio::test]
async fn every_message_begins_the_silence_anew_and_a_completed_call_stays_as_it_is() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let (going_on, completed) = (ana.conversation().await, ana.conversation().await);
    ella.advance(SignedDuration::from_hours(1));
    let before = ana.put(&format!("/conversations/{completed}/complete"), json!({})).await.body;
    for _ in 0..3 {
        ella.advance(SignedDuration::from_hours(20));
        ana.zoe_says(&going_on, "Are you there?").await;
        assert_eq!(complete_silent_conversations(&ella.app).await, Ok(0));
    }
    ella.advance(SignedDuration::from_hours(25));
    assert_eq!(complete_silent_conversations(&ella.app).await, Ok(1));
    let ended = ana.get(&format!("/conversations/{going_on}")).await.body;
    assert_eq!(ended["completed_at"], "2026-11-24T23:00:00.000000Z");
    assert_eq!(ended["duration_seconds"], 86400, "a duration ends at a day");
    assert_eq!(ana.get(&format!("/conversations/{completed}")).await.body, before);
}

#[tokio::test]
async fn a_whole_school_is_completed_at_once() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let id = ana.conversation().await;
    ella_test_support::database::execute(
        &ella.database.administrator,
        &format!(
            "insert into ella.conversations (user_id, id, started_at)
             select user_id, overlay(id::text placing lpad(n::text, 12, '0') from 25)::uuid, started_at
             from ella.conversations, generate_series(1, 1200) n where id = '{id}'"
        ),
    )
    .await;
    ella.advance(SignedDuration::from_hours(30));
    assert_eq!(complete_silent_conversations(&ella.app).await, Ok(1201));
}
