use serde_json::json;

use crate::support::Ella;

#[tokio::test]
async fn a_new_student_has_an_empty_profile_and_every_focus() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let answer = ana.get("/users/me").await;
    answer.assert(200);
    assert_eq!(
        answer.body,
        json!({
            "id": ana.id, "name": null, "age": null, "location": null, "cefr_level": null,
            "settings": {"focus": {"grammar": true, "vocab": true, "fluency": true}},
            "created_at": "2026-11-22T10:00:00.000000Z", "updated_at": "2026-11-22T10:00:00.000000Z",
        })
    );
}

#[tokio::test]
async fn a_field_left_out_stays_and_null_clears_it() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    ana.put("/users/me", json!({"name": "  Ana  ", "age": 12, "location": "Lisbon"})).await.assert(200);
    ella.advance(jiff::SignedDuration::from_secs(5));
    let answer = ana.put("/users/me", json!({"age": 13, "location": null})).await;
    answer.assert(200);
    assert_eq!(
        (&answer.body["name"], &answer.body["age"], &answer.body["location"]),
        (&json!("Ana"), &json!(13), &json!(null))
    );
    assert_eq!(answer.body["updated_at"], "2026-11-22T10:00:05.000000Z");
    assert_eq!(ana.get("/users/me").await.body, answer.body);
}

#[tokio::test]
async fn every_fault_of_a_body_is_told_at_once() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let answer = ana.put("/users/me", json!({"name": " ", "age": 12.0, "location": "x".repeat(101)})).await;
    answer.assert_faults(&["body.name", "body.age", "body.location"]);
}
