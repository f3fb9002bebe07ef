//! Placement tests: saved by the app, and the newest is the student's level.

mod create;
mod latest;
mod list;

use ella_sql::queries::placements;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    body,
    conversations::Role,
    http::{
        json::moment,
        parse::{Fraction, Moment, Text},
    },
    levels::CefrLevel,
};

pub use create::*;
pub use latest::*;
pub use list::*;

body! {
    /// One turn of a placement interview.
    #[example(serde_json::json!({"role": "user", "content": "I like play football.", "at": "2026-11-22T10:00:00Z"}))]
    pub struct TranscriptTurn {
        /// Who spoke.
        pub role: Role,
        /// What was said.
        pub content: Text<1, 8000>,
        /// When it was said.
        pub at: Option<Moment>,
    }
}

body! {
    /// How well each part went; a score left out is null.
    #[example(serde_json::json!({"grammar": 0.5, "vocab": 0.6, "fluency": 0.7}))]
    pub struct NewScores {
        /// Tenses, articles, word order.
        pub grammar: Option<Fraction>,
        /// Words.
        pub vocab: Option<Fraction>,
        /// How natural and connected it sounds.
        pub fluency: Option<Fraction>,
    }
}

/// How well each part of a placement test went, from 0 to 1.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub struct Scores {
    /// Tenses, articles, word order.
    #[schema(minimum = 0, maximum = 1, example = 0.5)]
    pub grammar: Option<f64>,
    /// Words.
    #[schema(minimum = 0, maximum = 1, example = 0.6)]
    pub vocab: Option<f64>,
    /// How natural and connected it sounds.
    #[schema(minimum = 0, maximum = 1, example = 0.7)]
    pub fluency: Option<f64>,
}

/// A placement test.
#[derive(Debug, Serialize, ToSchema)]
pub struct Placement {
    id: Uuid,
    #[schema(value_type = CefrLevel)]
    cefr_level: String,
    #[schema(minimum = 0, maximum = 1, example = 0.8)]
    confidence: f64,
    /// Null when no scores were sent.
    scores: Option<Scores>,
    #[schema(value_type = Vec<TranscriptTurn>, max_items = 200)]
    transcript: Box<RawValue>,
    #[schema(minimum = 0, maximum = 86400)]
    duration_seconds: Option<i32>,
    #[serde(serialize_with = "moment::serialize")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// The scores of a row; none when none were sent.
fn scores(scored: bool, grammar: Option<f64>, vocab: Option<f64>, fluency: Option<f64>) -> Option<Scores> {
    scored.then_some(Scores { grammar, vocab, fluency })
}

impl Placement {
    /// A row as a placement.
    #[expect(clippy::needless_pass_by_value, reason = "the generated queries hand rows over by value")]
    pub(crate) fn of(row: placements::PlacementBorrowed<'_>) -> Self {
        Self {
            id: row.id,
            cefr_level: row.cefr_level.to_owned(),
            confidence: row.confidence,
            scores: scores(row.scored, row.score_grammar, row.score_vocab, row.score_fluency),
            transcript: row.transcript.0.to_owned(),
            duration_seconds: row.duration_seconds,
            created_at: row.created_at,
        }
    }
}
