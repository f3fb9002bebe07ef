//! `GET /admin/students/{id}`.

use axum::extract::State;
use ella_sql::{
    client::Params,
    queries::{placements, students},
};
use futures::try_join;
use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::App,
    auth::Admin,
    http::{
        ApiError, Json, PathId,
        json::moment,
        openapi::problems::{Always, ForAdmins, OfSomething, WithQuery},
        query::QueryString,
    },
    levels::CefrLevel,
    placements::{PlacementSummary, summary},
    progress::{self, ProgressSummary},
    users::{Focus, Settings},
};

/// What a teacher is told who asks for a student who is not there.
pub(super) const NO_SUCH_STUDENT: &str = "There is no such student.";

/// One student, as teachers see one.
#[derive(Debug, Serialize, ToSchema)]
pub struct StudentDetails {
    id: Uuid,
    #[schema(example = "Ana", min_length = 1, max_length = 100)]
    name: Option<String>,
    #[schema(example = 12, minimum = 4, maximum = 120)]
    age: Option<i16>,
    #[schema(example = "Lisbon", min_length = 1, max_length = 100)]
    location: Option<String>,
    /// Null before a placement.
    #[schema(value_type = Option<CefrLevel>)]
    cefr_level: Option<String>,
    settings: Settings,
    #[serde(serialize_with = "moment::serialize")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[serde(serialize_with = "moment::serialize")]
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// The UTC day on which the student last started a conversation or said something.
    #[schema(value_type = Option<String>, format = Date, example = "2026-11-22")]
    last_active_on: Option<Date>,
    /// What the student's own progress page shows: counts, streaks, level history and the last thirty days.
    progress: ProgressSummary,
    placements: PlacementsInShort,
}

/// A student's placement tests in short.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlacementsInShort {
    /// How many there are.
    #[schema(minimum = 0)]
    total: i64,
    /// The newest, without its transcript; null when there is none.
    #[schema(value_type = Option<PlacementSummary>)]
    latest: Option<PlacementSummary>,
}

/// See one student.
#[utoipa::path(
    get, path = "/admin/students/{id}", tag = "Classroom dashboard", security(("admin" = [])),
    params(
        ("id" = Uuid, Path, description = "The student's id."),
        ("tz" = Option<String>, Query, description = "The IANA time zone that days are counted in; UTC if left out.", example = "Europe/Lisbon"),
    ),
    responses((status = 200, description = "The student.", body = StudentDetails), ForAdmins, WithQuery, OfSomething, Always)
)]
pub async fn read_student(
    State(app): State<App>,
    _: Admin,
    id: PathId,
    query: QueryString,
) -> Result<Json<StudentDetails>, ApiError> {
    let zone = progress::time_zone(&query)?;
    let id = id.or_not_found(NO_SUCH_STUDENT)?;
    let (profile, count, latest) = app
        .database
        .read(|client| async move {
            let (profile, count, latest) =
                (students::student_profile(), students::placement_count(), placements::placements());
            let newest = placements::PlacementsParams { user_id: id, before: Uuid::max(), most: 1 };
            // In one round trip.
            try_join!(
                profile.bind(&client, &id).opt(),
                count.bind(&client, &id).one(),
                latest.params(&client, &newest).map(summary).opt(),
            )
        })
        .await?;
    let profile = profile.ok_or(ApiError::NotFound(NO_SUCH_STUDENT))?;
    let progress = progress::summary_of(&app, id, &zone).await?.ok_or(ApiError::NotFound(NO_SUCH_STUDENT))?;
    Ok(Json(StudentDetails {
        id: profile.user_id,
        name: profile.name,
        age: profile.age,
        location: profile.location,
        cefr_level: profile.cefr_level,
        settings: Settings {
            focus: Focus {
                grammar: profile.focus_grammar,
                vocab: profile.focus_vocab,
                fluency: profile.focus_fluency,
            },
        },
        created_at: profile.created_at,
        updated_at: profile.updated_at,
        last_active_on: profile.last_active_on,
        progress,
        placements: PlacementsInShort { total: count, latest },
    }))
}
