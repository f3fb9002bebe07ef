//! The student who calls.

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use uuid::Uuid;

use super::TokenFault;
use crate::{
    app::App,
    http::{ApiError, context},
};

/// A student with a good token. Whether the student is still there shows when a row is met, or, before anything is
/// refused, in the frame around every request.
#[derive(Clone, Copy, Debug)]
pub struct Student {
    /// The student's id.
    pub id: Uuid,
}

impl FromRequestParts<App> for Student {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let token = bearer(parts)?;
        let id = app.tokens.verify(token, app.clock.now()).map_err(|fault| {
            ApiError::Unauthorized(match fault {
                TokenFault::Invalid => "This is no token of this server; get one with POST /auth/anonymous.",
                TokenFault::Expired => "The token has expired; get a new one with POST /auth/anonymous.",
            })
        })?;
        context::set_student(id);
        Ok(Self { id })
    }
}

fn bearer(parts: &Parts) -> Result<&str, ApiError> {
    let missing = ApiError::Unauthorized("Send the student's token: Authorization: Bearer <token>.");
    let mut values = parts.headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(missing) };
    let Some((scheme, token)) = value.to_str().ok().and_then(|value| value.split_once(' ')) else {
        return Err(missing);
    };
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(missing);
    }
    Ok(token.trim())
}
