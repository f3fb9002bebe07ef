//! Ids in paths. A malformed id is just an id that is not there.

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};
use uuid::Uuid;

use super::ApiError;

/// The id in the path. Whether it is one is asked only after the body was looked at, because that is the order in
/// which the contract lets a request fail.
#[derive(Clone, Copy, Debug)]
pub struct PathId(Option<Uuid>);

impl PathId {
    /// The id, or a 404 with `detail`.
    pub fn or_not_found(self, detail: &'static str) -> Result<Uuid, ApiError> {
        self.0.ok_or(ApiError::NotFound(detail))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let id = RawPathParams::from_request_parts(parts, state)
            .await
            .ok()
            .and_then(|params| params.iter().next().and_then(|(_, value)| Uuid::try_parse(value).ok()));
        Ok(Self(id))
    }
}
