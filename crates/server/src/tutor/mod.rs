//! Zoe: what she is told, what she says, and how it is kept.
//!
//! A turn goes once to the database, then to a model (no connection is held meanwhile), and once more to the database.

mod analysis;
mod ask;
mod blocks;
mod budgets;
mod context;
mod corrections;
mod courage;
mod engine;
mod interview;
mod openers;
mod placement;
mod prompts;
mod quotes;
mod rest;
mod speech;
mod starter;
mod turn;
mod voice;

pub use analysis::*;
pub use budgets::reconcile_budgets;
pub use corrections::ZoesCorrection;
pub(crate) use courage::Counts;
pub use courage::Courage;
pub(crate) use engine::{BUILT_IN, BUILT_IN_MODEL, PREPARED};
pub use engine::{Engine, Patience, TurnLatency, Tutor};
pub use placement::*;
pub use speech::{Delta, Restart, Sentence};
pub use starter::*;
pub use turn::*;
