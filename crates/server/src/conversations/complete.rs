//! `PUT /conversations/{id}/complete`.

use axum::extract::State;
use ella_sql::{client::Params, queries::conversations};

use super::{Conversation, NO_SUCH_CONVERSATION, find};
use crate::{
    app::App,
    auth::Student,
    body,
    http::{
        ApiError, Body, Json, PathId,
        openapi::problems::{Always, ForStudents, OfSomething, WithBody},
        parse::Whole,
    },
};

body! {
    /// How the conversation ended.
    #[example(serde_json::json!({"duration_seconds": 600, "latency_ms": {"tts": 180}}))]
    pub struct Completion {
        /// How long it took; if left out, the time from its start to now, but to no more than 30 minutes past the last
        /// message.
        pub duration_seconds: Option<Whole<0, 86400>>,
        /// Figures of the last turn.
        pub latency_ms: Option<LastLatency>,
    }
}

body! {
    /// Figures of the last turn.
    #[example(serde_json::json!({"tts": 180}))]
    pub struct LastLatency {
        /// Milliseconds that the speech of Zoe's last reply took.
        pub tts: Option<Whole<0, 600_000>>,
    }
}

/// Complete a conversation.
///
/// Completing it again changes nothing.
#[utoipa::path(
    put, path = "/conversations/{id}/complete", tag = "Conversation sessions", security(("student" = [])),
    params(("id" = uuid::Uuid, Path, description = "The conversation's id.")),
    request_body(content = Completion, description = "May be left out."),
    responses((status = 200, description = "The completed conversation.", body = Conversation), ForStudents, WithBody, OfSomething, Always)
)]
pub async fn complete_conversation(
    State(app): State<App>,
    student: Student,
    id: PathId,
    Body(completion): Body<Completion>,
) -> Result<Json<Conversation>, ApiError> {
    let id = id.or_not_found(NO_SUCH_CONVERSATION)?;
    let params = conversations::CompleteConversationParams {
        now: app.clock.now(),
        duration_seconds: completion.duration_seconds.map(Whole::get),
        user_id: student.id,
        id,
        tts_ms: completion.latency_ms.and_then(|latency| latency.tts).map(Whole::get),
    };
    let completed = app
        .database
        .write_again(|client| async move {
            conversations::complete_conversation().params(&client, &params).opt().await
        })
        .await?;
    match completed {
        Some(row) => Ok(Json(row.into())),
        // Completed before, or not there at all.
        None => find(&app, student.id, id).await.map(Json),
    }
}
