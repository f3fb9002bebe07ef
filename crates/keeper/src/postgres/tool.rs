//! Runs small programs to their end, with a deadline.

use std::{
    io::{self, BufRead as _, BufReader, Read},
    os::unix::process::CommandExt as _,
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio_util::sync::CancellationToken;

/// Long for programs that only print their version.
const BRIEF: Duration = Duration::from_secs(10);

/// Bytes that are kept of what a program prints.
const MOST_WORDS: usize = 256 << 20;

/// Runs a program to its end; it and its children are killed at the deadline, or when the caller gave up.
///
/// The thread that started it waits for it, because `setpriv --pdeathsig` kills it with that thread.
pub(crate) fn run(
    command: &mut Command,
    deadline: Duration,
    given_up: &CancellationToken,
) -> io::Result<Output> {
    run_listening(command, deadline, given_up, |_| {})
}

/// The same, and tells each line of its output as it comes.
pub(crate) fn run_listening(
    command: &mut Command,
    deadline: Duration,
    given_up: &CancellationToken,
    heard: impl FnMut(&[u8]) + Send + 'static,
) -> io::Result<Output> {
    let mut process = command
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    // Read meanwhile: a program that prints more than a pipe holds would wait for us as we wait for it.
    let (stdout, stderr) = (read(process.stdout.take(), heard), read(process.stderr.take(), |_| {}));
    let started = Instant::now();
    let mut pause = Duration::from_millis(1);
    let status = loop {
        if let Some(status) = process.try_wait()? {
            break status;
        }
        if started.elapsed() > deadline || given_up.is_cancelled() {
            kill_process_group(Pid::from_child(&process), Signal::KILL)?;
            process.wait()?;
            return Err(io::ErrorKind::TimedOut.into());
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    };
    let words = |reading: thread::JoinHandle<Vec<u8>>| reading.join().unwrap_or_default();
    Ok(Output { status, stdout: words(stdout), stderr: words(stderr) })
}

/// Reads a program's words on a thread of its own, as far as memory allows.
fn read(
    pipe: Option<impl Read + Send + 'static>,
    mut heard: impl FnMut(&[u8]) + Send + 'static,
) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut words = Vec::new();
        if let Some(pipe) = pipe {
            let mut pipe = BufReader::new(pipe);
            // What can be read is read; the rest must go somewhere, or the program waits for ever.
            while words.len() < MOST_WORDS {
                let begin = words.len();
                let left = (MOST_WORDS - begin) as u64;
                match pipe.by_ref().take(left).read_until(b'\n', &mut words) {
                    Ok(1..) => heard(&words[begin..]),
                    _ => break,
                }
            }
            let _ = io::copy(&mut pipe, &mut io::sink());
        }
        words
    })
}

/// What a program prints, if it exists and succeeds.
pub(crate) fn ask(command: &mut Command) -> Option<String> {
    let output = run(command, BRIEF, &CancellationToken::new()).ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
