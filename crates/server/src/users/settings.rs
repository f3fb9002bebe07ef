//! `PUT /users/me/settings`.

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
        parse::Flag,
    },
};

body! {
    /// Changes of the settings.
    #[example(serde_json::json!({"focus": {"grammar": true, "vocab": false}}))]
    pub struct SettingsChanges {
        /// What Zoe corrects and asks.
        pub focus: FocusChanges,
    }
}

body! {
    /// Changes of the focus. A field left out stays.
    #[example(serde_json::json!({"grammar": true, "vocab": false}))]
    pub struct FocusChanges {
        /// Tenses, articles, word order.
        pub grammar: Option<Flag>,
        /// Words.
        pub vocab: Option<Flag>,
        /// How natural and connected it sounds.
        pub fluency: Option<Flag>,
    }
}

/// Change what Zoe pays attention to.
#[utoipa::path(
    put, path = "/users/me/settings", tag = "Student profiles", security(("student" = [])),
    request_body = SettingsChanges,
    responses((status = 200, description = "The profile.", body = Profile), ForStudents, WithBody, Always)
)]
pub async fn update_settings(
    State(app): State<App>,
    student: Student,
    Body(SettingsChanges { focus }): Body<SettingsChanges>,
) -> Result<Json<Profile>, ApiError> {
    if focus.grammar.is_none() && focus.vocab.is_none() && focus.fluency.is_none() {
        return read_profile(&app, student.id).await.map(Json);
    }
    let flag = |flag: Option<Flag>| flag.map(|Flag(on)| on);
    let params = users::UpdateFocusParams {
        grammar: flag(focus.grammar),
        vocab: flag(focus.vocab),
        fluency: flag(focus.fluency),
        now: app.clock.now(),
        user_id: student.id,
    };
    let params = &params;
    app.database
        .write_again(|client| async move { users::update_focus().params(&client, params).opt().await })
        .await?
        .map(|row| Json(Profile::from(row)))
        .ok_or(ApiError::lost_student())
}
