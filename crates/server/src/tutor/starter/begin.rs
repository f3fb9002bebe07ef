//! Finding an opener: one that is ready, else a model's, else the built-in voice's.

use std::time::Duration;

use ella_llm::{Output, Request};
use serde_json::json;

use super::{App, Engine, Learner, Starter, Tail, Telemetry, Turn, Uuid, budgets, prompts, request};
use crate::tutor::{
    ask::{Said, ask_for_reply},
    budgets::Hold,
    openers::{Key, Opener},
    voice,
};

/// What an opener is wanted for.
pub(super) struct Wish<'a> {
    pub(super) student: Uuid,
    pub(super) learner: Learner,
    pub(super) topic: Option<String>,
    /// What Zoe said in this conversation, the newest first.
    pub(super) said: &'a [&'a str],
    pub(super) tokens_today: i64,
}

/// An opener, and how it came about.
pub(super) struct Begun {
    opener: Opener,
    engine: Engine,
    pub(super) telemetry: Telemetry,
    /// A model that is still writing more of them.
    pub(super) tail: Option<(Turn, Tail)>,
    /// To be kept until the usage is counted.
    pub(super) hold: Option<Hold>,
}

impl Begun {
    /// What the student gets now.
    pub(super) fn starter(&self, message_id: Option<Uuid>) -> Starter {
        Starter {
            text: self.opener.text.clone(),
            topic: self.opener.topic.clone(),
            message_id,
            engine: self.engine.clone(),
            latency_ms: self.telemetry.latency(request::arrived()),
        }
    }
}

pub(super) async fn begin(app: &App, wish: Wish<'_>) -> Begun {
    // Ids are as good a die as any: their last bytes are random.
    let die = usize::from(app.new_id().as_bytes().last().copied().unwrap_or(0));
    // Without a model in the settings it is the built-in voice that speaks, and says so.
    if !app.tutor.relay().is_empty()
        && let Some((opener, engine)) = ready(app, &wish, die)
    {
        request::add_llm_time(Duration::ZERO);
        return Begun { opener, engine, telemetry: Telemetry::of_nothing_asked(), tail: None, hold: None };
    }
    let topic = wish.topic.unwrap_or_else(|| voice::topic(wish.learner, die).to_owned());
    let asked = prompt(wish.learner, &topic);
    let prompt = budgets::priced(app, wish.student, wish.tokens_today, asked).await;
    let deadlines = app.tutor.reply_deadlines(request::arrived());
    let mut said = ask_for_reply(&app.tutor, prompt, deadlines).await;
    let reply = said.reply.take();
    let words = |lately: &[&str]| reply.unwrap_or_else(|| voice::starter(wish.learner, &topic, lately, die));
    let text = app.tutor.openers().give(wish.student, wish.said, words, |text| Some(text));
    let key = Key::of(wish.learner, &topic);
    begun(app, key, Opener { text, topic }, said)
}

fn ready(app: &App, wish: &Wish<'_>, die: usize) -> Option<(Opener, Engine)> {
    let (openers, now, topic) = (app.tutor.openers(), app.clock.now(), wish.topic.as_deref());
    let find = |lately: &[&str]| openers.ready(wish.learner, topic, lately, die, now);
    openers
        .give(wish.student, wish.said, find, |found| found.as_ref().map(|(opener, _)| opener.text.as_str()))
}

fn begun(app: &App, key: Key, opener: Opener, said: Said) -> Begun {
    let tail = Tail { key, given: opener.text.clone(), engine: said.engine.clone() };
    let tail = match (said.still_running, &said.rest) {
        (Some(turn), _) => Some((turn, tail)),
        (None, Some(rest)) => {
            tail.keep(app, rest);
            None
        }
        (None, None) => None,
    };
    Begun { opener, engine: said.engine, telemetry: said.telemetry, tail, hold: said.hold }
}

fn prompt(learner: Learner, topic: &str) -> Request {
    let text = json!({"type": "string"});
    let properties = json!({"reply": text, "more_openers": {"type": "array", "items": text}});
    Request {
        system: prompts::starter(learner, topic),
        messages: Vec::new(),
        output: Output::json("starter", json!({"type": "object", "properties": properties})),
        max_output_tokens: 500,
        temperature: 0.9,
    }
}
