//! Turns a prompt into streamed speech, with deadlines.
//!
//! A [`Relay`] holds the model providers in order of preference. [`Relay::speak`] starts a [`Turn`]: a race in
//! which the next provider is called when one fails or stays silent, the first whole sentence wins, and what was
//! said stands whatever happens afterwards. The crate knows no SQL, no HTTP server and no students.
//!
//! ```text
//! prompt -> Relay -> Turn (race) -> Attempt -> Provider (openai | gemini over HTTP)
//!                                     |-- ReplyExtractor   the `reply` out of growing JSON
//!                                     '-- SentenceCutter   sentences ready for speech
//! ```

mod attempt;
mod connections;
mod deadlines;
mod error;
mod gemini;
mod health;
mod limits;
mod openai;
mod outcome;
mod provider;
mod race;
mod relay;
mod reply;
mod request;
mod sentences;
mod spec;
mod sse;
mod stops;
mod transport;

#[cfg(test)]
mod tests;

pub use deadlines::Deadlines;
pub use error::{ProviderError, ProviderErrorKind};
pub use health::ProviderState;
pub use outcome::{AttemptRecord, Event, NoVoice, NoVoiceReason, Outcome, Spoken, Usage};
pub use provider::{Chunk, ChunkStream, Finish, Provider};
pub use race::Turn;
pub use relay::{ProviderStatus, Relay, Settings, WARM_EVERY, Warmed};
pub use reply::ReplyExtractor;
pub use request::{Message, Output, Request, Role};
pub use sentences::{Cut, SentenceCutter, cut_sentences};
pub use spec::{Keys, ModelKey, ProviderKind, ProviderSpec, SpecError, parse_specs};
