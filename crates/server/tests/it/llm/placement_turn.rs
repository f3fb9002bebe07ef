use ella_test_support::provider::Script;
use serde_json::{Value, json};

use super::{PLACEMENT, ella_with, in_database, texts, zoe};
use crate::support::{Ella, Student};

/// Answers every question with `words` until the interview is over; the number of answers, and the last answer's body.
async fn interview(student: &Student<'_>, words: &str) -> (usize, Value) {
    let mut history = Vec::new();
    let mut body = student.post(PLACEMENT, json!({})).await.assert(200).body.clone();
    for answers in 0..=20 {
        if body["finished"] == true {
            return (answers, body);
        }
        history.push(json!({"role": "assistant", "content": body["reply"]}));
        body = student
            .post(PLACEMENT, json!({"history": history, "text": words}))
            .await
            .assert(200)
            .body
            .clone();
        history.push(json!({"role": "user", "content": words}));
    }
    panic!("the interview never ends");
}

fn assessed(reply: &str, level: impl Into<Value>, finished: bool) -> String {
    let level: Value = level.into();
    json!({"reply": reply, "cefr_level": level, "confidence": 0.8, "grammar": 0.5, "vocab": 0.6, "fluency": 1.7, "finished": finished})
        .to_string()
}

#[tokio::test]
async fn zoe_opens_the_interview_and_knows_nothing_yet() {
    let zoe = zoe();
    let nothing = json!({"reply": "Hi! What is your name?", "cefr_level": null, "confidence": 0.9, "grammar": null, "vocab": null, "fluency": null, "finished": false});
    zoe.next(Script::answer(nothing.to_string()));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let answer = ana.post(PLACEMENT, json!({})).await;
    let body = &answer.assert(200).body;
    assert_eq!(
        *body,
        json!({
            "reply": "Hi! What is your name?", "finished": false,
            "assessment": {"cefr_level": null, "confidence": 0.0, "scores": {"grammar": null, "vocab": null, "fluency": null}},
            "engine": {"provider": "openai", "model": "m", "degraded": false, "truncated": false},
            "latency_ms": body["latency_ms"],
        })
    );
    assert_eq!(
        in_database(&ella, "select (select count(*) from placements) + (select count(*) from messages)")
            .await,
        "0"
    );
}

#[tokio::test]
async fn what_was_said_so_far_goes_along_and_the_answer_is_assessed() {
    let zoe = zoe();
    zoe.next(Script::answer(assessed("And then?", "B1", false)));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let history = json!([{"role": "assistant", "content": "Hi!"}, {"role": "user", "content": "Hello"}]);
    let answer = ana.post(PLACEMENT, json!({"history": history, "text": "I like tea"})).await;
    assert_eq!(
        answer.assert(200).body["assessment"],
        json!({"cefr_level": "B1", "confidence": 0.5, "scores": {"grammar": 0.5, "vocab": 0.6, "fluency": 1.0}}),
        "two answers are little to be sure by"
    );
    let told = texts(&zoe.calls()[0]);
    assert!(told[0].1.contains("answered 2 questions"), "{}", told[0].1);
    let said: Vec<&str> = told.iter().skip(1).map(|(_, text)| text.as_str()).collect();
    assert_eq!(said, ["<zoe>Hi!</zoe>", "<student>Hello</student>", "<newest>I like tea</newest>"]);
}

#[tokio::test]
async fn without_a_provider_the_interview_ends_by_itself() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for (words, level) in
        [("I don't know", "A1"), ("я не понимаю", "A1"), ("well ".repeat(30).as_str(), "B1"), ("...", "A1")]
    {
        let (answers, end) = interview(&ana, words).await;
        assert!((6..=12).contains(&answers), "{answers}");
        assert_eq!(end["assessment"]["cefr_level"], level, "{words}");
        assert!(end["assessment"]["confidence"].as_f64().unwrap() < 0.5, "a guess says that it is one");
        let scores = end["assessment"]["scores"].as_object().unwrap();
        assert!(scores.values().all(Value::is_number), "{end}");
        assert_eq!(end["engine"]["degraded"], true);
    }
}

#[tokio::test]
async fn with_a_provider_that_never_ends_it_ends_after_twelve_answers_with_a_level() {
    let zoe = zoe();
    zoe.always(Script::answer(assessed("And what else?", Value::Null, false)));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let (answers, end) = interview(&ana, "I like tea very much").await;
    assert_eq!(answers, 12);
    assert!(end["assessment"]["cefr_level"].is_string(), "{end}");
}

#[tokio::test]
async fn a_provider_that_is_in_a_hurry_asks_six_questions_at_least() {
    let zoe = zoe();
    zoe.always(Script::answer(assessed("Thank you, that was all.", "C1", true)));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let (answers, end) = interview(&ana, "I like tea very much").await;
    assert_eq!((answers, &end["assessment"]["cefr_level"]), (6, &json!("C1")));
}

#[tokio::test]
async fn nonsense_is_no_level() {
    let zoe = zoe();
    zoe.always(Script::answer(assessed("Hm.", "Z9", false)));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let answer = ana.post(PLACEMENT, json!({"text": "Hi"})).await;
    let assessment = &answer.assert(200).body["assessment"];
    assert_eq!((&assessment["cefr_level"], &assessment["confidence"]), (&Value::Null, &json!(0.0)));
}

#[tokio::test]
async fn what_a_model_makes_of_numbers_is_moved_into_their_range() {
    let zoe = zoe();
    let wild = json!({"reply": "Hm.", "cefr_level": "C2", "confidence": 7, "grammar": "0.5", "vocab": -2, "fluency": null, "finished": true});
    zoe.always(Script::answer(wild.to_string()));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let answer = ana.post(PLACEMENT, json!({"text": "I would rather not say"})).await;
    let scores = json!({"grammar": null, "vocab": 0.0, "fluency": null});
    assert_eq!(
        answer.assert(200).body["assessment"],
        json!({"cefr_level": "C2", "confidence": 0.5, "scores": scores})
    );
    assert_eq!(answer.body["finished"], false, "after one answer nobody knows");
}

#[tokio::test]
async fn an_interview_that_goes_on_after_its_end_stays_over() {
    let zoe = zoe();
    zoe.always(Script::answer(assessed("Thank you, that was all.", "B2", false)));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let turns =
        json!([{"role": "assistant", "content": "And?"}, {"role": "user", "content": "I think it is good"}]);
    let history: Vec<Value> = turns.as_array().unwrap().iter().cycle().take(60).cloned().collect();
    let answer = ana.post(PLACEMENT, json!({"history": history, "text": "Anything else?"})).await;
    assert_eq!(answer.assert(200).body["finished"], true);
    assert_eq!(answer.body["assessment"]["cefr_level"], "B2");
    assert!(super::system(&zoe.calls()[0]).contains("ask nothing more"), "Zoe is told so");
}

#[tokio::test]
async fn silence_is_no_level_whatever_a_model_says() {
    let zoe = zoe();
    zoe.always(Script::answer(assessed("Thank you, that was all.", "C2", true)));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    for words in ["...", "I don't know", "\u{6211}\u{4e0d}\u{77e5}\u{9053}"] {
        let (answers, end) = interview(&ana, words).await;
        assert_eq!((answers, &end["assessment"]["cefr_level"]), (6, &json!("A1")), "{words}");
        assert!(end["assessment"]["confidence"].as_f64().unwrap() < 0.5, "{words}");
    }
}

#[tokio::test]
async fn limits_and_faults() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let turn = json!({"role": "user", "content": "x".repeat(8000)});
    ana.post(PLACEMENT, json!({"history": vec![turn.clone(); 60], "text": "Hi"})).await.assert(200);
    ana.post(PLACEMENT, json!({"history": vec![turn; 61]})).await.assert_faults(&["body.history"]);
    let wrong = json!({"history": [{"role": "zoe", "content": ""}], "text": "x".repeat(4001)});
    ana.post(PLACEMENT, wrong).await.assert_faults(&[
        "body.history.0.role",
        "body.history.0.content",
        "body.text",
    ]);
}
