//! Every route, on one page.

use axum::{Router, middleware};
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa::{OpenApi as _, openapi::OpenApi};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    admin,
    app::App,
    auth, conversations,
    http::{
        ApiError,
        frame::{frame, guard},
        openapi::{Document, finish::finished},
    },
    pages, placements, progress, system, tutor, users,
};

/// The endpoints, and the description they give of themselves.
fn endpoints() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Document::openapi())
        // System
        .routes(routes!(system::root))
        .routes(routes!(system::health))
        // Authentication
        .routes(routes!(auth::sign_in))
        // Student profiles
        .routes(routes!(users::me, users::update_me))
        .routes(routes!(users::update_settings))
        // Placement screening
        .routes(routes!(placements::create_placement, placements::list_placements))
        .routes(routes!(placements::latest_placement))
        // Conversation sessions
        .routes(routes!(conversations::create_conversation, conversations::list_conversations))
        .routes(routes!(conversations::read_conversation))
        .routes(routes!(conversations::complete_conversation))
        .routes(routes!(conversations::create_message, conversations::list_messages))
        // Progress
        .routes(routes!(progress::progress_summary))
        // Voice AI orchestration
        .routes(routes!(tutor::conversation_starter))
        .routes(routes!(tutor::conversation_turn))
        .routes(routes!(tutor::placement_turn))
        .routes(routes!(tutor::session_analysis))
        // Classroom dashboard
        .routes(routes!(admin::stats))
        .routes(routes!(admin::conversation_transcript))
        .routes(routes!(admin::placements_transcript))
        // Beyond the 23
        .routes(routes!(admin::list_students))
        .routes(routes!(admin::read_student))
        .routes(routes!(admin::list_student_conversations))
        .routes(routes!(admin::usage))
        .routes(routes!(admin::server))
}

/// What the API says of itself.
#[must_use]
pub fn document() -> OpenApi {
    finished(endpoints().split_for_parts().1)
}

/// The API with its documentation, pages, errors and frame.
pub fn router(app: App) -> Router {
    let (endpoints, document) = endpoints().split_for_parts();
    framed(endpoints.merge(system::documentation(&finished(document))).merge(pages::routes()), app)
}

/// Routes with what is around all of them: answers to those that do not exist, the frame, and cross-origin rules.
pub fn framed(routes: Router<App>, app: App) -> Router {
    let mut framed = routes
        .fallback(|| async { ApiError::NoRoute })
        .method_not_allowed_fallback(|| async { ApiError::MethodNotAllowed })
        .layer(middleware::from_fn_with_state(app.clone(), guard));
    if let Some(cors) = cors(&app) {
        // Around the guard, so that a browser may read its answers as well.
        framed = framed.layer(cors);
    }
    framed.layer(middleware::from_fn_with_state(app.clone(), frame)).with_state(app)
}

/// Cross-origin rules; none unless origins are configured.
fn cors(app: &App) -> Option<CorsLayer> {
    use axum::http::{HeaderName, Method, header};
    let origins: Vec<_> = app.config.cors_origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    if origins.is_empty() {
        return None;
    }
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST, Method::PUT])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::ACCEPT,
            HeaderName::from_static("idempotency-key"),
            HeaderName::from_static("x-admin-key"),
            HeaderName::from_static("x-request-id"),
        ])
        .expose_headers([
            HeaderName::from_static("x-request-id"),
            HeaderName::from_static("server-timing"),
            header::RETRY_AFTER,
        ]);
    Some(layer)
}
