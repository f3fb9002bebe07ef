//! What the tests share: relays over scripted providers, and turns written down as transcripts.

use std::time::Duration;

use ella_test_support::provider::{Call, Ending, ScriptedProvider};
use futures::StreamExt;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::*;

pub(super) const MILLISECOND: Duration = Duration::from_millis(1);

/// A relay over the settings, with keys that must show up nowhere.
pub(super) fn relay(specs: &[String], settings: Settings) -> Relay {
    let keys = Keys { gemini: Some("AIza-secret".into()), openai: Some("sk-secret".into()), own: Vec::new() };
    Relay::from_specs(&parse_specs(&specs.join(",")).unwrap(), &keys, settings).unwrap()
}

pub(super) fn hedge_after(milliseconds: u64) -> Settings {
    Settings { hedge: Some(Duration::from_millis(milliseconds)), ..Settings::default() }
}

pub(super) fn say() -> Request {
    Request {
        system: "You are Zoe.".into(),
        messages: vec![Message::user("Hi"), Message::assistant("Hello!"), Message::user("How are you?")],
        output: Output::Text,
        max_output_tokens: 200,
        temperature: 0.7,
    }
}

pub(super) fn say_json() -> Request {
    let schema = json!({"type": "object", "properties": {
        "corrections": {"type": "array", "items": {"type": "string"}},
        "reply": {"type": "string"},
    }});
    Request { output: Output::json("turn", schema), ..say() }
}

/// A first sentence within so many milliseconds.
pub(super) fn within(milliseconds: u64) -> Deadlines {
    Deadlines::streamed(Instant::now(), Duration::from_millis(milliseconds))
}

pub(super) fn json_within(milliseconds: u64) -> Deadlines {
    Deadlines::json(Instant::now(), Duration::from_millis(milliseconds))
}

/// Runs a turn and writes it down, one event a line.
pub(super) async fn transcript(mut turn: Turn) -> (Vec<String>, Outcome) {
    let mut lines = Vec::new();
    while let Some(event) = turn.next().await {
        lines.push(match event {
            Event::Delta(text) => format!("delta {text:?}"),
            Event::Sentence { index, text } => format!("sentence {index} {text:?}"),
            Event::Restart => "restart".to_owned(),
            Event::ReplyComplete { reply, truncated } => {
                format!("reply {reply:?}{}", if truncated { " truncated" } else { "" })
            }
            Event::Due => "due".to_owned(),
            Event::Finished(outcome) => return (lines, *outcome),
        });
    }
    panic!("a turn ends with its outcome: {lines:?}");
}

pub(super) fn spoken(outcome: &Outcome) -> &Spoken {
    outcome.spoken().unwrap_or_else(|| panic!("someone should have spoken: {outcome:?}"))
}

/// What went wrong in each attempt, one word each; `won` and `lost` where nothing did.
pub(super) fn fates(outcome: &Outcome) -> Vec<&'static str> {
    let fate = |attempt: &AttemptRecord| match &attempt.error {
        Some(error) => error.kind.as_str(),
        None if attempt.won => "won",
        None => "lost",
    };
    outcome.attempts().iter().map(fate).collect()
}

pub(super) async fn ending(provider: &ScriptedProvider, index: usize) -> Option<Ending> {
    provider.wait_for_endings(index + 1).await.unwrap();
    provider.calls()[index].ending
}

pub(super) fn only_call(provider: &ScriptedProvider) -> Call {
    let calls = provider.calls();
    assert_eq!(calls.len(), 1);
    calls.into_iter().next().unwrap()
}

pub(super) fn at<'a>(body: &'a Value, pointer: &str) -> &'a Value {
    body.pointer(pointer).unwrap_or_else(|| panic!("{pointer} in {body:#}"))
}
