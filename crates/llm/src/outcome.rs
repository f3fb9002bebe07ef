//! What a turn tells while it runs, and what it was in the end.

use std::time::Duration;

use serde_json::Value;

use crate::error::ProviderError;

/// What happens in a turn, in order. The last one is [`Event::Finished`].
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// More of the reply, white space folded. All of them since the last [`Event::Restart`] make up the reply,
    /// unless it is truncated.
    Delta(String),
    /// A sentence is complete and ready for speech.
    Sentence {
        /// Its place in the reply, from 0.
        index: usize,
        /// The sentence, trimmed.
        text: String,
    },
    /// Someone else speaks now: forget the deltas so far. Never after a sentence.
    Restart,
    /// The reply stands; nothing more will be said. What follows it in the JSON is still awaited.
    ReplyComplete {
        /// The sentences, joined by one space.
        reply: String,
        /// Whether the provider broke off, or time ran out, before it was done.
        truncated: bool,
    },
    /// The reply is due now ([`crate::Deadlines::reply`]) and the rest has not come. Polling on brings it.
    Due,
    /// The end.
    Finished(Box<Outcome>),
}

/// What became of a turn.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A provider answered with at least one whole sentence.
    Spoken(Spoken),
    /// None did: the built-in voice has to speak.
    NoVoice(NoVoice),
}

/// A reply and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Spoken {
    /// Who spoke (`gemini`, `openai`).
    pub provider: String,
    /// The model that spoke.
    pub model: String,
    /// The sentences joined by one space.
    pub reply: String,
    /// The reply, cut for speech; never empty.
    pub sentences: Vec<String>,
    /// The JSON object without its `reply`; none for text, or when the rest was broken or has not come.
    pub rest: Option<Value>,
    /// Whether `rest` may still come: poll the turn on, or call [`crate::Turn::finish`].
    pub rest_pending: bool,
    /// Whether the provider broke off, or time ran out, after its first sentence; also when only what was to follow the
    /// reply is lost.
    pub truncated: bool,
    /// From the first call to a provider to the first token of the call that won: what was waited for it, also while
    /// others were silent.
    pub first_token: Duration,
    /// From the request's arrival to the first token of the call that won.
    pub first_token_since_arrival: Duration,
    /// From the first call to a provider to the end of the last one, or to this moment.
    pub llm: Duration,
    /// What all attempts of the turn cost together.
    pub usage: Usage,
    /// Every attempt, in the order of their start.
    pub attempts: Vec<AttemptRecord>,
}

/// A turn that no provider answered in time.
#[derive(Debug, Clone, PartialEq)]
pub struct NoVoice {
    /// Why.
    pub reason: NoVoiceReason,
    /// From the first call to a provider to the end.
    pub llm: Duration,
    /// What the attempts cost together.
    pub usage: Usage,
    /// Every attempt, in the order of their start.
    pub attempts: Vec<AttemptRecord>,
}

/// Why no provider answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoVoiceReason {
    /// None is configured.
    NoProvider,
    /// Too many calls are in flight ([`crate::Settings::in_flight_limit`], [`crate::Settings::connection_limit`]).
    Overloaded,
    /// Every provider failed, or asked to be left alone.
    AllFailed,
    /// No whole sentence came by [`crate::Deadlines::first_sentence`].
    TooLate,
}

/// One call to a provider. Times are milliseconds since the request's arrival.
#[derive(Debug, Clone, PartialEq)]
pub struct AttemptRecord {
    /// Who was called.
    pub provider: String,
    /// Which model.
    pub model: String,
    /// When the call began.
    pub started_ms: u64,
    /// When its first token came.
    pub first_token_ms: Option<u64>,
    /// When it ended or was dropped; none while it runs.
    pub ended_ms: Option<u64>,
    /// Whether its words are the reply.
    pub won: bool,
    /// What went wrong; none for the winner that ended well and for a loser that was merely slower.
    pub error: Option<ProviderError>,
    /// What it cost.
    pub usage: Usage,
}

/// Tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens read.
    pub prompt_tokens: u32,
    /// Tokens written, thinking included.
    pub completion_tokens: u32,
    /// Whether we counted characters because the provider did not tell, or was cut off before it could.
    pub estimated: bool,
}

impl Usage {
    /// Adds what another call cost.
    pub(crate) fn include(&mut self, other: Self) {
        self.prompt_tokens = self.prompt_tokens.saturating_add(other.prompt_tokens);
        self.completion_tokens = self.completion_tokens.saturating_add(other.completion_tokens);
        self.estimated |= other.estimated;
    }
}

impl Outcome {
    /// The reply, if someone spoke.
    #[must_use]
    pub fn spoken(&self) -> Option<&Spoken> {
        match self {
            Self::Spoken(spoken) => Some(spoken),
            Self::NoVoice(_) => None,
        }
    }

    /// Every attempt, in the order of their start.
    #[must_use]
    pub fn attempts(&self) -> &[AttemptRecord] {
        match self {
            Self::Spoken(spoken) => &spoken.attempts,
            Self::NoVoice(silent) => &silent.attempts,
        }
    }

    /// What the turn cost, answered or not.
    #[must_use]
    pub fn usage(&self) -> Usage {
        match self {
            Self::Spoken(spoken) => spoken.usage,
            Self::NoVoice(silent) => silent.usage,
        }
    }
}
