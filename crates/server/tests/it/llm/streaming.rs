//! Zoe is heard while she speaks.

use ella_test_support::provider::{Gate, Script, ScriptedProvider, reply_json};
use serde_json::json;

use super::{
    PLACEMENT, TURN, assert_all_is_quiet, correction, ella_with, eventually, message_row, messages, reply,
    to_stream, transcript, turn_body, zoe,
};
use crate::support::{Answer, Ella, Heard, Stream};

/// A server whose Zoe speaks through these, with plenty of time.
async fn ella_with_all(providers: &[String]) -> Ella {
    Ella::with()
        .flag("--llm", providers.join(","))
        .flag("--gemini-api-key", "a key")
        .flag("--turn-budget-ms", 30_000)
        .flag("--first-sentence-ms", 30_000)
        .start()
        .await
}

#[tokio::test]
async fn every_word_is_passed_on_before_the_next_one_is_there() {
    let zoe = zoe();
    for provider in [zoe.openai("m"), zoe.gemini("g")] {
        let (second, third) = (Gate::new(), Gate::new());
        zoe.next(
            Script::new()
                .text(r#"{"reply": "You we"#)
                .wait_for(&second)
                .text("nt! Whe")
                .wait_for(&third)
                .text(r#"re?", "corrections": []}"#)
                .finish(),
        );
        let ella = ella_with_all(&[provider]).await;
        let ana = ella.student().await;
        let call = ana.conversation().await;
        let mut stream = Stream::of(to_stream(&ana, &call, "I go home")).await;
        // The provider is held at a gate each time: nothing can have been waited for.
        assert_eq!(stream.line().await, "delta You we");
        second.open();
        assert_eq!(stream.lines(2).await, ["delta nt! Whe", "sentence 0 You went!"]);
        third.open();
        assert_eq!(stream.lines(3).await, ["delta re?", "sentence 1 Where?", "done You went! Where?"]);
        stream.rest().await.assert_done();
        assert_all_is_quiet(&ella).await;
    }
}

#[tokio::test]
async fn the_answer_at_the_end_is_the_whole_one_and_it_is_stored_by_then() {
    let zoe = zoe();
    zoe.next(Script::answer(reply_json("You went! Where?", &json!([correction("go", "went", "grammar")]))));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let stream = Stream::of(to_stream(&ana, &call, "I go to school yesterday")).await;
    let header = |name: &str| stream.response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("cache-control"), "no-store, no-transform");
    assert_eq!(header("x-accel-buffering"), "no");
    assert!(!header("x-request-id").is_empty());
    let timing = header("server-timing");
    assert!(timing.starts_with("total;dur=") && timing.contains(", db;dur="), "{timing}");
    assert!(!timing.contains("llm"), "a stream's figures are in its end: {timing}");

    let told = stream.rest().await;
    let answer = told.assert_done();
    let stored = messages(&ana, &call).await;
    let corrections = json!([{"original": "go", "corrected": "went", "explanation": "Because.", "category": "grammar", "type": "VERB:TENSE"}]);
    assert_eq!(
        *answer,
        json!({
            "reply": "You went! Where?", "corrections": corrections, "corrections_complete": true,
            "user_message_id": stored[0]["id"], "reply_message_id": stored[1]["id"],
            "engine": {"provider": "openai", "model": "m", "degraded": false, "truncated": false},
            "latency_ms": answer["latency_ms"],
        })
    );
    assert_eq!(told.deltas, "You went! Where?");
    assert_eq!(transcript(&stored), ["1 user: I go to school yesterday", "2 assistant: You went! Where?"]);
    assert_eq!(stored[0]["corrections"], corrections);
    let row = message_row(&ella, 2).await;
    let latency = &answer["latency_ms"];
    for (column, value) in [
        ("turn_ms", latency["total"].clone()),
        ("llm_ms", latency["llm"].clone()),
        ("first_token_ms", latency["first_token"].clone()),
        ("prompt_tokens", json!(20)),
        ("completion_tokens", json!(10)),
        ("answers_position", json!(1)),
    ] {
        assert_eq!(row[column], value, "{column}");
    }
}

#[tokio::test]
async fn the_words_are_stored_before_the_stream_begins() {
    let (zoe, gate) = (zoe(), Gate::new());
    zoe.next(Script::new().wait_for(&gate).text(reply("I listened.")).finish());
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let stream = Stream::of(to_stream(&ana, &call, "Listen to me")).await;
    assert_eq!(transcript(&messages(&ana, &call).await), ["1 user: Listen to me"]);
    gate.open();
    stream.rest().await.assert_done();
}

#[tokio::test]
async fn letters_and_signs_of_all_scripts_arrive_whole_however_they_were_split() {
    let zoe = zoe();
    let ella = ella_with_all(&[zoe.gemini("g")]).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let mut script = Script::new();
    for piece in [r#"{"reply": "C"#, r"\u00e", r"9zanne! \ud83d", r"\ude42 你", r#"好吗？ Ça\nva?"}"#] {
        script = script.text(piece);
    }
    zoe.next(script.finish());
    let told = Stream::of(to_stream(&ana, &call, "Привет! 🙂")).await.rest().await;
    told.assert_done();
    assert_eq!(told.deltas, told.last["reply"], "{:?}", told.lines);
    assert!(told.deltas.starts_with("Cézanne! 🙂 你好吗？ Ça"), "{}", told.deltas);
}

#[tokio::test]
async fn who_takes_over_before_a_sentence_says_so() {
    let (first, second) = (zoe(), zoe());
    first.next(Script::new().text(r#"{"reply": "Well, I"#).disconnect());
    second.next(Script::answer(reply("Here I am.")));
    let ella = ella_with_all(&[first.openai("one"), second.gemini("two")]).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let told = Stream::of(to_stream(&ana, &call, "Hello")).await.rest().await;
    assert_eq!(
        told.lines,
        ["delta Well, I", "restart", "delta Here I am.", "sentence 0 Here I am.", "done Here I am."]
    );
    assert_eq!(told.last["engine"]["model"], "two");
    let attempts = message_row(&ella, 2).await["attempts"].clone();
    assert_eq!(attempts.as_array().map(Vec::len), Some(2), "{attempts}");
}

#[tokio::test]
async fn nobody_takes_over_after_a_sentence() {
    let (first, second) = (zoe(), zoe());
    first.next(Script::new().text(r#"{"reply": "I see. And I"#).disconnect());
    let ella = ella_with_all(&[first.openai("one"), second.openai("two")]).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let told = Stream::of(to_stream(&ana, &call, "Hello")).await.rest().await;
    assert_eq!(told.lines, ["delta I see. And I", "sentence 0 I see.", "done I see."]);
    let engine = json!({"provider": "openai", "model": "one", "degraded": false, "truncated": true});
    assert_eq!((&told.last["engine"], &told.last["corrections_complete"]), (&engine, &json!(true)));
    assert_eq!(transcript(&messages(&ana, &call).await)[1], "2 assistant: I see.");
    assert_eq!(message_row(&ella, 2).await["truncated"], true);
    assert_eq!(second.calls().len(), 0);
}

#[tokio::test]
async fn without_a_model_the_built_in_voice_is_heard() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let told = Stream::of(to_stream(&ana, &call, "Hello")).await.rest().await;
    let answer = told.assert_done();
    assert!(!told.sentences.is_empty());
    assert!(told.lines.iter().all(|line| !line.starts_with("restart")), "{:?}", told.lines);
    assert_eq!((&answer["engine"]["degraded"], &answer["corrections"]), (&json!(true), &json!([])));
    assert_eq!(messages(&ana, &call).await[1]["content"], answer["reply"]);
}

#[tokio::test]
async fn what_is_heard_of_the_built_in_voice_is_what_is_stored_whatever_the_topic_looks_like() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let created = ana.post("/conversations", json!({"topic": "my  weekend\nand\u{200b} more"})).await;
    let call = created.assert(201).body["id"].as_str().unwrap().to_owned();
    // In so many turns some line speaks of the topic.
    for turn in 1..=10 {
        let told = Stream::of(to_stream(&ana, &call, "Hello")).await.rest().await;
        let answer = told.assert_done();
        assert_eq!(told.sentences.join(" "), answer["reply"]);
        assert_eq!(messages(&ana, &call).await[2 * turn - 1]["content"], answer["reply"]);
    }
}

#[tokio::test]
async fn the_built_in_voice_takes_back_what_a_model_began() {
    let zoe = zoe();
    zoe.next(Script::new().text(r#"{"reply": "Well, I"#).hang());
    let ella = Ella::with().flag("--llm", zoe.openai("m")).flag("--first-sentence-ms", 1500).start().await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let mut stream = Stream::of(to_stream(&ana, &call, "Hello")).await;
    assert_eq!(stream.lines(2).await, ["delta Well, I", "restart"]);
    let told = stream.rest().await;
    assert_eq!(told.assert_done()["engine"]["degraded"], true);
    assert_all_is_quiet(&ella).await;
}

#[tokio::test]
async fn silence_is_filled_with_comments() {
    let (zoe, gate) = (zoe(), Gate::new());
    zoe.next(Script::new().wait_for(&gate).text(reply("I was thinking.")).finish());
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let mut stream = Stream::of(to_stream(&ana, &call, "Hello")).await;
    assert_eq!(stream.next().await, Some(Heard::Comment("still here".to_owned())));
    gate.open();
    stream.rest().await.assert_done();
}

#[tokio::test]
async fn corrections_are_waited_for_a_little_and_come_later_when_they_take_longer() {
    let (zoe, gate) = (zoe(), Gate::new());
    let corrections = json!([correction("go", "went", "grammar")]);
    zoe.next(
        Script::new()
            .text(r#"{"reply": "Nice! Where?", "#)
            .wait_for(&gate)
            .text(format!("\"corrections\": {corrections}}}"))
            .finish(),
    );
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let told = Stream::of(to_stream(&ana, &call, "I go to school yesterday")).await.rest().await;
    let answer = told.assert_done();
    assert_eq!(
        (&answer["corrections"], &answer["corrections_complete"], &answer["engine"]["truncated"]),
        (&json!([]), &json!(false), &json!(false))
    );
    gate.open();
    let stored = eventually(async || {
        let corrections = messages(&ana, &call).await[0]["corrections"].clone();
        (corrections != json!([])).then_some(corrections)
    })
    .await;
    assert_eq!(stored[0]["original"], "go");
    assert_all_is_quiet(&ella).await;
}

#[tokio::test]
async fn a_placement_interview_is_heard_and_its_assessment_waited_for() {
    let (zoe, gate) = (zoe(), Gate::new());
    zoe.next(
        Script::new()
            .text(r#"{"reply": "Thank you! And then?", "#)
            .wait_for(&gate)
            .text(r#""cefr_level": "B1", "confidence": 0.8, "grammar": 0.5, "vocab": 0.6, "fluency": 0.7, "finished": false}"#)
            .finish(),
    );
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let request = ana.request(reqwest::Method::POST, PLACEMENT).json(&json!({"text": "I like tea"}));
    let mut stream = Stream::of(request).await;
    assert_eq!(
        stream.lines(3).await,
        ["delta Thank you! And then?", "sentence 0 Thank you!", "sentence 1 And then?"]
    );
    gate.open();
    let Some(Heard::Event(name, answer)) = stream.next().await else { panic!("it ends with its answer") };
    assert_eq!(name, "done");
    assert_eq!(
        answer,
        json!({
            "reply": "Thank you! And then?", "finished": false,
            "assessment": {"cefr_level": "B1", "confidence": 0.5, "scores": {"grammar": 0.5, "vocab": 0.6, "fluency": 0.7}},
            "engine": {"provider": "openai", "model": "m", "degraded": false, "truncated": false},
            "latency_ms": answer["latency_ms"],
        })
    );
    assert_eq!(stream.next().await, None);
    assert_all_is_quiet(&ella).await;
}

#[tokio::test]
async fn without_a_model_a_placement_interview_is_heard_as_well() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let told = Stream::of(ana.request(reqwest::Method::POST, PLACEMENT)).await.rest().await;
    let answer = told.assert_done();
    assert_eq!((&answer["engine"]["degraded"], &answer["finished"]), (&json!(true), &json!(false)));
    assert!(told.sentences.len() > 1, "{:?}", told.sentences);
}

#[tokio::test]
async fn who_asks_for_json_or_for_nothing_gets_json() {
    let zoe: ScriptedProvider = zoe();
    zoe.always(Script::answer(reply("Yes.")));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    for (accept, streamed) in [
        (None, false),
        (Some("*/*"), false),
        (Some("application/json, text/event-stream"), false),
        (Some("text/event-stream;q=0.8, application/json;q=0.9"), false),
        (Some("text/event-stream;q=0"), false),
        (Some("text/event-stream"), true),
        (Some("text/event-stream, */*;q=0.5"), true),
        (Some("application/json;q=0.8, text/event-stream;q=0.9"), true),
    ] {
        for (path, body) in [(TURN, turn_body(&call, "Hello")), (PLACEMENT, json!({}))] {
            let mut request = ana.request(reqwest::Method::POST, path).json(&body);
            if let Some(accept) = accept {
                request = request.header("accept", accept);
            }
            let answer = Answer::of(request).await;
            let expected = if streamed { "text/event-stream" } else { "application/json" };
            assert_eq!(answer.assert(200).header("content-type"), expected, "{path} {accept:?}");
        }
    }
}
