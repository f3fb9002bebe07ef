//! What keeps students' words from being lost by a bug, a slip of the hand, or a restore.

mod deletions;
mod erased;
mod figures;
mod heartbeat;
mod own_statements;
mod whole_tables;

use ella_test_support::database::TestDatabase;
use tokio_postgres::Client;

use crate::{database::connect, support::test_cluster};

/// A database with guards, and two of everything that is a student's.
pub(crate) async fn scene() -> (TestDatabase, Client) {
    let database = test_cluster().await.database().await;
    let owner = connect(&database.administrator).await;
    owner.batch_execute("set role ella_owner; set search_path = ella").await.unwrap();
    owner.batch_execute(TWO_STUDENTS).await.unwrap_or_else(|error| panic!("{error:?}"));
    (database, owner)
}

const TWO_STUDENTS: &str = "
insert into students (user_id, created_at, updated_at, focus_grammar, focus_vocab, focus_fluency)
    select ('018f0000-0000-7000-8000-00000000000' || n)::uuid, now(), now(), true, true, true from generate_series(1, 2) n;
insert into devices (device_hash, user_id, created_at)
    select sha256(user_id::text::bytea), user_id, now() from students;
insert into placements (user_id, id, created_at, confidence, turn_count, scored, cefr_level, transcript)
    select user_id, md5('placement' || user_id)::uuid, now(), 0.5, 0, false, 'B1', '[]' from students;
insert into conversations (user_id, id, started_at, last_message_at, last_position, student_messages, student_words)
    select user_id, user_id, now(), now(), 40, 40, 80 from students;
insert into messages (user_id, conversation_id, position, word_count, id, created_at, by_student, content)
    select user_id, user_id, n, 2, md5(user_id::text || n)::uuid, now(), true, 'I am.' from students, generate_series(1, 40) n;
insert into analyses (user_id, conversation_id, created_at, up_to_position, result)
    select user_id, user_id, now(), 2, '{}' from students;
insert into retry_keys (user_id, key, path, created_at, body_hash, response)
    select user_id, md5('key' || user_id)::uuid, '/placements', now(), sha256(''), '{}' from students";

/// What the statement is refused with: the `SQLSTATE`, the message and the hint.
async fn refused(client: &Client, sql: &str) -> (String, String, String) {
    let error = client.batch_execute(sql).await.expect_err(sql);
    let error = error.as_db_error().unwrap_or_else(|| panic!("{sql}: {error}"));
    let hint = error.hint().unwrap_or_default().to_owned();
    (error.code().code().to_owned(), error.message().to_owned(), hint)
}

/// The `SQLSTATE` of every guard: a restriction is violated.
const REFUSED: &str = "23001";
