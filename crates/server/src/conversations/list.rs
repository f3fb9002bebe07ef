//! `GET /conversations`.

use axum::extract::State;
use ella_sql::{client::Params, queries::conversations};
use uuid::Uuid;

use super::{Conversation, Status};
use crate::{
    app::App,
    auth::Student,
    http::{
        ApiError, Json,
        cursor::{Page, Scope},
        openapi::problems::{Always, ForStudents, WithQuery},
        parse::{Reader, Step},
        query::{PageRequest, QueryString, invalid},
    },
    users,
};

/// List the conversations, newest first.
#[utoipa::path(
    get, path = "/conversations", tag = "Conversation sessions", security(("student" = [])),
    params(
        ("status" = Option<Status>, Query, description = "Only those in this state."),
        ("limit" = Option<i32>, Query, minimum = 1, maximum = 100, description = "Rows on the page; 20 if left out."),
        ("cursor" = Option<String>, Query, description = "The next_cursor of the page before."),
    ),
    responses((status = 200, description = "A page.", body = Page<Conversation>), ForStudents, WithQuery, Always)
)]
pub async fn list_conversations(
    State(app): State<App>,
    student: Student,
    query: QueryString,
) -> Result<Json<Page<Conversation>>, ApiError> {
    let mut reader = Reader::new("query");
    let wanted = reader.at(Step::Name("status"), |reader| match query.get("status") {
        None => Some(None),
        Some(word) => match Status::from_word(word) {
            Some(status) => Some(Some(status)),
            None => reader.fault("enum", "must be one of active completed"),
        },
    });
    let filter = wanted.flatten().map_or("", Status::word);
    let scope = Scope { list: "conversations", filter, owner: student.id.as_bytes() };
    let page = PageRequest::<16>::read(&query, &app.cursors, scope, &mut reader);
    let (Some(wanted), Some(page)) = (wanted, page) else { return Err(invalid(reader)) };

    let completed = match wanted {
        None => vec![false, true],
        Some(status) => vec![status == Status::Completed],
    };
    let params = conversations::ConversationsParams {
        user_id: student.id,
        before: page.after.map_or(Uuid::max(), Uuid::from_bytes),
        completed,
        most: page.rows_to_read(),
    };
    let params = &params;
    let rows = app
        .database
        .read(|client| async move { conversations::conversations().params(&client, params).all().await })
        .await?;
    if rows.is_empty() {
        users::confirm(&app, student.id).await?;
    }
    let rows = rows.into_iter().map(Conversation::from).collect();
    Ok(Json(Page::of(rows, page.limit, |last| app.cursors.seal(scope, last.id.as_bytes()))))
}
