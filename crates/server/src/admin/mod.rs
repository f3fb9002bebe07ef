//! What teachers and whoever runs the server see.

pub mod figures;
mod server;
pub mod stats;
mod transcripts;

pub use server::*;
pub use stats::*;
pub use transcripts::*;
