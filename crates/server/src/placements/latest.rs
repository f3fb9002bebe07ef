//! `GET /placements/latest`.

use axum::extract::State;
use ella_sql::queries::placements;

use super::Placement;
use crate::{
    app::App,
    auth::Student,
    http::{
        ApiError, Json,
        openapi::problems::{Always, ForStudents, OfSomething},
    },
};

/// Read the newest placement test.
#[utoipa::path(
    get, path = "/placements/latest", tag = "Placement screening", security(("student" = [])),
    responses((status = 200, description = "The newest.", body = Placement), ForStudents, OfSomething, Always)
)]
pub async fn latest_placement(State(app): State<App>, student: Student) -> Result<Json<Placement>, ApiError> {
    app.database
        .read(|client| async move {
            placements::latest_placement().bind(&client, &student.id).map(Placement::of).opt().await
        })
        .await?
        .map(Json)
        .ok_or(ApiError::NotFound("There is no placement test yet; save one with POST /placements."))
}
