//! `GET /conversations/{id}/messages`.

use axum::extract::State;
use ella_sql::{client::Params, queries::conversations};
use uuid::Uuid;

use super::{Latency, Message, NO_SUCH_CONVERSATION, Role, find};
use crate::{
    app::App,
    auth::Student,
    http::{
        ApiError, Json, PathId,
        cursor::{Page, Scope},
        openapi::problems::{Always, ForStudents, OfSomething, WithQuery},
        parse::Reader,
        query::{PageRequest, QueryString, invalid},
    },
};

/// List a conversation's messages, oldest first.
#[utoipa::path(
    get, path = "/conversations/{id}/messages", tag = "Conversation sessions", security(("student" = [])),
    params(
        ("id" = uuid::Uuid, Path, description = "The conversation's id."),
        ("limit" = Option<i32>, Query, minimum = 1, maximum = 100, description = "Rows on the page; 20 if left out."),
        ("cursor" = Option<String>, Query, description = "The next_cursor of the page before."),
    ),
    responses((status = 200, description = "A page.", body = Page<Message>), ForStudents, WithQuery, OfSomething, Always)
)]
pub async fn list_messages(
    State(app): State<App>,
    student: Student,
    id: PathId,
    query: QueryString,
) -> Result<Json<Page<Message>>, ApiError> {
    let found = id.or_not_found(NO_SUCH_CONVERSATION);
    let conversation_id = *found.as_ref().unwrap_or(&Uuid::nil());
    let owner = [student.id.into_bytes(), conversation_id.into_bytes()].concat();
    let scope = Scope { list: "messages", filter: "", owner: &owner };
    let mut reader = Reader::new("query");
    let Some(page) = PageRequest::<4>::read(&query, &app.cursors, scope, &mut reader) else {
        return Err(invalid(reader));
    };
    found?;

    let after = page.after.map_or(0, i32::from_be_bytes);
    let rows = read_messages(&app, student.id, conversation_id, after, page.rows_to_read()).await?;
    if rows.is_empty() {
        // Nothing said yet, or no such conversation.
        find(&app, student.id, conversation_id).await?;
    }
    Ok(Json(Page::of(rows, page.limit, |last| app.cursors.seal(scope, &last.position.to_be_bytes()))))
}

/// The messages of a conversation behind a position, at most so many.
pub(crate) async fn read_messages(
    app: &App,
    student: Uuid,
    conversation_id: Uuid,
    after: i32,
    most: i64,
) -> Result<Vec<Message>, ApiError> {
    let params = conversations::MessagesParams { user_id: student, conversation_id, after, most };
    let rows = app
        .database
        .read(|client| async move {
            let rows = conversations::messages().params(&client, &params).map(unowned).all().await?;
            Ok(rows)
        })
        .await?;
    Ok(rows.into_iter().map(|message| Message { conversation_id, ..message }).collect())
}

/// A row as a message; its conversation is the one that was asked for.
#[expect(clippy::needless_pass_by_value, reason = "the generated queries hand rows over by value")]
fn unowned(row: conversations::MessageBorrowed<'_>) -> Message {
    Message {
        id: row.id,
        conversation_id: Uuid::nil(),
        position: row.position,
        role: Role::of(row.by_student),
        content: row.content.to_owned(),
        corrections: row.corrections.0.to_owned(),
        latency_ms: Latency { stt: row.stt_ms, llm: row.llm_ms, tts: row.tts_ms },
        created_at: row.created_at,
    }
}
