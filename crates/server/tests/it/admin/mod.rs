mod conversation_transcript;
mod placements_transcript;
mod stats;
mod stats_of_turns;
mod stats_over_days;
mod students;
mod usage;

use jiff::SignedDuration;
use serde_json::Value;

use crate::support::Ella;

/// The dashboard's figures, after the minute for which old ones may be shown.
async fn stats(ella: &Ella) -> Value {
    ella.advance(SignedDuration::from_secs(61));
    stats_now(ella).await
}

/// The dashboard's figures as they are shown now.
async fn stats_now(ella: &Ella) -> Value {
    let answer = ella.admin_get("/admin/stats").await;
    answer.assert(200);
    answer.body
}
