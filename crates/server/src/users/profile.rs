//! `GET /users/me`.

use axum::extract::State;
use ella_sql::queries::users;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::App,
    auth::Student,
    http::{
        ApiError, Json,
        json::moment,
        openapi::problems::{Always, ForStudents},
    },
    levels::CefrLevel,
};

/// A student's profile.
#[derive(Debug, Serialize, ToSchema)]
pub struct Profile {
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
}

/// A student's settings.
#[derive(Debug, Serialize, ToSchema)]
pub struct Settings {
    pub(crate) focus: Focus,
}

/// What Zoe corrects and asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Focus {
    /// Tenses, articles, word order.
    pub grammar: bool,
    /// Words.
    pub vocab: bool,
    /// How natural and connected it sounds.
    pub fluency: bool,
}

impl From<users::Profile> for Profile {
    fn from(row: users::Profile) -> Self {
        Self {
            id: row.user_id,
            name: row.name,
            age: row.age,
            location: row.location,
            cefr_level: row.cefr_level,
            settings: Settings {
                focus: Focus {
                    grammar: row.focus_grammar,
                    vocab: row.focus_vocab,
                    fluency: row.focus_fluency,
                },
            },
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Read the profile.
#[utoipa::path(
    get, path = "/users/me", tag = "Student profiles", security(("student" = [])),
    responses((status = 200, description = "The profile.", body = Profile), ForStudents, Always)
)]
pub async fn me(State(app): State<App>, student: Student) -> Result<Json<Profile>, ApiError> {
    read_profile(&app, student.id).await.map(Json)
}

pub(super) async fn read_profile(app: &App, student: Uuid) -> Result<Profile, ApiError> {
    app.database
        .read(|client| async move { users::profile().bind(&client, &student).opt().await })
        .await?
        .map(Profile::from)
        .ok_or(ApiError::lost_student())
}
