//! `GET /admin/students/{id}/conversations`.

use axum::extract::State;
use ella_sql::{
    client::Params,
    queries::{students, users},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::student::NO_SUCH_STUDENT;
use crate::{
    app::App,
    auth::Admin,
    conversations::{CorrectionCounts, Status, status},
    http::{
        ApiError, Json, PathId,
        cursor::{Page, Scope},
        json::moment,
        openapi::problems::{Always, ForAdmins, OfSomething, WithQuery},
        parse::Reader,
        query::{PageRequest, QueryString, invalid},
    },
};

/// A student's conversation, as teachers see it in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct StudentConversation {
    /// Sorts by the time it was started.
    id: Uuid,
    #[schema(example = "my weekend", min_length = 1, max_length = 200)]
    topic: Option<String>,
    status: Status,
    #[schema(minimum = 0)]
    message_count: i32,
    #[serde(serialize_with = "moment::serialize")]
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// Null while it is active.
    #[serde(serialize_with = "moment::option::serialize")]
    #[schema(value_type = Option<String>, format = DateTime)]
    completed_at: Option<Timestamp>,
    /// Null while it is active.
    #[schema(minimum = 0, maximum = 86400)]
    duration_seconds: Option<i32>,
    /// The student's own messages.
    #[schema(minimum = 0)]
    messages_sent: i32,
    /// In the student's own messages.
    #[schema(minimum = 0)]
    words_spoken: i32,
    /// Of the student's messages.
    corrections: CorrectionCounts,
}

/// List a student's conversations, newest first.
#[utoipa::path(
    get, path = "/admin/students/{id}/conversations", tag = "Classroom dashboard", security(("admin" = [])),
    params(
        ("id" = Uuid, Path, description = "The student's id."),
        ("limit" = Option<i32>, Query, minimum = 1, maximum = 100, description = "Rows on the page; 20 if left out."),
        ("cursor" = Option<String>, Query, description = "The next_cursor of the page before."),
    ),
    responses((status = 200, description = "A page.", body = Page<StudentConversation>), ForAdmins, WithQuery, OfSomething, Always)
)]
pub async fn list_student_conversations(
    State(app): State<App>,
    _: Admin,
    id: PathId,
    query: QueryString,
) -> Result<Json<Page<StudentConversation>>, ApiError> {
    let found = id.or_not_found(NO_SUCH_STUDENT);
    let student = *found.as_ref().unwrap_or(&Uuid::nil());
    let scope = Scope { list: "student conversations", filter: "", owner: student.as_bytes() };
    let mut reader = Reader::new("query");
    let Some(page) = PageRequest::<16>::read(&query, &app.cursors, scope, &mut reader) else {
        return Err(invalid(reader));
    };
    found?;
    let params = students::StudentConversationsParams {
        user_id: student,
        before: page.after.map_or(Uuid::max(), Uuid::from_bytes),
        most: page.rows_to_read(),
    };
    let rows = app
        .database
        .read(|client| async move { students::student_conversations().params(&client, &params).all().await })
        .await?;
    if rows.is_empty() {
        let there = app
            .database
            .read(|client| async move { users::student_exists().bind(&client, &student).opt().await })
            .await?;
        there.ok_or(ApiError::NotFound(NO_SUCH_STUDENT))?;
    }
    let rows = rows.into_iter().map(StudentConversation::from).collect();
    Ok(Json(Page::of(rows, page.limit, |last| app.cursors.seal(scope, last.id.as_bytes()))))
}

impl From<students::StudentConversation> for StudentConversation {
    fn from(row: students::StudentConversation) -> Self {
        Self {
            id: row.id,
            topic: row.topic,
            status: status(row.completed_at),
            message_count: row.last_position,
            started_at: row.started_at,
            completed_at: row.completed_at,
            duration_seconds: row.duration_seconds,
            messages_sent: row.student_messages,
            words_spoken: row.student_words,
            corrections: CorrectionCounts {
                grammar: row.corrections_grammar.into(),
                vocab: row.corrections_vocab.into(),
                fluency: row.corrections_fluency.into(),
                spelling: row.corrections_spelling.into(),
                pronunciation: row.corrections_pronunciation.into(),
            },
        }
    }
}
