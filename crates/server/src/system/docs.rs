//! `GET /docs` and `GET /openapi.json`, which stand outside their own description.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use axum::{
    Router,
    extract::{Path, rejection::PathRejection},
    http::HeaderMap,
    response::{IntoResponse, Response},
    routing::get,
};
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, serve};

use crate::http::{ApiError, file::File};

/// The address of the API's description.
const DOCUMENT: &str = "/openapi.json";

/// What the page may do: load from this server, and nothing else. Its pictures stand in its styles as data, and the one
/// style that stands in its text, the logo's, is named by its hash; another one is noticed by a test.
const POLICY: &str = "default-src 'none'; script-src 'self'; \
                      style-src 'self' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What the page's head says.
const HEAD: &str =
    "<title>API · Ella</title>\n    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">";
/// The page, by the name that the library gives it.
const PAGE: &str = "index.html";
/// What the page is made of; a test looks whether all that it names is here.
const PARTS: [&str; 7] = [
    "favicon-16x16.png",
    "favicon-32x32.png",
    "index.css",
    "swagger-initializer.js",
    "swagger-ui-bundle.js",
    "swagger-ui-standalone-preset.js",
    "swagger-ui.css",
];

/// The documentation's routes. Everything they need is in the program.
pub fn documentation<S: Clone + Send + Sync + 'static>(document: &OpenApi) -> Router<S> {
    let json = document.to_json().unwrap_or_default();
    let json = Arc::new(File::new("application/json", json));
    Router::new()
        .route("/docs", get(|headers: HeaderMap| async move { answer(PAGE, &headers) }))
        .route(
            "/docs/{*file}",
            // A name that is no UTF-8 is the name of no file.
            get(|name: Result<Path<String>, PathRejection>, headers: HeaderMap| async move {
                name.map_or_else(|_| ApiError::NoRoute.into_response(), |Path(name)| answer(&name, &headers))
            }),
        )
        .route(DOCUMENT, get(move |headers: HeaderMap| async move { json.answer(&headers, POLICY) }))
}

/// A file of the documentation, for whoever asked like this.
fn answer(name: &str, asked: &HeaderMap) -> Response {
    static FILES: LazyLock<HashMap<&str, File>> = LazyLock::new(files);
    FILES.get(name).map_or_else(|| ApiError::NoRoute.into_response(), |file| file.answer(asked, POLICY))
}

/// The page and its parts, out of the library.
fn files() -> HashMap<&'static str, File> {
    let config = Arc::new(
        Config::from(DOCUMENT).try_it_out_enabled(true).validator_url("none").persist_authorization(true),
    );
    let found = |name: &'static str| {
        let file = serve(name, Arc::clone(&config)).ok()??;
        let bytes = if name == PAGE { at_home(&file.bytes) } else { file.bytes.into_owned() };
        let charset = if file.content_type.starts_with("text/") { "; charset=utf-8" } else { "" };
        Some((name, File::new(&format!("{}{charset}", file.content_type), bytes)))
    };
    PARTS.into_iter().chain([PAGE]).filter_map(found).collect()
}

/// The page names its parts relative to a folder, and its address has no slash at its end; and it is Ella's, and fits a
/// phone.
fn at_home(page: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(page)
        .replace("\"./", "\"/docs/")
        .replace("\"index.css\"", "\"/docs/index.css\"")
        .replace("<title>Swagger UI</title>", HEAD)
        .into_bytes()
}
