//! Rows for every table, a function for each version of the schema. A new migration adds a function here that fills
//! what it brought, and so the next one is tried on a database that has rows.

use tokio_postgres::Client;

/// The student whose rows these are.
pub const STUDENT: &str = "018f0000-0000-7000-8000-000000000001";
/// The student's conversation.
pub const CONVERSATION: &str = "018f0000-0000-7000-8000-000000000002";

/// Fills the tables of each version up to this one.
pub async fn seed(client: &Client, version: i32) {
    for version in 1..=version {
        add(client, version).await;
    }
}

/// Fills the tables that this version brought.
pub async fn add(client: &Client, version: i32) {
    let versions: &[&str] = &[VERSION_1, VERSION_2, VERSION_3, VERSION_4, VERSION_5];
    let sql = versions.get(usize::try_from(version).unwrap() - 1);
    let sql = sql.unwrap_or_else(|| panic!("say in tests/it/database/rows.rs how to fill version {version}"));
    client.batch_execute(sql).await.unwrap_or_else(|error| panic!("{error:?}"));
}

const VERSION_1: &str = "
insert into students (user_id, created_at, updated_at, last_active_on, age, focus_grammar, focus_vocab, focus_fluency,
        cefr_level, name, location)
    values ('018f0000-0000-7000-8000-000000000001', now(), now(), current_date, 12, true, false, true, 'B1', 'Ana', 'Lisbon');
insert into devices (device_hash, user_id, created_at, secret_hash)
    values (decode(repeat('ab', 32), 'hex'), '018f0000-0000-7000-8000-000000000001', now(), null);
insert into placements (user_id, id, created_at, confidence, score_grammar, turn_count, scored, cefr_level, transcript)
    values ('018f0000-0000-7000-8000-000000000001', '018f0000-0000-7000-8000-000000000003', now(), 0.8, 0.5, 1, true, 'B1',
        '[{\"role\": \"user\", \"content\": \"Hello.\"}]');
insert into conversations (user_id, id, started_at, last_message_at, last_position, student_messages, student_words, topic)
    values ('018f0000-0000-7000-8000-000000000001', '018f0000-0000-7000-8000-000000000002', now(), now(), 2, 1, 3, 'the sea');
insert into messages (user_id, conversation_id, position, word_count, id, created_at, by_student, content)
    values ('018f0000-0000-7000-8000-000000000001', '018f0000-0000-7000-8000-000000000002', 1, 3,
        '018f0000-0000-7000-8000-000000000004', now(), true, 'I am here.');
insert into messages (user_id, conversation_id, position, word_count, id, created_at, by_student, content, provider, model,
        degraded, truncated, turn_ms)
    values ('018f0000-0000-7000-8000-000000000001', '018f0000-0000-7000-8000-000000000002', 2, 2,
        '018f0000-0000-7000-8000-000000000005', now(), false, 'Welcome, Ana!', 'openai', 'any', false, false, 700);
insert into analyses (user_id, conversation_id, created_at, up_to_position, result)
    values ('018f0000-0000-7000-8000-000000000001', '018f0000-0000-7000-8000-000000000002', now(), 2, '{}');
insert into retry_keys (user_id, key, path, created_at, body_hash, response)
    values ('018f0000-0000-7000-8000-000000000001', '018f0000-0000-7000-8000-000000000006', '/placements', now(),
        decode(repeat('ab', 32), 'hex'), '{}');
insert into daily_totals (day, students, conversations, messages) values ('2026-11-21', 1, 1, 2);
insert into server_facts (name, value) values ('a fact', 'a value')";

const VERSION_2: &str = "
insert into token_usage (user_id, day, prompt_tokens, completion_tokens)
    values ('018f0000-0000-7000-8000-000000000001', '2026-11-21', 900, 120)";
const VERSION_4: &str = "
update students set name = 'Élise' where user_id = '018f0000-0000-7000-8000-000000000001'";
const VERSION_3: &str = "
insert into erased_students (user_id, erased_at) values ('018f0000-0000-7000-8000-000000000007', now());
insert into operator_actions (user_id, id, at, action)
    values ('018f0000-0000-7000-8000-000000000007', '018f0000-0000-7000-8000-000000000008', now(), 'erase')";

/// It brought no table and no column.
const VERSION_5: &str = "";
