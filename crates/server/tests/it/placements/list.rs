use serde_json::json;

use super::{bare, whole};
use crate::paging::{column, next, says_what_is_wrong_with_a_page, walk};
use crate::support::Ella;

#[tokio::test]
async fn without_any_the_list_is_empty() {
    let ella = Ella::start().await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    ben.post("/placements", whole()).await.assert(201);
    let page = ana.get("/placements").await;
    assert_eq!(page.assert(200).body, json!({"items": [], "next_cursor": null}));
}

#[tokio::test]
async fn rows_come_newest_first_with_a_turn_count_instead_of_the_transcript() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let first = ana.post("/placements", whole()).await.body;
    ella.advance(jiff::SignedDuration::from_secs(1));
    let second = ana.post("/placements", bare("B2")).await.body;
    let page = ana.get("/placements").await;
    assert_eq!(
        page.assert(200).body,
        json!({
            "items": [
                {
                    "id": second["id"], "cefr_level": "B2", "confidence": 0.5, "scores": null, "turn_count": 0,
                    "duration_seconds": null, "created_at": "2026-11-22T10:00:01.000000Z",
                },
                {
                    "id": first["id"], "cefr_level": "B1", "confidence": 0.8,
                    "scores": {"grammar": 0.5, "vocab": 0.625, "fluency": 1.0}, "turn_count": 2,
                    "duration_seconds": 240, "created_at": "2026-11-22T10:00:00.000000Z",
                },
            ],
            "next_cursor": null,
        })
    );
}

#[tokio::test]
async fn forty_five_rows_are_walked_through_while_more_are_added() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let mut ids = Vec::new();
    for _ in 0..45 {
        ids.insert(0, ana.post("/placements", bare("A1")).await.body["id"].clone());
    }
    for limit in [1, 20, 44, 45, 46, 100] {
        assert_eq!(column(&walk(&ana, "/placements", limit).await, "id"), ids, "limit {limit}");
    }
    let first = ana.get("/placements").await;
    assert_eq!(column(first.body["items"].as_array().unwrap(), "id"), ids[..20]);
    ana.post("/placements", bare("A2")).await.assert(201);
    let second = ana.get(&format!("/placements?cursor={}", next(&first).unwrap())).await;
    assert_eq!(column(second.body["items"].as_array().unwrap(), "id"), ids[20..40]);
    let third = ana.get(&format!("/placements?cursor={}", next(&second).unwrap())).await;
    assert_eq!(column(third.body["items"].as_array().unwrap(), "id"), ids[40..]);
    assert_eq!(next(&third), None);
}

#[tokio::test]
async fn a_bad_limit_or_cursor_is_told() {
    let ella = Ella::start().await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    for _ in 0..2 {
        ana.post("/placements", bare("A1")).await.assert(201);
        ana.conversation().await;
    }
    says_what_is_wrong_with_a_page(&ana, "/placements").await;
    let cursor = next(&ana.get("/placements?limit=1").await).unwrap();
    ben.get(&format!("/placements?cursor={cursor}")).await.assert_faults(&["query.cursor"]);
    ana.get(&format!("/conversations?cursor={cursor}")).await.assert_faults(&["query.cursor"]);
    let other = next(&ana.get("/conversations?limit=1").await).unwrap();
    ana.get(&format!("/placements?cursor={other}")).await.assert_faults(&["query.cursor"]);
}
