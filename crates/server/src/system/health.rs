//! `GET /health`.

use std::time::Instant;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use ella_llm::ProviderState;
use ella_sql::queries::upkeep;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::VERSION;
use crate::{
    app::App,
    http::{Json, json::moment},
};

/// How the server does.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`: all is well; `degraded`: students are served, but something needs attention; `down`: they are not.
    #[schema(example = "ok", pattern = "^(ok|degraded|down)$")]
    status: &'static str,
    version: &'static str,
    #[schema(minimum = 0)]
    uptime_seconds: i64,
    database: DatabaseHealth,
    backups: BackupHealth,
    tutor: TutorHealth,
}

/// How the database does.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatabaseHealth {
    #[schema(example = "ok", pattern = "^(ok|down)$")]
    status: &'static str,
    /// How long it took to answer just now; null when it did not.
    #[schema(example = 0.3)]
    latency_ms: Option<f64>,
}

/// How the backups do.
#[derive(Debug, Serialize, ToSchema)]
pub struct BackupHealth {
    #[schema(example = "off", pattern = "^(ok|local_only|late|failing|off)$")]
    status: &'static str,
    #[serde(serialize_with = "moment::option::serialize")]
    #[schema(value_type = Option<String>, format = DateTime)]
    last_backup_at: Option<Timestamp>,
    #[serde(serialize_with = "moment::option::serialize")]
    #[schema(value_type = Option<String>, format = DateTime)]
    last_archived_at: Option<Timestamp>,
    #[serde(serialize_with = "moment::option::serialize")]
    #[schema(value_type = Option<String>, format = DateTime)]
    last_drill_at: Option<Timestamp>,
}

/// How Zoe's voices do.
#[derive(Debug, Serialize, ToSchema)]
pub struct TutorHealth {
    /// `ok`: a provider answers; `degraded`: providers are configured and none answers; `built_in`: none is configured.
    #[schema(example = "built_in", pattern = "^(ok|degraded|built_in)$")]
    status: &'static str,
    providers: Vec<ProviderHealth>,
}

/// How one provider does.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProviderHealth {
    #[schema(example = "gemini")]
    name: String,
    #[schema(example = "gemini-3.5-flash-lite")]
    model: String,
    #[schema(example = "ok", pattern = "^(ok|failing|unknown)$")]
    state: &'static str,
}

/// Ask how the server does.
#[utoipa::path(
    get, path = "/health", tag = "System", security(()),
    responses(
        (status = 200, description = "Students are served.", body = Health),
        (status = 503, description = "Students cannot be served.", body = Health),
    )
)]
pub async fn health(State(app): State<App>) -> Response {
    let database = database_health(&app).await;
    let tutor = tutor_health(&app);
    let down = database.status == "down";
    let status = match (down, tutor.status) {
        (true, _) => "down",
        (false, "degraded") => "degraded",
        (false, _) => "ok",
    };
    let health = Health {
        status,
        version: VERSION,
        uptime_seconds: app.clock.now().duration_since(app.started_at).as_secs().max(0),
        database,
        backups: BackupHealth {
            status: "off",
            last_backup_at: None,
            last_archived_at: None,
            last_drill_at: None,
        },
        tutor,
    };
    let mut response = Json(health).into_response();
    if down {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        response.headers_mut().insert(axum::http::header::RETRY_AFTER, axum::http::HeaderValue::from(1));
    }
    response
}

async fn database_health(app: &App) -> DatabaseHealth {
    let began = Instant::now();
    let answer = app.database.read(|client| async move { upkeep::ping().bind(&client).one().await }).await;
    match answer {
        Ok(_) => {
            // A tenth of a microsecond is more than enough.
            let milliseconds = (began.elapsed().as_secs_f64() * 1e7).round() / 1e4;
            DatabaseHealth { status: "ok", latency_ms: Some(milliseconds) }
        }
        Err(error) => {
            tracing::warn!(%error, "the database does not answer");
            DatabaseHealth { status: "down", latency_ms: None }
        }
    }
}

fn tutor_health(app: &App) -> TutorHealth {
    let providers = app.tutor.relay().providers();
    // A provider that nobody has called yet is not known to fail.
    let status = if providers.is_empty() {
        "built_in"
    } else if providers.iter().all(|provider| provider.state == ProviderState::Failing) {
        "degraded"
    } else {
        "ok"
    };
    let providers = providers.into_iter().map(|provider| ProviderHealth {
        name: provider.name,
        model: provider.model,
        state: match provider.state {
            ProviderState::Ok => "ok",
            ProviderState::Failing => "failing",
            ProviderState::Unknown => "unknown",
        },
    });
    TutorHealth { status, providers: providers.collect() }
}
