//! Finding an opener: one that is ready, else a model's, else the built-in voice's; none that the student heard last.

use std::time::Duration;

use ella_llm::{Output, Request};
use serde_json::json;

use super::{App, Engine, Learner, Starter, Tail, Telemetry, Turn, Uuid, budgets, prompts, request};
use crate::tutor::{
    ask::{Said, ask_for_reply},
    budgets::Hold,
    openers::{Key, Opener, Openers},
    voice,
};

/// What a model begins with when no topic is wanted and all that was ready was said.
const ANY_TOPIC: &str = "getting to know you";

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
    let last = app.tutor.openers().last_to(wish.student);
    let said: Vec<&str> = last.as_deref().into_iter().chain(wish.said.iter().copied()).collect();
    let student = wish.student;
    let begun = begin_with(app, Wish { said: &said, ..wish }).await;
    app.tutor.openers().note(student, &begun.opener);
    begun
}

async fn begin_with(app: &App, wish: Wish<'_>) -> Begun {
    // Ids are as good a die as any: their last bytes are random.
    let die = usize::from(app.new_id().as_bytes().last().copied().unwrap_or(0));
    if let Some((mut opener, engine)) = ready(app, &wish, die) {
        request::add_llm_time(Duration::ZERO);
        // As this student wrote it.
        opener.topic = wish.topic.unwrap_or(opener.topic);
        return Begun { opener, engine, telemetry: Telemetry::of_nothing_asked(), tail: None, hold: None };
    }
    let topic = wish.topic.as_deref().unwrap_or(ANY_TOPIC);
    let asked = prompt(wish.learner, topic);
    let prompt = budgets::priced(app, wish.student, wish.tokens_today, asked).await;
    let deadlines = app.tutor.reply_deadlines(request::arrived());
    let mut said = ask_for_reply(&app.tutor, prompt, deadlines).await;
    if let Some(reply) = said.reply.take() {
        let opener = Opener { text: reply, topic: topic.to_owned() };
        return by_model(app, Key::of(wish.learner, topic), opener, said);
    }
    let (text, topic) = voice::starter(wish.learner, wish.topic.as_deref(), wish.said, die);
    let opener = Opener { text, topic };
    Begun { opener, engine: said.engine, telemetry: said.telemetry, tail: None, hold: said.hold }
}

/// An opener that is there already, and who wrote it. Without any model the built-in voice speaks, and says so.
fn ready(app: &App, wish: &Wish<'_>, die: usize) -> Option<(Opener, Engine)> {
    if app.tutor.relay().is_empty() {
        return None;
    }
    Openers::prepared(wish.learner, wish.topic.as_deref(), wish.said, die).or_else(|| {
        let key = Key::of(wish.learner, wish.topic.as_deref()?);
        app.tutor.openers().take(&key, wish.said, app.clock.now())
    })
}

fn by_model(app: &App, key: Key, opener: Opener, said: Said) -> Begun {
    let tail = Tail { key, given: opener.clone(), engine: said.engine.clone() };
    let tail = match (said.still_running, said.rest.as_ref()) {
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
