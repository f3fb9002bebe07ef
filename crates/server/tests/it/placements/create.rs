use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{bare, whole};
use crate::support::{Ella, Student};

#[tokio::test]
async fn a_placement_is_stored_as_it_was_understood() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let answer = ana.post("/placements", whole()).await;
    answer.assert(201);
    assert_eq!(
        answer.body,
        json!({
            "id": answer.body["id"], "cefr_level": "B1", "confidence": 0.8,
            "scores": {"grammar": 0.5, "vocab": 0.625, "fluency": 1.0},
            "transcript": [
                {"role": "assistant", "content": "What do you like to do?", "at": "2026-11-22T09:00:00.500000Z"},
                {"role": "user", "content": "I like play football."},
            ],
            "duration_seconds": 240, "created_at": "2026-11-22T10:00:00.000000Z",
        })
    );
    let id: uuid::Uuid = answer.body["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(id.get_version_num(), 7);
    assert_eq!(ana.get("/placements/latest").await.body, answer.body);
}

#[tokio::test]
async fn what_is_left_out_is_null() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for (sent, stored) in [
        (Value::Null, Value::Null),
        (json!({}), json!({"grammar": null, "vocab": null, "fluency": null})),
        (json!({"vocab": 0, "grammar": null}), json!({"grammar": null, "vocab": 0.0, "fluency": null})),
    ] {
        let mut placement = bare("A1");
        placement["scores"] = sent;
        placement["duration_seconds"] = Value::Null;
        placement["colour"] = json!("unknown fields are ignored \u{0}");
        let answer = ana.post("/placements", placement).await;
        answer.assert(201);
        assert_eq!(
            answer.body,
            json!({
                "id": answer.body["id"], "cefr_level": "A1", "confidence": 0.5, "scores": stored, "transcript": [],
                "duration_seconds": null, "created_at": "2026-11-22T10:00:00.000000Z",
            })
        );
        assert_eq!(ana.get("/placements/latest").await.body, answer.body);
    }
}

#[tokio::test]
async fn it_becomes_the_students_level_and_no_one_elses() {
    let ella = Ella::start().await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    for level in ["A1", "A2", "B1", "B2", "C1", "C2", "A1"] {
        ella.advance(SignedDuration::from_secs(1));
        ana.post("/placements", bare(level)).await.assert(201);
        let profile = ana.get("/users/me").await;
        assert_eq!(profile.body["cefr_level"], level);
        let updated: jiff::Timestamp = profile.body["updated_at"].as_str().unwrap().parse().unwrap();
        assert_eq!(updated, ella.now());
    }
    assert_eq!(ben.get("/users/me").await.body["cefr_level"], Value::Null);
}

#[tokio::test]
async fn every_limit_holds_at_both_edges() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for confidence in [json!(0), json!(1), json!(0.0), json!(1.0), json!(1e-300), json!(-0.0)] {
        takes(&ana, "/confidence", &confidence).await;
    }
    for confidence in [json!(-0.001), json!(1.001), json!("0.5"), json!(true), json!([]), json!(1e300)] {
        refuses(&ana, "/confidence", &confidence, "body.confidence").await;
    }
    for score in ["grammar", "vocab", "fluency"] {
        let (place, named) = (format!("/scores/{score}"), format!("body.scores.{score}"));
        takes(&ana, &place, &json!(0)).await;
        takes(&ana, &place, &json!(1)).await;
        refuses(&ana, &place, &json!(1.01), &named).await;
        refuses(&ana, &place, &json!("1"), &named).await;
    }
    takes(&ana, "/duration_seconds", &json!(0)).await;
    takes(&ana, "/duration_seconds", &json!(86400)).await;
    for duration in [json!(-1), json!(86401), json!(7.0), json!("7"), json!(1e3), json!(99_999_999_999_i64)] {
        refuses(&ana, "/duration_seconds", &duration, "body.duration_seconds").await;
    }
    for level in [json!("b1"), json!("D1"), json!(""), json!("B1 "), json!(1)] {
        refuses(&ana, "/cefr_level", &level, "body.cefr_level").await;
    }
    let turn = json!({"role": "user", "content": "yes"});
    takes(&ana, "/transcript", &json!(vec![turn.clone(); 200])).await;
    refuses(&ana, "/transcript", &json!(vec![turn; 201]), "body.transcript").await;
    refuses(&ana, "/transcript", &json!({}), "body.transcript").await;
    takes(&ana, "/transcript/0/content", &json!("é".repeat(8000))).await;
    refuses(&ana, "/transcript/0/content", &json!("é".repeat(8001)), "body.transcript.0.content").await;
    refuses(&ana, "/transcript/0/content", &json!("a\u{0}b"), "body.transcript.0.content").await;
    refuses(&ana, "/transcript/1/content", &json!(" \u{3000}\n"), "body.transcript.1.content").await;
    refuses(&ana, "/transcript/1/role", &json!("system"), "body.transcript.1.role").await;
    for at in ["yesterday", "2026-11-22", "2026-11-22T10:00:00", "2026-13-01T00:00:00Z", ""] {
        refuses(&ana, "/transcript/1/at", &json!(at), "body.transcript.1.at").await;
    }
}

async fn takes(student: &Student<'_>, place: &str, value: &Value) {
    let mut placement = whole();
    *placement.pointer_mut(place).unwrap() = value.clone();
    let answer = student.post("/placements", placement).await;
    answer.assert(201);
    if let (Some(sent), Some(stored)) = (value.as_f64(), answer.body.pointer(place).unwrap().as_f64()) {
        assert_eq!(sent.to_bits() & !(1 << 63), stored.to_bits(), "{place}");
    }
    assert_eq!(student.get("/placements/latest").await.body, answer.body);
}

async fn refuses(student: &Student<'_>, place: &str, value: &Value, fault: &str) {
    let mut placement = whole();
    match placement.pointer_mut(place) {
        Some(there) => *there = value.clone(),
        None => placement["transcript"][1]["at"] = value.clone(),
    }
    student.post("/placements", placement).await.assert_faults(&[fault]);
}

#[tokio::test]
async fn every_fault_is_told_at_once_and_nothing_is_stored() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    ana.post("/placements", json!({})).await.assert_faults(&[
        "body.cefr_level",
        "body.confidence",
        "body.transcript",
    ]);
    let bad = json!({
        "cefr_level": "Z", "confidence": 2, "scores": {"grammar": "x", "fluency": -1}, "duration_seconds": 1.5,
        "transcript": [{"role": "user"}, {"content": "fine", "role": "zoe", "at": 5}, "no turn"],
    });
    ana.post("/placements", bad).await.assert_faults(&[
        "body.cefr_level",
        "body.confidence",
        "body.scores.grammar",
        "body.scores.fluency",
        "body.transcript.0.content",
        "body.transcript.1.role",
        "body.transcript.1.at",
        "body.transcript.2",
        "body.duration_seconds",
    ]);
    ana.post("/placements", json!([])).await.assert_faults(&["body"]);
    ana.get("/placements/latest").await.assert_problem(404);
    assert_eq!(ana.get("/users/me").await.body["cefr_level"], Value::Null);
}

#[tokio::test]
async fn a_time_before_the_year_0_in_utc_is_refused() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let said_at = |at: &str| json!({"cefr_level": "A1", "confidence": 1, "transcript": [{"role": "user", "content": "Hi", "at": at}]});
    ana.post("/placements", said_at("0000-01-01T00:00:00+14:00"))
        .await
        .assert_faults(&["body.transcript.0.at"]);
    let first = ana.post("/placements", said_at("0000-01-01T00:00:00Z")).await;
    assert_eq!(first.assert(201).body["transcript"][0]["at"], "0000-01-01T00:00:00.000000Z");
}

#[tokio::test]
async fn a_whole_megabyte_is_taken_and_a_byte_more_is_not() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let mut placement = bare("B2");
    let turn = json!({"role": "user", "content": "x".repeat(8000)});
    placement["transcript"] = json!(vec![turn; 128]);
    placement["padding"] = json!("");
    let room = 1024 * 1024 - placement.to_string().len();
    placement["padding"] = json!("x".repeat(room));
    ana.post("/placements", placement.clone()).await.assert(201);
    placement["padding"] = json!("x".repeat(room + 1));
    ana.post("/placements", placement).await.assert_problem(413);
}

#[tokio::test]
async fn without_a_token_nothing_is_stored_or_read() {
    let ella = Ella::start().await;
    ella.post("/placements", whole()).await.assert_problem(401);
    ella.get("/placements").await.assert_problem(401);
    ella.get("/placements/latest").await.assert_problem(401);
}
