//! What teachers and whoever runs the server see.

pub mod figures;
mod prices;
mod server;
pub mod stats;
mod student;
mod student_conversations;
mod students;
mod transcripts;
mod usage;

pub use prices::{Price, PriceList};
pub use server::*;
pub use stats::*;
pub use student::*;
pub use student_conversations::*;
pub use students::*;
pub use transcripts::*;
pub use usage::*;
