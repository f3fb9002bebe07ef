//! How a stream ends that does not end well: refusals, clients that leave, a database that is gone.

use ella_test_support::provider::{Ending, Gate, Script};
use serde_json::json;
use tokio::{io::AsyncWriteExt, net::TcpStream};
use uuid::Uuid;

use super::{
    PLACEMENT, TURN, assert_all_is_quiet, change_database, ella_with, eventually, message_row, messages,
    reply, to_stream, transcript, turn_body, zoe,
};
use crate::support::{Ella, Stream, refused};

#[tokio::test]
async fn what_is_refused_is_refused_before_the_stream() {
    let zoe = zoe();
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let post = |path: &str| ana.request(reqwest::Method::POST, path);

    refused(to_stream(&ana, &Uuid::nil().to_string(), "Hello")).await.assert_problem(404);
    refused(post(TURN).json(&json!({"text": ""})))
        .await
        .assert_faults(&["body.conversation_id", "body.text"]);
    refused(post(TURN).body("Hello")).await.assert_problem(415);
    refused(ella.request(reqwest::Method::POST, TURN)).await.assert_problem(401);
    refused(post(PLACEMENT).json(&json!({"text": 7}))).await.assert_faults(&["body.text"]);
    let key = ella.app.new_id().to_string();
    let keyed = |text: &str| to_stream(&ana, &call, text).header("idempotency-key", &key);
    Stream::of(keyed("Hello")).await.rest().await.assert_done();
    refused(keyed("Goodbye")).await.assert_problem(409);
    ana.put(&format!("/conversations/{call}/complete"), json!({})).await.assert(200);
    refused(to_stream(&ana, &call, "One more thing")).await.assert_problem(409);
    assert_eq!((zoe.calls().len(), messages(&ana, &call).await.len()), (1, 2));

    ella.app.database.pool().close();
    let answer = refused(to_stream(&ana, &call, "Hello")).await;
    answer.assert_problem(503);
    assert_ne!(answer.header("retry-after"), "");
    assert_all_is_quiet(&ella).await;
}

#[tokio::test]
async fn a_student_who_is_no_longer_there_hears_nothing() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    change_database(&ella, "delete from conversations; delete from devices; delete from students").await;
    refused(to_stream(&ana, &call, "Hello")).await.assert_problem(401);
    refused(ana.request(reqwest::Method::POST, PLACEMENT)).await.assert_problem(401);
}

#[tokio::test]
async fn who_hangs_up_in_the_middle_leaves_a_stored_turn_and_a_free_provider() {
    let zoe = zoe();
    zoe.next(Script::new().text(r#"{"reply": "Are you still there? I"#).hang());
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let mut stream = Stream::of(to_stream(&ana, &call, "I have to go")).await;
    assert_eq!(stream.lines(2).await[1], "sentence 0 Are you still there?");
    drop(stream);
    zoe.wait_for_endings(1).await.unwrap();
    assert_eq!(zoe.calls()[0].ending, Some(Ending::ClientLeft), "nobody waits for the rest");
    assert_all_is_quiet(&ella).await;
    assert_eq!(
        transcript(&messages(&ana, &call).await),
        ["1 user: I have to go", "2 assistant: Are you still there?"]
    );
    assert_eq!(message_row(&ella, 2).await["truncated"], true);
}

#[tokio::test]
async fn who_hangs_up_before_the_first_sentence_leaves_one_as_well() {
    let (zoe, gate) = (zoe(), Gate::new());
    zoe.next(Script::new().text(r#"{"reply": "Are"#).wait_for(&gate).text(" you there? I").hang());
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let mut stream = Stream::of(to_stream(&ana, &call, "I have to go")).await;
    assert_eq!(stream.line().await, "delta Are");
    drop(stream);
    gate.open();
    assert_all_is_quiet(&ella).await;
    assert_eq!(zoe.calls()[0].ending, Some(Ending::ClientLeft));
    assert_eq!(transcript(&messages(&ana, &call).await)[1], "2 assistant: Are you there?");
}

#[tokio::test]
async fn who_hangs_up_after_the_reply_still_gets_the_corrections_stored() {
    let (zoe, gate) = (zoe(), Gate::new());
    let corrections = json!([super::correction("go", "went", "grammar")]);
    zoe.next(
        Script::new()
            .text(r#"{"reply": "Nice!", "#)
            .wait_for(&gate)
            .text(format!("\"corrections\": {corrections}}}"))
            .finish(),
    );
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let mut stream = Stream::of(to_stream(&ana, &call, "I go home")).await;
    assert_eq!(stream.lines(2).await[1], "sentence 0 Nice!");
    drop(stream);
    // The reply is stored while the provider is still at work.
    eventually(async || (messages(&ana, &call).await.len() == 2).then_some(())).await;
    gate.open();
    assert_all_is_quiet(&ella).await;
    assert_eq!(messages(&ana, &call).await[0]["corrections"][0]["original"], "go");
    assert_eq!(message_row(&ella, 2).await["truncated"], false);
}

/// The longest reply that is taken, one word at a time, to somebody who reads nothing at all.
#[tokio::test]
async fn who_never_reads_holds_nothing_back() {
    let zoe = zoe();
    let words = "word ".repeat(1500);
    let script = words.split_inclusive(' ').fold(Script::new().text(r#"{"reply": "Well. "#), Script::text);
    zoe.next(script.text(r#"The end.", "corrections": []}"#).finish());
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let body = turn_body(&call, "Tell me everything").to_string();
    let mut stuck = TcpStream::connect(ella.address).await.unwrap();
    let head = format!(
        "POST {TURN} HTTP/1.1\r\nhost: ella\r\nauthorization: Bearer {}\r\naccept: text/event-stream\r\n\
        content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        ana.token,
        body.len()
    );
    stuck.write_all(head.as_bytes()).await.unwrap();
    let stored = eventually(async || {
        let stored = messages(&ana, &call).await;
        (stored.len() == 2).then_some(stored)
    })
    .await;
    assert!(stored[1]["content"].as_str().unwrap().starts_with("Well. word"));
    assert_all_is_quiet(&ella).await;
}

#[tokio::test]
async fn a_turn_that_cannot_be_stored_ends_with_the_problem_and_may_be_repeated() {
    let (zoe, gate) = (zoe(), Gate::new());
    zoe.next(Script::new().text(r#"{"reply": "I see. "#).wait_for(&gate).text(r#"Go on."}"#).finish());
    zoe.next(Script::answer(reply("Once more.")));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let key = ella.app.new_id().to_string();
    let request = || to_stream(&ana, &call, "Hello").header("idempotency-key", &key);
    let mut stream = Stream::of(request()).await;
    let request_id = stream.response.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert_eq!(stream.lines(2).await, ["delta I see.", "sentence 0 I see."]);
    change_database(&ella, "alter table messages rename to messages_elsewhere").await;
    gate.open();
    let told = stream.rest().await;
    assert!(told.lines.last().unwrap().starts_with("error "), "{:?}", told.lines);
    let expected = json!({
        "type": "urn:ella:problem:internal", "title": "Internal Server Error", "status": 500,
        "detail": told.last["detail"], "request_id": request_id,
    });
    assert_eq!(told.last, expected, "and nothing internal");
    assert_all_is_quiet(&ella).await;

    change_database(&ella, "alter table messages_elsewhere rename to messages").await;
    let told = Stream::of(request()).await.rest().await;
    assert_eq!(told.assert_done()["reply"], "Once more.");
    assert_eq!(transcript(&messages(&ana, &call).await), ["1 user: Hello", "2 assistant: Once more."]);
}

#[tokio::test]
async fn a_database_that_vanishes_after_a_sentence_is_told() {
    let (zoe, gate) = (zoe(), Gate::new());
    zoe.next(Script::new().text(r#"{"reply": "I see. "#).wait_for(&gate).text(r#"Go on."}"#).finish());
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let mut stream = Stream::of(to_stream(&ana, &call, "Hello")).await;
    assert_eq!(stream.lines(2).await[1], "sentence 0 I see.");
    ella.app.database.pool().close();
    gate.open();
    let told = stream.rest().await;
    assert!(told.lines.last().unwrap().starts_with("error "), "{:?}", told.lines);
    assert_eq!((&told.last["status"], &told.last["title"]), (&json!(503), &json!("Service Unavailable")));
    assert_eq!(told.sentences, ["I see.", "Go on."]);
    assert_all_is_quiet(&ella).await;
}
