//! The provider as a test sees it: scripts in, recorded calls out.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{oneshot, watch};

use super::script::Script;
use super::serve;

/// What a test waits for at most; longer means that it will never come.
const PATIENCE: Duration = Duration::from_secs(10);

/// The two protocols a call may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// `POST /v1/chat/completions`.
    OpenAi,
    /// `POST /v1beta/models/{model}:streamGenerateContent`.
    Gemini,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The script was played to its end.
    Completed,
    /// The script broke the connection.
    Broken,
    /// The client went away before the script was over.
    ClientLeft,
}

/// A call as it came over the wire.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Its protocol.
    pub protocol: Protocol,
    /// Path and query.
    pub path: String,
    /// Header names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The JSON body; null if it was none.
    pub body: Value,
    /// None while it runs.
    pub ending: Option<Ending>,
}

type Chooser = Box<dyn Fn(&Call) -> Script + Send + Sync>;

/// A provider on a port of its own. It runs in a thread of its own, so that a test that stops its clock does not
/// stop the provider's, and goes away when dropped.
pub struct ScriptedProvider {
    address: SocketAddr,
    shared: Arc<Shared>,
    _stop: oneshot::Sender<()>,
}

pub(crate) struct Shared {
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Script>,
    otherwise: Option<Chooser>,
    calls: Vec<Call>,
    warm_ups: usize,
    connections: usize,
}

impl ScriptedProvider {
    /// Starts one on a free port of the loopback address.
    ///
    /// # Errors
    /// When no port or thread is to be had.
    pub fn start() -> io::Result<Self> {
        Self::start_on(SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// Starts one on an address.
    ///
    /// # Errors
    /// When the address is taken, or no thread is to be had.
    pub fn start_on(address: SocketAddr) -> io::Result<Self> {
        let shared = Arc::new(Shared { state: Mutex::default(), changed: watch::Sender::new(()) });
        let (stop, stopped) = oneshot::channel();
        let address = serve::start(address, Arc::clone(&shared), stopped)?;
        Ok(Self { address, shared, _stop: stop })
    }

    /// The next call without a script plays this one. Each script is played once, in order.
    pub fn next(&self, script: Script) {
        self.shared.state().queue.push_back(script);
    }

    /// Calls for which no script is queued play this one. Without it they get a friendly greeting.
    pub fn always(&self, script: Script) {
        self.choose(move |_| script.clone());
    }

    /// Calls for which no script is queued play what `choose` makes of them.
    pub fn choose(&self, choose: impl Fn(&Call) -> Script + Send + Sync + 'static) {
        self.shared.state().otherwise = Some(Box::new(choose));
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// It as `OpenAI`, in the form of `ELLA_LLM`.
    #[must_use]
    pub fn openai(&self, model: &str) -> String {
        format!("openai:{model}@http://{}/v1", self.address)
    }

    /// It as Gemini, in the form of `ELLA_LLM`.
    #[must_use]
    pub fn gemini(&self, model: &str) -> String {
        format!("gemini:{model}@http://{}/v1beta", self.address)
    }

    /// Every call so far, in order of arrival.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.shared.state().calls.clone()
    }

    /// How often `models` was asked for.
    #[must_use]
    pub fn warm_ups(&self) -> usize {
        self.shared.state().warm_ups
    }

    /// How many connections were opened.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.state().connections
    }

    /// Waits until so many calls have arrived.
    ///
    /// # Errors
    /// After 10 s.
    pub async fn wait_for_calls(&self, count: usize) -> io::Result<()> {
        self.wait_until(|calls| calls.len() >= count).await
    }

    /// Waits until so many calls have ended, one way or another.
    ///
    /// # Errors
    /// After 10 s.
    pub async fn wait_for_endings(&self, count: usize) -> io::Result<()> {
        self.wait_until(|calls| calls.iter().filter(|call| call.ending.is_some()).count() >= count).await
    }

    async fn wait_until(&self, reached: impl Fn(&[Call]) -> bool) -> io::Result<()> {
        let mut changed = self.shared.changed.subscribe();
        let waiting =
            async { while !reached(&self.shared.state().calls) && changed.changed().await.is_ok() {} };
        tokio::time::timeout(PATIENCE, waiting).await.map_err(io::Error::from)
    }
}

impl fmt::Debug for ScriptedProvider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ScriptedProvider").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a call and says what to do with it.
    pub(crate) fn called(self: &Arc<Self>, call: Call) -> (Script, EndingGuard) {
        let mut state = self.state();
        let script = state.queue.pop_front().unwrap_or_else(|| match &state.otherwise {
            Some(choose) => choose(&call),
            None => greeting(&call),
        });
        state.calls.push(call);
        let index = state.calls.len() - 1;
        drop(state);
        self.changed.send_replace(());
        (script, EndingGuard { shared: Arc::clone(self), index, ending: Ending::ClientLeft })
    }

    pub(crate) fn connected(&self) {
        self.state().connections += 1;
    }

    pub(crate) fn warmed(&self) {
        self.state().warm_ups += 1;
        self.changed.send_replace(());
    }
}

/// Records how a call ended: by the client's going away, unless told otherwise before it is dropped.
pub(crate) struct EndingGuard {
    shared: Arc<Shared>,
    index: usize,
    pub(crate) ending: Ending,
}

impl Drop for EndingGuard {
    fn drop(&mut self) {
        if let Some(call) = self.shared.state().calls.get_mut(self.index) {
            call.ending = Some(self.ending);
        }
        self.shared.changed.send_replace(());
    }
}

/// The answer when nothing was scripted, in the form that was asked for.
fn greeting(call: &Call) -> Script {
    let wants_json = call.body.get("response_format").is_some()
        || call.body.pointer("/generationConfig/responseJsonSchema").is_some();
    let text = "Hello! How are you today?";
    Script::answer(if wants_json {
        super::reply_json(text, &Value::Array(Vec::new()))
    } else {
        text.to_owned()
    })
}
