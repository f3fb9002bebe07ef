//! `GET /health`.

use std::time::{Duration, Instant};

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
    backups::Condition as Attention,
    http::{Json, json::moment},
};

/// How the whole server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// All is well.
    Ok,
    /// Students are served, but something needs attention.
    Degraded,
    /// Students are not served.
    Down,
}

/// Whether the database answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DatabaseState {
    /// It does.
    Ok,
    /// It does not.
    Down,
}

/// How the backups do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BackupState {
    /// All is well.
    Ok,
    /// They are made, but no copy leaves the machine.
    LocalOnly,
    /// The last one is too old.
    Late,
    /// They are wanted and cannot be made.
    Failing,
    /// They are switched off.
    Off,
}

/// How Zoe's voices do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TutorState {
    /// A provider answers.
    Ok,
    /// Providers are configured and none answers.
    Degraded,
    /// No provider is configured; the built-in voice answers.
    BuiltIn,
}

/// How a provider does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProviderCondition {
    /// It answers.
    Ok,
    /// It does not.
    Failing,
    /// Nobody has called it yet.
    Unknown,
}

/// How the server does.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`: all is well; `degraded`: students are served, but something needs attention; `down`: they are not.
    status: Condition,
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
    pub(crate) status: DatabaseState,
    /// How long it took to answer just now; null when it did not.
    #[schema(example = 0.3)]
    pub(crate) latency_ms: Option<f64>,
}

/// How the backups do.
#[derive(Debug, Serialize, ToSchema)]
pub struct BackupHealth {
    status: BackupState,
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
    status: TutorState,
    providers: Vec<ProviderHealth>,
}

/// How one provider does.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProviderHealth {
    #[schema(example = "gemini")]
    name: String,
    #[schema(example = "gemini-3.5-flash-lite")]
    model: String,
    state: ProviderCondition,
}

/// Ask how the server does.
#[utoipa::path(
    get, path = "/health", tag = "System", security(()),
    responses(
        (status = 200, description = "Students are served.", body = Health),
        (status = 503, description = "Students cannot be served.", body = Health,
            headers(("Retry-After" = u64, description = "Seconds to wait."))),
    )
)]
pub async fn health(State(app): State<App>) -> Response {
    let database = database_health(&app).await;
    let tutor = tutor_health(&app);
    let down = database.status == DatabaseState::Down;
    let backups = app.backups.report(&app);
    let needs_attention = tutor.status == TutorState::Degraded
        || matches!(backups.status, BackupState::Late | BackupState::Failing)
        || backups.pages.finding.condition == Attention::Failing
        || app.database.refuses_writes();
    let status = match (down, needs_attention) {
        (true, _) => Condition::Down,
        (false, true) => Condition::Degraded,
        (false, false) => Condition::Ok,
    };
    let health = Health {
        status,
        version: VERSION,
        uptime_seconds: app.clock.now().duration_since(app.started_at).as_secs().max(0),
        database,
        backups: BackupHealth {
            status: backups.status,
            last_backup_at: backups.last_backup_at,
            last_archived_at: backups.archive.last_archived_at,
            last_drill_at: backups.drill.last_at,
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

/// How long the database may take to answer: it may hang as well as be gone.
const PATIENCE: Duration = Duration::from_secs(4);

pub(crate) async fn database_health(app: &App) -> DatabaseHealth {
    let began = Instant::now();
    let answer = app.database.read(|client| async move { upkeep::ping().bind(&client).one().await });
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(Ok(_)) => {
            // A tenth of a microsecond is more than enough.
            let milliseconds = (began.elapsed().as_secs_f64() * 1e7).round() / 1e4;
            DatabaseHealth { status: DatabaseState::Ok, latency_ms: Some(milliseconds) }
        }
        failed => {
            let error = match failed {
                Ok(Err(error)) => error.to_string(),
                _ => "it took too long".to_owned(),
            };
            tracing::warn!(%error, "the database does not answer");
            DatabaseHealth { status: DatabaseState::Down, latency_ms: None }
        }
    }
}

fn tutor_health(app: &App) -> TutorHealth {
    let providers = app.tutor.relay().providers();
    // A provider that nobody has called yet is not known to fail.
    let status = if providers.is_empty() {
        TutorState::BuiltIn
    } else if providers.iter().all(|provider| provider.state == ProviderState::Failing) {
        TutorState::Degraded
    } else {
        TutorState::Ok
    };
    let providers = providers.into_iter().map(|provider| ProviderHealth {
        name: provider.name,
        model: provider.model,
        state: match provider.state {
            ProviderState::Ok => ProviderCondition::Ok,
            ProviderState::Failing => ProviderCondition::Failing,
            ProviderState::Unknown => ProviderCondition::Unknown,
        },
    });
    TutorHealth { status, providers: providers.collect() }
}
