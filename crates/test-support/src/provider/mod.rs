//! A model provider that does what a test tells it to, over real HTTP and in both protocols.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use ella_test_support::provider::{Gate, ScriptedProvider, Script};
//!
//! let provider = ScriptedProvider::start()?;
//! let gate = Gate::new();
//! provider.next(Script::new().text("Hel").wait_for(&gate).text("lo.").finish());
//! let setting = provider.openai("any-model"); // for ELLA_LLM
//! // ... start the turn ...
//! provider.wait_for_calls(1).await?;
//! gate.open();
//! # Ok(())
//! # }
//! ```

mod call;
mod script;
mod serve;
mod wire;

pub use call::{Call, Ending, Protocol, ScriptedProvider};
pub use script::{Gate, Script, reply_json};
