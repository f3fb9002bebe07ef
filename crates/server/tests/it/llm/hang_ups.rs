//! A client that wants the answer in one piece and hangs up before it is there.

use ella_test_support::provider::{Ending, Gate, Script, ScriptedProvider};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{
    PLACEMENT, TURN, assert_all_is_quiet, correction, ella_with, eventually, in_database, message_row,
    messages, transcript, turn_body, zoe,
};
use crate::support::Student;

/// Sends a request, and has its connection, to be dropped.
async fn ask(student: &Student<'_>, path: &str, body: Value) -> TcpStream {
    let mut connection = TcpStream::connect(student.ella.address).await.unwrap();
    let (token, body) = (&student.token, body.to_string());
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: ella\r\nauthorization: Bearer {token}\r\n\
        content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    connection.write_all(request.as_bytes()).await.unwrap();
    connection
}

/// The provider noticed that nobody waits for the rest, and no deadline had to say so.
async fn assert_left(zoe: &ScriptedProvider) {
    zoe.wait_for_endings(1).await.unwrap();
    assert_eq!(zoe.calls()[0].ending, Some(Ending::ClientLeft));
}

#[tokio::test]
async fn in_the_middle_of_the_reply_leaves_a_stored_turn_and_a_free_provider() {
    let (zoe, said) = (zoe(), Gate::new());
    zoe.next(Script::new().text(r#"{"reply": "Are you still there? I"#).signal(&said).hang());
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let connection = ask(&ana, TURN, turn_body(&call, "I have to go")).await;
    said.opened().await;
    drop(connection);
    assert_left(&zoe).await;
    assert_all_is_quiet(&ella).await;
    assert_eq!(
        transcript(&messages(&ana, &call).await),
        ["1 user: I have to go", "2 assistant: Are you still there?"]
    );
    let row = message_row(&ella, 2).await;
    assert_eq!((&row["truncated"], &row["degraded"]), (&json!(true), &json!(false)));
    assert_eq!(row["attempts"], Value::Null, "it ended because nobody listened, not because it was slow");
}

#[tokio::test]
async fn before_the_first_sentence_leaves_one_as_well() {
    let (zoe, gate) = (zoe(), Gate::new());
    zoe.next(Script::new().text(r#"{"reply": "Are"#).wait_for(&gate).text(" you there? I").hang());
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let connection = ask(&ana, TURN, turn_body(&call, "I have to go")).await;
    zoe.wait_for_calls(1).await.unwrap();
    drop(connection);
    gate.open();
    assert_left(&zoe).await;
    assert_all_is_quiet(&ella).await;
    assert_eq!(transcript(&messages(&ana, &call).await)[1], "2 assistant: Are you there?");
    assert_eq!(message_row(&ella, 2).await["attempts"], Value::Null);
}

#[tokio::test]
async fn after_the_reply_stores_it_at_once_and_the_corrections_when_they_come() {
    let (zoe, said, gate) = (zoe(), Gate::new(), Gate::new());
    let corrections = json!([correction("go", "went", "grammar")]);
    let rest = format!("\"corrections\": {corrections}}}");
    zoe.next(Script::new().text(r#"{"reply": "Nice!", "#).signal(&said).wait_for(&gate).text(rest).finish());
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let connection = ask(&ana, TURN, turn_body(&call, "I go home")).await;
    said.opened().await;
    drop(connection);
    eventually(async || (messages(&ana, &call).await.len() == 2).then_some(())).await;
    gate.open();
    assert_all_is_quiet(&ella).await;
    assert_eq!(messages(&ana, &call).await[0]["corrections"][0]["original"], "go");
    assert_eq!(message_row(&ella, 2).await["truncated"], false);
}

#[tokio::test]
async fn an_interview_is_not_gone_on_with_for_nobody() {
    let (zoe, said) = (zoe(), Gate::new());
    zoe.next(Script::new().text(r#"{"reply": "Hi! What is"#).signal(&said).hang());
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let connection = ask(&ana, PLACEMENT, json!({})).await;
    said.opened().await;
    drop(connection);
    assert_left(&zoe).await;
    assert_all_is_quiet(&ella).await;
    // What it cost is noted all the same.
    let spent = "select count(*) from token_usage where completion_tokens > 0";
    eventually(async || (in_database(&ella, spent).await == "1").then_some(())).await;
}
