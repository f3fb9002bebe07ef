use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Ella};

#[tokio::test]
async fn every_limit_is_kept_to_the_character_and_to_the_year() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let long = "🦊".repeat(100);
    for good in
        [json!({"name": "A", "age": 4, "location": "B"}), json!({"name": long, "age": 120, "location": long})]
    {
        let answer = ana.put("/users/me", good.clone()).await;
        answer.assert(200);
        for field in ["name", "age", "location"] {
            assert_eq!(answer.body[field], good[field], "{field}");
        }
    }
    let bad: [(Value, &[&str]); 12] = [
        (json!({"name": ""}), &["body.name"]),
        (json!({"name": "🦊".repeat(101)}), &["body.name"]),
        (json!({"name": 7}), &["body.name"]),
        (json!({"name": ["Ana"]}), &["body.name"]),
        (json!({"age": 3}), &["body.age"]),
        (json!({"age": 121}), &["body.age"]),
        (json!({"age": -12}), &["body.age"]),
        (json!({"age": "12"}), &["body.age"]),
        (json!({"age": true}), &["body.age"]),
        (json!({"age": 12.5}), &["body.age"]),
        (json!({"age": u64::MAX}), &["body.age"]),
        (json!({"location": {"city": "Lisbon"}, "name": false}), &["body.name", "body.location"]),
    ];
    for (body, faults) in bad {
        ana.put("/users/me", body).await.assert_faults(faults);
    }
    assert_eq!(ana.get("/users/me").await.body["name"], long.as_str(), "a refused change changes nothing");
}

#[tokio::test]
async fn changing_nothing_changes_nothing() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let before = ana.get("/users/me").await.body;
    ella.advance(SignedDuration::from_secs(5));
    assert_eq!(ana.put("/users/me", json!({})).await.assert(200).body, before);
    let unknown = json!({"id": "x", "cefr_level": "C2", "created_at": 7, "settings": null});
    assert_eq!(ana.put("/users/me", unknown).await.assert(200).body, before);
    let empty = Answer::of(ana.request(Method::PUT, "/users/me")).await;
    assert_eq!(empty.assert(200).body, before);
}

#[tokio::test]
async fn null_clears_each_field_alone() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for field in ["name", "age", "location"] {
        let whole = json!({"name": "Ana", "age": 12, "location": "Lisbon"});
        ana.put("/users/me", whole.clone()).await.assert(200);
        let answer = ana.put("/users/me", json!({field: null})).await;
        answer.assert(200);
        for other in ["name", "age", "location"] {
            let expected = if other == field { &Value::Null } else { &whole[other] };
            assert_eq!(&answer.body[other], expected, "{other} after {field} was cleared");
        }
    }
}
