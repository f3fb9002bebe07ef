//! What the server answers, as far as a terminal shows it.

use serde::Deserialize;
use uuid::Uuid;

#[derive(Deserialize)]
pub(super) struct SignedIn {
    pub(super) access_token: String,
    pub(super) created: bool,
}

#[derive(Deserialize)]
pub(super) struct Conversation {
    pub(super) id: Uuid,
    pub(super) duration_seconds: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct Starter {
    pub(super) text: String,
    pub(super) topic: String,
    pub(super) engine: Engine,
}

#[derive(Deserialize)]
pub(super) struct Turn {
    pub(super) reply: String,
    pub(super) corrections: Vec<Correction>,
    pub(super) corrections_complete: bool,
    pub(super) engine: Engine,
    pub(super) latency_ms: Latency,
}

#[derive(Deserialize)]
pub(super) struct Correction {
    pub(super) original: String,
    pub(super) corrected: String,
    pub(super) explanation: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Engine {
    pub(super) provider: String,
    pub(super) model: String,
    pub(super) degraded: bool,
    pub(super) truncated: bool,
}

#[derive(Deserialize)]
pub(super) struct Latency {
    pub(super) first_token: u64,
    pub(super) llm: u64,
    pub(super) total: u64,
}

#[derive(Deserialize)]
pub(super) struct Analysis {
    pub(super) summary: String,
    pub(super) courage: Courage,
    pub(super) best_moments: Vec<Moment>,
    pub(super) next_steps: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Courage {
    pub(super) score: u64,
    pub(super) speaking_share: f64,
    pub(super) turns: u64,
    pub(super) words_per_turn: f64,
    pub(super) longest_turn_words: u64,
    pub(super) questions_asked: u64,
}

#[derive(Deserialize)]
pub(super) struct Moment {
    pub(super) quote: String,
    pub(super) why: String,
}

/// RFC 9457, with the contract's `errors`.
#[derive(Deserialize)]
pub(super) struct Problem {
    pub(super) detail: String,
    #[serde(default)]
    pub(super) errors: Vec<Fault>,
}

#[derive(Deserialize)]
pub(super) struct Fault {
    pub(super) msg: String,
}
