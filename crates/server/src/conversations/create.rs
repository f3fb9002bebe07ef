//! `POST /conversations`.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use ella_sql::{client::Params, queries::conversations};
use postgres_types::Json as SqlJson;

use super::{Conversation, Status};
use crate::{
    app::App,
    auth::Student,
    body,
    clock::utc_day,
    http::{
        ApiError, Created,
        body::KeyedBody,
        openapi::problems::{Always, ForStudents, WithBody, WithState},
        parse::Text,
        retry::Retry,
    },
};

body! {
    /// A conversation to be started.
    #[example(serde_json::json!({"topic": "my weekend"}))]
    pub struct NewConversation {
        /// What it is to be about.
        pub topic: Option<Text<1, 200>>,
    }
}

/// Start a conversation.
#[utoipa::path(
    post, path = "/conversations", tag = "Conversation sessions", security(("student" = [])),
    params(("Idempotency-Key" = Option<uuid::Uuid>, Header, description = "Makes a repeated request harmless.")),
    request_body(content = NewConversation, description = "May be left out."),
    responses(
        (status = 201, description = "Started.", body = Conversation),
        (status = 200, description = "Started before, with the same Idempotency-Key.", body = Conversation),
        ForStudents, WithBody, WithState, Always,
    )
)]
pub async fn create_conversation(
    State(app): State<App>,
    student: Student,
    KeyedBody { body, key }: KeyedBody<NewConversation>,
) -> Result<Response, ApiError> {
    let retry = Retry::new(student.id, key, || "/conversations".to_owned());
    let now = app.clock.now();
    let conversation = Conversation {
        id: app.new_id(),
        topic: body.topic.map(Text::into_string),
        status: Status::Active,
        message_count: 0,
        started_at: now,
        completed_at: None,
        duration_seconds: None,
    };
    let claim = Retry::claim(retry.as_ref());
    let params = conversations::CreateConversationParams {
        user_id: student.id,
        key: claim.key,
        path: claim.path,
        now,
        body_hash: claim.body_hash,
        response: claim.key.map(|_| SqlJson(&conversation)),
        today: utc_day(now),
        id: conversation.id,
        topic: conversation.topic.as_deref(),
    };
    let params = &params;
    let stored = app
        .database
        .write_keyed(claim.key.is_some(), |client| async move {
            conversations::create_conversation().params(&client, params).await
        })
        .await?;
    if stored == 1 {
        return Ok(Created(conversation).into_response());
    }
    Retry::replay(retry.as_ref(), &app.database).await?.ok_or_else(|| {
        ApiError::Unavailable("the idempotency key vanished while it was looked at".to_owned())
    })
}
