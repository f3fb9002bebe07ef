//! Runs small programs to their end, with a deadline.

use std::{
    io,
    os::unix::process::CommandExt as _,
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio_util::sync::CancellationToken;

/// Long for programs that only print their version.
const BRIEF: Duration = Duration::from_secs(10);

/// Runs a program to its end; it and its children are killed at the deadline, or when the caller gave up.
///
/// The thread that started it waits for it, because `setpriv --pdeathsig` kills it with that thread.
pub(super) fn run(
    command: &mut Command,
    deadline: Duration,
    given_up: &CancellationToken,
) -> io::Result<Output> {
    let mut process = command
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let started = Instant::now();
    let mut pause = Duration::from_millis(1);
    while process.try_wait()?.is_none() {
        if started.elapsed() > deadline || given_up.is_cancelled() {
            kill_process_group(Pid::from_child(&process), Signal::KILL)?;
            process.wait()?;
            return Err(io::ErrorKind::TimedOut.into());
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
    process.wait_with_output()
}

/// What a program prints, if it exists and succeeds.
pub(super) fn ask(command: &mut Command) -> Option<String> {
    let output = run(command, BRIEF, &CancellationToken::new()).ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
