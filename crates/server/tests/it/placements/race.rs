use ella_sql::{client::Params, queries::placements};
use postgres_types::Json;
use serde_json::json;
use uuid::Uuid;

use crate::support::Ella;

/// Saves a placement of an id of one's own, as a request does that was slow between its id and the database.
async fn save_late(ella: &Ella, student: Uuid, id: Uuid, level: &str) {
    let params = placements::CreatePlacementParams::<_, &[u8], _, _, _> {
        user_id: student,
        key: None,
        path: None::<&str>,
        now: ella.now(),
        body_hash: None,
        response: None::<Json<serde_json::Value>>,
        cefr_level: level,
        id,
        confidence: 0.5,
        score_grammar: None,
        score_vocab: None,
        score_fluency: None,
        duration_seconds: None,
        turn_count: 0,
        scored: false,
        transcript: Json(json!([])),
    };
    let params = &params;
    let saved = ella
        .app
        .database
        .write(|client| async move { placements::create_placement().params(&client, params).await });
    assert_eq!(saved.await.unwrap(), 1);
}

#[tokio::test]
async fn of_two_at_once_the_newer_one_is_the_level_whichever_is_stored_last() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let older = ella.app.new_id();
    let newer =
        ana.post("/placements", json!({"cefr_level": "B2", "confidence": 0.9, "transcript": []})).await;
    newer.assert(201);
    save_late(&ella, ana.id, older, "A1").await;
    assert_eq!(ana.get("/users/me").await.body["cefr_level"], "B2");
    assert_eq!(ana.get("/placements/latest").await.body, newer.body);
    // Both are kept.
    assert_eq!(ana.get("/placements").await.body["items"].as_array().map(Vec::len), Some(2));
}
