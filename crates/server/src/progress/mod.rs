//! How far the student has come.

mod streaks;
mod summary;

pub use summary::*;
