//! `ella talk`: a newcomer meets Zoe in a terminal, over the same HTTP API as the app.
//!
//! ```text
//! stdin -> lines -> Call (the conversation) -> Client -> the server
//!                     |-> Words (Zoe's, as they come)
//!                     '-> Screen -> stdout
//! ```

use std::{
    io::{BufRead, IsTerminal},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
};

use clap::Args;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::config::Config;

mod answers;
mod call;
mod client;
mod device;
mod events;
mod screen;
mod words;

pub use screen::Screen;

/// Lines that may wait until Zoe has answered; whoever types faster is made to wait.
const LINES: usize = 16;

/// Talk with Zoe.
#[derive(Args, Clone, Debug, Default)]
pub struct Talk {
    /// The server to talk through [default: this machine's, at `ELLA_LISTEN`].
    #[arg(long)]
    pub server: Option<String>,
    /// What to talk about [default: asks].
    #[arg(long)]
    pub topic: Option<String>,
    /// Talk as this device, a UUID: another device is another student [default: made once and remembered].
    #[arg(long)]
    pub device: Option<Uuid>,
}

/// What the person types, line by line, until the end.
pub struct Input {
    lines: mpsc::Receiver<String>,
    interrupted: CancellationToken,
}

impl Input {
    /// Lines as they come in; the call is ended politely when `interrupted` is cancelled.
    #[must_use]
    pub fn new(lines: mpsc::Receiver<String>, interrupted: CancellationToken) -> Self {
        Self { lines, interrupted }
    }

    /// Lines that are known beforehand.
    #[must_use]
    pub fn of(lines: &[&str]) -> Self {
        let (sender, receiver) = mpsc::channel(lines.len().max(1));
        for line in lines {
            // There is room for all of them, and the receiver is here.
            let _ = sender.try_send((*line).to_owned());
        }
        Self::new(receiver, CancellationToken::new())
    }

    /// The next line without its ends; none when the person has had enough.
    async fn line(&mut self) -> Option<String> {
        tokio::select! {
            biased;
            () = self.interrupted.cancelled() => None,
            line = self.lines.recv() => line.map(|line| line.trim().to_owned()),
        }
    }
}

/// Talks until the person has had enough.
///
/// # Errors
/// A sentence, when the server cannot be reached.
pub async fn talk(talk: Talk, config: &Config) -> Result<(), String> {
    let mut out = std::io::stdout();
    let coloured = out.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let mut screen = Screen::new(&mut out, coloured, !std::io::stdin().is_terminal());
    let interrupted = CancellationToken::new();
    let input = Input::new(lines_of_stdin()?, interrupted.clone());
    tokio::select! {
        done = Box::pin(hold(&talk, config, device::folder(), input, &mut screen)) => done,
        () = until_interrupted_twice(&interrupted) => Ok(()),
    }
}

/// Holds one call.
///
/// # Errors
/// A sentence, when the server cannot be reached, or the terminal is gone.
pub async fn hold(
    talk: &Talk,
    config: &Config,
    device_folder: Option<PathBuf>,
    input: Input,
    screen: &mut Screen<'_>,
) -> Result<(), String> {
    let server = talk.server.clone().unwrap_or_else(|| format!("http://{}", reachable(config.listen)));
    let (device, remembered) = match talk.device {
        Some(device) => (device, true),
        None => device::remembered(device_folder),
    };
    let client = client::Client::sign_in(&server, device).await?;
    call::hold(client, input, screen, talk.topic.clone(), remembered).await
}

/// Stdin on a thread of its own: a read cannot be called off, and must not keep the program from ending.
fn lines_of_stdin() -> Result<mpsc::Receiver<String>, String> {
    let (sender, lines) = mpsc::channel(LINES);
    let read = move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            if sender.blocking_send(line).is_err() {
                break;
            }
        }
    };
    std::thread::Builder::new()
        .name("stdin".to_owned())
        .spawn(read)
        .map_err(|error| format!("The machine gives no thread to read what you type: {error}."))?;
    Ok(lines)
}

/// The first Ctrl-C ends the call politely, the second one at once.
async fn until_interrupted_twice(interrupted: &CancellationToken) {
    for _ in 0..2 {
        if tokio::signal::ctrl_c().await.is_err() {
            return std::future::pending().await;
        }
        interrupted.cancel();
    }
}

/// Where a server that listens there can be called: "any address" is no address to call.
pub(crate) fn reachable(listen: SocketAddr) -> SocketAddr {
    let address = match listen.ip() {
        IpAddr::V4(address) if address.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(address) if address.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        address => address,
    };
    SocketAddr::new(address, listen.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_any_address_is_called_on_this_machine() {
        for (listen, call) in [
            ("0.0.0.0:8000", "127.0.0.1:8000"),
            ("[::]:8000", "[::1]:8000"),
            ("10.0.0.7:8000", "10.0.0.7:8000"),
        ] {
            assert_eq!(reachable(listen.parse().unwrap()).to_string(), call);
        }
    }
}
