use jiff::SignedDuration;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{bare, whole};
use crate::support::Ella;

#[tokio::test]
async fn the_same_key_again_gets_the_first_answer_and_stores_nothing() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let key = Uuid::from_u128(7);
    let first = ana.post_with_key("/placements", key, whole()).await;
    first.assert(201);
    ana.post("/placements", bare("C2")).await.assert(201);
    ella.advance(SignedDuration::from_hours(1));
    let again = ana.post_with_key("/placements", key, whole()).await;
    again.assert(200);
    assert_eq!(again.body, first.body);
    assert_eq!(ana.get("/placements").await.body["items"].as_array().unwrap().len(), 2);
    assert_eq!(ana.get("/users/me").await.body["cefr_level"], "C2", "an old result is no new level");
}

#[tokio::test]
async fn bodies_are_compared_as_they_were_understood() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let key = Uuid::from_u128(7);
    let first = ana.post_with_key("/placements", key, whole()).await;
    first.assert(201);
    let same = json!({
        "duration_seconds": 240, "unknown": [1, 2],
        "transcript": [
            {"at": "2026-11-22T09:00:00.500Z", "content": " What do you like to do?\n", "role": "assistant"},
            {"role": "user", "content": "I like play football.", "at": null, "mood": "good"},
        ],
        "scores": {"fluency": 1.0, "vocab": 0.625, "grammar": 5e-1}, "confidence": 0.8, "cefr_level": "B1",
    });
    let again = ana.post_with_key("/placements", key, same).await;
    again.assert(200);
    assert_eq!(again.body, first.body);
    for (place, value) in [
        ("/cefr_level", json!("B2")),
        ("/confidence", json!(0.81)),
        ("/scores/vocab", Value::Null),
        ("/scores", Value::Null),
        ("/transcript/1/content", json!("I like play Football.")),
        ("/transcript/0/at", Value::Null),
        ("/duration_seconds", json!(241)),
    ] {
        let mut other = whole();
        *other.pointer_mut(place).unwrap() = value;
        ana.post_with_key("/placements", key, other).await.assert_problem(409);
    }
    assert_eq!(ana.get("/placements").await.body["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn extreme_numbers_come_back_the_same() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for (index, confidence) in [0.1 + 0.2, 5e-324, 1e-300, 0.0, -0.0, 1.0, 1.0 / 3.0].into_iter().enumerate()
    {
        let key = Uuid::from_u128(index as u128);
        let mut placement = bare("A1");
        placement["confidence"] = json!(confidence);
        let first = ana.post_with_key("/placements", key, placement.clone()).await;
        first.assert(201);
        let again = ana.post_with_key("/placements", key, placement).await;
        again.assert(200);
        assert_eq!(again.body, first.body);
        assert_eq!(ana.get("/placements/latest").await.body, first.body);
    }
}

#[tokio::test]
async fn two_copies_at_once_store_one() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for round in 0..5 {
        let key = Uuid::from_u128(round);
        let (one, two) = tokio::join!(
            ana.post_with_key("/placements", key, whole()),
            ana.post_with_key("/placements", key, whole()),
        );
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 201], "{} {}", one.text, two.text);
        assert_eq!(one.body, two.body);
    }
    assert_eq!(ana.get("/placements").await.body["items"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn a_refused_request_leaves_its_key_free() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let key = Uuid::from_u128(7);
    ana.post_with_key("/placements", key, bare("Z9")).await.assert_problem(422);
    ana.post_with_key("/placements", key, whole()).await.assert(201);
}
