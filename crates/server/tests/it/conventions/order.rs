//! When several things are wrong, the contract says which is told.

use reqwest::Method;
use serde_json::json;

use super::endpoints::{json_body, ready};
use crate::support::{ADMIN_KEY, Answer, Ella};

#[tokio::test]
async fn one_fault_after_the_other_is_mended_and_the_next_one_is_told() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let conversation = ready(&ana).await;
    ana.put(&format!("/conversations/{conversation}/complete"), json!({})).await.assert(200);
    let elsewhere = "/conversations/no-uuid/messages";
    let large = " ".repeat(2 << 20);

    Answer::of(ella.request(Method::POST, "/nowhere").body(large.clone())).await.assert_problem(404);
    Answer::of(ella.request(Method::DELETE, elsewhere).body(large.clone())).await.assert_problem(405);
    Answer::of(ella.request(Method::POST, elsewhere).body(large.clone())).await.assert_problem(401);
    let request = || ana.request(Method::POST, elsewhere);
    Answer::of(request().body(large.clone())).await.assert_problem(415);
    Answer::of(json_body(request(), large)).await.assert_problem(413);
    Answer::of(json_body(request(), "{}")).await.assert_faults(&["body.role", "body.content"]);
    let good = json!({"role": "user", "content": "Hello!"});
    let keyed = Answer::of(request().header("idempotency-key", "mine").json(&good)).await;
    keyed.assert_faults(&["header.Idempotency-Key"]);
    Answer::of(request().json(&good)).await.assert_problem(404);
    let path = format!("/conversations/{conversation}/messages");
    ana.post(&path, json!({"role": "user"})).await.assert_faults(&["body.content"]);
    ana.post(&path, good).await.assert_problem(409);
}

#[tokio::test]
async fn values_come_before_existence_and_existence_before_state() {
    let ella = Ella::start().await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    let conversation = ready(&ana).await;
    ana.put(&format!("/conversations/{conversation}/complete"), json!({})).await.assert(200);

    let messages = format!("/conversations/{conversation}/messages");
    ben.get(&format!("{messages}?limit=0&cursor=x")).await.assert_faults(&["query.limit", "query.cursor"]);
    ben.get("/conversations/no-uuid/messages?limit=x").await.assert_faults(&["query.limit"]);
    ben.post(&messages, json!({"role": "user", "content": "Hello!"})).await.assert_problem(404);
    let complete = format!("/conversations/{conversation}/complete");
    ben.put(&complete, json!({"duration_seconds": -1})).await.assert_faults(&["body.duration_seconds"]);
    ben.put(&complete, json!({})).await.assert_problem(404);

    let turn = |text: &str| json!({"conversation_id": conversation, "text": text});
    ben.post("/llm/conversation-turn", turn(" ")).await.assert_faults(&["body.text"]);
    ben.post("/llm/conversation-turn", turn("Hello!")).await.assert_problem(404);
    ana.post("/llm/conversation-turn", turn("Hello!")).await.assert_problem(409);
    let starter = json!({"conversation_id": conversation});
    ben.post("/llm/conversation-starter", starter.clone()).await.assert_problem(404);
    ana.post("/llm/conversation-starter", starter).await.assert_problem(409);
}

#[tokio::test]
async fn the_admins_key_comes_before_what_is_asked_for() {
    let ella = Ella::start().await;
    let path = "/admin/conversations/no-uuid/transcript";
    let delete = ella.request(Method::DELETE, path).header("x-admin-key", ADMIN_KEY);
    Answer::of(delete).await.assert_problem(405);
    ella.get(path).await.assert_problem(401);
    Answer::of(ella.request(Method::GET, path).header("x-admin-key", "wrong")).await.assert_problem(403);
    ella.admin_get(path).await.assert_problem(404);
}
