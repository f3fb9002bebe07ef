//! The dashboard's figures, read and added up.
//!
//! Nothing is counted while students talk, so no turn ever waits for a counter: totals come from the students' and
//! conversations' own rows, the last day from a range of messages, and finished days are sealed in `daily_totals`.

use ella_sql::{client::Params, queries::admin};
use futures::try_join;
use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date, tz::TimeZone};

use super::stats::{
    ActiveStudents, ConversationTotals, DayTotals, LatencyFigures, MessageTotals, Percentiles,
    RecentConversation, Stats, StudentTotals, StudentsByLevel, TutorTotals,
};
use crate::{
    app::App,
    clock::{first_id_at, utc_day},
    conversations::status,
    database::DatabaseError,
    levels::CefrLevel,
};

/// Days in the daily rows.
const DAYS: i64 = 30;
/// A day is sealed this long after its end: longer than any request that began in it may take.
const SEAL_AFTER: SignedDuration = SignedDuration::from_mins(15);
/// Conversations in the list of recent ones.
const RECENT: i64 = 20;

/// Reads everything that the dashboard shows.
pub(super) async fn read(app: &App) -> Result<Stats, DatabaseError> {
    let now = app.clock.now();
    let today = utc_day(now);
    let since = now - SignedDuration::from_hours(24);
    let (levels, conversations, latencies, recent) = app
        .database
        .read(|client| async move {
            let (levels, totals, latencies, recent) = (
                admin::students_by_level(),
                admin::conversation_totals(),
                admin::latencies(),
                admin::recent_conversations(),
            );
            // In one round trip.
            try_join!(
                levels.bind(&client, &today).all(),
                totals.bind(&client).one(),
                latencies.bind(&client, &since).one(),
                recent.bind(&client, &RECENT).all(),
            )
        })
        .await?;
    let days = daily_rows(app, now, today).await?;
    Ok(Stats {
        as_of: now,
        students: students(&levels),
        conversations: ConversationTotals {
            total: conversations.total,
            active: conversations.total - conversations.completed,
            completed: conversations.completed,
            speaking_time_seconds: conversations.speaking_time_seconds,
        },
        messages: MessageTotals { total: conversations.messages },
        tutor: TutorTotals {
            turns: latencies.turn_count,
            degraded_turns: latencies.degraded_turns,
            prompt_tokens: latencies.prompt_tokens,
            completion_tokens: latencies.completion_tokens,
        },
        latency_ms: LatencyFigures {
            stt: percentiles(latencies.stt.as_deref(), latencies.stt_count),
            llm: percentiles(latencies.llm.as_deref(), latencies.llm_count),
            tts: percentiles(latencies.tts.as_deref(), latencies.tts_count),
            turn: percentiles(latencies.turn.as_deref(), latencies.turn_count),
            spoken: percentiles(latencies.spoken.as_deref(), latencies.spoken_count),
        },
        last_30_days: days,
        recent_conversations: recent.into_iter().map(recent_conversation).collect(),
    })
}

fn students(rows: &[admin::StudentsByLevel]) -> StudentTotals {
    let mut by_level = StudentsByLevel::default();
    let mut active = ActiveStudents::default();
    let mut total = 0;
    for row in rows {
        *by_level.of(row.cefr_level.as_deref().and_then(CefrLevel::from_word)) += row.students;
        total += row.students;
        active.today += row.active_today;
        active.last_7_days += row.active_7_days;
        active.last_30_days += row.active_30_days;
    }
    StudentTotals {
        total,
        active_today: active.today,
        active_7_days: active.last_7_days,
        active_30_days: active.last_30_days,
        by_level,
    }
}

fn percentiles(values: Option<&[i32]>, count: i64) -> Percentiles {
    match values {
        Some([p50, p95, p99]) => Percentiles { p50: Some(*p50), p95: Some(*p95), p99: Some(*p99), count },
        _ => Percentiles { p50: None, p95: None, p99: None, count },
    }
}

fn recent_conversation(row: admin::RecentConversation) -> RecentConversation {
    RecentConversation {
        id: row.id,
        user_id: row.user_id,
        name: row.name,
        topic: row.topic,
        status: status(row.completed_at),
        message_count: row.last_position,
        started_at: row.started_at,
    }
}

/// Thirty days, today last: sealed ones as they are, the others counted now, and sealed if they are over.
async fn daily_rows(app: &App, now: Timestamp, today: Date) -> Result<Vec<DayTotals>, DatabaseError> {
    let first = today.saturating_sub((DAYS - 1).days());
    let sealed = app
        .database
        .read(|client| async move { admin::daily_totals().bind(&client, &first).all().await })
        .await?;
    let mut rows = Vec::new();
    for day in first.series(1.day()).take_while(|day| *day <= today) {
        let known = sealed.iter().find(|row| row.day == day);
        let row = match known {
            Some(row) => DayTotals::from(row),
            None => count_day(app, day, now).await?,
        };
        rows.push(row);
    }
    Ok(rows)
}

async fn count_day(app: &App, day: Date, now: Timestamp) -> Result<DayTotals, DatabaseError> {
    let starts_at = start_of(day);
    let ends_at = start_of(day.saturating_add(1.day()));
    let params = admin::CountDayParams {
        day,
        first_id: first_id_at(starts_at),
        end_id: first_id_at(ends_at),
        starts_at,
        ends_at,
    };
    let row = app
        .database
        .read(|client| async move { admin::count_day().params(&client, &params).one().await })
        .await?;
    let row = DayTotals {
        date: row.day,
        students: row.students.into(),
        conversations: row.conversations.into(),
        messages: row.messages.into(),
    };
    if now > ends_at + SEAL_AFTER
        && let Err(error) = seal(app, &row).await
    {
        // With a disk that is nearly full only reads go on. The day is counted again the next time, then.
        tracing::debug!(%error, "a finished day could not be sealed");
    }
    Ok(row)
}

async fn seal(app: &App, row: &DayTotals) -> Result<(), DatabaseError> {
    let count = |count: i64| i32::try_from(count).unwrap_or(i32::MAX);
    let params = admin::SealDayParams {
        day: row.date,
        students: count(row.students),
        conversations: count(row.conversations),
        messages: count(row.messages),
    };
    app.database
        .write_again(|client| async move { admin::seal_day().params(&client, &params).await })
        .await?;
    Ok(())
}

fn start_of(day: Date) -> Timestamp {
    day.to_zoned(TimeZone::UTC).map_or(Timestamp::MIN, |midnight| midnight.timestamp())
}
