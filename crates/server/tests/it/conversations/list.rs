use serde_json::json;

use super::complete;
use crate::paging::{column, next, says_what_is_wrong_with_a_page, walk};
use crate::support::Ella;

#[tokio::test]
async fn without_any_the_list_is_empty() {
    let ella = Ella::start().await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    ben.conversation().await;
    for path in ["/conversations", "/conversations?status=active", "/conversations?status=completed"] {
        assert_eq!(ana.get(path).await.assert(200).body, json!({"items": [], "next_cursor": null}));
    }
}

#[tokio::test]
async fn whole_conversations_come_newest_first() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let first = ana.conversation().await;
    ana.says(&first, "Hello!").await;
    let first = complete(&ana, &first).await.body;
    ella.advance(jiff::SignedDuration::from_secs(1));
    let second = ana.post("/conversations", json!({})).await.body;
    let page = ana.get("/conversations").await;
    assert_eq!(page.assert(200).body, json!({"items": [second, first], "next_cursor": null}));
}

#[tokio::test]
async fn the_status_filters() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let (mut active, mut completed) = (Vec::new(), Vec::new());
    for index in 0..45 {
        let id = ana.conversation().await;
        if index % 3 == 0 {
            complete(&ana, &id).await.assert(200);
            completed.insert(0, json!(id));
        } else {
            active.insert(0, json!(id));
        }
    }
    for limit in [1, 7, 15, 30, 100] {
        let rows = walk(&ana, "/conversations?status=active", limit).await;
        assert_eq!(column(&rows, "id"), active);
        let rows = walk(&ana, "/conversations?status=completed", limit).await;
        assert_eq!(column(&rows, "id"), completed);
    }
    for status in ["", "ACTIVE", "done", "active,completed", "active%20"] {
        let answer = ana.get(&format!("/conversations?status={status}")).await;
        answer.assert_faults(&["query.status"]);
    }
    ana.get("/conversations?cursor=x&limit=0&status=y").await.assert_faults(&[
        "query.status",
        "query.limit",
        "query.cursor",
    ]);
    ana.get("/conversations?unknown=1&status=active").await.assert(200);
}

#[tokio::test]
async fn pages_are_stable_while_conversations_begin_and_end() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let mut ids = Vec::new();
    for _ in 0..45 {
        ids.insert(0, json!(ana.conversation().await));
    }
    assert_eq!(column(&walk(&ana, "/conversations", 20).await, "id"), ids);
    let first = ana.get("/conversations").await;
    assert_eq!(column(first.body["items"].as_array().unwrap(), "id"), ids[..20]);
    ana.conversation().await;
    complete(&ana, ids[19].as_str().unwrap()).await.assert(200);
    complete(&ana, ids[20].as_str().unwrap()).await.assert(200);
    let second = ana.get(&format!("/conversations?cursor={}", next(&first).unwrap())).await;
    assert_eq!(column(second.body["items"].as_array().unwrap(), "id"), ids[20..40]);
    ana.conversation().await;
    let third = ana.get(&format!("/conversations?limit=5&cursor={}", next(&second).unwrap())).await;
    assert_eq!(column(third.body["items"].as_array().unwrap(), "id"), ids[40..]);
    assert_eq!(next(&third), None);
}

#[tokio::test]
async fn a_cursor_belongs_to_its_student_and_filter() {
    let ella = Ella::start().await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    for _ in 0..2 {
        ana.conversation().await;
    }
    says_what_is_wrong_with_a_page(&ana, "/conversations").await;
    says_what_is_wrong_with_a_page(&ana, "/conversations?status=active").await;
    let plain = next(&ana.get("/conversations?limit=1").await).unwrap();
    let active = next(&ana.get("/conversations?limit=1&status=active").await).unwrap();
    for path in [
        format!("/conversations?status=active&cursor={plain}"),
        format!("/conversations?cursor={active}"),
        format!("/conversations?status=completed&cursor={active}"),
    ] {
        ana.get(&path).await.assert_faults(&["query.cursor"]);
    }
    ben.get(&format!("/conversations?cursor={plain}")).await.assert_faults(&["query.cursor"]);
}
