//! The database refuses what the API refuses, should a request ever get past it.

use super::{connect_as_owner, refusal, rows};
use crate::support::test_cluster;

/// A change of one row, and the constraint that refuses it.
const REFUSED: &[(&str, &str)] = &[
    ("update students set name = ''", "students_name"),
    ("update students set name = repeat('x', 101)", "students_name"),
    ("update students set location = repeat('x', 101)", "students_location"),
    ("update students set age = 3", "students_age"),
    ("update students set age = 121", "students_age"),
    ("update students set cefr_level = 'A0'", "students_cefr_level"),
    ("update devices set device_hash = 'short'", "devices_device_hash"),
    ("update devices set secret_hash = 'short'", "devices_secret_hash"),
    ("update placements set confidence = 1.01", "placements_confidence"),
    ("update placements set confidence = 'NaN'", "placements_confidence"),
    ("update placements set score_grammar = -0.01", "placements_score_grammar"),
    ("update placements set score_vocab = 1.01", "placements_score_vocab"),
    ("update placements set score_fluency = 2", "placements_score_fluency"),
    ("update placements set scored = false", "placements_scored"),
    ("update placements set duration_seconds = 86401", "placements_duration_seconds"),
    ("update placements set turn_count = 201", "placements_turn_count"),
    ("update placements set cefr_level = 'b1'", "placements_cefr_level"),
    ("update placements set transcript = '{}'", "placements_transcript"),
    ("update conversations set topic = ''", "conversations_topic"),
    ("update conversations set topic = repeat('x', 201)", "conversations_topic"),
    ("update conversations set completed_at = now()", "conversations_completed"),
    (
        "update conversations set completed_at = now(), duration_seconds = 86401",
        "conversations_duration_seconds",
    ),
    ("update conversations set student_messages = last_position + 1", "conversations_counters"),
    ("update messages set position = 0 where position = 1", "messages_position"),
    ("update messages set word_count = -1", "messages_word_count"),
    ("update messages set content = ''", "messages_content"),
    ("update messages set content = repeat('x', 8001)", "messages_content"),
    ("update messages set corrections = '{}'", "messages_corrections"),
    (
        "update messages set corrections = (select jsonb_agg(n) from generate_series(1, 51) n)",
        "messages_corrections",
    ),
    ("update messages set stt_ms = 600001", "messages_stt_ms"),
    ("update messages set llm_ms = -1", "messages_llm_ms"),
    ("update messages set tts_ms = 600001", "messages_tts_ms"),
    ("update messages set prompt_tokens = -1", "messages_turn"),
    ("update messages set provider = 'openai' where position = 1", "messages_engine"),
    ("update messages set by_student = true where position = 2", "messages_engine"),
    ("update analyses set up_to_position = 0", "analyses_up_to_position"),
    ("update analyses set result = '[]'", "analyses_result"),
    ("update retry_keys set body_hash = 'short'", "retry_keys_body_hash"),
    ("update retry_keys set claimed_until = now()", "retry_keys_state"),
    ("update retry_keys set response = null", "retry_keys_state"),
    ("update token_usage set prompt_tokens = -1", "token_usage_tokens"),
    ("update token_usage set completion_tokens = -1", "token_usage_tokens"),
    ("update heartbeat set the_one = false", "heartbeat_the_one"),
    ("update operator_actions set action = 'anything'", "operator_actions_action"),
];

#[tokio::test]
async fn what_the_api_refuses_is_no_row_either() {
    let database = test_cluster().await.database().await;
    let client = connect_as_owner(&database.administrator).await;
    rows::seed(&client, 3).await;
    for (sql, constraint) in REFUSED {
        let (code, refused_by) = refusal(&client, sql).await;
        // A number that does not even fit the type is out of range before any constraint is asked.
        assert_eq!((code.as_str(), refused_by.as_str()), ("23514", *constraint), "{sql}");
    }
}

#[tokio::test]
async fn every_check_of_the_schema_is_tried_here() {
    let client = connect_as_owner(&test_cluster().await.database().await.administrator).await;
    let sql =
        "select conname::text from pg_constraint where contype = 'c' and connamespace = 'ella'::regnamespace";
    for row in client.query(sql, &[]).await.unwrap() {
        let name: String = row.get(0);
        assert!(REFUSED.iter().any(|(_, constraint)| *constraint == name), "nothing tries {name}");
    }
}

#[tokio::test]
async fn what_the_api_allows_at_its_limits_fits() {
    let database = test_cluster().await.database().await;
    let client = connect_as_owner(&database.administrator).await;
    rows::seed(&client, 1).await;
    for sql in [
        // Characters count, not bytes.
        "update students set name = repeat('😀', 100), location = repeat('é', 100), age = 4",
        "update students set age = 120, cefr_level = 'C2', name = null, location = null",
        "update placements set confidence = 0, score_vocab = 1, duration_seconds = 86400, turn_count = 200",
        "update conversations set topic = repeat('😀', 200), completed_at = now(), duration_seconds = 86400",
        "update messages set content = repeat('😀', 8000), stt_ms = 600000, tts_ms = 0",
        "update messages set corrections = (select jsonb_agg(n) from generate_series(1, 50) n)",
    ] {
        client.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }
}

#[tokio::test]
async fn a_message_belongs_to_a_conversation_of_its_own_student() {
    let database = test_cluster().await.database().await;
    let client = connect_as_owner(&database.administrator).await;
    rows::seed(&client, 1).await;
    let (student, conversation) = (rows::STUDENT, rows::CONVERSATION);
    let insert = |user: &str, position: i32| {
        format!(
            "insert into messages (user_id, conversation_id, position, word_count, id, created_at, by_student, content)
             values ('{user}', '{conversation}', {position}, 1, gen_random_uuid(), now(), true, 'Hi.')"
        )
    };
    let stranger = "018f0000-0000-7000-8000-00000000000f";
    assert_eq!(refusal(&client, &insert(stranger, 1)).await.0, "23503");
    assert_eq!(refusal(&client, &insert(student, 1)).await, ("23505".to_owned(), "messages_pkey".to_owned()));
    client.batch_execute(&insert(student, 3)).await.unwrap();
}
