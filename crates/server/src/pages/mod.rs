//! The pages for people: `/dashboard` and `/practice`, and what they are made of under `/assets`.
//!
//! They are static files of this program, use the public API like anyone else, and stand outside its description.

mod files;

use axum::{
    Router,
    extract::{Path, rejection::PathRejection},
    http::HeaderMap,
    response::{IntoResponse, Response},
    routing::get,
};

use crate::http::ApiError;

/// What a page may do: load from this server, and nothing else. No style or script may stand in a page's text, and no
/// text may become HTML (trusted types).
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";

/// The pages' routes.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/dashboard", get(|headers: HeaderMap| async move { answer("dashboard.html", &headers) }))
        .route("/practice", get(|headers: HeaderMap| async move { answer("practice.html", &headers) }))
        .route(
            "/assets/{*file}",
            // A name that is no UTF-8 is the name of no file.
            get(|name: Result<Path<String>, PathRejection>, headers: HeaderMap| async move {
                match name {
                    Ok(Path(name)) => answer(&format!("assets/{name}"), &headers),
                    Err(_) => ApiError::NoRoute.into_response(),
                }
            }),
        )
}

/// The file with this path below `web/`, for whoever asked like this.
fn answer(name: &str, asked: &HeaderMap) -> Response {
    files::find(name).map_or_else(|| ApiError::NoRoute.into_response(), |file| file.answer(asked, POLICY))
}
