//! The program under soak, on the same port through all of its lives.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

/// How long a start may take, a recovery after a kill included.
const START: Duration = Duration::from_mins(2);

pub(super) struct Server {
    program: PathBuf,
    data_dir: PathBuf,
    log: PathBuf,
    port: u16,
    child: Child,
}

impl Server {
    pub(super) async fn start(program: &Path, data_dir: &Path, log: &Path) -> Self {
        let port = free_port();
        let child = spawn(program, data_dir, log, port).await;
        Self { program: program.to_owned(), data_dir: data_dir.to_owned(), log: log.to_owned(), port, child }
    }

    pub(super) fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// The process of PostgreSQL that started the others, if it runs.
    pub(super) fn postmaster(&self) -> Option<u32> {
        let file = fs::read_to_string(self.data_dir.join("postgres/postmaster.pid")).ok()?;
        file.lines().next()?.trim().parse().ok()
    }

    /// The children of this process.
    pub(super) fn children(parent: u32) -> Vec<u32> {
        let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
        let pids = processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.filter(|pid: &u32| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            // After the name in brackets: the state, then the parent.
            stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)?.parse().ok()) == Some(parent)
        })
        .collect()
    }

    /// Waits for the end of this life and begins the next.
    pub(super) async fn live_again(&mut self) {
        timeout(START, self.child.wait()).await.expect("it ends").expect("it is ours");
        self.child = spawn(&self.program, &self.data_dir, &self.log, self.port).await;
    }

    pub(super) async fn stop(mut self) {
        signal(self.pid(), "TERM");
        let ended = timeout(START, self.child.wait()).await.expect("it ends").expect("it is ours");
        assert!(ended.success(), "it ended with {ended}; see {}", self.log.display());
    }
}

/// Ports that the kernel gives to nobody by itself, as it would to whoever connects while the server is dead. The tests'
/// storage has those below.
const PORTS: std::ops::Range<u16> = 32_000..32_768;

fn free_port() -> u16 {
    let count = PORTS.end - PORTS.start;
    // Processes that begin at different places do not try the same ones in turn.
    let begin = u16::try_from(std::process::id() % u32::from(count)).expect("it is less than the count");
    (0..count)
        .map(|place| PORTS.start + (begin + place) % count)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a port is free")
}

async fn spawn(program: &Path, data_dir: &Path, log: &Path, port: u16) -> Child {
    let log_file = fs::OpenOptions::new().create(true).append(true).open(log).expect("a file for the log");
    let began = Instant::now();
    let mut child = Command::new(program)
        .arg("serve")
        .arg(format!("--data-dir={}", data_dir.display()))
        .arg(format!("--listen=127.0.0.1:{port}"))
        .args(["--metrics-listen=off", "--sign-ins-per-minute=0", "--log=warn"])
        // Copies of a turn whose owner was killed wait in the server; a stop need not wait for them.
        .arg("--shutdown-seconds=2")
        .arg("--disk-free-percent=0")
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log_file)
        .kill_on_drop(true)
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let serves = async {
        while let Some(line) = lines.next_line().await.expect("its output can be read") {
            if line.starts_with("Talk with Zoe") {
                return true;
            }
        }
        false
    };
    let serves = timeout(START, serves).await.unwrap_or(false);
    let written = || fs::read_to_string(log).unwrap_or_default();
    let last = || written().lines().last().unwrap_or_default().to_owned();
    assert!(serves, "it does not serve after {:?}; see {}: {}", began.elapsed(), log.display(), last());
    child
}

/// Sends a signal to a process of ours; one that has ended already is no matter.
pub(super) fn signal(pid: u32, name: &str) {
    let sent = std::process::Command::new("kill")
        .args(["-s", name, &pid.to_string()])
        .stderr(Stdio::null())
        .status();
    sent.expect("kill is there");
}
