//! `ella student erase`.

use ella::{guards::erased, operator::student::erase::erase};
use ella_test_support::provider::{Gate, Script, ScriptedProvider, reply_json};
use reqwest::Method;
use serde_json::json;

use super::{beside, operator};
use crate::{
    database::connect,
    program::{Folder, Program},
    support::Ella,
};

const PHONE: &str = "550e8400-e29b-41d4-a716-446655440000";
const OTHER: &str = "6fa459ea-ee8a-4ca4-894e-db77e160355e";

#[tokio::test]
async fn a_student_goes_while_the_server_runs_and_their_token_opens_nothing_any_more() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    let (ana, ben) = (program.sign_in(PHONE).await, program.sign_in(OTHER).await);
    let conversation = ana.conversation().await;
    let turn = json!({"conversation_id": conversation, "text": "I go to school yesterday"});
    ana.post("/llm/conversation-turn", turn.clone()).await.assert(200);
    let bens = ben.conversation().await;

    let ended = beside(&folder, &["student", "erase", &ana.id, "--yes"]).end().await;
    ended.assert_success();
    assert!(ended.printed.contains("1 conversation, 2 messages, 0 placements, 1 phone"), "{}", ended.printed);

    for (method, path, body) in [
        (Method::GET, "/users/me".to_owned(), None),
        (Method::GET, "/conversations".to_owned(), None),
        (Method::GET, format!("/conversations/{conversation}"), None),
        (Method::POST, "/conversations".to_owned(), Some(json!({}))),
        (Method::POST, "/llm/conversation-turn".to_owned(), Some(turn)),
    ] {
        let answer = ana.send(method, &path, body).await;
        assert_eq!(answer.status, 401, "{path}: {}", answer.text);
    }
    ben.get(&format!("/conversations/{bens}")).await.assert(200);

    let list = erased::read(&folder.data()).unwrap();
    let ids: Vec<String> = list.iter().map(|erased| erased.user_id.to_string()).collect();
    assert_eq!(ids.join(" "), ana.id);
    let client = connect(&folder.administrator()).await;
    let audit = "select user_id::text, action from ella.operator_actions";
    let audit = client.query_one(audit, &[]).await.unwrap();
    assert_eq!((audit.get::<_, String>(0), audit.get::<_, &str>(1)), (ana.id.clone(), "erase"));
    drop(client);

    // The phone begins anew, as somebody else.
    let again = program.sign_in(PHONE).await;
    assert!(again.created && again.id != ana.id);
    let sentence = beside(&folder, &["student", "erase", &ana.id, "--yes"]).end().await;
    sentence.assert_sentence(&["There is no student"]);
    drop((ana, ben, again));
    program.stop().await;
}

#[tokio::test]
async fn without_a_yes_or_a_server_nothing_is_erased() {
    let folder = Folder::prepared().await;
    let student = "018f0000-0000-7000-8000-000000000001";
    let ended = beside(&folder, &["student", "erase", student, "--yes"]).end().await;
    ended.assert_sentence(&["No ella runs with the data folder", "ella serve", "ELLA_DATA_DIR"]);
    let program = Program::serve(&folder).await;
    let ana = program.sign_in(PHONE).await;
    let ended = beside(&folder, &["student", "erase", &ana.id]).end().await;
    ended.assert_sentence(&["say so with --yes", "Nothing was erased"]);
    ana.get("/users/me").await.assert(200);
    let ended = beside(&folder, &["student", "erase", "Ana"]).end().await;
    assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    drop(ana);
    program.stop().await;
}

/// A turn that waits for its model while the student is erased: the phone hears its end, and nothing of it is stored.
#[tokio::test]
async fn a_turn_on_its_way_ends_without_a_trace() {
    let zoe = ScriptedProvider::start().unwrap();
    let gate = Gate::new();
    zoe.next(
        Script::new().wait_for(&gate).text(reply_json("Who is there?", &json!([]))).usage(9, 9).finish(),
    );
    let settings = Ella::with().flag("--llm", zoe.openai("m"));
    let ella = settings.flag("--turn-budget-ms", 30_000).flag("--first-sentence-ms", 30_000).start().await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let folder = Folder::new();
    let operator = operator(&ella.database, &folder).await;
    let turn = ana.post("/llm/conversation-turn", json!({"conversation_id": call, "text": "Hello"}));
    let meanwhile = async {
        zoe.wait_for_calls(1).await.unwrap();
        assert_eq!(erase(&operator, ana.id).await, Ok(true));
        gate.open();
    };
    let (answer, ()) = futures::join!(turn, meanwhile);
    assert!([200, 401].contains(&answer.status), "{}", answer.text);
    ana.get("/users/me").await.assert_problem(401);
    let left = "select (select count(*) from students) + (select count(*) from messages) + (select count(*) from retry_keys)";
    assert_eq!(operator.client.query_one(left, &[]).await.unwrap().get::<_, i64>(0), 0);
}
