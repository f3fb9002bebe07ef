//! What is kept of a turn beside its words.

use ella_test_support::provider::{Script, ScriptedProvider};
use serde_json::json;

use super::{TURN, ella_with, message_row, messages, reply, says, zoe};
use crate::support::Ella;

#[tokio::test]
async fn both_messages_are_stored_with_who_spoke_how_long_it_took_and_what_it_cost() {
    let zoe = zoe();
    zoe.next(Script::new().text(reply("Hello there!")).usage(120, 34).finish());
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let body = json!({"conversation_id": call, "text": "Hi Zoe", "latency_ms": {"stt": 210, "tts": 5}});
    let answer = ana.post(TURN, body).await;
    let latency = &answer.assert(200).body["latency_ms"];

    let said = message_row(&ella, 1).await;
    assert_eq!(
        (&said["by_student"], &said["word_count"], &said["stt_ms"]),
        (&json!(true), &json!(2), &json!(210))
    );
    for nothing in ["llm_ms", "tts_ms", "provider", "turn_ms", "prompt_tokens"] {
        assert_eq!(said[nothing], json!(null), "{nothing}");
    }
    let reply = message_row(&ella, 2).await;
    for (column, value) in [
        ("by_student", json!(false)),
        ("word_count", json!(2)),
        ("provider", json!("openai")),
        ("model", json!("m")),
        ("degraded", json!(false)),
        ("truncated", json!(false)),
        ("prompt_tokens", json!(120)),
        ("completion_tokens", json!(34)),
        ("answers_position", json!(1)),
        ("turn_stt_ms", json!(210)),
        ("stt_ms", json!(null)),
        ("llm_ms", latency["llm"].clone()),
        ("first_token_ms", latency["first_token"].clone()),
        ("turn_ms", latency["total"].clone()),
        ("prompt_version", json!(3)),
        ("attempts", json!(null)),
    ] {
        assert_eq!(reply[column], value, "{column}");
    }
}

#[tokio::test]
async fn the_speech_time_of_a_reply_comes_with_the_next_turn_and_of_the_last_with_complete() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let turn = |tts: i32| json!({"conversation_id": call, "text": "Go on", "latency_ms": {"tts": tts}});
    says(&ana, &call, "Hello").await;
    ana.post(TURN, turn(111)).await.assert(200);
    ana.post(TURN, turn(222)).await.assert(200);
    ana.put(&format!("/conversations/{call}/complete"), json!({"latency_ms": {"tts": 333}}))
        .await
        .assert(200);
    let spoken: Vec<_> =
        messages(&ana, &call).await.iter().map(|message| message["latency_ms"]["tts"].clone()).collect();
    assert_eq!(json!(spoken), json!([null, 111, null, 222, null, 333]));
}

#[tokio::test]
async fn every_attempt_is_recorded_when_more_than_one_was_needed() {
    let (first, second): (ScriptedProvider, ScriptedProvider) = (zoe(), zoe());
    first.next(Script::new().status(500));
    second.next(Script::answer(reply("Here I am.")));
    let both = format!("{},{}", first.openai("one"), second.gemini("two"));
    let ella = Ella::with()
        .flag("--llm", both)
        .flag("--turn-budget-ms", 30_000)
        .flag("--first-sentence-ms", 30_000)
        .flag("--gemini-api-key", "k")
        .start()
        .await;
    let ana = ella.student().await;
    says(&ana, &ana.conversation().await, "Hello").await;
    let attempts = message_row(&ella, 2).await["attempts"].clone();
    let who: Vec<_> = attempts
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["model"].as_str().unwrap(), one["won"].as_bool().unwrap()))
        .collect();
    assert_eq!(who, [("one", false), ("two", true)]);
    assert!(!attempts.to_string().contains("sk-secret"), "no key in what is kept: {attempts}");
}

#[tokio::test]
async fn the_built_in_voice_costs_nothing_and_has_no_prompt() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    says(&ana, &ana.conversation().await, "Hello").await;
    let reply = message_row(&ella, 2).await;
    assert_eq!((&reply["degraded"], &reply["prompt_version"]), (&json!(true), &json!(null)));
    assert_eq!((&reply["prompt_tokens"], &reply["completion_tokens"]), (&json!(0), &json!(0)));
}
