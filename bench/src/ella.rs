//! A running Ella with a database of its own, and students in it.

use std::{net::SocketAddr, process::Command};

use serde_json::{Value, json};

use crate::{
    load::Load,
    process::{Folder, Server, private_folder},
};

/// The same for all, because a database remembers whose it is.
pub(crate) const RECOVERY_KEY: &str = "the recovery key of a bench, long enough";

/// Ella as a process of its own, on a new data folder.
pub(crate) struct Ella {
    pub(crate) server: Server,
    metrics: SocketAddr,
    folder: Folder,
}

/// A student with a conversation.
#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) token: String,
    pub(crate) user_id: Value,
    pub(crate) conversation_id: Value,
}

impl Ella {
    /// Starts `program` with these settings beside the usual ones.
    pub(crate) fn start(program: &str, settings: &[String], environment: &[(&str, String)]) -> Self {
        Self::start_by(Command::new(program), settings, environment)
    }

    /// The same with a command that has arguments already.
    pub(crate) fn start_by(
        mut command: Command,
        settings: &[String],
        environment: &[(&str, String)],
    ) -> Self {
        let folder = private_folder();
        let metrics = free_address();
        command
            .arg(format!("--data-dir={}", folder.path().join("data").display()))
            .arg(format!("--metrics-listen={metrics}"))
            .args(["--listen=127.0.0.1:0", "--log=error", "--sign-ins-per-minute=0"])
            .args(settings)
            .env("ELLA_RECOVERY_KEY", RECOVERY_KEY)
            .envs(environment.iter().map(|(name, value)| (name, value)));
        Self { server: Server::start_with(&mut command), metrics, folder }
    }

    /// Her data folder.
    pub(crate) fn data_dir(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    /// A figure of `/metrics`, as in `ella_database_connections{state="open"}`.
    pub(crate) async fn figure(&self, name: &str) -> Option<f64> {
        let text = Load::get("/metrics", "").text(self.metrics).await;
        text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
    }

    /// So many conversations, of a tenth as many students.
    pub(crate) async fn scenes(&self, count: usize) -> Vec<Scene> {
        const CALLS_A_STUDENT: usize = 10;
        let mut scenes = Vec::with_capacity(count);
        for number in 0..count.div_ceil(CALLS_A_STUDENT) {
            let student = student(self.server.address, number).await;
            let calls = CALLS_A_STUDENT.min(count - scenes.len());
            let load = Load::post("/conversations", &student.token, &json!({"topic": "my weekend"}));
            let started = load.run(self.server.address, calls, calls).await;
            scenes.extend(
                started
                    .into_iter()
                    .map(|call| Scene { conversation_id: call["id"].clone(), ..student.clone() }),
            );
        }
        scenes
    }
}

/// A student of a device with this number, in no conversation yet.
pub(crate) async fn student(server: SocketAddr, number: usize) -> Scene {
    let device = format!("4b3c1f0e-9a59-4d39-8a6e-{number:012x}");
    let signed_in = Load::post("/auth/anonymous", "", &json!({"device_id": device})).once(server).await;
    let token = signed_in["access_token"].as_str().expect("a token").to_owned();
    Scene { token, user_id: signed_in["user_id"].clone(), conversation_id: Value::Null }
}

/// The same in a conversation.
pub(crate) async fn scene(server: SocketAddr, number: usize) -> Scene {
    let student = student(server, number).await;
    let call =
        Load::post("/conversations", &student.token, &json!({"topic": "my weekend"})).once(server).await;
    Scene { conversation_id: call["id"].clone(), ..student }
}

impl Scene {
    /// The student says something.
    pub(crate) fn says(&self, words: &str) -> Load {
        self.turn(words, &json!({"stt": 210}))
    }

    /// The same with how long it took until Zoe's last reply sounded, as apps that speak tell it.
    pub(crate) fn hears_and_says(&self, words: &str) -> Load {
        self.turn(words, &json!({"stt": 210, "tts": 180}))
    }

    fn turn(&self, words: &str, latency_ms: &Value) -> Load {
        let said = json!({"conversation_id": self.conversation_id, "text": words, "latency_ms": latency_ms});
        Load::post("/llm/conversation-turn", &self.token, &said)
    }

    /// The student says something and is answered with a stream.
    pub(crate) fn streams(&self, words: &str) -> Load {
        let said = json!({"conversation_id": self.conversation_id, "text": words});
        Load::streamed("/llm/conversation-turn", &self.token, &said)
    }
}

/// An address that was free a moment ago.
fn free_address() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address")
}
