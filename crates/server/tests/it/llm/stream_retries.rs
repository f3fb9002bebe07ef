//! A turn that is repeated is heard again, and is the same turn, whichever form it is wanted in.

use ella_test_support::provider::{Gate, Script, reply_json};
use serde_json::json;

use super::{
    TURN, assert_all_is_quiet, correction, ella_with, messages, reply, to_stream, transcript, turn_body, zoe,
};
use crate::support::Stream;

#[tokio::test]
async fn the_sentences_come_again_and_nobody_is_asked() {
    let zoe = zoe();
    zoe.next(Script::answer(reply_json("You went! Where?", &json!([correction("go", "went", "grammar")]))));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let key = ella.app.new_id();
    let streamed = || to_stream(&ana, &call, "I go home").header("idempotency-key", key.to_string());

    let first = Stream::of(streamed()).await.rest().await;
    let again = Stream::of(streamed()).await.rest().await;
    assert_eq!(
        again.lines,
        ["sentence 0 You went!", "sentence 1 Where?", "done You went! Where?"],
        "as sentences alone"
    );
    assert_eq!((again.assert_done(), &again.sentences), (first.assert_done(), &first.sentences));
    let json = ana.post_with_key(TURN, key, turn_body(&call, "I go home")).await;
    assert_eq!(json.assert(200).body, first.last, "as JSON as well");
    ana.put(&format!("/conversations/{call}/complete"), json!({})).await.assert(200);
    assert_eq!(Stream::of(streamed()).await.rest().await.last, first.last, "also when the call is over");
    assert_eq!((zoe.calls().len(), messages(&ana, &call).await.len()), (1, 2));
}

#[tokio::test]
async fn a_turn_that_was_answered_as_json_is_heard_when_it_is_repeated() {
    let zoe = zoe();
    zoe.next(Script::answer(reply("Mr. Bean? He is 3.5 years old! Why…")));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let key = ella.app.new_id();
    let json = ana.post_with_key(TURN, key, turn_body(&call, "Who is that")).await.assert(200).body.clone();
    let streamed = to_stream(&ana, &call, "Who is that").header("idempotency-key", key.to_string());
    let told = Stream::of(streamed).await.rest().await;
    assert_eq!(*told.assert_done(), json);
    assert_eq!(told.sentences, ["Mr. Bean?", "He is 3.5 years old!", "Why…"]);
    assert_eq!(zoe.calls().len(), 1);
}

#[tokio::test]
async fn a_turn_that_is_still_at_work_is_waited_for_in_either_form() {
    let (zoe, gate) = (zoe(), Gate::new());
    zoe.next(Script::new().text(r#"{"reply": "One. "#).wait_for(&gate).text(r#"Two."}"#).finish());
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let key = ella.app.new_id();
    let streamed = || to_stream(&ana, &call, "Hello").header("idempotency-key", key.to_string());
    let mut original = Stream::of(streamed()).await;
    assert_eq!(original.lines(2).await[1], "sentence 0 One.");
    // Its head comes while the first is at work, and comments can follow.
    let copy = Stream::of(streamed()).await;
    let json = ana.post_with_key(TURN, key, turn_body(&call, "Hello"));
    let ending = async {
        // Another body is refused at once, so by now the key is known to be at work.
        ana.post_with_key(TURN, key, turn_body(&call, "Another body")).await.assert_problem(409);
        gate.open();
        original.rest().await
    };
    let (heard, json, original) = futures::join!(copy.rest(), json, ending);
    assert_eq!(heard.assert_done()["reply"], "One. Two.");
    assert_eq!((&json.assert(200).body, &original.last), (&heard.last, &heard.last));
    assert_eq!(zoe.calls().len(), 1);
    assert_eq!(transcript(&messages(&ana, &call).await), ["1 user: Hello", "2 assistant: One. Two."]);
    assert_all_is_quiet(&ella).await;
}

#[tokio::test]
async fn who_lost_the_connection_hears_what_was_said_before_it_broke() {
    let zoe = zoe();
    zoe.next(Script::new().text(r#"{"reply": "Are you there? And"#).hang());
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let key = ella.app.new_id();
    let streamed = || to_stream(&ana, &call, "Hello").header("idempotency-key", key.to_string());
    let mut first = Stream::of(streamed()).await;
    assert_eq!(first.lines(2).await[1], "sentence 0 Are you there?");
    drop(first);
    let again = Stream::of(streamed()).await.rest().await;
    assert_eq!(again.assert_done()["reply"], "Are you there?");
    assert_eq!(again.last["engine"]["truncated"], true);
    assert_eq!((zoe.calls().len(), messages(&ana, &call).await.len()), (1, 2));
}
