//! What models may cost on a day.

use ella::tutor::reconcile_budgets;
use ella_test_support::provider::{Gate, Script, ScriptedProvider, reply_json};
use serde_json::{Value, json};

use super::{
    ANALYSIS, PLACEMENT, STARTER, TURN, change_database, correction, eventually, in_database, messages,
    reply, says, turn_body, zoe,
};
use crate::support::{Ella, EllaBuilder, Student};

/// A server with budgets; every call of its Zoe costs 20 and 10 tokens.
async fn ella_with_budgets(zoe: &ScriptedProvider, each: u64, all: u64) -> Ella {
    zoe.always(Script::answer(reply("I see.")));
    with_budgets(zoe, each, all, 30_000).start().await
}

fn with_budgets(zoe: &ScriptedProvider, each: u64, all: u64, milliseconds: u32) -> EllaBuilder {
    Ella::with()
        .flag("--llm", zoe.openai("m"))
        .flag("--turn-budget-ms", milliseconds)
        .flag("--first-sentence-ms", 30_000)
        .flag("--student-tokens-per-day", each)
        .flag("--tokens-per-day", all)
}

/// A request to each endpoint that asks a model.
fn requests(call: &str) -> [(&'static str, Value); 5] {
    [
        (TURN, turn_body(call, "Hello")),
        (STARTER, json!({"conversation_id": call, "topic": "coffee"})),
        (STARTER, json!({"topic": "tea"})),
        (PLACEMENT, json!({"text": "Hello"})),
        (ANALYSIS, json!({"conversation_id": call})),
    ]
}

async fn is_degraded(student: &Student<'_>, path: &str, body: Value) -> bool {
    let answer = student.post(path, body).await;
    let engine = &answer.assert(200).body["engine"];
    assert_eq!(engine["degraded"] == true, engine["provider"] == "built_in", "{engine}");
    engine["degraded"] == true
}

/// The stored tokens of all students and days, once they are so many.
async fn stored(ella: &Ella, tokens: i64) {
    let sum = "select coalesce(sum(prompt_tokens + completion_tokens), 0) from token_usage";
    eventually(async || (in_database(ella, sum).await == tokens.to_string()).then_some(())).await;
}

#[tokio::test]
async fn what_each_endpoint_costs_counts_for_the_student_and_past_the_budget_nobody_is_called() {
    let zoe = zoe();
    let ella = ella_with_budgets(&zoe, 30, 0).await;
    for (index, (path, _)) in requests("").iter().enumerate() {
        let ana = ella.student().await;
        let call = ana.conversation().await;
        ana.says(&call, "I am here").await;
        let calls = zoe.calls().len();
        assert!(!is_degraded(&ana, path, requests(&call)[index].1.clone()).await, "{path}");
        assert_eq!(zoe.calls().len(), calls + 1);
        // Now it is used up, for everything.
        ana.says(&call, "Still here").await;
        for (path, body) in requests(&call) {
            assert!(is_degraded(&ana, path, body).await, "{path}");
        }
        assert_eq!(zoe.calls().len(), calls + 1, "nobody was called");
    }
    stored(&ella, 5 * 30).await;
    assert_eq!(in_database(&ella, "select count(*) from token_usage").await, "5");
}

#[tokio::test]
async fn past_the_budget_a_turn_is_answered_and_stored_and_an_analysis_counts() {
    let zoe = zoe();
    let ella = ella_with_budgets(&zoe, 1, 0).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    says(&ana, &call, "I like tea").await;
    let turn = says(&ana, &call, "Do you like it?").await;
    assert_eq!(turn.body["corrections_complete"], true);
    assert_eq!(messages(&ana, &call).await.len(), 4);
    let analysis = ana.post(ANALYSIS, json!({"conversation_id": call})).await;
    assert_eq!(analysis.assert(200).body["courage"]["questions_asked"], 1);
    assert!(analysis.body["summary"].as_str().unwrap().contains("2 times"), "from templates");
    assert_eq!(zoe.calls().len(), 1);
}

#[tokio::test]
async fn a_budget_is_for_one_student_and_one_utc_day() {
    let zoe = zoe();
    let ella = ella_with_budgets(&zoe, 30, 0).await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    let (anas, bens) = (ana.conversation().await, ben.conversation().await);
    let degraded = async |student, call: &str| is_degraded(student, TURN, turn_body(call, "Hello")).await;
    assert!(!degraded(&ana, &anas).await);
    assert!(degraded(&ana, &anas).await);
    assert!(!degraded(&ben, &bens).await, "Ben has used nothing");
    ella.set_time("2026-11-22T23:59:59Z");
    assert!(degraded(&ana, &anas).await);
    ella.set_time("2026-11-23T00:00:00Z");
    assert!(!degraded(&ana, &anas).await, "a new day");
    let rows = "select string_agg(day || ' ' || prompt_tokens || ' ' || completion_tokens, ', ' order by day)
        from token_usage where user_id = ";
    let rows = in_database(&ella, &format!("{rows}'{}'", ana.id)).await;
    assert_eq!(rows, "2026-11-22 20 10, 2026-11-23 20 10");
}

#[tokio::test]
async fn the_servers_budget_is_for_all_students_and_outlives_the_program() {
    let zoe = zoe();
    let ella = ella_with_budgets(&zoe, 0, 90).await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    let bens = ben.conversation().await;
    assert!(!is_degraded(&ana, PLACEMENT, json!({"text": "Hello"})).await);
    assert!(!is_degraded(&ana, STARTER, json!({"topic": "tea"})).await);
    assert!(!is_degraded(&ben, TURN, turn_body(&bens, "Hello")).await);
    assert!(is_degraded(&ben, TURN, turn_body(&bens, "Hello")).await, "Ana has used most of it");
    let cleo = ella.student().await;
    for (path, body) in [(PLACEMENT, json!({"text": "Hello"})), (STARTER, json!({"topic": "coffee"}))] {
        assert!(is_degraded(&cleo, path, body).await, "{path}");
    }
    stored(&ella, 90).await;
    assert_eq!(zoe.calls().len(), 3);

    // Another program on the same database knows it with its first request, and forgets it the next day.
    let database = ella.database;
    let again = with_budgets(&zoe, 0, 90, 30_000).start_on(database).await;
    let dan = again.student().await;
    assert!(is_degraded(&dan, PLACEMENT, json!({"text": "Hello"})).await);
    assert_eq!(zoe.calls().len(), 3);
    again.set_time("2026-11-23T00:00:00Z");
    assert!(!is_degraded(&dan, PLACEMENT, json!({"text": "Hello"})).await);
}

#[tokio::test]
async fn what_another_program_spends_is_learnt_now_and_then() {
    let zoe = zoe();
    let ella = ella_with_budgets(&zoe, 0, 100).await;
    let ana = ella.student().await;
    assert!(!is_degraded(&ana, PLACEMENT, json!({"text": "Hello"})).await);
    stored(&ella, 30).await;
    change_database(&ella, "update token_usage set prompt_tokens = 95").await;
    assert!(!is_degraded(&ana, PLACEMENT, json!({"text": "Hello"})).await, "not known yet");
    assert!(reconcile_budgets(&ella.app).await.unwrap() >= 105);
    assert!(is_degraded(&ana, PLACEMENT, json!({"text": "Hello"})).await);
}

#[tokio::test]
async fn a_turn_that_is_on_its_way_counts_before_its_cost_is_known() {
    let (zoe, gate) = (zoe(), Gate::new());
    let ella = ella_with_budgets(&zoe, 300, 0).await;
    zoe.next(Script::new().wait_for(&gate).text(reply("I see.")).usage(20, 10).finish());
    let (ana, ben) = (ella.student().await, ella.student().await);
    let (anas, bens) = (ana.conversation().await, ben.conversation().await);
    let degraded = async |student, call: &str| is_degraded(student, TURN, turn_body(call, "Hello")).await;
    let meanwhile = async {
        zoe.wait_for_calls(1).await.unwrap();
        assert!(degraded(&ana, &anas).await, "the first may cost it all");
        assert!(!degraded(&ben, &bens).await, "which is nothing to Ben");
        gate.open();
    };
    let (first, ()) = futures::join!(degraded(&ana, &anas), meanwhile);
    assert!(!first);
    assert!(!degraded(&ana, &anas).await, "it cost little");
}

#[tokio::test]
async fn a_turn_that_is_on_its_way_counts_for_all_students_as_well() {
    let (zoe, gate) = (zoe(), Gate::new());
    let ella = ella_with_budgets(&zoe, 0, 300).await;
    zoe.next(Script::new().wait_for(&gate).text(reply("I see.")).usage(20, 10).finish());
    let (ana, ben) = (ella.student().await, ella.student().await);
    let (anas, bens) = (ana.conversation().await, ben.conversation().await);
    let degraded = async |student, call: &str| is_degraded(student, TURN, turn_body(call, "Hello")).await;
    let meanwhile = async {
        zoe.wait_for_calls(1).await.unwrap();
        assert!(degraded(&ben, &bens).await, "Ana's may cost it all");
        gate.open();
    };
    let (first, ()) = futures::join!(degraded(&ana, &anas), meanwhile);
    assert!(!first);
    assert!(!degraded(&ben, &bens).await, "it cost little");
}

#[tokio::test]
async fn nought_is_no_budget() {
    let zoe = zoe();
    let ella = ella_with_budgets(&zoe, 0, 0).await;
    zoe.always(Script::new().text(reply("I see.")).usage(900_000_000, 900_000_000).finish());
    let ana = ella.student().await;
    let call = ana.conversation().await;
    for _ in 0..3 {
        assert!(!is_degraded(&ana, TURN, turn_body(&call, "Hello")).await);
    }
    stored(&ella, 3 * 1_800_000_000).await;
}

#[tokio::test]
async fn attempts_that_failed_are_paid_for_as_well() {
    let (first, second) = (zoe(), zoe());
    first.always(Script::new().text(format!("{{\"reply\": \"{}", "word ".repeat(200))).disconnect());
    second.always(Script::answer(reply("Here I am.")));
    let both = format!("{},{}", first.openai("one"), second.openai("two"));
    let ella = Ella::with()
        .flag("--llm", both)
        .flag("--turn-budget-ms", 30_000)
        .flag("--first-sentence-ms", 30_000)
        .start()
        .await;
    let ana = ella.student().await;
    says(&ana, &ana.conversation().await, "Hello").await;
    let of_turn = "select prompt_tokens + completion_tokens from messages where position = 2";
    let of_turn: i64 = in_database(&ella, of_turn).await.parse().unwrap();
    // A thousand letters were written in vain, at four a token, beside the prompt and what the second one cost.
    assert!(of_turn > 30 + 250, "{of_turn}");
    stored(&ella, of_turn).await;
}

#[tokio::test]
async fn what_a_model_writes_after_the_answer_is_paid_for_as_well() {
    // By the student, and by the server.
    futures::join!(writes_after_the_answer(4500, 0), writes_after_the_answer(0, 4500));
}

async fn writes_after_the_answer(each: u64, all: u64) {
    let (zoe, gate) = (zoe(), Gate::new());
    let rest = json!([correction("go", "went", "grammar")]);
    zoe.next(
        Script::new()
            .text(r#"{"reply": "Nice! Where?", "#)
            .wait_for(&gate)
            .text(format!("\"corrections\": {rest}}}"))
            .usage(4000, 500)
            .finish(),
    );
    let ella = with_budgets(&zoe, each, all, 2000).start().await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let turn = says(&ana, &call, "I go to school yesterday").await;
    assert_eq!(turn.body["corrections_complete"], false);
    gate.open();
    stored(&ella, 4500).await;
    assert!(is_degraded(&ana, TURN, turn_body(&call, "And then I go home")).await, "it is used up now");
}

#[tokio::test]
async fn what_cannot_be_stored_is_paid_for_all_the_same() {
    for path in [TURN, STARTER] {
        let (zoe, gate) = (zoe(), Gate::new());
        let answer = json!({"reply": "I see.", "topic": "tea"}).to_string();
        zoe.next(Script::new().wait_for(&gate).text(answer).usage(20, 10).finish());
        let ella = with_budgets(&zoe, 1000, 0, 30_000).start().await;
        let ana = ella.student().await;
        let call = ana.conversation().await;
        let body = json!({"conversation_id": call, "text": "Hello", "topic": "the price of tea"});
        let meanwhile = async {
            zoe.wait_for_calls(1).await.unwrap();
            change_database(&ella, "alter table messages rename to messages_elsewhere").await;
            gate.open();
        };
        let (refused, ()) = futures::join!(ana.post(path, body), meanwhile);
        refused.assert_problem(500);
        stored(&ella, 30).await;
    }
}

#[tokio::test]
async fn a_repeated_turn_costs_nothing() {
    let zoe = zoe();
    zoe.next(Script::answer(reply_json("You went!", &json!([]))));
    let ella = ella_with_budgets(&zoe, 100, 0).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let key = ella.app.new_id();
    for _ in 0..3 {
        ana.post_with_key(TURN, key, turn_body(&call, "I go home")).await.assert(200);
    }
    stored(&ella, 30).await;
}

#[tokio::test]
async fn what_a_client_cost_that_hung_up_is_counted_all_the_same() {
    for (path, body) in [(PLACEMENT, json!({"text": "Hello"})), (STARTER, json!({"topic": "tea"}))] {
        let (zoe, gate) = (zoe(), Gate::new());
        let answer = json!({"reply": "I see.", "topic": "tea"}).to_string();
        zoe.next(Script::new().wait_for(&gate).text(answer).usage(20, 10).finish());
        let ella = with_budgets(&zoe, 1000, 0, 30_000).start().await;
        let ana = ella.student().await;
        tokio::select! {
            answer = ana.post(path, body) => panic!("nobody may answer yet: {}", answer.text),
            called = zoe.wait_for_calls(1) => called.unwrap(),
        }
        gate.open();
        eventually(async || (ella.app.tutor.relay().in_flight() == 0).then_some(())).await;
        eventually(async || {
            // What is stored nowhere else is written by a task of its own.
            reconcile_budgets(&ella.app).await.unwrap();
            let sum = "select coalesce(sum(prompt_tokens + completion_tokens), 0) from token_usage";
            (in_database(&ella, sum).await == "30").then_some(())
        })
        .await;
    }
}
