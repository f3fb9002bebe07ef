//! What the server does by itself stays below every guard.

use ella::tasks::{complete_silent_conversations, prune_retry_keys};
use ella_sql::{
    client::Params as _,
    queries::retries::{EndClaimsOfTheDeadParams, end_claims_of_the_dead},
};
use ella_test_support::database::execute;
use jiff::SignedDuration;

use crate::support::Ella;

#[tokio::test]
async fn housekeeping_goes_on_in_batches() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let more = |table: &str, columns: &str, values: &str| {
        format!(
            "insert into ella.{table} ({columns}) select '{}', gen_random_uuid(), {values} from generate_series(1, 1100)",
            ana.id
        )
    };
    let sql = [
        more("retry_keys", "user_id, key, path, created_at, body_hash, response", "'/placements', '2026-11-01', sha256(''), '{}'"),
        format!(
            "insert into ella.conversations (user_id, id, started_at)
             select '{}', overlay('019ab000-0000-7000-8000-000000000000' placing lpad(n::text, 12, '0') from 25)::uuid,
                '2026-11-01' from generate_series(1, 1100) n",
            ana.id
        ),
    ];
    execute(&ella.database.administrator, &sql.join(";")).await;
    let claimed = format!(
        "insert into ella.retry_keys (user_id, key, path, created_at, body_hash, claimed_until)
         select '{}', gen_random_uuid(), '/llm/conversation-turn', '2026-11-22T09:59:59Z', sha256(''), '2026-11-22T10:00:20Z'
         from generate_series(1, 1100)",
        ana.id
    );
    execute(&ella.database.administrator, &claimed).await;
    // What a start does after a crash.
    let params =
        EndClaimsOfTheDeadParams { now: ella.now(), since: ella.now() - SignedDuration::from_hours(1) };
    let client = ella.app.database.pool().get().await.unwrap();
    assert_eq!(end_claims_of_the_dead().params(&client, &params).await.unwrap(), 1100);
    drop(client);
    ella.advance(SignedDuration::from_hours(72));
    assert_eq!(prune_retry_keys(&ella.app).await, Ok(2200));
    assert_eq!(complete_silent_conversations(&ella.app).await, Ok(1100));
}
