//! `GET /admin/conversations/{id}/transcript` and `GET /admin/placements/{user_id}/transcript`.

use axum::extract::State;
use ella_sql::{
    client::Params,
    queries::{admin, placements, students, tutor, users},
};
use futures::try_join;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::App,
    auth::Admin,
    conversations::{Conversation, Correction, Latency, Role, status},
    http::{
        ApiError, Json, PathId,
        json::moment,
        openapi::problems::{Always, ForAdmins, OfSomething},
    },
    levels::CefrLevel,
    placements::Placement,
    tutor::{Engine, SessionAnalysis},
};

/// Messages in a transcript at most.
const LONGEST_TRANSCRIPT: i64 = 10_000;
/// Placement tests of one student at most: the newest.
const MOST_PLACEMENTS: i64 = 100;

/// A student, as teachers see one.
#[derive(Debug, Serialize, ToSchema)]
pub struct StudentCard {
    id: Uuid,
    name: Option<String>,
    age: Option<i16>,
    location: Option<String>,
    #[schema(value_type = Option<CefrLevel>)]
    cefr_level: Option<String>,
}

/// A conversation, word for word.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConversationTranscript {
    conversation: Conversation,
    student: StudentCard,
    /// Oldest first, and no more than the first 10,000.
    #[schema(max_items = 10_000)]
    messages: Vec<TranscriptMessage>,
    /// The last session analysis; null when none was asked for.
    #[schema(value_type = Option<SessionAnalysis>)]
    analysis: Option<Box<RawValue>>,
}

/// Something that was said, and who spoke for Zoe.
#[derive(Debug, Serialize, ToSchema)]
pub struct TranscriptMessage {
    id: Uuid,
    conversation_id: Uuid,
    /// 1, 2, 3, ... without gaps.
    #[schema(minimum = 1)]
    position: i32,
    role: Role,
    content: String,
    #[schema(value_type = Vec<Correction>)]
    corrections: Box<RawValue>,
    latency_ms: Latency,
    #[serde(serialize_with = "moment::serialize")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Who spoke for Zoe; null with the student's messages, and with what the app stored as Zoe's.
    #[schema(value_type = Option<Engine>)]
    engine: Option<Engine>,
}

/// A student's placement tests, word for word.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlacementsTranscript {
    student: StudentCard,
    /// Newest first, and no more than the newest 100.
    #[schema(max_items = 100)]
    placements: Vec<Placement>,
}

/// Read any conversation.
#[utoipa::path(
    get, path = "/admin/conversations/{id}/transcript", tag = "Classroom dashboard", security(("admin" = [])),
    params(("id" = Uuid, Path, description = "The conversation's id.")),
    responses((status = 200, description = "The transcript.", body = ConversationTranscript), ForAdmins, OfSomething, Always)
)]
pub async fn conversation_transcript(
    State(app): State<App>,
    _: Admin,
    id: PathId,
) -> Result<Json<ConversationTranscript>, ApiError> {
    const NOT_FOUND: &str = "There is no such conversation.";
    let id = id.or_not_found(NOT_FOUND)?;
    let row = app
        .database
        .read(|client| async move { admin::conversation_and_student().bind(&client, &id).opt().await })
        .await?
        .ok_or(ApiError::NotFound(NOT_FOUND))?;
    let said = students::TranscriptMessagesParams {
        user_id: row.user_id,
        conversation_id: id,
        most: LONGEST_TRANSCRIPT,
    };
    let analysis = tutor::AnalysisParams { user_id: row.user_id, conversation_id: id };
    let (messages, analysis) = app
        .database
        .read(|client| async move {
            let (messages, stored) = (students::transcript_messages(), tutor::analysis());
            // In one round trip.
            try_join!(
                messages.params(&client, &said).map(unplaced).all(),
                stored.params(&client, &analysis).map(|row| row.result.0.to_owned()).opt(),
            )
        })
        .await?;
    Ok(Json(ConversationTranscript {
        conversation: Conversation {
            id: row.id,
            topic: row.topic,
            status: status(row.completed_at),
            message_count: row.last_position,
            started_at: row.started_at,
            completed_at: row.completed_at,
            duration_seconds: row.duration_seconds,
        },
        student: StudentCard {
            id: row.user_id,
            name: row.name,
            age: row.age,
            location: row.location,
            cefr_level: row.cefr_level,
        },
        messages: messages
            .into_iter()
            .map(|message| TranscriptMessage { conversation_id: id, ..message })
            .collect(),
        analysis,
    }))
}

/// A row as a message; its conversation is the one that was asked for.
#[expect(clippy::needless_pass_by_value, reason = "the generated queries hand rows over by value")]
fn unplaced(row: students::TranscriptMessageBorrowed<'_>) -> TranscriptMessage {
    let engine = match (row.provider, row.model, row.degraded, row.truncated) {
        (Some(provider), Some(model), Some(degraded), Some(truncated)) => {
            Some(Engine { provider: provider.to_owned(), model: model.to_owned(), degraded, truncated })
        }
        _ => None,
    };
    TranscriptMessage {
        id: row.id,
        conversation_id: Uuid::nil(),
        position: row.position,
        role: Role::of(row.by_student),
        content: row.content.to_owned(),
        corrections: row.corrections.0.to_owned(),
        latency_ms: Latency { stt: row.stt_ms, llm: row.llm_ms, tts: row.tts_ms },
        created_at: row.created_at,
        engine,
    }
}

/// Read a student's placement tests.
#[utoipa::path(
    get, path = "/admin/placements/{user_id}/transcript", tag = "Classroom dashboard", security(("admin" = [])),
    params(("user_id" = Uuid, Path, description = "The student's id.")),
    responses((status = 200, description = "The transcripts.", body = PlacementsTranscript), ForAdmins, OfSomething, Always)
)]
pub async fn placements_transcript(
    State(app): State<App>,
    _: Admin,
    id: PathId,
) -> Result<Json<PlacementsTranscript>, ApiError> {
    const NOT_FOUND: &str = "There is no such student.";
    let id = id.or_not_found(NOT_FOUND)?;
    let (student, placements) = app
        .database
        .read(|client| async move {
            let wanted = placements::PlacementsWithTranscriptsParams { user_id: id, most: MOST_PLACEMENTS };
            let (profile, tests) = (users::profile(), placements::placements_with_transcripts());
            try_join!(
                profile.bind(&client, &id).opt(),
                tests.params(&client, &wanted).map(Placement::of).all(),
            )
        })
        .await?;
    let student = student.ok_or(ApiError::NotFound(NOT_FOUND))?;
    Ok(Json(PlacementsTranscript {
        student: StudentCard {
            id: student.user_id,
            name: student.name,
            age: student.age,
            location: student.location,
            cefr_level: student.cefr_level,
        },
        placements,
    }))
}
