//! The database fails in the middle of a turn.

use std::time::Duration;

use ella::tutor::reconcile_budgets;
use ella_test_support::{
    database::ask,
    provider::{Gate, Script},
};
use serde_json::json;
use uuid::Uuid;

use super::{
    TURN, correction, ella_with, in_database, messages, reply, says, to_stream, transcript, turn_body, zoe,
};
use crate::support::{Ella, Gatekeeper, Held, Outage, Stream, test_cluster};

#[tokio::test]
async fn a_turn_that_loses_its_connection_once_its_words_are_stored_goes_on_with_them() {
    let zoe = zoe();
    zoe.always(Script::answer(reply("I heard you once.")));
    let mut database = test_cluster().await.database().await;
    let gatekeeper = Gatekeeper::before(&mut database.application);
    let ella = Ella::with()
        .flag("--llm", zoe.openai("m"))
        .flag("--database-pool", 1)
        .flag("--turn-budget-ms", 30_000)
        .flag("--first-sentence-ms", 30_000)
        .start_on(database)
        .await;
    let ana = ella.student().await;
    // The first turn prepares the statements on the only connection.
    says(&ana, &ana.conversation().await, "Hello").await;
    let call = ana.conversation().await;

    gatekeeper.hold();
    let turn = ana.post_with_key(TURN, Uuid::from_u128(1), turn_body(&call, "Do you hear me?"));
    let cut = async {
        let stored = async || {
            let count = ask(&ella.database.administrator, "select count(*) from ella.messages").await;
            (count == "3").then_some(())
        };
        super::eventually(stored).await;
        gatekeeper.cut();
    };
    let (answer, ()) = futures::join!(turn, cut);

    assert_eq!(answer.assert(200).body["reply"], "I heard you once.");
    assert_eq!(
        transcript(&messages(&ana, &call).await),
        ["1 user: Do you hear me?", "2 assistant: I heard you once."]
    );
    assert_eq!(zoe.calls().len(), 2);
}

#[tokio::test]
async fn a_turn_that_loses_its_connection_once_its_reply_is_stored_is_paid_for_once_and_corrected() {
    let (zoe, gate, late) = (zoe(), Gate::new(), Gate::new());
    zoe.next(Script::answer(reply("Hi.")));
    let rest = json!([correction("hear", "heard", "grammar")]);
    zoe.next(
        Script::new()
            .wait_for(&gate)
            .text(r#"{"reply": "I hear you.", "#)
            .wait_for(&late)
            .text(format!("\"corrections\": {rest}}}"))
            .usage(20, 10)
            .finish(),
    );
    let mut database = test_cluster().await.database().await;
    let gatekeeper = Gatekeeper::before(&mut database.application);
    let ella = Ella::with()
        .flag("--llm", zoe.openai("m"))
        .flag("--database-pool", 1)
        .flag("--turn-budget-ms", 2000)
        .flag("--first-sentence-ms", 30_000)
        .start_on(database)
        .await;
    let ana = ella.student().await;
    says(&ana, &ana.conversation().await, "Hello").await;
    let call = ana.conversation().await;

    let turn = ana.post_with_key(TURN, Uuid::from_u128(1), turn_body(&call, "Did you hear me"));
    let cut = async {
        zoe.wait_for_calls(2).await.unwrap();
        gatekeeper.hold();
        gate.open();
        let stored = async || {
            let count = ask(&ella.database.administrator, "select count(*) from ella.messages").await;
            (count == "4").then_some(())
        };
        super::eventually(stored).await;
        gatekeeper.cut();
    };
    let (answer, ()) = futures::join!(turn, cut);
    assert_eq!(answer.assert(200).body["corrections_complete"], false);
    late.open();
    super::assert_all_is_quiet(&ella).await;
    reconcile_budgets(&ella.app).await.unwrap();

    let stored = messages(&ana, &call).await;
    assert_eq!(transcript(&stored), ["1 user: Did you hear me", "2 assistant: I hear you."]);
    assert_eq!(stored[0]["corrections"][0]["original"], "hear");
    let tokens = "select sum(prompt_tokens + completion_tokens) from token_usage";
    assert_eq!(in_database(&ella, tokens).await, "60", "each turn once");
}

#[tokio::test]
async fn a_turn_whose_reply_cannot_be_stored_leaves_its_key_free_and_its_words_stored() {
    let (zoe, gate) = (zoe(), Gate::new());
    zoe.next(Script::new().wait_for(&gate).text(reply("Lost.")).finish());
    zoe.next(Script::answer(reply("Found.")));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let turn = || ana.post_with_key(TURN, Uuid::from_u128(1), turn_body(&call, "Hello"));
    let meanwhile = async {
        zoe.wait_for_calls(1).await.unwrap();
        let held = Held::table(&ella, "messages").await;
        gate.open();
        held
    };
    let (refused, held) = futures::join!(turn(), meanwhile);
    refused.assert_problem(503);
    held.let_go().await;

    // The clock stands still: a claim that had not been ended would never expire.
    assert_eq!(turn().await.assert(200).body["reply"], "Found.");
    assert_eq!(transcript(&messages(&ana, &call).await), ["1 user: Hello", "2 assistant: Found."]);
}

#[tokio::test]
async fn health_answers_while_the_database_hangs() {
    let mut database = test_cluster().await.database().await;
    let gatekeeper = Gatekeeper::before(&mut database.application);
    let ella = Ella::with().start_on(database).await;
    ella.get("/health").await.assert(200);
    gatekeeper.hold();
    let answer = ella.get("/health").await;
    assert_eq!(answer.assert(503).body["status"], "down");
    gatekeeper.cut();
    assert_eq!(ella.get("/health").await.assert(200).body["status"], "ok");
}

#[tokio::test]
async fn a_stream_ends_with_an_error_when_the_database_hangs_after_a_sentence() {
    let (zoe, gate) = (zoe(), Gate::new());
    zoe.next(
        Script::new()
            .text("{\"reply\": \"I am here. And\"")
            .wait_for(&gate)
            .text(", \"corrections\": []}")
            .finish(),
    );
    let mut database = test_cluster().await.database().await;
    let gatekeeper = Gatekeeper::before(&mut database.application);
    let ella = Ella::with()
        .flag("--llm", zoe.openai("m"))
        .flag("--turn-budget-ms", 30_000)
        .database_patience(Duration::from_secs(2))
        .start_on(database)
        .await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let mut stream = Stream::of(to_stream(&ana, &call, "Hello")).await;
    assert_eq!(stream.lines(2).await, ["delta I am here. And", "sentence 0 I am here."]);
    gatekeeper.hold();
    gate.open();
    let told = stream.rest().await;
    assert!(told.lines.last().is_some_and(|line| line.starts_with("error")), "{:?}", told.lines);
    gatekeeper.cut();
}

#[tokio::test]
async fn a_key_whose_turn_failed_with_the_database_is_free_once_that_is_back() {
    let (zoe, gate) = (zoe(), Gate::new());
    zoe.next(Script::new().wait_for(&gate).text(reply("Lost.")).finish());
    zoe.next(Script::answer(reply("Found.")));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let turn = || ana.post_with_key(TURN, Uuid::from_u128(1), turn_body(&call, "Hello"));
    let meanwhile = async {
        zoe.wait_for_calls(1).await.unwrap();
        let outage = Outage::begin(&ella).await;
        gate.open();
        outage
    };
    let (refused, outage) = futures::join!(turn(), meanwhile);
    refused.assert_problem(503);
    outage.end().await;
    // The clock stands still: a claim that nobody ends would never expire.
    assert_eq!(turn().await.assert(200).body["reply"], "Found.");
    assert_eq!(transcript(&messages(&ana, &call).await), ["1 user: Hello", "2 assistant: Found."]);
}
