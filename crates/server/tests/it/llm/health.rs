//! What `/health` says of the tutor.

use ella_test_support::provider::Script;
use serde_json::{Value, json};

use super::{ella_with, reply, says, zoe};
use crate::support::Ella;

async fn tutor(ella: &Ella) -> (Value, Value) {
    let answer = ella.get("/health").await;
    let body = &answer.assert(200).body;
    (body["status"].clone(), body["tutor"].clone())
}

#[tokio::test]
async fn without_providers_the_tutor_is_built_in_and_all_is_well() {
    let ella = Ella::start().await;
    assert_eq!(tutor(&ella).await, (json!("ok"), json!({"status": "built_in", "providers": []})));
}

#[tokio::test]
async fn the_tutor_is_degraded_when_every_provider_fails_and_ok_again_when_one_answers() {
    let zoe = zoe();
    let ella = ella_with(&zoe).await;
    let state = |state: &str| json!([{"name": "openai", "model": "m", "state": state}]);
    assert_eq!(tutor(&ella).await, (json!("ok"), json!({"status": "ok", "providers": state("unknown")})));

    let ana = ella.student().await;
    let call = ana.conversation().await;
    zoe.next(Script::answer(reply("Hi.")));
    says(&ana, &call, "Hello").await;
    assert_eq!(tutor(&ella).await, (json!("ok"), json!({"status": "ok", "providers": state("ok")})));

    zoe.always(Script::new().status(500));
    for _ in 0..3 {
        assert_eq!(says(&ana, &call, "Hello").await.body["engine"]["degraded"], true);
    }
    assert_eq!(
        tutor(&ella).await,
        (json!("degraded"), json!({"status": "degraded", "providers": state("failing")}))
    );
}

#[tokio::test]
async fn one_provider_that_answers_is_enough() {
    let (first, second) = (zoe(), zoe());
    first.always(Script::new().status(500));
    second.always(Script::answer(reply("Hi.")));
    let both = format!("{},{}", first.openai("one"), second.openai("two"));
    let ella = Ella::with()
        .flag("--llm", both)
        .flag("--turn-budget-ms", 30_000)
        .flag("--first-sentence-ms", 30_000)
        .start()
        .await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    for _ in 0..3 {
        says(&ana, &call, "Hello").await;
    }
    let (status, tutor) = tutor(&ella).await;
    assert_eq!((status, &tutor["status"]), (json!("ok"), &json!("ok")));
    let each: Vec<_> =
        tutor["providers"].as_array().unwrap().iter().map(|one| one["state"].clone()).collect();
    assert_eq!(json!(each), json!(["failing", "ok"]));
}
