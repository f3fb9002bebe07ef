//! Finding an opener: one that is ready, else a model's, else the built-in voice's.

use std::time::Duration;

use ella_llm::{Output, Request};
use serde_json::{Value, json};

use super::{App, Engine, Learner, Starter, Tail, Telemetry, Turn, Uuid, budgets, prompts, request};
use crate::tutor::{
    ask::{Said, ask, ask_for_reply},
    budgets::Hold,
    openers::{Key, Opener, named},
    voice,
};

/// The topic when a model chose one and had no time to name it.
const UNNAMED: &str = "getting to know you";

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
    let key = Key::of(wish.learner, wish.topic.as_deref());
    if let Some((mut opener, engine)) = app.tutor.openers().take(&key, wish.said, app.clock.now()) {
        request::add_llm_time(Duration::ZERO);
        // As this student wrote it.
        opener.topic = wish.topic.unwrap_or(opener.topic);
        return Begun { opener, engine, telemetry: Telemetry::of_nothing_asked(), tail: None, hold: None };
    }
    let asked = prompt(wish.learner, wish.topic.as_deref());
    let prompt = budgets::priced(app, wish.student, wish.tokens_today, asked).await;
    let deadlines = app.tutor.reply_deadlines(request::arrived());
    let mut said = match &wish.topic {
        Some(_) => ask_for_reply(&app.tutor, prompt, deadlines).await,
        // The topic that Zoe chooses is named beside her words.
        None => ask(&app.tutor, prompt, deadlines).await,
    };
    match said.reply.take() {
        Some(reply) => by_model(app, key, wish.topic, reply, said),
        None => {
            // Ids are as good a die as any: their last bytes are random.
            let die = usize::from(app.new_id().as_bytes().last().copied().unwrap_or(0));
            let (text, topic) = voice::starter(wish.learner, wish.topic.as_deref(), wish.said, die);
            Begun {
                opener: Opener { text, topic },
                engine: said.engine,
                telemetry: said.telemetry,
                tail: None,
                hold: said.hold,
            }
        }
    }
}

fn by_model(app: &App, key: Key, topic: Option<String>, reply: String, said: Said) -> Begun {
    let rest = said.rest.as_ref();
    let chosen =
        || rest.and_then(|rest| rest.get("topic")).and_then(Value::as_str).and_then(named).unwrap_or(UNNAMED);
    let topic = topic.unwrap_or_else(|| chosen().to_owned());
    let opener = Opener { text: reply, topic };
    let tail = Tail { key, given: opener.clone(), engine: said.engine.clone() };
    let tail = match (said.still_running, rest) {
        (Some(turn), _) => Some((turn, tail)),
        (None, Some(rest)) => {
            tail.keep(app, rest);
            None
        }
        (None, None) => None,
    };
    Begun { opener, engine: said.engine, telemetry: said.telemetry, tail, hold: said.hold }
}

fn prompt(learner: Learner, topic: Option<&str>) -> Request {
    let text = json!({"type": "string"});
    let properties = match topic {
        Some(_) => json!({"reply": text, "more_openers": {"type": "array", "items": text}}),
        None => json!({"reply": text, "topic": text, "more_openers": {"type": "array", "items": {
            "type": "object", "properties": {"text": text, "topic": text},
        }}}),
    };
    Request {
        system: prompts::starter(learner, topic),
        messages: Vec::new(),
        output: Output::json("starter", json!({"type": "object", "properties": properties})),
        max_output_tokens: 500,
        temperature: 0.9,
    }
}
