//! The second round trip of a turn: Zoe's words with their telemetry, and the corrections of the student's.

use ella_llm::{Turn, Usage};
use ella_sql::client::Params;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    ApiError, App, Exchange, Known, Learner, Retry, Said, SqlJson, Telemetry, Timestamp, TurnAnswer, Uuid,
    budgets, corrections, count_words, prompts, tutor, utc_day,
};
use crate::http::retry::Earlier;

/// What stands in the database now.
pub(super) enum Stored {
    /// This reply.
    Ours(Box<Answered>),
    /// The answer of somebody who took the turn over.
    ByAnother(Box<RawValue>),
}

/// A stored reply, and what may still follow.
pub(super) struct Answered {
    pub(super) answer: TurnAnswer,
    /// The model's turn, when its corrections are still being written.
    pub(super) still_running: Option<Turn>,
    /// What is stored of its cost so far, and under which time.
    pub(super) counted: (Usage, Timestamp),
}

pub(super) async fn reply(
    app: &App,
    exchange: &Exchange,
    known: &Known,
    learner: Learner,
    reply: String,
    mut said: Said,
) -> Result<Stored, ApiError> {
    let corrections = said
        .rest
        .as_ref()
        .map(|rest| corrections::believed(rest, &exchange.text, learner))
        .unwrap_or_default();
    let still_running = said.still_running.take();
    let answer = TurnAnswer {
        reply,
        corrections,
        corrections_complete: still_running.is_none(),
        user_message_id: known.user_message_id,
        reply_message_id: app.new_id(),
        latency_ms: said.telemetry.latency(exchange.arrived),
        engine: said.engine,
    };
    let now = app.clock.now();
    let others = match finish(app, exchange, known, &said.telemetry, &answer, now).await {
        Ok(true) => Ok(None),
        Ok(false) => answered_before(app, exchange, answer.reply_message_id).await,
        Err(error) => Err(error),
    };
    if let Some(not_ours) = others.transpose() {
        // No message says what this one cost: all that was spent until its model's call ends, which is now.
        let usage = still_running.map_or(said.telemetry.usage, |turn| turn.outcome().usage());
        budgets::note(app, exchange.student, usage);
        return not_ours.map(Stored::ByAnother);
    }
    app.tutor.budgets().count(utc_day(now), said.telemetry.usage);
    Ok(Stored::Ours(Box::new(Answered { answer, still_running, counted: (said.telemetry.usage, now) })))
}

/// The answer that somebody else stored under the retry key, because this turn was slower than its claim.
async fn answered_before(
    app: &App,
    exchange: &Exchange,
    own_reply: Uuid,
) -> Result<Option<Box<RawValue>>, ApiError> {
    #[derive(Deserialize)]
    struct Reply {
        reply_message_id: Uuid,
    }
    let Some(retry) = &exchange.retry else { return Ok(None) };
    let Some(Earlier::Answer(answer)) = retry.earlier(&app.database).await? else { return Ok(None) };
    let stored: Reply = serde_json::from_str(answer.get())
        .map_err(|error| ApiError::Internal(format!("read a stored answer: {error}")))?;
    // Our own: its connection was lost after it had been stored.
    Ok((stored.reply_message_id != own_reply).then_some(answer))
}

/// Whether it was stored now. If not, a first try was, before its connection was lost, or somebody else's reply.
async fn finish(
    app: &App,
    exchange: &Exchange,
    known: &Known,
    telemetry: &Telemetry,
    answer: &TurnAnswer,
    now: Timestamp,
) -> Result<bool, ApiError> {
    let claim = Retry::claim(exchange.retry.as_ref());
    let counts = corrections::count(&answer.corrections);
    let count = |count: i64| i32::try_from(count).unwrap_or(i32::MAX);
    let params = tutor::FinishTurnParams {
        now,
        today: utc_day(now),
        corrections_grammar: count(counts.grammar),
        corrections_vocab: count(counts.vocab),
        corrections_fluency: count(counts.fluency),
        user_id: exchange.student,
        conversation_id: exchange.conversation_id,
        corrections: SqlJson(&answer.corrections),
        has_corrections: !answer.corrections.is_empty(),
        answers_position: known.position,
        response: claim.key.map(|_| SqlJson(answer)),
        key: claim.key,
        path: claim.path,
        word_count: count_words(&answer.reply),
        id: answer.reply_message_id,
        llm_ms: answer.latency_ms.llm,
        first_token_ms: answer.latency_ms.first_token,
        turn_ms: answer.latency_ms.total,
        turn_stt_ms: known.stt_ms,
        prompt_tokens: i32::try_from(telemetry.usage.prompt_tokens).ok(),
        completion_tokens: i32::try_from(telemetry.usage.completion_tokens).ok(),
        prompt_version: (!answer.engine.degraded).then_some(prompts::VERSION),
        degraded: answer.engine.degraded,
        truncated: answer.engine.truncated,
        provider: answer.engine.provider.as_str(),
        model: answer.engine.model.as_str(),
        content: answer.reply.as_str(),
        attempts: telemetry.attempts.as_ref().map(SqlJson),
    };
    let params = &params;
    let stored = app
        .database
        .write_again(|client| async move { tutor::finish_turn().params(&client, params).opt().await })
        .await?;
    Ok(stored.is_some())
}
