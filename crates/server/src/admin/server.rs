//! `GET /admin/server`.

use axum::extract::State;
use ella_llm::ProviderState;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    auth::Admin,
    backups::{Condition, Report as BackupReport, report::Finding},
    http::{
        ApiError, Json,
        json::moment,
        openapi::problems::{Always, ForAdmins},
    },
    system::{DatabaseState, VERSION, database_health},
};

/// How the whole server does, for the person who runs it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServerReport {
    #[serde(serialize_with = "moment::serialize")]
    #[schema(value_type = String, format = DateTime)]
    as_of: Timestamp,
    /// The worst of what follows.
    condition: Condition,
    #[schema(example = "0.1.0")]
    version: &'static str,
    uptime_seconds: i64,
    database: DatabaseReport,
    pool: PoolReport,
    /// The backups, the archive, the drill, the pages and the disk.
    backups: BackupReport,
    tutor: TutorReport,
    /// What the server does by itself, and how it went the last time.
    tasks: Vec<TaskReport>,
}

/// Whether the database answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatabaseReport {
    #[serde(flatten)]
    finding: Finding,
    /// `managed` or `external`.
    #[schema(example = "managed")]
    kind: &'static str,
    latency_ms: Option<f64>,
}

/// The connections to the database.
#[derive(Debug, Serialize, ToSchema)]
pub struct PoolReport {
    #[serde(flatten)]
    finding: Finding,
    max: u64,
    open: u64,
    idle: u64,
}

/// The language models.
#[derive(Debug, Serialize, ToSchema)]
pub struct TutorReport {
    #[serde(flatten)]
    finding: Finding,
    providers: Vec<ProviderReport>,
}

/// A language model.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProviderReport {
    #[serde(flatten)]
    finding: Finding,
    #[schema(example = "gemini")]
    name: String,
    #[schema(example = "gemini-3.5-flash-lite")]
    model: String,
}

/// A task and its last run.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskReport {
    #[serde(flatten)]
    finding: Finding,
    #[schema(example = "make backups")]
    name: &'static str,
    #[serde(serialize_with = "moment::serialize")]
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

/// See how the server does.
///
/// The database, its connections, the disk, the archive, the backups and their verification, the last restore drill
/// with its loss and its time, the language models, and every task; each with a condition, and with what to do when it
/// is not well.
#[utoipa::path(
    get, path = "/admin/server", tag = "Classroom dashboard", security(("admin" = [])),
    responses((status = 200, description = "How it does.", body = ServerReport), ForAdmins, Always)
)]
pub async fn server(_: Admin, State(app): State<App>) -> Result<Json<ServerReport>, ApiError> {
    let database = database(&app).await;
    let pool = pool(&app);
    let backups = app.backups.report(&app);
    let tutor = tutor(&app);
    let tasks: Vec<TaskReport> = app
        .tasks
        .reports()
        .into_iter()
        .map(|(name, report)| {
            let finding = match report.result {
                Ok(said) => Finding::ok(said),
                Err(error) => {
                    Finding::warning(error, "It is tried again by itself. The server's log says more.")
                }
            };
            TaskReport { finding, name, at: report.at }
        })
        .collect();
    let repositories = backups.repositories.iter();
    let condition = [&database.finding, &pool.finding, &tutor.finding]
        .into_iter()
        .chain([&backups.archive.finding, &backups.drill.finding, &backups.disk.finding])
        .chain([&backups.pages.finding])
        .chain(repositories.flat_map(|it| [&it.finding, &it.verification.finding]))
        .chain(tasks.iter().map(|task| &task.finding))
        .map(|finding| finding.condition)
        .max()
        .unwrap_or(Condition::Ok);
    Ok(Json(ServerReport {
        as_of: app.clock.now(),
        condition,
        version: VERSION,
        uptime_seconds: app.clock.now().duration_since(app.started_at).as_secs().max(0),
        database,
        pool,
        backups,
        tutor,
        tasks,
    }))
}

async fn database(app: &App) -> DatabaseReport {
    let health = database_health(app).await;
    let is_managed = app.config.external_database().is_none();
    let finding = if health.status == DatabaseState::Ok {
        Finding::ok("It answers.")
    } else if is_managed {
        Finding::failing(
            "It does not answer.",
            "It is started again by itself; the server's log says how that goes.",
        )
    } else {
        Finding::failing(
            "It does not answer.",
            "Ask whoever runs it, and check the network on the way there.",
        )
    };
    let kind = if is_managed { "managed" } else { "external" };
    DatabaseReport { finding, kind, latency_ms: health.latency_ms }
}

fn pool(app: &App) -> PoolReport {
    let (max, open, idle) = app.database.pool().figures();
    let finding = if open >= max && idle == 0 {
        let advice = "When it stays so, give it more with ELLA_DATABASE_POOL.";
        Finding::warning("Every connection is in use.", advice)
    } else {
        Finding::ok(format!("{} of {max} connections are in use.", open.saturating_sub(idle)))
    };
    PoolReport { finding, max: max as u64, open: open as u64, idle: idle as u64 }
}

fn tutor(app: &App) -> TutorReport {
    let providers: Vec<ProviderReport> = app
        .tutor
        .relay()
        .providers()
        .into_iter()
        .map(|provider| {
            let finding = match provider.state {
                ProviderState::Ok => Finding::ok("It answers."),
                ProviderState::Unknown => Finding::ok("Nobody has called it yet."),
                ProviderState::Failing => {
                    let advice =
                        "Check its key, its name and the network; the server's log says what it answered.";
                    Finding::warning("It does not answer.", advice)
                }
            };
            ProviderReport { finding, name: provider.name, model: provider.model }
        })
        .collect();
    let finding = if providers.is_empty() {
        let advice = "Set ELLA_LLM to a language model for real conversations.";
        Finding {
            what_to_do: Some(advice.to_owned()),
            ..Finding::off("No model is configured; the built-in voice answers.")
        }
    } else if providers.iter().all(|provider| provider.finding.condition > Condition::Ok) {
        Finding::failing("No model answers; the built-in voice does.", "See each model.")
    } else {
        Finding::ok("Zoe has a model to speak with.")
    };
    TutorReport { finding, providers }
}
