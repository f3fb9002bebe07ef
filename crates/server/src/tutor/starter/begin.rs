//! Finding an opener: one that is ready, else a model's, else the built-in voice's; none that the student heard last.

use std::time::Duration;

use ella_llm::{Output, Request};
use serde_json::{Value, json};

use super::{App, Engine, Learner, Starter, Tail, Telemetry, Turn, Uuid, budgets, prompts, request};
use crate::tutor::{
    ask::ask_for_reply,
    budgets::Hold,
    openers::{Key, Opener, Openers, is_among},
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

impl Wish<'_> {
    /// An opener for this student, chosen by whoever knows what was said already: the last one first.
    fn choose<T>(
        &self,
        app: &App,
        choose: impl FnOnce(&[&str]) -> Option<(Opener, T)>,
    ) -> Option<(Opener, T)> {
        app.tutor.openers().choose(self.student, |last| {
            let said: Vec<&str> = last.into_iter().chain(self.said.iter().copied()).collect();
            choose(&said)
        })
    }
}

pub(super) async fn begin(app: &App, wish: Wish<'_>) -> Begun {
    // Ids are as good a die as any: their last bytes are random.
    let die = usize::from(app.new_id().as_bytes().last().copied().unwrap_or(0));
    let Some((mut opener, engine)) = wish.choose(app, |said| ready(app, &wish, said, die)) else {
        return ask(app, &wish, die).await;
    };
    request::add_llm_time(Duration::ZERO);
    // As this student wrote it.
    opener.topic = wish.topic.unwrap_or(opener.topic);
    Begun { opener, engine, telemetry: Telemetry::of_nothing_asked(), tail: None, hold: None }
}

/// An opener that is there already, and who wrote it. Without any model the built-in voice speaks, and says so.
fn ready(app: &App, wish: &Wish<'_>, said: &[&str], die: usize) -> Option<(Opener, Engine)> {
    if app.tutor.relay().is_empty() {
        return None;
    }
    Openers::prepared(wish.learner, wish.topic.as_deref(), said, die).or_else(|| {
        let key = Key::of(wish.learner, wish.topic.as_deref()?);
        app.tutor.openers().take(&key, said, app.clock.now())
    })
}

/// A model's opener; the built-in voice's when there is none, or when it was said already.
async fn ask(app: &App, wish: &Wish<'_>, die: usize) -> Begun {
    let topic = wish.topic.as_deref().unwrap_or(ANY_TOPIC);
    let asked = prompt(wish.learner, topic);
    let prompt = budgets::priced(app, wish.student, wish.tokens_today, asked).await;
    let deadlines = app.tutor.reply_deadlines(request::arrived());
    let said = ask_for_reply(&app.tutor, prompt, deadlines).await;
    let (telemetry, hold) = (said.telemetry, said.hold);
    let (mut fresh, mut tail) = (None, None);
    if let Some(text) = said.reply {
        let opener = Opener { text, topic: topic.to_owned() };
        let wrote = Tail { key: Key::of(wish.learner, topic), given: opener.clone(), engine: said.engine };
        let engine = wrote.engine.clone();
        tail = more(app, wrote, said.still_running, said.rest);
        fresh = wish.choose(app, |said| (!is_among(&opener.text, said)).then_some((opener, engine)));
    }
    let (opener, engine) = fresh.unwrap_or_else(|| built_in(app, wish, die));
    Begun { opener, engine, telemetry, tail, hold }
}

/// What a model wrote beside its opener is kept, and followed while it is still being written.
fn more(app: &App, wrote: Tail, running: Option<Turn>, rest: Option<Value>) -> Option<(Turn, Tail)> {
    match (running, rest) {
        (Some(turn), _) => return Some((turn, wrote)),
        (None, Some(rest)) => wrote.keep(app, &rest),
        (None, None) => {}
    }
    None
}

fn built_in(app: &App, wish: &Wish<'_>, die: usize) -> (Opener, Engine) {
    let line = |said: &[&str]| {
        let (text, topic) = voice::starter(wish.learner, wish.topic.as_deref(), said, die);
        (Opener { text, topic }, Engine::built_in())
    };
    wish.choose(app, |said| Some(line(said))).unwrap_or_else(|| line(wish.said))
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
