//! Asking the models, with the built-in voice behind them. Every LLM endpoint goes through here.

use std::time::Duration;

use ella_llm::{AttemptRecord, Deadlines, Outcome, Turn, Usage};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    budgets::Prompt,
    engine::{BUILT_IN, BUILT_IN_MODEL, Engine, TurnLatency, Tutor, whole_milliseconds},
};
use crate::http::context;

/// What was said for Zoe, and how it came about.
pub(super) struct Said {
    /// The reply; none when no model had a whole sentence in time, and the built-in voice has to speak.
    pub(super) reply: Option<String>,
    /// What the model wrote beside the reply, when it is there already.
    pub(super) rest: Option<Value>,
    /// The turn, when what stands beside the reply may still come.
    pub(super) still_running: Option<Turn>,
    pub(super) engine: Engine,
    pub(super) telemetry: Telemetry,
}

/// What is stored about how a reply came about.
pub(super) struct Telemetry {
    pub(super) usage: Usage,
    /// What each provider did, when it was more than one clean attempt.
    pub(super) attempts: Option<Value>,
    first_token: Duration,
    llm: Duration,
}

impl Telemetry {
    /// Of a reply that was ready beforehand.
    pub(super) fn of_nothing_asked() -> Self {
        Self { usage: Usage::default(), attempts: None, first_token: Duration::ZERO, llm: Duration::ZERO }
    }

    /// Where the time went, up to now.
    pub(super) fn latency(&self, arrived: Instant) -> TurnLatency {
        TurnLatency {
            first_token: whole_milliseconds(self.first_token),
            llm: whole_milliseconds(self.llm),
            total: whole_milliseconds(arrived.elapsed()),
        }
    }
}

/// Asks the models for a reply that must be there `within` so long of the request's arrival.
pub(super) async fn ask(tutor: &Tutor, prompt: Prompt, arrived: Instant, within: Duration) -> Said {
    said(tutor.speak(prompt, Deadlines::json(arrived, within)), true).await
}

/// The same for a reply with which nobody waits for what the model writes beside it.
pub(super) async fn ask_for_reply(tutor: &Tutor, prompt: Prompt, arrived: Instant, within: Duration) -> Said {
    said(tutor.speak(prompt, Deadlines::json(arrived, within)), false).await
}

async fn said(mut turn: Turn, with_rest: bool) -> Said {
    let began = Instant::now();
    let outcome = if with_rest { turn.answer().await } else { turn.reply().await };
    context::add_llm_time(began.elapsed());
    let said = match outcome {
        Outcome::Spoken(spoken) => Said {
            engine: Engine {
                provider: spoken.provider,
                model: spoken.model,
                degraded: false,
                truncated: spoken.truncated,
            },
            reply: Some(spoken.reply),
            rest: spoken.rest,
            // Who waits for nothing else has not heard yet what the answer costs either.
            still_running: (spoken.rest_pending || !with_rest && !turn.is_over()).then_some(turn),
            telemetry: Telemetry {
                usage: spoken.usage,
                attempts: worth_keeping(&spoken.attempts),
                first_token: spoken.first_token,
                llm: spoken.llm,
            },
        },
        Outcome::NoVoice(silent) => built_in(Telemetry {
            usage: silent.usage,
            attempts: worth_keeping(&silent.attempts),
            first_token: began.elapsed(),
            llm: silent.llm,
        }),
    };
    count(&said.engine);
    said
}

/// Nobody was asked, or nobody answered.
fn built_in(telemetry: Telemetry) -> Said {
    Said {
        reply: None,
        rest: None,
        still_running: None,
        engine: Engine {
            provider: BUILT_IN.to_owned(),
            model: BUILT_IN_MODEL.to_owned(),
            degraded: true,
            truncated: false,
        },
        telemetry,
    }
}

/// One clean attempt is what everybody expects; anything else is worth a look later.
fn worth_keeping(attempts: &[AttemptRecord]) -> Option<Value> {
    if let [] | [AttemptRecord { error: None, .. }] = attempts {
        return None;
    }
    let attempts = attempts.iter().map(|attempt| {
        json!({
            "provider": attempt.provider,
            "model": attempt.model,
            "started_ms": attempt.started_ms,
            "first_token_ms": attempt.first_token_ms,
            "ended_ms": attempt.ended_ms,
            "won": attempt.won,
            "error": attempt.error.as_ref().map(ToString::to_string),
        })
    });
    Some(attempts.collect())
}

fn count(engine: &Engine) {
    let outcome = match engine {
        Engine { degraded: true, .. } => "degraded",
        Engine { truncated: true, .. } => "truncated",
        _ => "whole",
    };
    metrics::counter!("ella_tutor_answers_total", "provider" => engine.provider.clone(), "outcome" => outcome).increment(1);
}
