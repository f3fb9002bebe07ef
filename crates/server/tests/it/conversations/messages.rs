use serde_json::json;

use super::{assert_same_404, ids_that_lead_nowhere};
use crate::paging::{column, next, says_what_is_wrong_with_a_page, walk};
use crate::support::Ella;

#[tokio::test]
async fn an_empty_conversation_has_an_empty_list() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let id = ana.conversation().await;
    let page = ana.get(&format!("/conversations/{id}/messages")).await;
    assert_eq!(page.assert(200).body, json!({"items": [], "next_cursor": null}));
}

#[tokio::test]
async fn forty_five_messages_are_walked_through_oldest_first_while_more_are_said() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let id = ana.conversation().await;
    let mut said = Vec::new();
    for index in 0..45 {
        said.push(ana.says(&id, &format!("Sentence {index}.")).await);
    }
    let path = format!("/conversations/{id}/messages");
    for limit in [1, 20, 44, 45, 46, 100] {
        assert_eq!(walk(&ana, &path, limit).await, said, "limit {limit}");
    }
    let first = ana.get(&path).await;
    assert_eq!(first.body["items"].as_array().unwrap(), &said[..20]);
    said.push(ana.says(&id, "One more.").await);
    let second = ana.get(&format!("{path}?cursor={}", next(&first).unwrap())).await;
    let third = ana.get(&format!("{path}?cursor={}", next(&second).unwrap())).await;
    assert_eq!(second.body["items"].as_array().unwrap(), &said[20..40]);
    assert_eq!(third.body["items"].as_array().unwrap(), &said[40..]);
    assert_eq!(next(&third), None);
    assert_eq!(column(&said, "position"), (1..=46).map(|position| json!(position)).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_cursor_belongs_to_its_conversation() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let (one, two) = (ana.conversation().await, ana.conversation().await);
    for id in [&one, &two] {
        for _ in 0..2 {
            ana.says(id, "Hello!").await;
        }
    }
    let path = format!("/conversations/{one}/messages");
    says_what_is_wrong_with_a_page(&ana, &path).await;
    let cursor = next(&ana.get(&format!("{path}?limit=1")).await).unwrap();
    ana.get(&format!("/conversations/{two}/messages?cursor={cursor}")).await.assert_faults(&["query.cursor"]);
    let upper = format!("/conversations/{}/messages?cursor={cursor}", one.to_uppercase());
    ana.get(&upper).await.assert(200);
}

#[tokio::test]
async fn what_is_not_the_students_is_not_there() {
    let ella = Ella::start().await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    let ids = ids_that_lead_nowhere(&ben).await;
    ben.says(&ids[0], "My secret.").await;
    let mut answers = Vec::new();
    for id in &ids {
        answers.push(ana.get(&format!("/conversations/{id}/messages")).await);
    }
    assert_same_404(&answers);
    ana.get("/conversations/42/messages?limit=0").await.assert_faults(&["query.limit"]);
}
