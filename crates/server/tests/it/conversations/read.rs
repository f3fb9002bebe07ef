use super::{assert_same_404, ids_that_lead_nowhere};
use crate::support::Ella;
use serde_json::json;

#[tokio::test]
async fn a_conversation_is_told_with_its_count_of_messages() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let started = ana.post("/conversations", json!({"topic": "cats"})).await.body;
    let id = started["id"].as_str().unwrap();
    let path = format!("/conversations/{id}");
    assert_eq!(ana.get(&path).await.assert(200).body, started);
    ella.advance(jiff::SignedDuration::from_secs(60));
    ana.says(id, "I have a cat.").await;
    ana.zoe_says(id, "What is its name?").await;
    let mut expected = started.clone();
    expected["message_count"] = json!(2);
    assert_eq!(ana.get(&path).await.body, expected);
    let completed = ana.put(&format!("{path}/complete"), json!({})).await.body;
    assert_eq!(ana.get(&path).await.body, completed);
}

#[tokio::test]
async fn any_spelling_of_an_id_is_accepted() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let id = ana.conversation().await;
    for spelling in [id.to_uppercase(), id.replace('-', ""), format!("urn:uuid:{id}"), format!("%7B{id}%7D")]
    {
        let answer = ana.get(&format!("/conversations/{spelling}")).await;
        assert_eq!(answer.assert(200).body["id"], id, "{spelling}");
    }
}

#[tokio::test]
async fn what_is_not_the_students_is_not_there() {
    let ella = Ella::start().await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    let mut answers = Vec::new();
    for id in ids_that_lead_nowhere(&ben).await {
        answers.push(ana.get(&format!("/conversations/{id}")).await);
    }
    assert_same_404(&answers);
    ella.get(&format!("/conversations/{}", ben.conversation().await)).await.assert_problem(401);
}
