//! `GET /progress/summary`.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use ella_sql::{
    client::Params,
    queries::{progress, users},
};
use futures::try_join;
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::streaks::Streaks;
use crate::{
    app::App,
    auth::Student,
    conversations::CorrectionCounts,
    http::{
        ApiError, Json,
        json::moment,
        openapi::problems::{Always, ForStudents, WithQuery},
        parse::{Reader, Step},
        query::{QueryString, invalid},
    },
    levels::CefrLevel,
};

/// Placements in the level history at most: the newest.
const LONGEST_HISTORY: i64 = 1000;
/// Days in the daily rows.
const DAYS: i64 = 30;

/// How far a student has come.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProgressSummary {
    /// Null before a placement.
    #[schema(value_type = Option<CefrLevel>)]
    cefr_level: Option<String>,
    /// Conversations, active ones included.
    total_calls: i64,
    completed_calls: i64,
    /// Of completed calls.
    speaking_time_seconds: i64,
    /// The student's own.
    messages_sent: i64,
    /// In the student's own messages.
    words_spoken: i64,
    /// Of the student's messages.
    corrections: CorrectionCounts,
    /// Days in a row with a conversation, up to today, or to yesterday while today has none.
    current_streak_days: i64,
    longest_streak_days: i64,
    /// Oldest first.
    level_history: Vec<LevelReached>,
    /// Oldest first, the last being today; 30 rows.
    #[schema(min_items = 30, max_items = 30)]
    last_30_days: Vec<DayOfProgress>,
}

/// A level, and when a placement test gave it.
#[derive(Debug, Serialize, ToSchema)]
pub struct LevelReached {
    #[schema(value_type = CefrLevel)]
    cefr_level: String,
    #[serde(serialize_with = "moment::serialize")]
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

/// One day of a student's progress.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct DayOfProgress {
    #[schema(value_type = String, format = Date, example = "2026-11-22")]
    date: Date,
    /// Conversations started on that day.
    calls: i64,
    /// Of the completed ones among them.
    speaking_time_seconds: i64,
}

/// Read the progress.
#[utoipa::path(
    get, path = "/progress/summary", tag = "Progress", security(("student" = [])),
    params(("tz" = Option<String>, Query, description = "The IANA time zone that days are counted in; UTC if left out.", example = "Europe/Lisbon")),
    responses((status = 200, description = "The progress.", body = ProgressSummary), ForStudents, WithQuery, Always)
)]
pub async fn progress_summary(
    State(app): State<App>,
    student: Student,
    query: QueryString,
) -> Result<Json<ProgressSummary>, ApiError> {
    let zone = time_zone(&query)?;
    summary_of(&app, student.id, &zone).await?.map(Json).ok_or(ApiError::lost_student())
}

/// How far a student has come, in days of `zone`; none when there is no such student.
pub(crate) async fn summary_of(
    app: &App,
    id: Uuid,
    zone: &TimeZone,
) -> Result<Option<ProgressSummary>, ApiError> {
    let history = progress::LevelHistoryParams { user_id: id, most: LONGEST_HISTORY };
    let (profile, conversations, levels) = app
        .database
        .read(|client| async move {
            let (profile, conversations, levels) =
                (users::profile(), progress::conversation_figures(), progress::level_history());
            // In one round trip.
            try_join!(
                profile.bind(&client, &id).opt(),
                conversations.bind(&client, &id).all(),
                levels.params(&client, &history).all(),
            )
        })
        .await?;
    let Some(profile) = profile else { return Ok(None) };
    let today = app.clock.now().to_zoned(zone.clone()).date();
    let mut summary = sum_up(&conversations, zone, today);
    summary.cefr_level = profile.cefr_level;
    summary.level_history = levels
        .into_iter()
        .rev()
        .map(|row| LevelReached { cefr_level: row.cefr_level, at: row.created_at })
        .collect();
    Ok(Some(summary))
}

/// Reads `tz`.
pub(crate) fn time_zone(query: &QueryString) -> Result<TimeZone, ApiError> {
    let mut reader = Reader::new("query");
    let zone = reader.at(Step::Name("tz"), |reader| match query.get("tz") {
        None => Some(TimeZone::UTC),
        // `Etc/Unknown` is a word of jiff's for having no zone.
        Some(name) => TimeZone::get(name).ok().filter(|zone| !zone.is_unknown()).or_else(|| {
            reader.fault("time_zone", "must be the name of an IANA time zone, such as Europe/Lisbon")
        }),
    });
    zone.ok_or_else(|| invalid(reader))
}

fn sum_up(conversations: &[progress::ConversationFigures], zone: &TimeZone, today: Date) -> ProgressSummary {
    let mut days = BTreeSet::new();
    let mut rows: BTreeMap<Date, DayOfProgress> = last_days(today);
    let mut corrections = CorrectionCounts::default();
    let (mut completed, mut speaking, mut messages, mut words) = (0, 0, 0, 0);
    for call in conversations {
        let day = call.started_at.to_zoned(zone.clone()).date();
        let seconds = i64::from(call.duration_seconds.unwrap_or(0));
        days.insert(day);
        if let Some(row) = rows.get_mut(&day) {
            row.calls += 1;
            row.speaking_time_seconds += seconds;
        }
        completed += i64::from(call.duration_seconds.is_some());
        speaking += seconds;
        messages += i64::from(call.student_messages);
        words += i64::from(call.student_words);
        corrections.grammar += i64::from(call.corrections_grammar);
        corrections.vocab += i64::from(call.corrections_vocab);
        corrections.fluency += i64::from(call.corrections_fluency);
        corrections.spelling += i64::from(call.corrections_spelling);
        corrections.pronunciation += i64::from(call.corrections_pronunciation);
    }
    let streaks = Streaks::of(&days, today);
    ProgressSummary {
        cefr_level: None,
        total_calls: i64::try_from(conversations.len()).unwrap_or(i64::MAX),
        completed_calls: completed,
        speaking_time_seconds: speaking,
        messages_sent: messages,
        words_spoken: words,
        corrections,
        current_streak_days: streaks.current,
        longest_streak_days: streaks.longest,
        level_history: Vec::new(),
        last_30_days: rows.into_values().collect(),
    }
}

/// The last days with nothing in them, today last.
fn last_days(today: Date) -> BTreeMap<Date, DayOfProgress> {
    (0..DAYS)
        .filter_map(|back| today.checked_sub(back.days()).ok())
        .map(|date| (date, DayOfProgress { date, calls: 0, speaking_time_seconds: 0 }))
        .collect()
}
