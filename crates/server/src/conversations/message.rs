//! `POST /conversations/{id}/messages`.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use ella_sql::{client::Params, queries::conversations};
use jiff::Timestamp;
use postgres_types::Json as SqlJson;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Correction, CorrectionCounts, NO_SUCH_CONVERSATION, Role, why_closed};
use crate::{
    app::App,
    auth::Student,
    body,
    clock::utc_day,
    http::{
        ApiError, Created, PathId,
        body::KeyedBody,
        json::moment,
        openapi::problems::{Always, ForStudents, OfSomething, WithBody, WithState},
        parse::{List, Text, Whole},
        retry::Retry,
    },
    words::count_words,
};

body! {
    /// Something that was said.
    #[example(serde_json::json!({
        "role": "user", "content": "I go to school yesterday",
        "corrections": [{"original": "go", "corrected": "went", "category": "grammar", "type": "VERB:TENSE"}],
        "latency_ms": {"stt": 210}
    }))]
    pub struct NewMessage {
        /// Who said it.
        pub role: Role,
        /// What was said.
        pub content: Text<1, 8000>,
        /// What was wrong with it.
        pub corrections: Option<List<Correction, 0, 50>>,
        /// How long it took.
        pub latency_ms: Option<NewLatency>,
    }
}

body! {
    /// Latencies in milliseconds.
    #[example(serde_json::json!({"stt": 210, "llm": 640, "tts": 180}))]
    pub struct NewLatency {
        /// Speech to text.
        pub stt: Option<Whole<0, 600_000>>,
        /// The language model.
        pub llm: Option<Whole<0, 600_000>>,
        /// Text to speech.
        pub tts: Option<Whole<0, 600_000>>,
    }
}

/// Latencies in milliseconds; null where nothing was measured.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub struct Latency {
    /// Speech to text.
    #[schema(example = 210, minimum = 0, maximum = 600_000)]
    pub(crate) stt: Option<i32>,
    /// The language model.
    #[schema(example = 640, minimum = 0, maximum = 600_000)]
    pub(crate) llm: Option<i32>,
    /// Text to speech.
    #[schema(example = 180, minimum = 0, maximum = 600_000)]
    pub(crate) tts: Option<i32>,
}

/// Something that was said, as it is stored.
#[derive(Debug, Serialize, ToSchema)]
pub struct Message {
    /// The message's id.
    pub id: Uuid,
    pub(crate) conversation_id: Uuid,
    /// 1, 2, 3, ... without gaps.
    #[schema(minimum = 1)]
    pub(crate) position: i32,
    pub(crate) role: Role,
    pub(crate) content: String,
    #[schema(value_type = Vec<Correction>)]
    pub(crate) corrections: Box<RawValue>,
    pub(crate) latency_ms: Latency,
    #[serde(serialize_with = "moment::serialize")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
}

/// Store a message.
#[utoipa::path(
    post, path = "/conversations/{id}/messages", tag = "Conversation sessions", security(("student" = [])),
    params(
        ("id" = uuid::Uuid, Path, description = "The conversation's id."),
        ("Idempotency-Key" = Option<uuid::Uuid>, Header, description = "Makes a repeated request harmless."),
    ),
    request_body = NewMessage,
    responses(
        (status = 201, description = "Stored.", body = Message),
        (status = 200, description = "Stored before, with the same Idempotency-Key.", body = Message),
        ForStudents, WithBody, OfSomething, WithState, Always,
    )
)]
pub async fn create_message(
    State(app): State<App>,
    student: Student,
    id: PathId,
    KeyedBody { body, key }: KeyedBody<NewMessage>,
) -> Result<Response, ApiError> {
    let conversation_id = id.or_not_found(NO_SUCH_CONVERSATION)?;
    let retry = Retry::new(student.id, key, || format!("/conversations/{conversation_id}/messages"));
    let mut message = unplaced(&app, conversation_id, &body)?;
    match store(&app, student.id, &body, &message, retry.as_ref()).await? {
        Some(position) => {
            message.position = position;
            Ok(Created(message).into_response())
        }
        None => match Retry::replay(retry.as_ref(), &app.database).await? {
            Some(earlier) => Ok(earlier),
            None => Err(why_closed(&app, student.id, conversation_id).await),
        },
    }
}

/// The message as it will be, but for its position.
fn unplaced(app: &App, conversation_id: Uuid, body: &NewMessage) -> Result<Message, ApiError> {
    let corrections: &[Correction] = body.corrections.as_ref().map_or(&[], |list| &list.0);
    let corrections = serde_json::value::to_raw_value(corrections)
        .map_err(|error| ApiError::Internal(format!("write the corrections: {error}")))?;
    let latency = body.latency_ms.as_ref().map_or_else(Latency::default, |latency| Latency {
        stt: latency.stt.map(Whole::get),
        llm: latency.llm.map(Whole::get),
        tts: latency.tts.map(Whole::get),
    });
    Ok(Message {
        id: app.new_id(),
        conversation_id,
        position: 0,
        role: body.role,
        content: body.content.as_str().to_owned(),
        corrections,
        latency_ms: latency,
        created_at: app.clock.now(),
    })
}

/// Stores the message at the next position; none when the conversation is not there or completed, or the key was used.
async fn store(
    app: &App,
    student: Uuid,
    body: &NewMessage,
    message: &Message,
    retry: Option<&Retry>,
) -> Result<Option<i32>, ApiError> {
    let by_student = body.role == Role::User;
    // Only corrections of the student's own messages count.
    let counted = body.corrections.as_ref().filter(|_| by_student);
    let counts =
        CorrectionCounts::of(counted.iter().flat_map(|list| &list.0).map(|correction| correction.category));
    let count = |count: i64| i32::try_from(count).unwrap_or(i32::MAX);
    let claim = Retry::claim(retry);
    let params = conversations::AddMessageParams {
        user_id: student,
        conversation_id: message.conversation_id,
        key: claim.key,
        path: claim.path,
        now: message.created_at,
        body_hash: claim.body_hash,
        response: claim.key.map(|_| SqlJson(message)),
        by_student,
        word_count: count_words(&message.content),
        corrections_grammar: count(counts.grammar),
        corrections_vocab: count(counts.vocab),
        corrections_fluency: count(counts.fluency),
        corrections_spelling: count(counts.spelling),
        corrections_pronunciation: count(counts.pronunciation),
        today: utc_day(message.created_at),
        id: message.id,
        stt_ms: message.latency_ms.stt,
        llm_ms: message.latency_ms.llm,
        tts_ms: message.latency_ms.tts,
        content: message.content.as_str(),
        corrections: SqlJson(&message.corrections),
    };
    let params = &params;
    let position = app
        .database
        .write_keyed(claim.key.is_some(), |client| async move {
            conversations::add_message().params(&client, params).opt().await
        })
        .await?;
    Ok(position)
}
