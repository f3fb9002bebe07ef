//! A gatekeeper between a server and its database: holds replies back, and cuts connections.

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        UnixListener, UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::Notify,
};
use tokio_postgres::config::Host;

/// Stands between a server and its database.
pub struct Gatekeeper {
    state: Arc<State>,
    folder: PathBuf,
}

#[derive(Default)]
struct State {
    gate: Mutex<Gate>,
    opened: Notify,
    cut: Notify,
}

/// Batches to come, by their number of statements; none while everything may pass.
#[derive(Default)]
struct Gate {
    batches: Option<VecDeque<usize>>,
    /// Statements of the present batch that have come.
    come: usize,
    /// Replies that may pass.
    may_pass: usize,
}

impl Gatekeeper {
    /// Steps in front of the database that `config` leads to, and changes it to lead here.
    pub fn before(config: &mut tokio_postgres::Config) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let Some(Host::Unix(real)) = config.get_hosts().first().cloned() else { panic!("a unix socket") };
        let port = config.get_ports().first().copied().unwrap_or(5432);
        let socket = format!(".s.PGSQL.{port}");
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("ella-gate-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let listener = UnixListener::bind(folder.join(&socket)).unwrap();
        *config = through(config, &folder, port);
        let state = Arc::new(State::default());
        tokio::spawn(accept(listener, real.join(&socket), Arc::clone(&state)));
        Self { state, folder }
    }

    /// From now on, replies wait until each of these batches is complete.
    pub fn expect(&self, batches: impl Into<VecDeque<usize>>) {
        *self.state.gate.lock().unwrap() = Gate { batches: Some(batches.into()), ..Gate::default() };
    }

    /// From now on, statements arrive and no reply comes back.
    pub fn hold(&self) {
        self.expect([usize::MAX]);
    }

    /// Breaks every connection, and lets those that come then through.
    pub fn cut(&self) {
        *self.state.gate.lock().unwrap() = Gate::default();
        self.state.cut.notify_waiters();
    }

    /// The batches that have not come.
    pub fn left(&self) -> VecDeque<usize> {
        self.state.gate.lock().unwrap().batches.clone().unwrap()
    }
}

impl Drop for Gatekeeper {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The same connection by way of another folder.
fn through(config: &tokio_postgres::Config, folder: &std::path::Path, port: u16) -> tokio_postgres::Config {
    let mut changed = tokio_postgres::Config::new();
    changed.host_path(folder).port(port);
    changed.user(config.get_user().unwrap()).dbname(config.get_dbname().unwrap());
    changed.options(config.get_options().unwrap());
    changed
}

async fn accept(listener: UnixListener, real: PathBuf, state: Arc<State>) {
    while let Ok((server, _)) = listener.accept().await {
        let (from_server, to_server) = server.into_split();
        let (from_database, to_database) = UnixStream::connect(&real).await.unwrap().into_split();
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            tokio::select! {
                biased;
                () = state.cut.notified() => {}
                _ = futures::future::join(
                    statements(from_server, to_database, &state),
                    replies(from_database, to_server, &state),
                ) => {}
            }
        });
    }
}

/// Passes on what the server says. `S` (Sync) ends a statement.
async fn statements(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: &State) {
    // The first message has no type.
    let mut length = [0; 4];
    if from.read_exact(&mut length).await.is_err() {
        return;
    }
    let mut rest = vec![0; u32::from_be_bytes(length) as usize - 4];
    from.read_exact(&mut rest).await.unwrap();
    to.write_all(&[&length[..], &rest].concat()).await.unwrap();
    while let Some(message) = message(&mut from).await {
        if to.write_all(&message).await.is_err() {
            return;
        }
        if message[0] == b'S' {
            state.gate.lock().unwrap().statement_came();
            state.opened.notify_one();
        }
    }
}

/// Passes on what the database says, when it may. `Z` (`ReadyForQuery`) ends a reply.
async fn replies(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: &State) {
    while let Some(message) = message(&mut from).await {
        while !state.gate.lock().unwrap().is_open() {
            state.opened.notified().await;
        }
        if message[0] == b'Z' {
            state.gate.lock().unwrap().reply_passed();
        }
        if to.write_all(&message).await.is_err() {
            return;
        }
    }
}

/// The next message: its type, its length, and what it says.
async fn message(from: &mut OwnedReadHalf) -> Option<Vec<u8>> {
    let mut message = vec![0; 5];
    from.read_exact(&mut message).await.ok()?;
    let length = u32::from_be_bytes(message[1..].try_into().unwrap()) as usize;
    message.resize(1 + length, 0);
    from.read_exact(&mut message[5..]).await.ok()?;
    Some(message)
}

impl Gate {
    fn statement_came(&mut self) {
        let Some(batches) = &mut self.batches else { return };
        self.come += 1;
        if batches.front() == Some(&self.come) {
            self.may_pass += batches.pop_front().unwrap_or_default();
            self.come = 0;
        }
    }

    fn is_open(&self) -> bool {
        self.batches.is_none() || self.may_pass > 0
    }

    fn reply_passed(&mut self) {
        self.may_pass = self.may_pass.saturating_sub(1);
    }
}
