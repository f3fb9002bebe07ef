//! `ella talk`: a newcomer meets Zoe in a terminal, over the same HTTP API as the app.

use clap::Args;

use crate::config::Config;

/// Talk with Zoe.
#[derive(Args, Debug)]
pub struct Talk {
    /// The server to talk through [default: this machine's, at ELLA_LISTEN].
    #[arg(long)]
    pub server: Option<String>,
}

/// Talks until the person has had enough.
///
/// # Errors
/// A sentence, when the server cannot be reached.
pub async fn talk(_: Talk, _: &Config) -> Result<(), String> {
    Err("to be written".to_owned())
}
