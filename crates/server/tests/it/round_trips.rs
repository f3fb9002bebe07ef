//! A turn costs one round trip to the database before the model is asked and one after it.
//!
//! A gatekeeper between server and database holds every reply back until it has seen a whole batch of statements. If
//! the server waited for one reply before it sent the next statement of a batch, nothing would ever move again.

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        UnixListener, UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::Notify,
};
use tokio_postgres::config::Host;

use crate::support::{Ella, test_cluster};

#[tokio::test]
async fn a_turn_is_one_batch_of_statements_before_the_model_and_one_after_it() {
    let mut database = test_cluster().await.database().await;
    let gatekeeper = Gatekeeper::before(&mut database.application);
    let ella = Ella::with().flag("--database-pool", 1).start_on(database).await;
    let ana = ella.student().await;
    let conversation = ana.conversation().await;
    let turn = json!({"conversation_id": conversation, "text": "I go to school yesterday"});
    // The first one prepares its statements on the only connection.
    ana.post("/llm/conversation-turn", turn.clone()).await.assert(200);

    // The words, the student and the last turns together; then the reply.
    gatekeeper.expect([3, 1]);
    let answer =
        tokio::time::timeout(Duration::from_secs(30), ana.post("/llm/conversation-turn", turn)).await;
    answer.expect("no statement waits for the one before it").assert(200);
    assert_eq!(gatekeeper.left(), VecDeque::new(), "every batch came, and nothing else");
}

/// Stands between a server and its database.
struct Gatekeeper {
    state: Arc<State>,
    folder: PathBuf,
}

#[derive(Default)]
struct State {
    gate: Mutex<Gate>,
    opened: Notify,
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
    fn before(config: &mut tokio_postgres::Config) -> Self {
        let Some(Host::Unix(real)) = config.get_hosts().first().cloned() else { panic!("a unix socket") };
        let port = config.get_ports().first().copied().unwrap_or(5432);
        let socket = format!(".s.PGSQL.{port}");
        let folder = std::env::temp_dir().join(format!("ella-gate-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let listener = UnixListener::bind(folder.join(&socket)).unwrap();
        *config = through(config, &folder, port);
        let state = Arc::new(State::default());
        tokio::spawn(accept(listener, real.join(&socket), Arc::clone(&state)));
        Self { state, folder }
    }

    /// From now on, replies wait until each of these batches is complete.
    fn expect(&self, batches: impl Into<VecDeque<usize>>) {
        *self.state.gate.lock().unwrap() = Gate { batches: Some(batches.into()), ..Gate::default() };
    }

    /// The batches that have not come.
    fn left(&self) -> VecDeque<usize> {
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
        tokio::spawn(statements(from_server, to_database, Arc::clone(&state)));
        tokio::spawn(replies(from_database, to_server, Arc::clone(&state)));
    }
}

/// Passes on what the server says. `S` (Sync) ends a statement.
async fn statements(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: Arc<State>) {
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
async fn replies(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: Arc<State>) {
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
