use serde_json::{Value, json};

use super::endpoints::placement;
use crate::support::{Ella, Student};

async fn refused(ana: &Student<'_>, field: &str, value: Value) {
    let mut body = placement();
    body[field] = value.clone();
    let answer = ana.post("/placements", body).await;
    assert_eq!(answer.status, 422, "{field} {value}: {}", answer.text);
    answer.assert_faults(&[&format!("body.{field}")]);
}

async fn accepted(ana: &Student<'_>, field: &str, value: Value) -> Value {
    let mut body = placement();
    body[field] = value.clone();
    let answer = ana.post("/placements", body).await;
    assert_eq!(answer.status, 201, "{field} {value}: {}", answer.text);
    answer.body[field].clone()
}

#[tokio::test]
async fn whole_numbers_are_whole_numbers() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for wrong in [
        json!("7"),
        json!(7.0),
        json!(7.5),
        json!(1e2),
        json!(true),
        json!([7]),
        json!({}),
        json!(""),
        json!("seven"),
    ] {
        refused(&ana, "duration_seconds", wrong).await;
    }
    for out_of_range in
        [json!(-1), json!(86401), json!(i64::MAX), json!(i64::MIN), json!(u64::MAX), json!(1_u64 << 32)]
    {
        refused(&ana, "duration_seconds", out_of_range).await;
    }
    for right in [0, 1, 86400] {
        assert_eq!(accepted(&ana, "duration_seconds", json!(right)).await, json!(right));
    }
}

#[tokio::test]
async fn numbers_are_numbers_and_a_whole_one_is_one_too() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for wrong in [
        json!("0.5"),
        json!(true),
        json!([0.5]),
        json!({}),
        json!(-0.001),
        json!(1.001),
        json!(2),
        json!(-1),
        json!(1e300),
        json!(u64::MAX),
    ] {
        refused(&ana, "confidence", wrong).await;
    }
    for (right, returned) in [
        (json!(0), 0.0),
        (json!(1), 1.0),
        (json!(0.5), 0.5),
        (json!(1.0), 1.0),
        (json!(-0.0), 0.0),
        (json!(1e-9), 1e-9),
    ] {
        assert_eq!(accepted(&ana, "confidence", right).await.as_f64(), Some(returned));
    }
}

#[tokio::test]
async fn levels_and_roles_are_one_of_their_words() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for level in ["A1", "A2", "B1", "B2", "C1", "C2"] {
        assert_eq!(accepted(&ana, "cefr_level", json!(level)).await, level);
        assert_eq!(ana.get("/users/me").await.body["cefr_level"], level);
    }
    for wrong in
        [json!("a1"), json!("A1 "), json!("A3"), json!("C3"), json!(""), json!(1), json!(["A1"]), json!(true)]
    {
        refused(&ana, "cefr_level", wrong).await;
    }
    for role in [json!("User"), json!("system"), json!(" user"), json!(1), json!({})] {
        let body = json!({"history": [{"role": role, "content": "Hello"}]});
        ana.post("/llm/placement-turn", body).await.assert_faults(&["body.history.0.role"]);
    }
}

#[tokio::test]
async fn lists_are_lists_of_a_bounded_length() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for wrong in
        [json!({}), json!("[]"), json!(0), json!(true), json!({"0": {"role": "user", "content": "Hi"}})]
    {
        refused(&ana, "transcript", wrong).await;
    }
    let turns = |count: usize| Value::from(vec![json!({"role": "user", "content": "Hi"}); count]);
    refused(&ana, "transcript", turns(201)).await;
    assert_eq!(accepted(&ana, "transcript", turns(200)).await.as_array().unwrap().len(), 200);
    assert_eq!(accepted(&ana, "transcript", turns(0)).await, json!([]));
}

#[tokio::test]
async fn times_may_have_any_offset_and_are_returned_in_utc() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let at = |at: Value| json!([{"role": "user", "content": "Hi", "at": at}]);
    for (sent, returned) in [
        ("2026-11-22T10:00:00Z", "2026-11-22T10:00:00.000000Z"),
        ("2026-11-22T10:00:00+02:00", "2026-11-22T08:00:00.000000Z"),
        ("2026-11-22t23:30:00.5-01:30", "2026-11-23T01:00:00.500000Z"),
        ("2024-02-29T10:00:00.123456-00:00", "2024-02-29T10:00:00.123456Z"),
    ] {
        let transcript = accepted(&ana, "transcript", at(json!(sent))).await;
        assert_eq!(transcript[0]["at"], returned, "{sent}");
    }
    for wrong in [
        json!("2026-11-22"),
        json!("2026-11-22T10:00:00"),
        json!("2026-11-22 10:00:00Z"),
        json!("2026-11-22T10:00Z"),
        json!("2026-02-29T10:00:00Z"),
        json!("2026-11-22T25:00:00Z"),
        json!("2026-11-22T10:00:00+25:00"),
        json!(1_795_341_600),
        json!(""),
        json!("now"),
        json!("20261122T100000Z"),
        json!("2026-11-22T10:00:00Z[UTC]"),
        json!("2026-11-22T10:00:00.Z"),
    ] {
        let mut body = placement();
        body["transcript"] = at(wrong.clone());
        let answer = ana.post("/placements", body).await;
        assert_eq!(answer.status, 422, "{wrong}: {}", answer.text);
        answer.assert_faults(&["body.transcript.0.at"]);
    }
}
