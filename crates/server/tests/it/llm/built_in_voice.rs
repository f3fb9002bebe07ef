//! Whatever the providers do, somebody answers.

use ella_test_support::provider::{Gate, Script, ScriptedProvider};
use futures::future::join_all;
use serde_json::json;

use super::{
    PLACEMENT, STARTER, assert_all_is_quiet, ella_with, eventually, in_database, messages, reply, says, zoe,
};
use crate::support::{Ella, Stream, Student};

/// Nobody but the built-in voice can have said this, and both sides are stored.
async fn assert_built_in(ana: &Student<'_>, case: &str) {
    let call = ana.conversation().await;
    let answer = says(ana, &call, "I goed home").await;
    let body = &answer.body;
    let engine = json!({"provider": "built_in", "model": "lines-2", "degraded": true, "truncated": false});
    assert_eq!(body["engine"], engine, "{case}");
    assert_eq!((&body["corrections"], &body["corrections_complete"]), (&json!([]), &json!(true)), "{case}");
    let [first_token, llm, total] =
        ["first_token", "llm", "total"].map(|name| body["latency_ms"][name].as_u64().unwrap());
    assert!(first_token <= llm && llm <= total, "{case}: {}", body["latency_ms"]);
    let stored = messages(ana, &call).await;
    assert_eq!(stored.len(), 2, "{case}");
    assert_eq!(
        (&stored[0]["content"], &stored[1]["content"]),
        (&json!("I goed home"), &body["reply"]),
        "{case}"
    );
}

#[tokio::test]
async fn without_a_provider_the_built_in_voice_talks() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    assert_built_in(&ana, "no provider").await;
}

#[tokio::test]
async fn whatever_a_provider_does_wrong_the_student_is_answered() {
    let zoe = zoe();
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let faults: [(&str, Script); 12] = [
        ("401", Script::new().status(401)),
        ("429", Script::new().status(429)),
        ("500", Script::new().status(500)),
        ("a status without sense", Script::new().status_with(404, json!("no such model"))),
        ("a broken event", Script::new().malformed_json()),
        ("nothing", Script::new()),
        ("an end without words", Script::new().finish()),
        ("a safety filter", Script::new().safety_block()),
        ("a refusal", Script::new().refusal().finish()),
        ("broken before the first sentence", Script::new().text(r#"{"reply": "I am"#).disconnect()),
        ("another form", Script::answer(r#"{"answer": "Hi."}"#)),
        ("an empty reply", Script::answer(reply(""))),
    ];
    for (calls_before, (fault, script)) in faults.into_iter().enumerate() {
        zoe.next(script);
        assert_built_in(&ana, fault).await;
        // A good turn between: a provider that failed three times in a row is given a rest.
        zoe.next(Script::answer(reply("Hello!")));
        let good = says(&ana, &ana.conversation().await, "Hello").await;
        assert_eq!(
            (&good.body["reply"], zoe.calls().len()),
            (&json!("Hello!"), 2 * (calls_before + 1)),
            "after {fault}"
        );
    }
    assert_eq!(ella.app.tutor.relay().in_flight(), 0);
}

/// A silence ends with the budget.
async fn assert_silence_is_filled(case: &str, script: Script) {
    let zoe = zoe();
    zoe.next(script);
    let ella = Ella::with().flag("--llm", zoe.openai("m")).flag("--turn-budget-ms", 600).start().await;
    let ana = ella.student().await;
    assert_built_in(&ana, case).await;
    assert_eq!(zoe.calls().len(), 1, "{case}");
    // Nobody listens to it any longer.
    zoe.wait_for_endings(1).await.unwrap();
    eventually(async || (ella.app.tutor.relay().in_flight() == 0).then_some(())).await;
    let error = in_database(&ella, "select attempts->0->>'error' from messages where position = 2").await;
    assert!(!error.is_empty(), "{case}: the attempt is recorded");
}

#[tokio::test]
async fn a_provider_that_never_answers_is_not_waited_for() {
    assert_silence_is_filled("no head", Script::new().hang().status(500)).await;
}

#[tokio::test]
async fn a_provider_that_never_says_a_word_is_not_waited_for() {
    assert_silence_is_filled("keep-alives", Script::new().keep_alive().empty_chunk().keep_alive().hang())
        .await;
}

#[tokio::test]
async fn a_provider_that_never_ends_its_first_sentence_is_not_waited_for() {
    assert_silence_is_filled("half a sentence", Script::new().text(r#"{"reply": "I think that"#).hang())
        .await;
}

#[tokio::test]
async fn nor_is_it_by_a_starter_or_an_interview() {
    let zoe = zoe();
    zoe.always(Script::new().keep_alive().hang());
    let ella = Ella::with().flag("--llm", zoe.openai("m")).flag("--turn-budget-ms", 600).start().await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let asked = [
        (STARTER, json!({"topic": "tea"})),
        (STARTER, json!({"topic": "tea", "conversation_id": call})),
        (PLACEMENT, json!({})),
    ];
    let answers = join_all(asked.into_iter().map(|(path, body)| ana.post(path, body)));
    let heard = async { Stream::of(ana.request(reqwest::Method::POST, PLACEMENT)).await.rest().await.last };
    let (answers, heard) = futures::join!(answers, heard);
    for body in answers.iter().map(|answer| &answer.assert(200).body).chain([&heard]) {
        assert_eq!(body["engine"]["provider"], "built_in", "{body}");
    }
    zoe.wait_for_endings(4).await.unwrap();
    assert_all_is_quiet(&ella).await;
}

async fn truncated(script: Script) -> serde_json::Value {
    let zoe = zoe();
    zoe.next(script);
    let ella = Ella::with().flag("--llm", zoe.openai("m")).flag("--turn-budget-ms", 3000).start().await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let answer = says(&ana, &call, "Tell me").await;
    let stored = messages(&ana, &call).await;
    assert_eq!(stored[1]["content"], answer.body["reply"]);
    let kept =
        in_database(&ella, "select degraded::text || truncated::text from messages where position = 2").await;
    assert_eq!(kept, "falsetrue");
    answer.body
}

#[tokio::test]
async fn whole_sentences_stand_when_the_provider_breaks_off_or_the_budget_ends() {
    let begin = Script::new().text(r#"{"reply": "I like it. You too? And then we"#);
    for (case, script) in [
        ("broken off", begin.clone().disconnect()),
        ("hanging", begin.clone().hang()),
        ("cut by the length limit", begin.length_cut()),
    ] {
        let body = truncated(script).await;
        assert_eq!(body["reply"], "I like it. You too?", "{case}");
        let engine = json!({"provider": "openai", "model": "m", "degraded": false, "truncated": true});
        assert_eq!(body["engine"], engine, "{case}");
        assert_eq!(body["corrections"], json!([]), "{case}");
    }
}

#[tokio::test]
async fn never_the_same_line_twice_in_a_row() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let mut said_last = String::new();
    for turn in 0..15 {
        let reply = says(&ana, &call, &format!("This is turn {turn}")).await.body["reply"].to_string();
        assert_ne!(reply, said_last);
        said_last = reply;
    }
}

#[tokio::test]
async fn never_the_same_line_twice_in_a_row_when_a_model_speaks_between() {
    let zoe = zoe();
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let mut canned: Vec<String> = Vec::new();
    for turn in 0..20 {
        zoe.next(if turn % 2 == 0 { Script::new().status(500) } else { Script::answer(reply("I see.")) });
        let body = says(&ana, &call, &format!("This is turn {turn}")).await.body;
        assert_eq!(body["engine"]["degraded"], turn % 2 == 0);
        if turn % 2 == 0 {
            canned.push(body["reply"].as_str().unwrap().to_owned());
        }
    }
    for lines in canned.windows(5) {
        assert!(!lines[..4].contains(&lines[4]), "{lines:?}");
    }
}

#[tokio::test]
async fn past_the_cap_of_calls_the_built_in_voice_answers_at_once() {
    let (zoe, gate) = (zoe(), Gate::new());
    zoe.next(Script::new().wait_for(&gate).text(reply("I am here.")).finish());
    let ella = Ella::with()
        .flag("--llm", zoe.openai("m"))
        .flag("--turn-budget-ms", 30_000)
        .flag("--first-sentence-ms", 30_000)
        .flag("--llm-in-flight", 1)
        .start()
        .await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    let (anas, bens) = (ana.conversation().await, ben.conversation().await);
    let meanwhile = async {
        zoe.wait_for_calls(1).await.unwrap();
        let answer = says(&ben, &bens, "Me too").await;
        gate.open();
        answer
    };
    let (first, second) = futures::join!(says(&ana, &anas, "Wait for me"), meanwhile);
    assert_eq!(first.body["engine"]["degraded"], false);
    assert_eq!(second.body["engine"]["degraded"], true);
    assert_eq!(zoe.calls().len(), 1);
}

#[tokio::test]
async fn a_raised_budget_outlives_the_deadline_of_other_requests() {
    let zoe: ScriptedProvider = zoe();
    zoe.next(
        Script::new().wait(std::time::Duration::from_millis(1500)).text(reply("Slow but sure.")).finish(),
    );
    let ella = Ella::with()
        .flag("--llm", zoe.openai("m"))
        .flag("--turn-budget-ms", 30_000)
        .flag("--first-sentence-ms", 30_000)
        .flag("--request-seconds", 1)
        .start()
        .await;
    let ana = ella.student().await;
    assert_eq!(says(&ana, &ana.conversation().await, "Hello").await.body["reply"], "Slow but sure.");
}
