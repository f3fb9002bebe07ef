//! Starting the program, talking with it, and seeing it end.

use std::{
    fs,
    net::SocketAddr,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

use super::{Folder, is_root, machine::PATIENCE};
use crate::support::Answer;

/// The last line that the program prints when it serves.
const LAST_LINE: &str = "Talk with Zoe";

/// A start of the program: on a free port, without metrics and backups, on the data folder of a [`Folder`], and with nothing of the
/// environment but what is given.
pub struct Start {
    command: Vec<String>,
    flags: Vec<(String, String)>,
    environment: Vec<(String, String)>,
    before: Vec<String>,
    binary: PathBuf,
    log: PathBuf,
}

impl Start {
    pub fn on(folder: &Folder) -> Self {
        let data = folder.data().display().to_string();
        let mut start = Self::bare(folder).flag("--data-dir", data);
        start = start.flag("--listen", "127.0.0.1:0").flag("--metrics-listen", "off");
        // Tested where they are tested; elsewhere they would only take time.
        // And a developer's disk may be as full as it likes.
        start.flag("--backups", "off").flag("--disk-free-percent", 0)
    }

    /// Without any setting. The folder is for the log.
    pub fn bare(folder: &Folder) -> Self {
        let log = folder.path().join(format!("log-{}", fs::read_dir(folder.path()).unwrap().count()));
        Self {
            command: Vec::new(),
            flags: Vec::new(),
            environment: Vec::new(),
            before: Vec::new(),
            binary: env!("CARGO_BIN_EXE_ella").into(),
            log,
        }
    }

    pub fn command(mut self, command: &str) -> Self {
        self.command.push(command.to_owned());
        self
    }

    /// Adds a setting, in the place of an earlier one of the same name.
    #[expect(clippy::needless_pass_by_value, reason = "numbers and texts alike, without a sign before each")]
    pub fn flag(mut self, name: &str, value: impl ToString) -> Self {
        self.flags.retain(|(known, _)| known != name);
        self.flags.push((name.to_owned(), value.to_string()));
        self
    }

    /// Takes a setting away.
    pub fn without(mut self, name: &str) -> Self {
        self.flags.retain(|(known, _)| known != name);
        self
    }

    #[expect(clippy::needless_pass_by_value, reason = "numbers and texts alike, without a sign before each")]
    pub fn env(mut self, name: &str, value: impl ToString) -> Self {
        self.environment.push((name.to_owned(), value.to_string()));
        self
    }

    /// Starts it as an ordinary user: whoever runs the tests, or `nobody` in the place of root, from a copy of the
    /// program that this user can reach.
    pub fn by_an_ordinary_user(mut self, folder: &Folder) -> Self {
        if !is_root() {
            return self;
        }
        self.binary = folder.path().join("ella");
        if !self.binary.exists() {
            fs::copy(env!("CARGO_BIN_EXE_ella"), &self.binary).expect("a copy of the program");
        }
        self.after(&["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"])
    }

    /// Starts it through another program.
    pub fn after(mut self, words: &[&str]) -> Self {
        self.before = words.iter().map(|word| (*word).to_owned()).collect();
        self
    }

    /// Logs to another file of the folder, for programs that start at the same time.
    pub fn logging_to(mut self, name: &str) -> Self {
        self.log.set_file_name(name);
        self
    }

    /// Starts it and waits for nothing.
    pub fn spawn(&self) -> Child {
        let binary = self.binary.display().to_string();
        let words: Vec<&String> = self.before.iter().chain([&binary]).chain(&self.command).collect();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).args(self.flags.iter().map(|(name, value)| format!("{name}={value}")));
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let log = fs::File::create(&self.log).expect("a file for the log");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        command.spawn().expect("the program starts")
    }

    /// Waits until it serves.
    pub async fn serve(self) -> Program {
        let began = Instant::now();
        let mut child = self.spawn();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut printed = String::new();
        let reading = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                printed.push_str(&line);
                printed.push('\n');
                if line.starts_with(LAST_LINE) {
                    return true;
                }
            }
            false
        };
        let serves = tokio::time::timeout(PATIENCE, reading).await.unwrap_or(false);
        let log = || fs::read_to_string(&self.log).unwrap_or_default();
        assert!(serves, "it does not serve: {printed}{}", log());
        let address = printed.split_once("serves on http://").and_then(|(_, rest)| rest.lines().next());
        let address = address.unwrap_or_else(|| panic!("no address: {printed}")).parse().unwrap();
        let started_in = began.elapsed();
        Program { address, printed, started_in, child, log: self.log, client: client(), _lines: lines }
    }

    /// Waits until it ends.
    pub async fn end(self) -> Ended {
        // A restore out of S3, or a drill of it, is long on a busy machine.
        let output = tokio::time::timeout(PATIENCE * 2, self.spawn().wait_with_output());
        let output = output.await.expect("it ends").unwrap();
        Ended {
            status: output.status,
            printed: String::from_utf8(output.stdout).unwrap(),
            log: fs::read_to_string(&self.log).unwrap(),
        }
    }
}

/// What is left of a program that has ended.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub printed: String,
    pub log: String,
}

impl Ended {
    #[track_caller]
    pub fn assert_success(&self) -> &Self {
        assert!(self.status.success(), "{self:?}");
        self
    }

    /// Asserts that it failed with its last words being one sentence that holds all of these; the sentence.
    #[track_caller]
    pub fn assert_sentence(&self, parts: &[&str]) -> &str {
        assert_eq!(self.status.code(), Some(1), "{self:?}");
        let sentence = self.log.lines().last().unwrap_or_default();
        assert!(sentence.starts_with("ella: "), "{self:?}");
        for part in parts {
            assert!(sentence.contains(part), "{part:?} is not in: {sentence}");
        }
        sentence
    }
}

/// The program, serving.
pub struct Program {
    pub address: SocketAddr,
    /// What it printed until it served.
    pub printed: String,
    pub started_in: Duration,
    child: Child,
    log: PathBuf,
    client: reqwest::Client,
    _lines: Lines<BufReader<ChildStdout>>,
}

impl Program {
    /// The program on a prepared folder, with the usual settings.
    pub async fn serve(folder: &Folder) -> Self {
        Start::on(folder).serve().await
    }

    pub fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    /// Signs a device in.
    pub async fn sign_in(&self, device: &str) -> Guest<'_> {
        let request = self.request(Method::POST, "/auth/anonymous").json(&json!({"device_id": device}));
        let answer = Answer::of(request).await;
        answer.assert(200);
        let text = |name: &str| answer.body[name].as_str().unwrap().to_owned();
        Guest {
            program: self,
            id: text("user_id"),
            token: text("access_token"),
            created: answer.body["created"] == true,
        }
    }

    /// Sends SIGTERM and waits for the end, which must be a good one.
    pub async fn stop(self) {
        super::signal(self.pid(), "TERM");
        self.ended().await.assert_success();
    }

    /// Waits for its end.
    pub async fn ended(mut self) -> Ended {
        let waiting = tokio::time::timeout(PATIENCE, self.child.wait());
        let status = waiting.await.expect("it ends").unwrap();
        Ended { status, printed: self.printed.clone(), log: self.log() }
    }
}

/// A student of the program.
pub struct Guest<'a> {
    program: &'a Program,
    pub id: String,
    pub token: String,
    /// Whether the sign-in made the student.
    pub created: bool,
}

impl Guest<'_> {
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = self.program.request(method, path).bearer_auth(&self.token);
        Answer::of(match body {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body)).await
    }

    /// Starts a conversation; its id.
    pub async fn conversation(&self) -> String {
        let answer = self.post("/conversations", json!({})).await;
        answer.assert(201).body["id"].as_str().unwrap().to_owned()
    }
}

fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_mins(1))
        .build()
        .unwrap()
}
