//! What the server is and how it does.

mod docs;
mod health;
mod root;

pub use docs::*;
pub use health::*;
pub use root::*;
