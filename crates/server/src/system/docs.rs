//! `GET /docs` and `GET /openapi.json`, which stand outside their own description.

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderValue, header},
    response::IntoResponse,
    routing::get,
};
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

/// The address of the API's description.
const DOCUMENT: &str = "/openapi.json";

/// The documentation's routes. Everything they need is in the program.
#[must_use]
pub fn documentation<S: Clone + Send + Sync + 'static>(document: &OpenApi) -> Router<S> {
    let json: Arc<str> = document.to_json().unwrap_or_default().into();
    let config = Config::from(DOCUMENT).try_it_out_enabled(true).persist_authorization(true);
    let pages: Router<S> = SwaggerUi::new("/docs").config(config).into();
    pages.route(
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
