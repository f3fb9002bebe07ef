//! A retried turn is the same turn.

use std::time::Duration;

use ella_test_support::provider::{Gate, Script, reply_json};
use jiff::SignedDuration;
use serde_json::json;
use uuid::Uuid;

use super::{
    STARTER, TURN, change_database, correction, ella_with, in_database, messages, reply, transcript,
    turn_body, zoe,
};
use crate::support::Ella;

#[tokio::test]
async fn a_repeated_turn_returns_the_stored_answer_and_calls_nobody() {
    let zoe = zoe();
    zoe.next(Script::answer(reply_json("You went!", &json!([correction("go", "went", "grammar")]))));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let key = ella.app.new_id();
    let first = ana.post_with_key(TURN, key, turn_body(&call, "I go home")).await;
    // As the server understands it, this is the same body.
    let same =
        json!({"conversation_id": call.to_uppercase(), "text": " I go home ", "latency_ms": null, "mood": 1});
    let second = ana.post_with_key(TURN, key, same).await;
    assert_eq!(first.assert(200).body, second.assert(200).body);
    ana.put(&format!("/conversations/{call}/complete"), json!({})).await.assert(200);
    let third = ana.post_with_key(TURN, key, turn_body(&call, "I go home")).await;
    assert_eq!(third.assert(200).body, first.body, "also when the conversation is over");
    assert_eq!((zoe.calls().len(), messages(&ana, &call).await.len()), (1, 2));
}

#[tokio::test]
async fn a_key_belongs_to_its_body_and_its_student() {
    let zoe = zoe();
    zoe.always(Script::answer(reply("Yes.")));
    let ella = ella_with(&zoe).await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    let (anas, bens) = (ana.conversation().await, ben.conversation().await);
    let key = ella.app.new_id();
    ana.post_with_key(TURN, key, turn_body(&anas, "Hello")).await.assert(200);
    ana.post_with_key(TURN, key, turn_body(&anas, "Goodbye")).await.assert_problem(409);
    ana.post_with_key(TURN, key, turn_body(&Uuid::nil().to_string(), "Hello")).await.assert_problem(409);
    ben.post_with_key(TURN, key, turn_body(&bens, "Hello")).await.assert(200);
    assert_eq!(messages(&ana, &anas).await.len(), 2);
}

#[tokio::test]
async fn two_copies_at_once_are_one_turn() {
    let (zoe, gate) = (zoe(), Gate::new());
    zoe.next(Script::new().wait_for(&gate).text(reply("Once.")).finish());
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let key = ella.app.new_id();
    let copy = || ana.post_with_key(TURN, key, turn_body(&call, "Hello"));
    let meanwhile = async {
        zoe.wait_for_calls(1).await.unwrap();
        ana.post_with_key(TURN, key, turn_body(&call, "Another body")).await.assert_problem(409);
        gate.open();
    };
    let (first, second, ()) = futures::join!(copy(), copy(), meanwhile);
    assert_eq!(first.assert(200).body, second.assert(200).body);
    assert_eq!(zoe.calls().len(), 1);
    assert_eq!(transcript(&messages(&ana, &call).await), ["1 user: Hello", "2 assistant: Once."]);
}

#[tokio::test]
async fn many_copies_at_once_do_not_wait_for_each_other_in_a_circle() {
    let zoe = zoe();
    zoe.always(Script::answer(json!({"reply": "Once.", "topic": "tea", "corrections": []}).to_string()));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    for _ in 0..10 {
        let call = ana.conversation().await;
        for (path, body) in [(STARTER, json!({"conversation_id": call})), (TURN, turn_body(&call, "Hello"))] {
            let key = ella.app.new_id();
            let copies = (0..6).map(|_| ana.post_with_key(path, key, body.clone()));
            let answers = futures::future::join_all(copies).await;
            for answer in &answers {
                assert_eq!(answer.assert(200).body, answers[0].body);
            }
        }
        assert_eq!(messages(&ana, &call).await.len(), 3);
    }
}

/// A turn whose words were stored by a server that then died: its claim, and the words, are all there is.
#[tokio::test]
async fn a_turn_whose_owner_vanished_is_taken_over_with_the_words_it_stored() {
    let zoe = zoe();
    zoe.always(Script::answer(reply("I am still here.")));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let key = ella.app.new_id();
    let body = turn_body(&call, "Are you there?");
    let before = ana.post_with_key(TURN, key, body.clone()).await.assert(200).body.clone();
    change_database(
        &ella,
        "delete from messages where position = 2; update conversations set last_position = 1; \
        update retry_keys set response = null, claimed_until = '2026-11-22T09:59:59Z'",
    )
    .await;
    let after = ana.post_with_key(TURN, key, body.clone()).await.assert(200).body.clone();
    assert_eq!(after["user_message_id"], before["user_message_id"]);
    assert_eq!(after["reply"], "I am still here.");
    assert_eq!(zoe.calls().len(), 2);
    assert_eq!(
        transcript(&messages(&ana, &call).await),
        ["1 user: Are you there?", "2 assistant: I am still here."]
    );
    assert_eq!(ana.post_with_key(TURN, key, body).await.assert(200).body, after);
    assert_eq!(zoe.calls().len(), 2);
}

/// A turn that is slower than its claim, so that a copy takes it over, and then comes back after all.
#[tokio::test]
async fn a_turn_that_was_taken_over_too_early_gets_the_answer_that_was_stored() {
    let (zoe, gate) = (zoe(), Gate::new());
    zoe.next(Script::new().wait_for(&gate).text(reply("Too late.")).finish());
    zoe.next(Script::answer(reply("In time.")));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let key = ella.app.new_id();
    let copy = || ana.post_with_key(TURN, key, turn_body(&call, "Hello"));
    let meanwhile = async {
        zoe.wait_for_calls(1).await.unwrap();
        ella.advance(SignedDuration::from_hours(1));
        let answer = copy().await;
        gate.open();
        answer
    };
    let (slow, quick) = futures::join!(copy(), meanwhile);
    assert_eq!(quick.assert(200).body["reply"], "In time.");
    assert_eq!(slow.assert(200).body, quick.body);
    assert_eq!(transcript(&messages(&ana, &call).await), ["1 user: Hello", "2 assistant: In time."]);
}

#[tokio::test]
async fn a_starter_that_was_taken_over_too_early_gets_the_answer_that_was_stored() {
    let (zoe, gate) = (zoe(), Gate::new());
    zoe.next(
        Script::new()
            .wait_for(&gate)
            .text(json!({"reply": "Too late.", "topic": "tea"}).to_string())
            .finish(),
    );
    zoe.next(Script::answer(json!({"reply": "In time.", "topic": "tea"}).to_string()));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let key = ella.app.new_id();
    let copy = || ana.post_with_key(STARTER, key, json!({"conversation_id": call, "topic": "tea"}));
    let meanwhile = async {
        zoe.wait_for_calls(1).await.unwrap();
        ella.advance(SignedDuration::from_hours(1));
        let answer = copy().await;
        gate.open();
        answer
    };
    let (slow, quick) = futures::join!(copy(), meanwhile);
    assert_eq!(quick.assert(200).body["text"], "In time.");
    assert_eq!(slow.assert(200).body, quick.body);
    assert_eq!(transcript(&messages(&ana, &call).await), ["1 assistant: In time."]);
}

#[tokio::test]
async fn a_copy_of_a_turn_whose_owner_vanished_just_now_is_told_to_come_back() {
    let ella = Ella::with()
        .flag("--request-seconds", 1)
        .flag("--turn-budget-ms", 500)
        .patient_for(Duration::from_millis(1500))
        .start()
        .await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let key = ella.app.new_id();
    let body = turn_body(&call, "Are you there?");
    ana.post_with_key(TURN, key, body.clone()).await.assert(200);
    change_database(&ella, "update retry_keys set response = null, claimed_until = '2026-11-22T10:00:30Z'")
        .await;
    let answer = ana.post_with_key(TURN, key, body).await;
    answer.assert_problem(503);
    assert_ne!(answer.header("retry-after"), "");
    assert_eq!(messages(&ana, &call).await.len(), 2);
}

#[tokio::test]
async fn a_refused_turn_leaves_its_key_free() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let key = ella.app.new_id();
    ana.post_with_key(TURN, key, turn_body(&Uuid::nil().to_string(), "Hello")).await.assert_problem(404);
    ana.post_with_key(TURN, key, turn_body(&call, "")).await.assert_problem(422);
    ana.post_with_key(TURN, key, turn_body(&call, "Hello")).await.assert(200);
    let answer =
        ana.request(reqwest::Method::POST, TURN).header("idempotency-key", "7").json(&turn_body(&call, "Hi"));
    crate::support::Answer::of(answer).await.assert_faults(&["header.Idempotency-Key"]);
}

#[tokio::test]
async fn a_starter_is_said_once_and_taken_over_when_its_owner_vanished() {
    let zoe = zoe();
    zoe.always(Script::answer(json!({"reply": "Hi, I am Zoe!", "topic": "you"}).to_string()));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let key = ella.app.new_id();
    let body = json!({"conversation_id": call, "topic": "tea"});
    let copy = || ana.post_with_key(STARTER, key, body.clone());
    let (first, second) = futures::join!(copy(), copy());
    assert_eq!(first.assert(200).body, second.assert(200).body);
    assert_eq!((zoe.calls().len(), messages(&ana, &call).await.len()), (1, 1));
    ana.post_with_key(STARTER, key, json!({"conversation_id": call, "topic": "cats"}))
        .await
        .assert_problem(409);

    change_database(
        &ella,
        "delete from messages; update conversations set last_position = 0; \
        update retry_keys set response = null, claimed_until = '2026-11-22T09:59:59Z'",
    )
    .await;
    copy().await.assert(200);
    assert_eq!((zoe.calls().len(), messages(&ana, &call).await.len()), (2, 1));
    assert_eq!(in_database(&ella, "select claimed_until is null from retry_keys").await, "t");
}
