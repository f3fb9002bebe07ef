//! Commands and events, as JSON with a zero byte behind each.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{ChildStdin, Command, Stdio},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::{Value, json};
use tokio::sync::oneshot;

/// How long a command may take: a loaded machine is slow, and a hanging browser must not hang the tests.
const PATIENCE: Duration = Duration::from_mins(1);

/// The way to the browser. Cheap to clone.
#[derive(Clone)]
pub(super) struct Pipe(Arc<Parts>);

struct Parts {
    commands: Mutex<ChildStdin>,
    last: AtomicU64,
    asked: Mutex<HashMap<u64, oneshot::Sender<Value>>>,
    events: Mutex<HashMap<String, Vec<Value>>>,
}

impl Pipe {
    /// Starts the browser. It reads commands from descriptor 3 and writes to 4: a shell puts its standard input and
    /// output there.
    pub(super) fn to<'a>(program: &Path, flags: impl Iterator<Item = &'a str>) -> Self {
        let mut child = Command::new("sh")
            .args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null"#])
            .arg(program)
            .args(flags)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the browser starts");
        let commands = child.stdin.take().expect("a way in");
        let answers = child.stdout.take().expect("a way out");
        let pipe = Self(Arc::new(Parts {
            commands: Mutex::new(commands),
            last: AtomicU64::new(0),
            asked: Mutex::default(),
            events: Mutex::default(),
        }));
        let reading = pipe.clone();
        // A thread and no task: the browser outlives every test's runtime.
        thread::spawn(move || {
            for message in BufReader::new(answers).split(0).map_while(Result::ok) {
                reading.take(&message);
            }
            // Whoever still waits is told by the dropped sender.
            lock(&reading.0.asked).clear();
            let _ = child.wait();
        });
        pipe
    }

    fn take(&self, message: &[u8]) {
        let Ok(message) = serde_json::from_slice::<Value>(message) else { return };
        if let Some(number) = message["id"].as_u64() {
            if let Some(asked) = lock(&self.0.asked).remove(&number) {
                // Nobody may be waiting any more.
                let _ = asked.send(message);
            }
        } else if let Some(session) = message["sessionId"].as_str() {
            lock(&self.0.events).entry(session.to_owned()).or_default().push(message);
        }
    }

    /// Sends a command and waits for its result.
    pub(super) async fn ask(
        &self,
        session: Option<&str>,
        method: &str,
        parameters: Value,
    ) -> Result<Value, String> {
        let number = self.0.last.fetch_add(1, Ordering::Relaxed) + 1;
        let (sender, answer) = oneshot::channel();
        lock(&self.0.asked).insert(number, sender);
        let mut command = json!({"id": number, "method": method, "params": parameters});
        if let Some(session) = session {
            command["sessionId"] = json!(session);
        }
        self.send(&command)?;
        let answer = tokio::time::timeout(PATIENCE, answer).await;
        let mut answer = answer.map_err(|_| "no answer in time")?.map_err(|_| "the browser is gone")?;
        match answer.get("error") {
            Some(error) => Err(error.to_string()),
            None => Ok(answer["result"].take()),
        }
    }

    /// Sends a command that nobody waits for.
    pub(super) fn tell(&self, method: &str, parameters: &Value) {
        let number = self.0.last.fetch_add(1, Ordering::Relaxed) + 1;
        // A browser that is gone has nothing to be told.
        let _ = self.send(&json!({"id": number, "method": method, "params": parameters}));
    }

    fn send(&self, command: &Value) -> Result<(), String> {
        let mut bytes = command.to_string().into_bytes();
        bytes.push(0);
        let mut commands = lock(&self.0.commands);
        commands.write_all(&bytes).and_then(|()| commands.flush()).map_err(|error| error.to_string())
    }

    /// What a session has told so far.
    pub(super) fn events(&self, session: &str) -> Vec<Value> {
        lock(&self.0.events).get(session).cloned().unwrap_or_default()
    }

    /// Forgets what a session has told.
    pub(super) fn forget(&self, session: &str) {
        lock(&self.0.events).remove(session);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
