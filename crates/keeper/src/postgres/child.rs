//! The running server as a child process.

use std::{
    io::{self, BufRead as _, BufReader},
    os::unix::process::ExitStatusExt as _,
    process::{ChildStderr, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use tokio::{
    sync::{oneshot, watch},
    time::timeout,
};

use super::{lock::Lock, log::LastWords};

/// After an immediate stop the server itself kills what is left of it after 5 s.
pub(super) const IMMEDIATE_STOP: Duration = Duration::from_secs(10);

/// How long the last lines of a dead server may take to be read.
const LAST_LINES: Duration = Duration::from_millis(500);

/// A server process. Dropping it asks the server to stop; nobody waits for that, but the lock of the folder is held
/// until it has.
#[derive(Debug)]
pub(super) struct Child {
    process: Arc<Process>,
    exit: watch::Receiver<Option<Exit>>,
}

/// How a server ended.
#[derive(Debug, Clone)]
pub(super) struct Exit {
    /// One phrase: its own last words, or what the kernel says.
    pub(super) because: String,
    /// The last lines of its log that mattered.
    pub(super) lines: Vec<String>,
}

#[derive(Debug)]
struct Process {
    pid: Pid,
    /// Held while signalling and while reaping, so that no signal goes to a stranger who got the number after it.
    is_alive: Mutex<bool>,
}

impl Child {
    /// Starts the server on a thread of its own. The kernel's "die with your parent" means the thread that started
    /// the child, so that thread must last as long as the child: it waits for its end.
    pub(super) async fn start(command: Command, lock: Arc<Lock>) -> io::Result<Self> {
        let (started, child) = oneshot::channel();
        thread::Builder::new().name("postgres".into()).spawn(move || keep(command, lock, started))?;
        // A caller who gives up while we wait drops the child with the channel, and that stops the server.
        child.await.unwrap_or_else(|_| Err(io::Error::other("the thread that starts PostgreSQL ended")))
    }

    pub(super) fn pid(&self) -> u32 {
        self.process.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Waits for its end.
    pub(super) async fn ended(&self) -> Exit {
        let mut exit = self.exit.clone();
        let ended = exit.wait_for(Option::is_some).await.ok().and_then(|exit| exit.clone());
        ended.unwrap_or_else(|| Exit { because: "nobody saw how it ended".into(), lines: Vec::new() })
    }

    /// Stops it: connections are cut and everything is written down; after the deadline, without writing down.
    pub(super) async fn stop(&self, deadline: Duration) {
        self.process.signal(Signal::INT);
        if timeout(deadline, self.ended()).await.is_ok() {
            return;
        }
        // A failing archive command can hold up a clean stop for ever; the next start then recovers from the WAL.
        tracing::warn!(after_s = deadline.as_secs(), "PostgreSQL does not stop cleanly: stopping it at once");
        self.stop_at_once().await;
    }

    /// Stops it without writing down anything: the next start recovers from the WAL.
    pub(super) async fn stop_at_once(&self) {
        self.process.signal(Signal::QUIT);
        if timeout(IMMEDIATE_STOP, self.ended()).await.is_ok() {
            return;
        }
        tracing::error!("PostgreSQL does not stop at all: killing it");
        self.process.signal(Signal::KILL);
        self.ended().await;
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.process.signal(Signal::INT);
    }
}

impl Process {
    fn signal(&self, signal: Signal) {
        let is_alive = self.is_alive.lock().unwrap_or_else(PoisonError::into_inner);
        if *is_alive && let Err(error) = kill_process(self.pid, signal) {
            tracing::warn!(%error, ?signal, "could not signal PostgreSQL");
        }
    }
}

/// The life of the thread: start the server, pass its log on, wait for its end, tell how it ended.
fn keep(mut command: Command, lock: Arc<Lock>, started: oneshot::Sender<io::Result<Child>>) {
    let mut process = match command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn() {
        Ok(process) => process,
        Err(error) => {
            // Who does not listen any more does not care.
            let _ = started.send(Err(error));
            return;
        }
    };
    let last_words = LastWords::default();
    let all_read = process.stderr.take().and_then(|stderr| listen(stderr, last_words.clone()));
    let (exit_sender, exit) = watch::channel(None);
    let kept = Arc::new(Process { pid: Pid::from_child(&process), is_alive: Mutex::new(true) });
    if let Err(Ok(child)) = started.send(Ok(Child { process: Arc::clone(&kept), exit })) {
        drop(child);
    }
    // Waits without reaping: until then the number stays the child's own.
    while waitid(WaitId::Pid(kept.pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)
        .is_err_and(|error| error == rustix::io::Errno::INTR)
    {}
    let status = {
        let mut is_alive = kept.is_alive.lock().unwrap_or_else(PoisonError::into_inner);
        *is_alive = false;
        process.wait()
    };
    if let Some(all_read) = all_read {
        // Either way there is nothing more to wait for.
        let _ = all_read.recv_timeout(LAST_LINES);
    }
    drop(lock);
    // Nobody has last words when killed: those that there are, are older and about something else.
    let was_killed = status.as_ref().is_ok_and(|status| status.signal() == Some(Signal::KILL.as_raw()));
    let because = last_words.cause().filter(|_| !was_killed).unwrap_or_else(|| describe(status));
    exit_sender.send_replace(Some(Exit { because, lines: last_words.lines() }));
}

/// Reads the log to its end on a thread of its own: it may outlast the server by its backends.
/// The channel closes at the end.
fn listen(stderr: ChildStderr, last_words: LastWords) -> Option<mpsc::Receiver<()>> {
    let (done, all_read) = mpsc::channel::<()>();
    let read = move || {
        let mut lines = BufReader::new(stderr);
        let mut line = Vec::new();
        // Bytes, since a statement in the log may be in any encoding.
        while lines.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            last_words.hear(String::from_utf8_lossy(&line).trim_end());
            line.clear();
        }
        drop(done);
    };
    let thread = thread::Builder::new().name("postgres-log".into()).spawn(read);
    thread.inspect_err(|error| tracing::error!(%error, "PostgreSQL's log is lost")).ok().map(|_| all_read)
}

fn describe(status: io::Result<ExitStatus>) -> String {
    match status {
        Ok(status) => format!("it ended with {status}"),
        Err(error) => format!("it ended, and its status could not be read: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::*;
    use crate::postgres::{run_as::RunAs, tests::Folder};

    fn shell(script: &str) -> Command {
        let mut command = RunAs::find().unwrap().command("sh", "INT");
        command.args(["-c", script]);
        command
    }

    async fn start(folder: &Folder, script: &str) -> Child {
        Child::start(shell(script), Arc::new(Lock::take(folder.path()).unwrap())).await.unwrap()
    }

    #[tokio::test]
    async fn its_last_words_are_heard() {
        let folder = Folder::new("child-words");
        let child = start(&folder, "echo 'ella|1|53100|postmaster| FATAL:  disk' >&2; exit 1").await;
        assert_eq!(child.ended().await.because, "disk");
        let silent = start(&folder, "exit 3").await;
        assert_eq!(silent.ended().await.because, "it ended with exit status: 3");
    }

    /// Starts a script that creates the file it is given as `$READY`, and waits for that.
    async fn start_until_ready(folder: &Folder, script: &str) -> Child {
        let open = folder.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
        let ready = open.join("ready");
        let child = start(folder, &script.replace("$READY", ready.to_str().unwrap())).await;
        while !ready.exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        child
    }

    #[tokio::test]
    async fn a_stop_that_hangs_becomes_an_immediate_one() {
        let folder = Folder::new("child-stop");
        let script = "trap '' INT; touch $READY; while :; do sleep 0.05; done";
        let child = start_until_ready(&folder, script).await;
        child.stop(Duration::from_millis(100)).await;
        let because = child.ended().await.because;
        assert!(because.contains("signal: 3"), "{because}");
        Lock::take(folder.path()).unwrap();
    }

    #[tokio::test]
    async fn dropping_it_stops_it_and_then_frees_the_lock() {
        let folder = Folder::new("child-drop");
        let child = start_until_ready(&folder, "touch $READY; exec sleep 60").await;
        let mut exit = child.exit.clone();
        assert!(Lock::take(folder.path()).is_err());
        drop(child);
        timeout(Duration::from_secs(5), exit.wait_for(Option::is_some)).await.unwrap().unwrap();
        Lock::take(folder.path()).unwrap();
    }
}
