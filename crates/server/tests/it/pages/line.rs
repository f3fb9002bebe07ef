//! A way to the server that can be disturbed.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

/// How a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Whole,
    /// Nothing passes, and nobody is told.
    Hanging,
    /// Of each answer only its head passes.
    HeadsOnly,
    /// What is under way breaks off, and what comes is turned away.
    Cut,
}

/// A line, and where it begins.
pub(super) struct Line {
    pub(super) address: SocketAddr,
    state: watch::Sender<State>,
}

impl Line {
    pub(super) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = watch::Sender::new(State::Whole);
        let states = state.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let mut state = states.subscribe();
                let (up, down) = (states.subscribe(), states.subscribe());
                tokio::spawn(async move {
                    let pass = async {
                        let (from_client, to_client) = client.into_split();
                        let (from_server, to_server) = TcpStream::connect(server).await.ok()?.into_split();
                        tokio::join!(relay(from_client, to_server, up), relay(from_server, to_client, down));
                        Some(())
                    };
                    // Dropping both ends is what a lost network comes to.
                    tokio::select! {
                        biased;
                        _ = state.wait_for(|state| *state == State::Cut) => {}
                        _ = pass => {}
                    }
                });
            }
        });
        Self { address, state }
    }

    pub(super) fn becomes(&self, state: State) {
        self.state.send_replace(state);
    }
}

/// Passes on what comes as far as the line lets it.
async fn relay(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut state: watch::Receiver<State>) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        let mut piece = &bytes[..read];
        let body = piece.windows(4).position(|four| four == b"\r\n\r\n").map(|head| head + 4);
        let is_answer = piece.starts_with(b"HTTP/");
        if let Some(body) = body
            && is_answer
            && *state.borrow() == State::HeadsOnly
        {
            let sent = to.write_all(&piece[..body]).await;
            piece = &piece[body..];
            if sent.is_err() || state.wait_for(|state| *state == State::Whole).await.is_err() {
                return;
            }
        }
        if state.wait_for(|state| *state != State::Hanging).await.is_err()
            || to.write_all(piece).await.is_err()
        {
            return;
        }
    }
}
