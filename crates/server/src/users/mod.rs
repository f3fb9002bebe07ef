//! The student's own profile.

mod profile;
mod settings;
mod update;

use ella_sql::queries::users;
use uuid::Uuid;

use crate::{app::App, http::ApiError};

pub use profile::*;
pub use settings::*;
pub use update::*;

/// Makes sure that a student is still there.
pub async fn confirm(app: &App, student: Uuid) -> Result<(), ApiError> {
    let there = app
        .database
        .read(|client| async move { users::student_exists().bind(&client, &student).opt().await })
        .await?;
    there.map(|_| ()).ok_or(ApiError::lost_student())
}
