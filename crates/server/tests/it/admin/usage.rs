use ella_test_support::provider::{Script, ScriptedProvider, reply_json};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::{Ella, Student};

async fn turn(student: &Student<'_>, conversation: &str) {
    let body = json!({"conversation_id": conversation, "text": "I like tea."});
    student.post("/llm/conversation-turn", body).await.assert(200);
}

#[tokio::test]
async fn tokens_are_told_by_model_with_their_price() {
    let zoe = ScriptedProvider::start().unwrap();
    let ella = Ella::with()
        .flag("--llm", zoe.openai("gpt-4.1-mini"))
        .flag("--turn-budget-ms", 30_000)
        .flag("--first-sentence-ms", 30_000)
        .flag("--prices", "gpt-4.1-mini=1000/2000")
        .start()
        .await;
    let usage = ella.admin_get("/admin/usage").await;
    assert_eq!(usage.assert(200).body["models"], json!([]));
    assert_eq!(usage.body["since"], "2026-11-21T10:00:00.000000Z");
    assert!(usage.body["estimated_usd"].as_f64().unwrap().is_sign_positive(), "nothing is 0.0, not -0.0");
    let ana = ella.student().await;
    let call = ana.conversation().await;
    for _ in 0..2 {
        zoe.next(Script::answer(reply_json("So do I.", &json!([]))));
        turn(&ana, &call).await;
    }
    zoe.next(Script::new().status(500));
    turn(&ana, &call).await;
    let usage = ella.admin_get("/admin/usage").await;
    assert_eq!(
        usage.assert(200).body["models"],
        json!([
            {"provider": "openai", "model": "gpt-4.1-mini", "replies": 2, "degraded_replies": 0, "truncated_replies": 0,
             "prompt_tokens": 40, "completion_tokens": 20, "price": {"prompt": 1000.0, "completion": 2000.0},
             "estimated_usd": 0.08},
            {"provider": "built_in", "model": usage.body["models"][1]["model"], "replies": 1, "degraded_replies": 1, "truncated_replies": 0,
             "prompt_tokens": 0, "completion_tokens": 0, "price": {"prompt": 0.0, "completion": 0.0},
             "estimated_usd": 0.0},
        ])
    );
    assert_eq!((&usage.body["estimated_usd"], &usage.body["complete"]), (&json!(0.08), &json!(true)));
    ella.advance(SignedDuration::from_hours(25));
    assert_eq!(ella.admin_get("/admin/usage").await.assert(200).body["models"], json!([]));
}

#[tokio::test]
async fn a_model_without_a_price_is_counted_and_said_to_be_missing_in_the_sum() {
    let zoe = ScriptedProvider::start().unwrap();
    let ella = Ella::with()
        .flag("--llm", zoe.openai("somebodys-own"))
        .flag("--turn-budget-ms", 30_000)
        .flag("--first-sentence-ms", 30_000)
        .start()
        .await;
    zoe.next(Script::answer(reply_json("So do I.", &json!([]))));
    let ana = ella.student().await;
    turn(&ana, &ana.conversation().await).await;
    let usage = ella.admin_get("/admin/usage").await;
    assert_eq!(usage.assert(200).body["models"][0]["price"], Value::Null);
    assert_eq!(usage.body["models"][0]["estimated_usd"], Value::Null);
    assert_eq!((&usage.body["estimated_usd"], &usage.body["complete"]), (&json!(0.0), &json!(false)));
}

#[tokio::test]
async fn what_a_model_took_that_did_not_answer_is_its_own_and_not_the_built_in_voices() {
    let zoe = ScriptedProvider::start().unwrap();
    let ella = Ella::with()
        .flag("--llm", zoe.openai("gpt-4.1-mini"))
        .flag("--turn-budget-ms", 30_000)
        .flag("--first-sentence-ms", 30_000)
        .flag("--prices", "gpt-4.1-mini=1000/2000")
        .start()
        .await;
    // It breaks off before its first sentence, so nothing of it is heard.
    zoe.next(Script::new().text(r#"{"reply": "I th"#).disconnect());
    let ana = ella.student().await;
    turn(&ana, &ana.conversation().await).await;
    let usage = ella.admin_get("/admin/usage").await;
    let models = usage.assert(200).body["models"].as_array().unwrap();
    let of = |provider: &str| models.iter().find(|row| row["provider"] == provider).unwrap();
    assert_eq!((&of("built_in")["replies"], &of("openai")["replies"]), (&json!(1), &json!(0)));
    assert_eq!(of("built_in")["prompt_tokens"], 0);
    assert!(of("openai")["prompt_tokens"].as_i64() > Some(0), "{models:?}");
    assert!(of("openai")["estimated_usd"].as_f64() > Some(0.0), "{models:?}");
    assert_eq!(usage.body["complete"], true);
}
