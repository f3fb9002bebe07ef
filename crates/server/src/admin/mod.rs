//! What teachers and whoever runs the server see.

pub mod figures;
pub mod stats;
mod transcripts;

pub use stats::*;
pub use transcripts::*;
