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

/// What the documentation may do: load from this server, and pictures and styles that it makes itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The documentation's routes. Everything they need is in the program.
pub fn documentation<S: Clone + Send + Sync + 'static>(document: &OpenApi) -> Router<S> {
    let json: Arc<str> = document.to_json().unwrap_or_default().into();
    let config = Arc::new(
        Config::from(DOCUMENT).try_it_out_enabled(true).validator_url("none").persist_authorization(true),
    );
    let files = Arc::clone(&config);
    Router::new()
        .route("/docs", get(move || async move { guarded(page(&config)) }))
        .route(
            "/docs/{*file}",
            // A name that is no UTF-8 is the name of no file.
            get(move |name: Result<Path<String>, PathRejection>| async move {
                guarded(
                    name.map_or_else(|_| ApiError::NoRoute.into_response(), |Path(name)| file(&name, &files)),
                )
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

/// With the rules for browsers.
fn guarded(mut response: Response) -> Response {
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The page itself. It names its files relative to a folder, and this address has no slash at its end.
fn page(config: &Arc<Config<'static>>) -> Response {
    match serve("index.html", Arc::clone(config)) {
        Ok(Some(page)) => Html(
            String::from_utf8_lossy(&page.bytes)
                .replace("\"./", "\"/docs/")
                .replace("\"index.css\"", "\"/docs/index.css\""),
        )
        .into_response(),
        _ => ApiError::NoRoute.into_response(),
    }
}

fn file(name: &str, config: &Arc<Config<'static>>) -> Response {
    match serve(name, Arc::clone(config)) {
        Ok(Some(file)) => {
            let kind = HeaderValue::from_str(&file.content_type).ok();
            let kind = kind.unwrap_or(HeaderValue::from_static("application/octet-stream"));
            ([(header::CONTENT_TYPE, kind)], file.bytes.into_owned()).into_response()
        }
        _ => ApiError::NoRoute.into_response(),
    }
}
