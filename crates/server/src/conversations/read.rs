//! `GET /conversations/{id}`.

use axum::extract::State;

use super::{Conversation, NO_SUCH_CONVERSATION, find};
use crate::{
    app::App,
    auth::Student,
    http::{
        ApiError, Json, PathId,
        openapi::problems::{Always, ForStudents, OfSomething},
    },
};

/// Read one conversation.
#[utoipa::path(
    get, path = "/conversations/{id}", tag = "Conversation sessions", security(("student" = [])),
    params(("id" = uuid::Uuid, Path, description = "The conversation's id.")),
    responses((status = 200, description = "The conversation.", body = Conversation), ForStudents, OfSomething, Always)
)]
pub async fn read_conversation(
    State(app): State<App>,
    student: Student,
    id: PathId,
) -> Result<Json<Conversation>, ApiError> {
    find(&app, student.id, id.or_not_found(NO_SUCH_CONVERSATION)?).await.map(Json)
}
