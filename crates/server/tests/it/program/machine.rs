//! The machine that the program runs on: its processes and its time.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

/// How long anything here may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// Whether root runs the tests; PostgreSQL then runs as a user of its own.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Asks again and again until there is an answer.
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(began.elapsed() < PATIENCE, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Sends a signal to a process that this test started.
pub fn signal(pid: u32, name: &str) {
    let status = std::process::Command::new("kill").args(["-s", name, &pid.to_string()]).status();
    assert!(status.expect("kill is there").success(), "{name} to {pid}");
}

pub fn is_alive(pid: u32) -> bool {
    // A zombie has ended.
    fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"))
        .is_ok_and(|stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z')))
}
