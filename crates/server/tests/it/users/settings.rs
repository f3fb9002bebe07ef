use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::Ella;

#[tokio::test]
async fn a_focus_left_out_or_null_stays_and_the_whole_profile_comes_back() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    ella.advance(SignedDuration::from_secs(5));
    let answer = ana.put("/users/me/settings", json!({"focus": {"vocab": false, "fluency": null}})).await;
    answer.assert(200);
    assert_eq!(
        answer.body,
        json!({
            "id": ana.id, "name": null, "age": null, "location": null, "cefr_level": null,
            "settings": {"focus": {"grammar": true, "vocab": false, "fluency": true}},
            "created_at": "2026-11-22T10:00:00.000000Z", "updated_at": "2026-11-22T10:00:05.000000Z",
        })
    );
    let answer = ana.put("/users/me/settings", json!({"focus": {"grammar": false, "vocab": true}})).await;
    answer.assert(200);
    let focus = json!({"grammar": false, "vocab": true, "fluency": true});
    assert_eq!(answer.body["settings"]["focus"], focus);
    assert_eq!(ana.get("/users/me").await.body, answer.body);
}

#[tokio::test]
async fn changing_nothing_changes_nothing() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let before = ana.get("/users/me").await.body;
    ella.advance(SignedDuration::from_secs(5));
    let answer = ana.put("/users/me/settings", json!({"focus": {}, "theme": "dark"})).await;
    answer.assert(200);
    assert_eq!(answer.body, before);
}

#[tokio::test]
async fn what_is_no_focus_is_refused() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let cases: [(Value, &[&str]); 6] = [
        (json!({}), &["body.focus"]),
        (json!({"focus": null}), &["body.focus"]),
        (json!({"focus": true}), &["body.focus"]),
        (json!({"focus": ["grammar"]}), &["body.focus"]),
        (
            json!({"focus": {"grammar": 1, "vocab": "true", "fluency": true}}),
            &["body.focus.grammar", "body.focus.vocab"],
        ),
        (json!({"focus": {"fluency": []}}), &["body.focus.fluency"]),
    ];
    for (body, faults) in cases {
        ana.put("/users/me/settings", body).await.assert_faults(faults);
    }
    let focus = json!({"grammar": true, "vocab": true, "fluency": true});
    assert_eq!(ana.get("/users/me").await.body["settings"]["focus"], focus);
}

#[tokio::test]
async fn one_students_settings_are_not_anothers() {
    let ella = Ella::start().await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    let before = ben.get("/users/me").await.body;
    ana.put("/users/me/settings", json!({"focus": {"vocab": false}})).await.assert(200);
    ana.put("/users/me", json!({"name": "Ana"})).await.assert(200);
    assert_eq!(ben.get("/users/me").await.body, before);
}
