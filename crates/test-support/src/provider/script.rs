//! What a provider does in one call.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;

/// The steps of one call, in order. A script that ends without [`Script::finish`] ends the stream cleanly, but in
/// the middle of the answer.
#[derive(Debug, Clone, Default)]
pub struct Script {
    pub(crate) steps: Vec<Step>,
}

#[derive(Debug, Clone)]
pub(crate) enum Step {
    Wait(Duration),
    WaitFor(Gate),
    Signal(Gate),
    KeepAlive,
    EmptyChunk,
    Text(String),
    Raw(String),
    Usage { prompt: u32, completion: u32 },
    Finish,
    LengthCut,
    SafetyBlock,
    Refusal,
    Disconnect,
    Hang,
    Malformed,
    Flood { bytes: usize },
    Status { status: u16, retry_after: Option<String>, body: Option<Value> },
}

/// A structured answer with `reply` first, as the schema of a turn asks for.
#[must_use]
pub fn reply_json(reply: &str, corrections: &Value) -> String {
    format!("{{\"reply\": {}, \"corrections\": {corrections}}}", json!(reply))
}

impl Script {
    /// A script without steps.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A whole answer: its text, usage of 20 and 10 tokens, and the end.
    #[must_use]
    pub fn answer(text: impl Into<String>) -> Self {
        Self::new().text(text).usage(20, 10).finish()
    }

    /// Does nothing for a while. Before the first output the response's head has gone out already, unless a
    /// [`Script::status`] follows.
    #[must_use]
    pub fn wait(self, time: Duration) -> Self {
        self.step(Step::Wait(time))
    }

    /// Does nothing until the gate is opened.
    #[must_use]
    pub fn wait_for(self, gate: &Gate) -> Self {
        self.step(Step::WaitFor(gate.clone()))
    }

    /// Opens a gate: tells the test that the script has come this far.
    #[must_use]
    pub fn signal(self, gate: &Gate) -> Self {
        self.step(Step::Signal(gate.clone()))
    }

    /// Sends a comment, as servers do to keep a connection open.
    #[must_use]
    pub fn keep_alive(self) -> Self {
        self.step(Step::KeepAlive)
    }

    /// Sends a piece of the answer without text.
    #[must_use]
    pub fn empty_chunk(self) -> Self {
        self.step(Step::EmptyChunk)
    }

    /// Sends a piece of the answer.
    #[must_use]
    pub fn text(self, text: impl Into<String>) -> Self {
        self.step(Step::Text(text.into()))
    }

    /// Sends the text word by word, with a wait before each.
    #[must_use]
    pub fn drip(self, text: &str, every: Duration) -> Self {
        text.split_inclusive(' ').fold(self, |script, word| script.wait(every).text(word))
    }

    /// Sends bytes of one's own, as they are.
    #[must_use]
    pub fn raw(self, bytes: impl Into<String>) -> Self {
        self.step(Step::Raw(bytes.into()))
    }

    /// What will be reported as counted tokens with the end of the answer.
    #[must_use]
    pub fn usage(self, prompt: u32, completion: u32) -> Self {
        self.step(Step::Usage { prompt, completion })
    }

    /// Ends the answer well.
    #[must_use]
    pub fn finish(self) -> Self {
        self.step(Step::Finish)
    }

    /// Ends the answer because of the token limit.
    #[must_use]
    pub fn length_cut(self) -> Self {
        self.step(Step::LengthCut)
    }

    /// A safety filter: blocks the prompt if nothing has been said, else stops the answer.
    #[must_use]
    pub fn safety_block(self) -> Self {
        self.step(Step::SafetyBlock)
    }

    /// The model itself declines (`OpenAI`'s `refusal`; as a safety filter in Gemini's protocol).
    #[must_use]
    pub fn refusal(self) -> Self {
        self.step(Step::Refusal)
    }

    /// Breaks the connection.
    #[must_use]
    pub fn disconnect(self) -> Self {
        self.step(Step::Disconnect)
    }

    /// Stays silent until the client goes away.
    #[must_use]
    pub fn hang(self) -> Self {
        self.step(Step::Hang)
    }

    /// Sends an event that is no JSON.
    #[must_use]
    pub fn malformed_json(self) -> Self {
        self.step(Step::Malformed)
    }

    /// Sends so many bytes of words, as fast as the client reads.
    #[must_use]
    pub fn flood(self, bytes: usize) -> Self {
        self.step(Step::Flood { bytes })
    }

    /// Answers with a status instead of a stream. Only waits may come before it.
    #[must_use]
    pub fn status(self, status: u16) -> Self {
        self.step(Step::Status { status, retry_after: None, body: None })
    }

    /// Answers 429 with `Retry-After` in seconds.
    #[must_use]
    pub fn rate_limited(self, retry_after_seconds: u64) -> Self {
        let retry_after = Some(retry_after_seconds.to_string());
        self.step(Step::Status { status: 429, retry_after, body: None })
    }

    /// Answers with a status and a body of one's own.
    #[must_use]
    pub fn status_with(self, status: u16, body: Value) -> Self {
        self.step(Step::Status { status, retry_after: None, body: Some(body) })
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

/// Holds a script back until it is opened; so tests need no sleeps.
#[derive(Debug, Clone)]
pub struct Gate {
    is_open: watch::Sender<bool>,
}

impl Gate {
    /// A closed gate.
    #[must_use]
    pub fn new() -> Self {
        Self { is_open: watch::Sender::new(false) }
    }

    /// Opens it, for good.
    pub fn open(&self) {
        self.is_open.send_replace(true);
    }

    /// Waits until it is open.
    pub async fn opened(&self) {
        // It cannot fail: `self` keeps the sender alive.
        let _ = self.is_open.subscribe().wait_for(|is_open| *is_open).await;
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}
