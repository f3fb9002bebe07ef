use ella_test_support::provider::{Gate, Script, reply_json};
use serde_json::json;
use uuid::Uuid;

use super::{TURN, correction, ella_with, messages, reply, says, transcript, turn_body, zoe};
use crate::support::{Answer, Ella};

#[tokio::test]
async fn a_turn_is_answered_corrected_and_stored() {
    let zoe = zoe();
    zoe.next(Script::answer(reply_json("You went! Where?", &json!([correction("go", "went", "grammar")]))));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;

    let answer = says(&ana, &call, "  I go to school yesterday ").await;
    let stored = messages(&ana, &call).await;
    let expected = json!({"original": "go", "corrected": "went", "explanation": "Because.", "category": "grammar", "type": "VERB:TENSE"});
    assert_eq!(
        answer.body,
        json!({
            "reply": "You went! Where?", "corrections": [expected], "corrections_complete": true,
            "user_message_id": stored[0]["id"], "reply_message_id": stored[1]["id"],
            "engine": {"provider": "openai", "model": "m", "degraded": false, "truncated": false},
            "latency_ms": answer.body["latency_ms"],
        })
    );
    let latency = &answer.body["latency_ms"];
    let [first_token, llm, total] =
        ["first_token", "llm", "total"].map(|name| latency[name].as_u64().unwrap());
    assert!(first_token <= llm && llm <= total, "{latency}");
    assert_eq!(transcript(&stored), ["1 user: I go to school yesterday", "2 assistant: You went! Where?"]);
    assert_eq!(stored[0]["corrections"], json!([expected]));
    assert_eq!(stored[1]["corrections"], json!([]));
    assert_eq!(stored[1]["latency_ms"], json!({"stt": null, "llm": llm, "tts": null}));
}

#[tokio::test]
async fn gemini_speaks_its_own_protocol_with_its_key() {
    let zoe = zoe();
    zoe.next(Script::answer(reply("Hi there!")));
    let ella = Ella::with()
        .flag("--llm", zoe.gemini("g"))
        .flag("--turn-budget-ms", 30_000)
        .flag("--first-sentence-ms", 30_000)
        .flag("--gemini-api-key", "a key")
        .start()
        .await;
    let ana = ella.student().await;
    let answer = says(&ana, &ana.conversation().await, "Hello").await;
    assert_eq!(
        (&answer.body["reply"], &answer.body["engine"]["provider"]),
        (&json!("Hi there!"), &json!("gemini"))
    );
    let calls = zoe.calls();
    assert!(calls[0].path.contains("/g:streamGenerateContent"), "{}", calls[0].path);
    assert_eq!(calls[0].headers.get("x-goog-api-key").map(String::as_str), Some("a key"));
}

#[tokio::test]
async fn the_second_provider_answers_when_the_first_fails() {
    let (first, second) = (zoe(), zoe());
    first.next(Script::new().status(500));
    second.next(Script::answer(reply("Here I am.")));
    let both = format!("{},{}", first.openai("one"), second.openai("two"));
    let ella = Ella::with()
        .flag("--llm", both)
        .flag("--turn-budget-ms", 30_000)
        .flag("--first-sentence-ms", 30_000)
        .start()
        .await;
    let ana = ella.student().await;
    let answer = says(&ana, &ana.conversation().await, "Hello").await;
    assert_eq!(
        answer.body["engine"],
        json!({"provider": "openai", "model": "two", "degraded": false, "truncated": false})
    );
}

#[tokio::test]
async fn the_words_are_stored_before_a_provider_is_asked() {
    let (zoe, gate) = (zoe(), Gate::new());
    zoe.next(Script::new().wait_for(&gate).text(reply("I listened.")).finish());
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let turn = says(&ana, &call, "Listen to me");
    let meanwhile = async {
        zoe.wait_for_calls(1).await.unwrap();
        let stored = messages(&ana, &call).await;
        gate.open();
        stored
    };
    let (answer, stored) = futures::join!(turn, meanwhile);
    assert_eq!(transcript(&stored), ["1 user: Listen to me"]);
    assert_eq!(stored[0]["id"], answer.body["user_message_id"]);
}

#[tokio::test]
async fn a_client_that_hangs_up_does_not_lose_the_turn() {
    let (zoe, gate) = (zoe(), Gate::new());
    zoe.next(Script::new().wait_for(&gate).text(reply("Are you still there?")).finish());
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    tokio::select! {
        _ = says(&ana, &call, "I have to go") => panic!("nobody may answer yet"),
        called = zoe.wait_for_calls(1) => called.unwrap(),
    }
    gate.open();
    let said = super::eventually(async || {
        let stored = messages(&ana, &call).await;
        (stored.len() == 2).then_some(stored)
    })
    .await;
    assert_eq!(transcript(&said), ["1 user: I have to go", "2 assistant: Are you still there?"]);
}

#[tokio::test]
async fn two_turns_at_once_keep_their_positions_without_gaps() {
    let zoe = zoe();
    zoe.always(Script::answer(reply("Yes.")));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    futures::future::join_all((0..10).map(|index| {
        let (ana, call) = (&ana, &call);
        async move { says(ana, call, &format!("turn {index}")).await }
    }))
    .await;
    let positions: Vec<i64> =
        messages(&ana, &call).await.iter().map(|message| message["position"].as_i64().unwrap()).collect();
    assert_eq!(positions, (1..=20).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_completed_conversation_takes_no_turn_and_calls_nobody() {
    let zoe = zoe();
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    ana.put(&format!("/conversations/{call}/complete"), json!({})).await.assert(200);
    ana.post(TURN, turn_body(&call, "One more thing")).await.assert_problem(409);
    assert_eq!((messages(&ana, &call).await.len(), zoe.calls().len()), (0, 0));
}

#[tokio::test]
async fn what_zoe_was_saying_when_the_call_was_completed_is_kept() {
    let (zoe, gate) = (zoe(), Gate::new());
    zoe.next(Script::new().wait_for(&gate).text(reply("See you!")).finish());
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let meanwhile = async {
        zoe.wait_for_calls(1).await.unwrap();
        ana.put(&format!("/conversations/{call}/complete"), json!({})).await.assert(200);
        gate.open();
    };
    let (answer, ()) = futures::join!(says(&ana, &call, "Bye"), meanwhile);
    assert_eq!(answer.body["reply"], "See you!");
    assert_eq!(transcript(&messages(&ana, &call).await), ["1 user: Bye", "2 assistant: See you!"]);
}

#[tokio::test]
async fn someone_elses_and_unknown_conversations_are_the_same_404() {
    let zoe = zoe();
    let ella = ella_with(&zoe).await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    let call = ana.conversation().await;
    let foreign = ben.post(TURN, turn_body(&call, "Hello")).await;
    let unknown = ben.post(TURN, turn_body(&Uuid::nil().to_string(), "Hello")).await;
    foreign.assert_problem(404);
    unknown.assert_problem(404);
    assert_eq!(foreign.body["detail"], unknown.body["detail"]);
    assert_eq!((messages(&ana, &call).await.len(), zoe.calls().len()), (0, 0));
}

#[tokio::test]
async fn every_fault_is_listed_at_once() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let faults = ["body.conversation_id", "body.text", "body.latency_ms.stt", "body.latency_ms.tts"];
    let wrong =
        json!({"conversation_id": 7, "text": " \u{3000} ", "latency_ms": {"stt": 1.0, "tts": 600_001}});
    ana.post(TURN, wrong).await.assert_faults(&faults);
    ana.post(TURN, json!({})).await.assert_faults(&faults[..2]);
    let call = ana.conversation().await;
    for text in ["x".repeat(4001), "nul \0".to_owned(), String::new()] {
        ana.post(TURN, turn_body(&call, &text)).await.assert_faults(&["body.text"]);
    }
    ana.post(TURN, json!({"conversation_id": call, "text": null})).await.assert_faults(&["body.text"]);
}

#[tokio::test]
async fn four_thousand_characters_of_any_script_are_a_turn() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let long = "é🙂".repeat(2000);
    says(&ana, &call, &long).await;
    assert_eq!(messages(&ana, &call).await[0]["content"], long);
}

#[tokio::test]
async fn nobody_talks_without_a_token() {
    let ella = Ella::start().await;
    for path in [super::TURN, super::STARTER, super::PLACEMENT, super::ANALYSIS] {
        ella.post(path, json!({})).await.assert_problem(401);
    }
}

#[tokio::test]
async fn server_timing_tells_the_models_share() {
    let zoe = zoe();
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let entries = |answer: &Answer| {
        let names = answer
            .header("server-timing")
            .split(',')
            .map(|entry| entry.trim().split(';').next().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    for answer in [
        says(&ana, &call, "Hello").await,
        ana.post(super::STARTER, json!({})).await,
        ana.post(super::ANALYSIS, json!({"conversation_id": call})).await,
    ] {
        let named = entries(answer.assert(200));
        for name in ["total", "db", "llm"] {
            assert!(named.iter().any(|entry| entry == name), "{name} in {named:?}");
        }
    }
    let placement = ana.post(super::PLACEMENT, json!({})).await;
    assert!(entries(&placement).contains(&"llm".to_owned()));
    let refused = ana.post(TURN, json!({})).await;
    assert!(!entries(&refused).contains(&"llm".to_owned()));
}
