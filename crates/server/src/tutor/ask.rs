//! Asking the models, with the built-in voice behind them. Every LLM endpoint goes through here.

use std::time::Duration;

use ella_llm::{AttemptRecord, Deadlines, Event, Outcome, Turn, Usage};
use futures::{StreamExt, future::pending};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use super::{
    budgets::{Hold, Prompt},
    engine::{Engine, TurnLatency, Tutor, whole_milliseconds},
    speech::Speech,
};
use crate::http::{context, stream::Listener};

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
    /// To be kept until the usage is counted.
    pub(super) hold: Option<Hold>,
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

/// What a model writes beside its reply, and how long it is waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// As long as the deadlines allow: it cannot follow later.
    Needed,
    /// So long after a reply's last word, and not at all for nobody: it can follow later.
    MayFollow(Duration),
}

/// How long after its last word a stream's end waits for what a model writes beside the reply. The client speaks the
/// reply meanwhile, which takes longer as a rule.
pub(super) const REST_PATIENCE: Duration = Duration::from_secs(2);

/// Asks the models for a reply that must be there in time.
pub(super) async fn ask(tutor: &Tutor, prompt: Prompt, deadlines: Deadlines) -> Said {
    let turn = tutor.speak(prompt, deadlines);
    said(turn, &mut Speech::to(&mut Listener::nobody()), Rest::Needed).await
}

/// The same when nobody waits for what stands beside the reply.
pub(super) async fn ask_for_reply(tutor: &Tutor, prompt: Prompt, deadlines: Deadlines) -> Said {
    let turn = tutor.speak(prompt, deadlines);
    said(turn, &mut Speech::to(&mut Listener::nobody()), Rest::MayFollow(Duration::ZERO)).await
}

/// Asks the models for a reply and tells it to whoever listens: to a stream as it comes, its first sentence in time. A
/// reply in one piece waits for its rest until it is due.
pub(super) async fn tell(
    tutor: &Tutor,
    prompt: Prompt,
    arrived: Instant,
    speech: &mut Speech<'_>,
    rest: Rest,
) -> Said {
    if speech.is_streamed() {
        let deadlines = Deadlines::streamed(arrived, tutor.first_sentence_within());
        return said(tutor.speak(prompt, deadlines), speech, rest).await;
    }
    let until_due = match rest {
        Rest::Needed => Rest::Needed,
        Rest::MayFollow(_) => Rest::MayFollow(Duration::MAX),
    };
    said(tutor.speak(prompt, tutor.reply_deadlines(arrived)), speech, until_due).await
}

/// Listens to a turn until its reply is there, and sums it up.
async fn said((mut turn, hold): (Turn, Option<Hold>), speech: &mut Speech<'_>, rest: Rest) -> Said {
    let began = Instant::now();
    let outcome = hear(&mut turn, speech, rest).await;
    // Who waits for nothing has not heard yet what the answer costs either.
    let unheard_of = rest == Rest::MayFollow(Duration::ZERO) && !turn.is_over();
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
            still_running: (spoken.rest_pending || unheard_of).then_some(turn),
            telemetry: Telemetry {
                usage: spoken.usage,
                attempts: worth_keeping(&spoken.attempts),
                first_token: spoken.first_token,
                llm: spoken.llm,
            },
            hold,
        },
        Outcome::NoVoice(silent) => {
            let telemetry = Telemetry {
                usage: silent.usage,
                attempts: worth_keeping(&silent.attempts),
                // From there on the built-in voice speaks; that is not later than the models' end.
                first_token: silent.llm,
                llm: silent.llm,
            };
            built_in(telemetry, hold)
        }
    };
    count(&said.engine);
    said
}

/// Passes on what is said, until the reply is due, or it is there and its rest is, or will not be waited for.
async fn hear(turn: &mut Turn, speech: &mut Speech<'_>, rest: Rest) -> Outcome {
    let mut rest_until = None;
    let (mut heard, mut complete) = (true, false);
    loop {
        let event = tokio::select! {
            biased;
            event = turn.next() => event,
            () = speech.unheard(), if heard => {
                heard = false;
                turn.leave();
                if complete {
                    rest_until = without_a_listener(turn, rest);
                }
                continue;
            }
            () = at(rest_until) => return turn.outcome(),
        };
        match event {
            Some(Event::Delta(text)) => speech.delta(text),
            Some(Event::Sentence { index, text }) => speech.sentence(index, text),
            Some(Event::Restart) => speech.restart(),
            Some(Event::ReplyComplete { .. }) => {
                complete = true;
                rest_until = match rest {
                    Rest::MayFollow(patience) if heard => Instant::now().checked_add(patience),
                    _ => without_a_listener(turn, rest),
                };
            }
            Some(Event::Finished(outcome)) => return *outcome,
            Some(Event::Due) | None => return turn.outcome(),
        }
    }
}

/// Until when the rest of a complete reply is waited for when nobody listens: what is complete is stored at once, and
/// the rest may follow. When only the count of tokens is missing, that comes in a moment.
fn without_a_listener(turn: &Turn, rest: Rest) -> Option<Instant> {
    let may_follow =
        rest != Rest::Needed && turn.outcome().spoken().is_some_and(|spoken| spoken.rest_pending);
    may_follow.then(Instant::now)
}

/// That moment; never, when there is none.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => pending().await,
    }
}

/// Nobody was asked, or nobody answered.
fn built_in(telemetry: Telemetry, hold: Option<Hold>) -> Said {
    Said { reply: None, rest: None, still_running: None, engine: Engine::built_in(), telemetry, hold }
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
            "prompt_tokens": attempt.usage.prompt_tokens,
            "completion_tokens": attempt.usage.completion_tokens,
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
