//! `GET /docs` and `GET /openapi.json`, which stand outside their own description.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, rejection::PathRejection},
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, serve};

use crate::http::ApiError;

/// The address of the API's description.
const DOCUMENT: &str = "/openapi.json";

/// What the page may do: load from this server, and nothing else. Its pictures stand in its styles as data, and the one
/// style that stands in its text, the logo's, is named by its hash; another one is noticed by a test.
const POLICY: &str = "default-src 'none'; script-src 'self'; \
                      style-src 'self' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The documentation's routes. Everything they need is in the program.
pub fn documentation<S: Clone + Send + Sync + 'static>(document: &OpenApi) -> Router<S> {
    let json: Arc<str> = document.to_json().unwrap_or_default().into();
    let config = Arc::new(
        Config::from(DOCUMENT).try_it_out_enabled(true).validator_url("none").persist_authorization(true),
    );
    let files = Arc::clone(&config);
    Router::new()
        .route("/docs", get(move || async move { page(&config) }))
        .route(
            "/docs/{*file}",
            // A name that is no UTF-8 is the name of no file.
            get(move |name: Result<Path<String>, PathRejection>| async move {
                name.map_or_else(|_| ApiError::NoRoute.into_response(), |Path(name)| file(&name, &files))
            }),
        )
        .route(
            DOCUMENT,
            get(move || {
                let json = Arc::clone(&json);
                async move {
                    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], json.to_string())
                        .into_response()
                }
            }),
        )
}

/// The page itself. It names its files relative to a folder, and this address has no slash at its end.
fn page(config: &Arc<Config<'static>>) -> Response {
    match serve("index.html", Arc::clone(config)) {
        Ok(Some(page)) => guarded(Html(
            String::from_utf8_lossy(&page.bytes)
                .replace("\"./", "\"/docs/")
                .replace("\"index.css\"", "\"/docs/index.css\""),
        )),
        _ => ApiError::NoRoute.into_response(),
    }
}

fn file(name: &str, config: &Arc<Config<'static>>) -> Response {
    match serve(name, Arc::clone(config)) {
        Ok(Some(file)) => {
            let kind = HeaderValue::from_str(&file.content_type).ok();
            let kind = kind.unwrap_or(HeaderValue::from_static("application/octet-stream"));
            guarded(([(header::CONTENT_TYPE, kind)], file.bytes.into_owned()))
        }
        _ => ApiError::NoRoute.into_response(),
    }
}

/// With the headers that keep a page to itself.
fn guarded(content: impl IntoResponse) -> Response {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (headers, content).into_response()
}
