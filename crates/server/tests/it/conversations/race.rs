use futures::future::join_all;
use serde_json::json;
use uuid::Uuid;

use super::complete;
use crate::paging::column;
use crate::support::Ella;

#[tokio::test]
async fn fifty_messages_at_once_get_positions_without_gaps() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let id = ana.conversation().await;
    let path = format!("/conversations/{id}/messages");
    let answers = join_all((0..50).map(|index| {
        let message = json!({"role": "user", "content": format!("two words {index}")});
        let (ana, path) = (&ana, &path);
        async move {
            // Half of them with a key, which is another way through the database.
            if index % 2 == 0 {
                ana.post(path, message).await
            } else {
                ana.post_with_key(path, Uuid::from_u128(index), message).await
            }
        }
    }))
    .await;
    let mut positions: Vec<i64> =
        answers.iter().map(|answer| answer.assert(201).body["position"].as_i64().unwrap()).collect();
    positions.sort_unstable();
    assert_eq!(positions, (1..=50).collect::<Vec<_>>());
    let listed = ana.get(&format!("{path}?limit=100")).await.body;
    let listed = listed["items"].as_array().unwrap();
    assert_eq!(column(listed, "position"), (1..=50).map(|position| json!(position)).collect::<Vec<_>>());
    for answer in &answers {
        assert!(listed.contains(&answer.body), "{}", answer.text);
    }
    assert_eq!(ana.get(&format!("/conversations/{id}")).await.body["message_count"], 50);
    let progress = ana.get("/progress/summary").await.body;
    assert_eq!((&progress["messages_sent"], &progress["words_spoken"]), (&json!(50), &json!(150)));
}

#[tokio::test]
async fn a_message_that_races_with_the_end_is_stored_or_refused_but_never_half() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for _ in 0..5 {
        let id = ana.conversation().await;
        let path = format!("/conversations/{id}/messages");
        let hello = json!({"role": "user", "content": "Hello!"});
        let said = join_all((0..8).map(|_| ana.post(&path, hello.clone())));
        let (said, ended, again) = tokio::join!(said, complete(&ana, &id), complete(&ana, &id));
        ended.assert(200);
        assert_eq!(again.assert(200).body, ended.body);
        let stored = said.iter().filter(|answer| answer.status == 201).count();
        assert!(said.iter().all(|answer| [201, 409].contains(&answer.status)));
        assert_eq!(ended.body["message_count"], stored);
        assert_eq!(ana.get(&path).await.body["items"].as_array().unwrap().len(), stored);
    }
}
