//! `PUT /users/me`.

use axum::extract::State;
use ella_sql::{client::Params, queries::users};

use super::{Profile, profile::read_profile};
use crate::{
    app::App,
    auth::Student,
    body,
    http::{
        ApiError, Body, Json,
        openapi::problems::{Always, ForStudents, WithBody},
        parse::{Patch, Text, Whole},
    },
};

body! {
    /// Changes of the profile. A field left out stays; null clears it.
    #[example(serde_json::json!({"name": "Ana", "age": 12, "location": null}))]
    pub struct ProfileChanges {
        /// What Zoe may call the student.
        pub name: Patch<Text<1, 100>>,
        /// Years.
        pub age: Patch<Whole<4, 120>>,
        /// Where the student lives, in words.
        pub location: Patch<Text<1, 100>>,
    }
}

/// Change the profile.
#[utoipa::path(
    put, path = "/users/me", tag = "Student profiles", security(("student" = [])),
    request_body = ProfileChanges,
    responses((status = 200, description = "The profile.", body = Profile), ForStudents, WithBody, Always)
)]
pub async fn update_me(
    State(app): State<App>,
    student: Student,
    Body(changes): Body<ProfileChanges>,
) -> Result<Json<Profile>, ApiError> {
    if !(changes.name.changes() || changes.age.changes() || changes.location.changes()) {
        return read_profile(&app, student.id).await.map(Json);
    }
    let now = app.clock.now();
    let params = users::UpdateProfileParams {
        change_name: changes.name.changes(),
        name: changes.name.value().map(Text::as_str),
        change_age: changes.age.changes(),
        age: changes.age.value().and_then(|age| i16::try_from(age.get()).ok()),
        change_location: changes.location.changes(),
        location: changes.location.value().map(Text::as_str),
        now,
        user_id: student.id,
    };
    let params = &params;
    app.database
        .write_again(|client| async move { users::update_profile().params(&client, params).opt().await })
        .await?
        .map(|row| Json(Profile::from(row)))
        .ok_or(ApiError::lost_student())
}
