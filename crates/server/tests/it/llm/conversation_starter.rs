use std::collections::HashSet;

use ella_test_support::provider::{Gate, Script, ScriptedProvider};
use jiff::SignedDuration;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    ANALYSIS, PLACEMENT, STARTER, ella_with, eventually, in_database, message_row, messages, system,
    transcript, zoe,
};
use crate::support::{Answer, Ella, Student};

fn starter(words: &str, topic: &str) -> Script {
    Script::answer(json!({"reply": words, "topic": topic}).to_string())
}

#[tokio::test]
async fn without_a_conversation_nothing_is_stored() {
    let zoe = zoe();
    zoe.next(starter("Hi! Do you like dragons?", "monsters"));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let answer = ana.post(STARTER, json!({"topic": "dragons"})).await;
    let body = &answer.assert(200).body;
    assert_eq!(
        *body,
        json!({
            "text": "Hi! Do you like dragons?", "topic": "dragons", "message_id": null,
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
    zoe.next(starter("Hi! Do you like tea?", "something else"));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.post("/conversations", json!({"topic": "tea time"})).await.body["id"].clone();
    let call = call.as_str().unwrap().to_owned();
    let answer = ana.post(STARTER, json!({"conversation_id": call})).await;
    assert_eq!(answer.assert(200).body["topic"], "tea time", "the conversation's own topic stands");
    let stored = messages(&ana, &call).await;
    assert_eq!(transcript(&stored), ["1 assistant: Hi! Do you like tea?"]);
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

fn with_more(words: &str, more: &[&str]) -> Script {
    Script::answer(json!({"reply": words, "topic": "tea", "more_openers": more}).to_string())
}

/// What Zoe begins with, for a request's body.
async fn opener(student: &Student<'_>, body: Value) -> Value {
    student.post(STARTER, body).await.assert(200).body.clone()
}

/// Openers that are ready after a first call on this topic.
async fn ready(student: &Student<'_>, zoe: &ScriptedProvider, topic: &str) -> Value {
    let before = student.ella.app.tasks.running();
    zoe.next(with_more("One?", &["Two?", "Three?", "Four?"]));
    let first = opener(student, json!({"topic": topic})).await;
    eventually(async || (student.ella.app.tasks.running() <= before).then_some(())).await;
    first
}

#[tokio::test]
async fn a_model_that_writes_one_opener_writes_three_more_for_those_who_come_later() {
    let zoe = zoe();
    let ella = ella_with(&zoe).await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    let first = ready(&ana, &zoe, "Green Tea").await;
    let mut said = vec![first["text"].clone()];
    for (student, topic) in
        [(&ana, "Green Tea"), (&ben, "green tea"), (&ben, " GREEN TEA "), (&ana, "green Tea")]
    {
        let body = opener(student, json!({"topic": topic})).await;
        assert_eq!(body["engine"], first["engine"], "who wrote it");
        assert_eq!((&body["topic"], &body["engine"]["degraded"]), (&json!(topic.trim()), &json!(false)));
        assert_eq!((&body["latency_ms"]["llm"], &body["latency_ms"]["first_token"]), (&json!(0), &json!(0)));
        said.push(body["text"].clone());
    }
    assert_eq!(json!(said), json!(["One?", "Two?", "Three?", "Four?", "One?"]));
    assert_eq!(zoe.calls().len(), 1);
}

#[tokio::test]
async fn nobody_waits_for_the_openers_of_others() {
    let (zoe, gate) = (zoe(), Gate::new());
    let (begin, rest) = (r#"{"reply": "Do you like tea?", "#, r#""more_openers": ["Is tea good?"]}"#);
    zoe.next(Script::new().text(begin).wait_for(&gate).text(rest).usage(70, 40).finish());
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let body = opener(&ana, json!({"conversation_id": call, "topic": "tea"})).await;
    assert_eq!(body["text"], "Do you like tea?", "while the gate is closed");
    gate.open();
    let tokens = "select prompt_tokens || ' ' || completion_tokens from messages";
    eventually(async || (in_database(&ella, tokens).await == "70 40").then_some(())).await;
    let again = opener(&ana, json!({"topic": "tea"})).await;
    assert_eq!((&again["text"], zoe.calls().len()), (&json!("Is tea good?"), 1));
}

#[tokio::test]
async fn an_opener_that_was_cut_is_none_for_others() {
    let (zoe, gate) = (zoe(), Gate::new());
    let (begin, rest) =
        (r#"{"reply": "Tea time! Do you"#, r#" like it?", "more_openers": ["Is tea good?"]}"#);
    zoe.next(Script::new().text(begin).wait_for(&gate).text(rest).finish());
    let ella = Ella::with().flag("--llm", zoe.openai("m")).flag("--turn-budget-ms", 2000).start().await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    let cut = opener(&ana, json!({"topic": "tea"})).await;
    assert_eq!((&cut["text"], &cut["engine"]["truncated"]), (&json!("Tea time!"), &json!(true)));
    gate.open();
    super::assert_all_is_quiet(&ella).await;
    zoe.next(with_more("Do you like tea?", &[]));
    assert_eq!(opener(&ben, json!({"topic": "tea"})).await["text"], "Do you like tea?");
}

#[tokio::test]
async fn an_opener_that_was_ready_is_stored_as_the_models_and_not_said_twice_in_a_conversation() {
    let zoe = zoe();
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    ready(&ana, &zoe, "tea").await;
    let call = ana.conversation().await;
    for text in ["Two?", "Three?", "Four?", "One?"] {
        assert_eq!(opener(&ana, json!({"conversation_id": call, "topic": "tea"})).await["text"], text);
    }
    let row = message_row(&ella, 2).await;
    for (column, value) in [
        ("provider", json!("openai")),
        ("model", json!("m")),
        ("degraded", json!(false)),
        ("llm_ms", json!(0)),
        ("prompt_tokens", json!(0)),
        ("completion_tokens", json!(0)),
        ("attempts", Value::Null),
    ] {
        assert_eq!(row[column], value, "{column}");
    }
    zoe.next(with_more("Five?", &[]));
    let fifth = opener(&ana, json!({"conversation_id": call, "topic": "tea"})).await;
    assert_eq!((&fifth["text"], zoe.calls().len()), (&json!("Five?"), 2), "all others were said here");
}

#[tokio::test]
async fn openers_are_for_one_level_age_band_and_topic_and_for_one_day() {
    let zoe = zoe();
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    ready(&ana, &zoe, "tea").await;
    // What is on the shelf begins with a number.
    let asked = async |student: &Student<'_>, topic: &str, new: &str| {
        zoe.next(with_more(new, &[]));
        let text = opener(student, json!({"topic": topic})).await["text"].clone();
        assert_eq!(text, new);
    };
    asked(&ana, "teas", "Another topic?").await;
    ana.put("/users/me", json!({"age": 40})).await.assert(200);
    asked(&ana, "tea", "Another age?").await;
    ana.put("/users/me", json!({"age": null})).await.assert(200);
    let placement = json!({"cefr_level": "C1", "confidence": 1, "transcript": []});
    let ben = ella.student().await;
    ben.post("/placements", placement).await.assert(201);
    asked(&ben, "tea", "Another level?").await;
    ana.put("/users/me/settings", json!({"focus": {"grammar": false}})).await.assert(200);
    assert_eq!(opener(&ana, json!({"topic": "tea"})).await["text"], "Two?", "the focus does not matter");
    ella.advance(SignedDuration::from_hours(24));
    asked(&ana, "tea", "Another day?").await;
}

#[tokio::test]
async fn what_a_model_says_again_is_not_said_again() {
    let zoe = zoe();
    zoe.always(with_more("Do you like tea?", &[]));
    let ella = ella_with(&zoe).await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    for student in [&ana, &ben] {
        let first = opener(student, json!({"topic": "tea"})).await;
        assert_eq!(
            (&first["text"], &first["engine"]["provider"]),
            (&json!("Do you like tea?"), &json!("openai"))
        );
        let second = opener(student, json!({"topic": "tea"})).await;
        assert_ne!(second["text"], first["text"]);
        assert_eq!((&second["topic"], &second["engine"]["degraded"]), (&json!("tea"), &json!(true)));
    }
    // Another one came between, so it may come again; but only once.
    let call = ana.conversation().await;
    opener(&ana, json!({"conversation_id": call, "topic": "tea"})).await;
    let row = message_row(&ella, 1).await;
    assert_eq!((&row["provider"], &row["completion_tokens"]), (&json!("openai"), &json!(10)));
    opener(&ana, json!({"conversation_id": call, "topic": "tea"})).await;
    let row = message_row(&ella, 2).await;
    for (column, value) in [
        ("provider", json!("built_in")),
        ("degraded", json!(true)),
        ("prompt_version", Value::Null),
        ("completion_tokens", json!(10)),
    ] {
        assert_eq!(row[column], value, "{column}: its cost is counted all the same");
    }
}

#[tokio::test]
async fn two_at_the_same_moment_do_not_begin_alike() {
    let (zoe, gate) = (zoe(), Gate::new());
    let words = json!({"reply": "Do you like tea?", "more_openers": []}).to_string();
    zoe.always(Script::new().wait_for(&gate).text(words).finish());
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let begin = || opener(&ana, json!({"topic": "tea"}));
    let both_are_asked = async {
        zoe.wait_for_calls(2).await.unwrap();
        gate.open();
    };
    let (first, second, ()) = futures::join!(begin(), begin(), both_are_asked);
    assert_ne!(first["text"], second["text"]);
    let by_model = [&first, &second].iter().filter(|body| body["text"] == "Do you like tea?").count();
    assert_eq!(by_model, 1);
}

#[tokio::test]
async fn openers_for_every_level_are_ready_before_any_model_was_asked() {
    let zoe = zoe();
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let prepared =
        json!({"provider": "prepared", "model": "openers-1", "degraded": false, "truncated": false});
    for level in ["A1", "A2", "B1", "B2", "C1", "C2"] {
        let placement = json!({"cefr_level": level, "confidence": 1, "transcript": []});
        ana.post("/placements", placement).await.assert(201);
        for topic in [json!("My Weekend"), json!("movies"), Value::Null] {
            let (mut texts, mut before) = (HashSet::new(), String::new());
            for _ in 0..12 {
                let body = opener(&ana, json!({"topic": topic})).await;
                assert_eq!(body["engine"], prepared);
                assert!(topic.is_null() || body["topic"] == topic, "as the student wrote it");
                let text = body["text"].as_str().unwrap().to_owned();
                assert_ne!(text, before, "never twice in a row, also without a conversation");
                texts.insert(text.clone());
                before = text;
            }
            assert!(texts.len() >= 3, "{level} {topic}: {texts:?}");
        }
    }
    assert_eq!(zoe.calls().len(), 0);
}

#[tokio::test]
async fn a_prepared_opener_is_stored_and_told_to_the_model_that_goes_on() {
    let zoe = zoe();
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let mut said = HashSet::new();
    for position in 1..=3 {
        let body = opener(&ana, json!({"conversation_id": call})).await;
        assert!(said.insert(body["text"].as_str().unwrap().to_owned()), "not twice in a conversation");
        let row = message_row(&ella, position).await;
        assert_eq!((&row["provider"], &row["model"]), (&json!("prepared"), &json!("openers-1")));
        assert_eq!((&row["degraded"], &row["prompt_version"]), (&json!(false), &Value::Null));
    }
    zoe.next(with_more("Another one?", &[]));
    assert_eq!(opener(&ana, json!({"conversation_id": call})).await["text"], "Another one?", "a model's");
    zoe.next(Script::answer(super::reply("I see.")));
    super::says(&ana, &call, "It was good").await;
    let told = format!("{:?}", super::texts(&zoe.calls()[1]));
    assert!(said.iter().all(|line| told.contains(line.as_str())), "{told}");
}

#[tokio::test]
async fn a_key_matters_only_where_something_is_stored() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let with_key = |body: Value| {
        Answer::of(
            ana.request(reqwest::Method::POST, STARTER).header("idempotency-key", "no UUID").json(&body),
        )
    };
    for body in [json!({}), json!({"topic": "tea"}), json!({"conversation_id": null})] {
        with_key(body).await.assert(200);
    }
    with_key(json!({"conversation_id": call})).await.assert_faults(&["header.Idempotency-Key"]);
    assert_eq!(messages(&ana, &call).await.len(), 0);
    // The same key with another body is no conflict there.
    let key = ella.app.new_id();
    for topic in ["tea", "coffee"] {
        ana.post_with_key(STARTER, key, json!({"topic": topic})).await.assert(200);
    }
    ana.says(&call, "Hello").await;
    for (path, body) in [(PLACEMENT, json!({})), (ANALYSIS, json!({"conversation_id": call}))] {
        let request = ana.request(reqwest::Method::POST, path).header("idempotency-key", "no UUID");
        Answer::of(request.json(&body)).await.assert(200);
    }
}
