//! Conversations and their messages, as the app stores and lists them.

mod complete;
mod correction;
mod create;
mod list;
mod message;
mod messages;
mod read;

use ella_sql::{client::Params, queries::conversations};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::App,
    http::{ApiError, json::moment},
};

pub use complete::*;
pub use correction::{Category, Correction, CorrectionCounts};
pub use create::*;
pub use list::*;
pub use message::*;
pub use messages::*;
pub use read::*;

/// What a student is told whose conversation is not there.
pub const NO_SUCH_CONVERSATION: &str = "There is no such conversation of yours.";
/// What a student is told who wants to go on with a completed conversation.
pub const CONVERSATION_COMPLETED: &str =
    "This conversation is completed; start a new one with POST /conversations.";

crate::choice! {
    /// Who speaks.
    pub enum Role {
        /// The student.
        User = "user",
        /// Zoe.
        Assistant = "assistant",
    }
}

impl Role {
    /// The role of a stored message.
    #[must_use]
    pub fn of(by_student: bool) -> Self {
        if by_student { Self::User } else { Self::Assistant }
    }
}

crate::choice! {
    /// Whether a conversation goes on.
    pub enum Status {
        /// It goes on.
        Active = "active",
        /// It has ended.
        Completed = "completed",
    }
}

/// A conversation.
#[derive(Debug, Serialize, ToSchema)]
pub struct Conversation {
    /// Sorts by the time it was started.
    pub id: Uuid,
    #[schema(example = "my weekend", min_length = 1, max_length = 200)]
    pub(crate) topic: Option<String>,
    pub(crate) status: Status,
    #[schema(minimum = 0)]
    pub(crate) message_count: i32,
    #[serde(serialize_with = "moment::serialize")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) started_at: Timestamp,
    /// Null while it is active.
    #[serde(serialize_with = "moment::option::serialize")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) completed_at: Option<Timestamp>,
    /// Null while it is active.
    #[schema(minimum = 0, maximum = 86400)]
    pub(crate) duration_seconds: Option<i32>,
}

impl From<conversations::Conversation> for Conversation {
    fn from(row: conversations::Conversation) -> Self {
        Self {
            id: row.id,
            topic: row.topic,
            status: status(row.completed_at),
            message_count: row.last_position,
            started_at: row.started_at,
            completed_at: row.completed_at,
            duration_seconds: row.duration_seconds,
        }
    }
}

/// A conversation without an end is active.
pub(crate) fn status(completed_at: Option<Timestamp>) -> Status {
    if completed_at.is_some() { Status::Completed } else { Status::Active }
}

/// One of the student's conversations, or a 404.
pub(crate) async fn find(app: &App, student: Uuid, id: Uuid) -> Result<Conversation, ApiError> {
    let params = conversations::ConversationParams { user_id: student, id };
    app.database
        .read(|client| async move { conversations::conversation().params(&client, &params).opt().await })
        .await?
        .map(Conversation::from)
        .ok_or(ApiError::NotFound(NO_SUCH_CONVERSATION))
}

/// Why nothing could be stored in a conversation: it is not there, or it is completed.
pub(crate) async fn why_closed(app: &App, student: Uuid, id: Uuid) -> ApiError {
    match find(app, student, id).await {
        Ok(Conversation { status: Status::Completed, .. }) => ApiError::Conflict(CONVERSATION_COMPLETED),
        // Active after all: it must have been just now.
        Ok(_) => ApiError::Unavailable("the conversation changed while it was looked at".to_owned()),
        Err(error) => error,
    }
}
