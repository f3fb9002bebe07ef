//! `GET /placements`.

use axum::extract::State;
use ella_sql::{client::Params, queries::placements};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Scores, scores};
use crate::{
    app::App,
    auth::Student,
    http::{
        ApiError, Json,
        cursor::{Page, Scope},
        json::moment,
        openapi::problems::{Always, ForStudents, WithQuery},
        parse::Reader,
        query::{PageRequest, QueryString, invalid},
    },
    levels::CefrLevel,
    users,
};

/// A placement test in a list: without its transcript.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlacementSummary {
    id: Uuid,
    #[schema(value_type = CefrLevel)]
    cefr_level: String,
    #[schema(minimum = 0, maximum = 1, example = 0.8)]
    confidence: f64,
    /// Null when no scores were sent.
    scores: Option<Scores>,
    /// How many turns the transcript has.
    #[schema(minimum = 0, maximum = 200)]
    turn_count: i16,
    #[schema(minimum = 0, maximum = 86400)]
    duration_seconds: Option<i32>,
    #[serde(serialize_with = "moment::serialize")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// List the placement tests, newest first.
#[utoipa::path(
    get, path = "/placements", tag = "Placement screening", security(("student" = [])),
    params(
        ("limit" = Option<i32>, Query, minimum = 1, maximum = 100, description = "Rows on the page; 20 if left out."),
        ("cursor" = Option<String>, Query, description = "The next_cursor of the page before."),
    ),
    responses((status = 200, description = "A page.", body = Page<PlacementSummary>), ForStudents, WithQuery, Always)
)]
pub async fn list_placements(
    State(app): State<App>,
    student: Student,
    query: QueryString,
) -> Result<Json<Page<PlacementSummary>>, ApiError> {
    let scope = Scope { list: "placements", filter: "", owner: student.id.as_bytes() };
    let mut reader = Reader::new("query");
    let Some(page) = PageRequest::<16>::read(&query, &app.cursors, scope, &mut reader) else {
        return Err(invalid(reader));
    };
    let params = placements::PlacementsParams {
        user_id: student.id,
        before: page.after.map_or(Uuid::max(), Uuid::from_bytes),
        most: page.rows_to_read(),
    };
    let rows =
        app.database
            .read(|client| async move {
                placements::placements().params(&client, &params).map(summary).all().await
            })
            .await?;
    if rows.is_empty() {
        users::confirm(&app, student.id).await?;
    }
    Ok(Json(Page::of(rows, page.limit, |last| app.cursors.seal(scope, last.id.as_bytes()))))
}

#[expect(clippy::needless_pass_by_value, reason = "the generated queries hand rows over by value")]
pub(crate) fn summary(row: placements::PlacementSummaryBorrowed<'_>) -> PlacementSummary {
    PlacementSummary {
        id: row.id,
        cefr_level: row.cefr_level.to_owned(),
        confidence: row.confidence,
        scores: scores(row.scored, row.score_grammar, row.score_vocab, row.score_fluency),
        turn_count: row.turn_count,
        duration_seconds: row.duration_seconds,
        created_at: row.created_at,
    }
}
