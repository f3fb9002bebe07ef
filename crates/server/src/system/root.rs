//! `GET /`.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{Json, accept::prefers, openapi::problems::Always};

/// This program's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Who answers here.
#[derive(Debug, Serialize, ToSchema)]
pub struct Root {
    #[schema(example = "ella")]
    name: &'static str,
    #[schema(example = "0.1.0")]
    version: &'static str,
    #[schema(example = "ok")]
    status: &'static str,
    #[schema(example = "/docs")]
    docs: &'static str,
}

/// Who answers here.
///
/// A browser is led to the documentation.
#[utoipa::path(
    get, path = "/", tag = "System", security(()),
    responses(
        (status = 200, description = "For programs.", body = Root),
        (status = 307, description = "For browsers: to the documentation.", headers(("Location" = String, description = "/docs"))),
        Always,
    )
)]
pub async fn root(headers: HeaderMap) -> Response {
    let mut response = if prefers(&headers, "text/html", "application/json") {
        (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, HeaderValue::from_static("/docs"))])
            .into_response()
    } else {
        Json(Root { name: "ella", version: VERSION, status: "ok", docs: "/docs" }).into_response()
    };
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept"));
    response
}
