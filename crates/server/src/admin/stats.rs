//! `GET /admin/stats`.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use axum::extract::State;
use ella_sql::queries::admin;
use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::figures;
use crate::{
    app::App,
    auth::Admin,
    conversations::Status,
    http::{
        ApiError, Json,
        json::moment,
        openapi::problems::{Always, ForAdmins},
    },
    levels::CefrLevel,
};

/// The class at a glance.
#[derive(Debug, Serialize, ToSchema)]
pub struct Stats {
    /// When these figures were read; at most a minute ago.
    #[serde(serialize_with = "moment::serialize")]
    #[schema(value_type = String, format = DateTime)]
    pub(super) as_of: Timestamp,
    pub(super) students: StudentTotals,
    pub(super) conversations: ConversationTotals,
    pub(super) messages: MessageTotals,
    /// Of the last 24 hours, in milliseconds.
    pub(super) latency_ms: LatencyFigures,
    pub(super) tutor: TutorTotals,
    /// Oldest first, UTC days, today last.
    #[schema(min_items = 30, max_items = 30)]
    pub(super) last_30_days: Vec<DayTotals>,
    /// Newest first.
    #[schema(max_items = 20)]
    pub(super) recent_conversations: Vec<RecentConversation>,
}

/// How many students there are. One is active in a window in which a conversation was started or a message sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct StudentTotals {
    pub(super) total: i64,
    /// On this UTC day.
    pub(super) active_today: i64,
    /// On this UTC day and the six before it.
    pub(super) active_7_days: i64,
    /// On this UTC day and the 29 before it.
    pub(super) active_30_days: i64,
    pub(super) by_level: StudentsByLevel,
}

#[derive(Debug, Default)]
pub(super) struct ActiveStudents {
    pub(super) today: i64,
    pub(super) last_7_days: i64,
    pub(super) last_30_days: i64,
}

/// Students by level.
#[derive(Debug, Default, Serialize, ToSchema)]
#[expect(non_snake_case, reason = "the names on the wire are the levels'")]
pub struct StudentsByLevel {
    A1: i64,
    A2: i64,
    B1: i64,
    B2: i64,
    C1: i64,
    C2: i64,
    /// Without a placement.
    unplaced: i64,
}

impl StudentsByLevel {
    pub(super) fn of(&mut self, level: Option<CefrLevel>) -> &mut i64 {
        match level {
            Some(CefrLevel::A1) => &mut self.A1,
            Some(CefrLevel::A2) => &mut self.A2,
            Some(CefrLevel::B1) => &mut self.B1,
            Some(CefrLevel::B2) => &mut self.B2,
            Some(CefrLevel::C1) => &mut self.C1,
            Some(CefrLevel::C2) => &mut self.C2,
            None => &mut self.unplaced,
        }
    }
}

/// How many conversations there are.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConversationTotals {
    pub(super) total: i64,
    pub(super) active: i64,
    pub(super) completed: i64,
    /// Of completed ones.
    pub(super) speaking_time_seconds: i64,
}

/// How many messages there are.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageTotals {
    pub(super) total: i64,
}

/// Where the time of the last 24 hours went.
#[derive(Debug, Serialize, ToSchema)]
pub struct LatencyFigures {
    /// Speech to text.
    pub(super) stt: Percentiles,
    /// The language model.
    pub(super) llm: Percentiles,
    /// Text to speech.
    pub(super) tts: Percentiles,
    /// From the arrival of a turn to its answer.
    pub(super) turn: Percentiles,
    /// A whole spoken turn: stt, turn and tts together.
    pub(super) spoken: Percentiles,
}

/// Percentiles of measured values; null when nothing was measured.
#[derive(Debug, Serialize, ToSchema)]
pub struct Percentiles {
    #[schema(example = 640)]
    pub(super) p50: Option<i32>,
    #[schema(example = 1100)]
    pub(super) p95: Option<i32>,
    #[schema(example = 1600)]
    pub(super) p99: Option<i32>,
    /// How many values there were.
    #[schema(example = 1200)]
    pub(super) count: i64,
}

/// What Zoe did in the last 24 hours.
#[derive(Debug, Serialize, ToSchema)]
pub struct TutorTotals {
    pub(super) turns: i64,
    /// Those that the built-in voice answered.
    pub(super) degraded_turns: i64,
    pub(super) prompt_tokens: i64,
    pub(super) completion_tokens: i64,
}

/// One UTC day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DayTotals {
    #[schema(value_type = String, format = Date, example = "2026-11-22")]
    pub(super) date: Date,
    /// Those who were active.
    pub(super) students: i64,
    /// Those that were started.
    pub(super) conversations: i64,
    pub(super) messages: i64,
}

impl From<&admin::DailyTotals> for DayTotals {
    fn from(row: &admin::DailyTotals) -> Self {
        Self {
            date: row.day,
            students: row.students.into(),
            conversations: row.conversations.into(),
            messages: row.messages.into(),
        }
    }
}

/// A conversation in the list of recent ones.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecentConversation {
    pub(super) id: Uuid,
    pub(super) user_id: Uuid,
    /// The student's.
    pub(super) name: Option<String>,
    pub(super) topic: Option<String>,
    pub(super) status: Status,
    pub(super) message_count: i32,
    #[serde(serialize_with = "moment::serialize")]
    #[schema(value_type = String, format = DateTime)]
    pub(super) started_at: Timestamp,
}

/// See the class at a glance.
#[utoipa::path(
    get, path = "/admin/stats", tag = "Classroom dashboard", security(("admin" = [])),
    responses((status = 200, description = "The figures.", body = Stats), ForAdmins, Always)
)]
pub async fn stats(State(app): State<App>, _: Admin) -> Result<Json<Arc<Stats>>, ApiError> {
    app.stats.get(&app).await.map(Json)
}

/// The figures as they were read last. They are read again when they are older than a hundred times what reading
/// them took, so that a small school sees every change at once and a large one costs its database at most one
/// hundredth of its time.
#[derive(Default)]
pub struct StatsCache {
    last: Arc<RwLock<Option<Reading>>>,
    reading: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Clone)]
struct Reading {
    stats: Arc<Stats>,
    at: Instant,
    cost: Duration,
}

/// The contract's limit is a minute; reading them again takes part of it.
const OLDEST: Duration = Duration::from_secs(45);
/// How much longer figures are good than reading them took.
const WORTH: u32 = 100;
/// Reading them may take this long before callers get the old figures and the new ones are read in the background.
const QUICK: Duration = Duration::from_millis(10);

impl Reading {
    fn is_fresh(&self, now: Timestamp) -> bool {
        self.age(now) < (self.cost * WORTH).min(OLDEST)
    }

    fn may_still_be_shown(&self, now: Timestamp) -> bool {
        self.cost > QUICK && self.age(now) < OLDEST
    }

    /// By the clock that `as_of` is told in, and at least what has really passed, should that clock be set back.
    fn age(&self, now: Timestamp) -> Duration {
        let told = Duration::try_from(now.duration_since(self.stats.as_of)).unwrap_or_default();
        told.max(self.at.elapsed())
    }
}

impl StatsCache {
    async fn get(&self, app: &App) -> Result<Arc<Stats>, ApiError> {
        let now = app.clock.now();
        match self.last() {
            Some(reading) if reading.is_fresh(now) => return Ok(reading.stats),
            Some(reading) if reading.may_still_be_shown(now) => {
                self.read_in_the_background(app);
                return Ok(reading.stats);
            }
            _ => {}
        }
        // One reads, the others wait for what it finds.
        let _turn = self.reading.lock().await;
        match self.last() {
            Some(reading) if reading.is_fresh(now) => Ok(reading.stats),
            _ => read_again(app, &self.last).await,
        }
    }

    /// Reads the figures before anyone asks, and with it seals the days that are over.
    pub(crate) async fn read_ahead(&self, app: &App) -> Result<(), ApiError> {
        let _turn = self.reading.lock().await;
        read_again(app, &self.last).await.map(drop)
    }

    fn last(&self) -> Option<Reading> {
        self.last.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn read_in_the_background(&self, app: &App) {
        let (app, last, reading) = (app.clone(), Arc::clone(&self.last), Arc::clone(&self.reading));
        let tasks = app.tasks.clone();
        tasks.spawn(async move {
            let Ok(_turn) = reading.try_lock() else { return };
            if let Err(error) = read_again(&app, &last).await {
                tracing::warn!(%error, "could not read the dashboard's figures");
            }
        });
    }
}

async fn read_again(app: &App, last: &RwLock<Option<Reading>>) -> Result<Arc<Stats>, ApiError> {
    let at = Instant::now();
    let stats = Arc::new(figures::read(app).await?);
    let reading = Reading { stats: Arc::clone(&stats), at, cost: at.elapsed() };
    *last.write().unwrap_or_else(PoisonError::into_inner) = Some(reading);
    Ok(stats)
}
