//! Teachers and whoever runs the server.

use aws_lc_rs::{constant_time, digest};
use axum::{extract::FromRequestParts, http::request::Parts};

use crate::{app::App, http::ApiError};

/// The key for `/admin`, as its hash.
pub struct AdminKey(Option<[u8; 32]>);

impl AdminKey {
    /// An empty key opens nothing.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "a secret is handed over, not lent")]
    pub fn new(key: String) -> Self {
        Self((!key.is_empty()).then(|| sha256(key.as_bytes())))
    }

    /// Compares in constant time. Hashes are compared, so that not even the length can be measured.
    fn opens_with(&self, key: &[u8]) -> bool {
        self.0.is_some_and(|expected| constant_time::verify_slices_are_equal(&expected, &sha256(key)).is_ok())
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

/// Someone who has the admin key.
#[derive(Clone, Copy, Debug)]
pub struct Admin;

impl FromRequestParts<App> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        match parts.headers.get("x-admin-key") {
            Some(key) if !key.is_empty() => {
                if app.admin_key.opens_with(key.as_bytes()) {
                    Ok(Self)
                } else {
                    Err(ApiError::Forbidden)
                }
            }
            // With no key configured every admin call is refused alike.
            _ if app.admin_key.0.is_none() => Err(ApiError::Forbidden),
            _ => Err(ApiError::AdminKeyMissing),
        }
    }
}
