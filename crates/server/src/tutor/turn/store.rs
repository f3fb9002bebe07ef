//! The second round trip of a turn: Zoe's words with their telemetry, and the corrections of the student's.

use ella_llm::{Outcome, Turn};
use ella_sql::client::Params;

use super::{
    ApiError, App, Exchange, Known, Learner, Retry, Said, SqlJson, Telemetry, Timestamp, TurnAnswer,
    ZoesCorrection, corrections, count_words, prompts, tutor,
};

/// A stored reply, and what may still follow.
pub(super) struct Answered {
    pub(super) answer: TurnAnswer,
    /// The model's turn, when its corrections are still being written.
    pub(super) still_running: Option<Turn>,
}

pub(super) async fn reply(
    app: &App,
    exchange: &Exchange,
    known: &Known,
    learner: Learner,
    reply: String,
    mut said: Said,
) -> Result<Answered, ApiError> {
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
    finish(app, exchange, known, &said.telemetry, &answer, app.clock.now()).await?;
    Ok(Answered { answer, still_running })
}

async fn finish(
    app: &App,
    exchange: &Exchange,
    known: &Known,
    telemetry: &Telemetry,
    answer: &TurnAnswer,
    now: Timestamp,
) -> Result<(), ApiError> {
    let claim = Retry::claim(exchange.retry.as_ref());
    let counts = corrections::count(&answer.corrections);
    let count = |count: i64| i32::try_from(count).unwrap_or(i32::MAX);
    let params = tutor::FinishTurnParams {
        now,
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
    // No row: a first try was stored before its connection was lost.
    app.database
        .write_again(|client| async move { tutor::finish_turn().params(&client, params).opt().await })
        .await?;
    Ok(())
}

/// Corrections that came after the reply was due are checked like the others and stored with the student's words.
pub(super) async fn late_corrections(
    app: App,
    exchange: Exchange,
    known: Known,
    learner: Learner,
    turn: Turn,
) {
    let Outcome::Spoken(spoken) = turn.finish().await else { return };
    let Some(rest) = spoken.rest else { return };
    let corrections = corrections::believed(&rest, &exchange.text, learner);
    if corrections.is_empty() {
        return;
    }
    if let Err(error) = add(&app, &exchange, &known, &corrections).await {
        tracing::warn!(%error, "corrections that came late could not be stored");
    }
}

async fn add(app: &App, exchange: &Exchange, known: &Known, late: &[ZoesCorrection]) -> Result<(), ApiError> {
    let counts = corrections::count(late);
    let count = |count: i64| i32::try_from(count).unwrap_or(i32::MAX);
    let params = tutor::AddLateCorrectionsParams {
        corrections: SqlJson(late),
        user_id: exchange.student,
        conversation_id: exchange.conversation_id,
        position: known.position,
        corrections_grammar: count(counts.grammar),
        corrections_vocab: count(counts.vocab),
        corrections_fluency: count(counts.fluency),
    };
    let params = &params;
    app.database
        .write(|client| async move { tutor::add_late_corrections().params(&client, params).await })
        .await?;
    Ok(())
}
