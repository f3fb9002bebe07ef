//! The app's side of the HTTP API, as far as a call needs it.

use std::time::Duration;

use reqwest::{Method, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answers::{Analysis, Conversation, Problem, SignedIn, Starter, Turn};
use crate::clock::{Clock, Ids};

/// A turn's budget can be set to a minute; nothing takes longer.
const PATIENCE: Duration = Duration::from_secs(75);
const CONNECT: Duration = Duration::from_secs(5);
/// The longest that a busy server is waited for before the one retry.
const LONGEST_PAUSE: u64 = 5;

/// Why something was not done.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server said no, and why.
    Refused(String),
    /// The server could not be reached, or broke off; also when tried again.
    Lost(String),
}

impl Failure {
    pub(super) fn sentence(self) -> String {
        match self {
            Self::Refused(sentence) | Self::Lost(sentence) => sentence,
        }
    }
}

pub(super) struct Client {
    http: reqwest::Client,
    server: Url,
    token: String,
    pub(super) is_new: bool,
    ids: Ids,
}

impl Client {
    pub(super) async fn sign_in(server: &str, device: Uuid) -> Result<Self, String> {
        let url = Url::parse(server)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| {
                format!("--server {server} is no address; one looks like http://127.0.0.1:8000.")
            })?;
        let mut http = reqwest::Client::builder().timeout(PATIENCE).connect_timeout(CONNECT);
        if is_this_machine(&url) {
            http = http.no_proxy();
        }
        let http = http.build().map_err(|error| format!("No HTTP client can be made: {error}."))?;
        let mut client = Self { http, server: url, token: String::new(), is_new: false, ids: Ids::default() };
        let signed_in: SignedIn = client
            .send(Method::POST, "/auth/anonymous", Some(json!({"device_id": device})))
            .await
            .map_err(|failure| match failure {
                Failure::Refused(sentence) => format!("The server at {server} does not let you in: {sentence}"),
                Failure::Lost(_) => format!(
                    "No server answers at {server}. Start one with `ella serve` in another terminal, or name another with --server."
                ),
            })?;
        client.token = signed_in.access_token;
        client.is_new = signed_in.created;
        Ok(client)
    }

    pub(super) async fn start(&self, topic: Option<&str>) -> Result<Conversation, Failure> {
        self.send(Method::POST, "/conversations", Some(json!({"topic": topic}))).await
    }

    pub(super) async fn starter(&self, conversation: Uuid) -> Result<Starter, Failure> {
        let body = json!({"conversation_id": conversation});
        self.send(Method::POST, "/llm/conversation-starter", Some(body)).await
    }

    pub(super) async fn turn(&self, conversation: Uuid, text: &str) -> Result<Turn, Failure> {
        let body = json!({"conversation_id": conversation, "text": text});
        self.send(Method::POST, "/llm/conversation-turn", Some(body)).await
    }

    pub(super) async fn analysis(&self, conversation: Uuid) -> Result<Analysis, Failure> {
        let body = json!({"conversation_id": conversation});
        self.send(Method::POST, "/llm/session-analysis", Some(body)).await
    }

    pub(super) async fn complete(&self, conversation: Uuid) -> Result<Conversation, Failure> {
        self.send(Method::PUT, &format!("/conversations/{conversation}/complete"), None).await
    }

    /// Sends a request, and once more when the connection was lost or the server was busy: the key makes it harmless.
    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<T, Failure> {
        let key = self.ids.next(Clock::System.now()).to_string();
        let address = format!("{}{path}", self.server.as_str().trim_end_matches('/'));
        let mut is_retry = false;
        loop {
            let mut request = self.http.request(method.clone(), &address).header("idempotency-key", &key);
            if !self.token.is_empty() {
                request = request.bearer_auth(&self.token);
            }
            if let Some(body) = &body {
                request = request.json(body);
            }
            let (failure, pause) = match request.send().await {
                Ok(response) if response.status() == StatusCode::SERVICE_UNAVAILABLE => {
                    let pause = pause_asked_for(&response);
                    (Failure::Lost(problem(response).await), pause)
                }
                Ok(response) if !response.status().is_success() => {
                    return Err(Failure::Refused(problem(response).await));
                }
                Ok(response) => match response.bytes().await {
                    Ok(bytes) => return understood(&bytes),
                    Err(_) => (lost(), Duration::ZERO),
                },
                Err(_) => (lost(), Duration::ZERO),
            };
            if is_retry {
                return Err(failure);
            }
            is_retry = true;
            tokio::time::sleep(pause).await;
        }
    }
}

fn lost() -> Failure {
    Failure::Lost("The server cannot be reached just now.".to_owned())
}

fn understood<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(bytes)
        .map_err(|_| Failure::Refused("What answers there is no Ella, or one of another version.".to_owned()))
}

fn pause_asked_for(response: &Response) -> Duration {
    let asked = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    Duration::from_secs(asked.unwrap_or(1).min(LONGEST_PAUSE))
}

/// The server's own words about what is wrong.
async fn problem(response: Response) -> String {
    let status = response.status();
    match response.json::<Problem>().await {
        Ok(problem) if problem.errors.is_empty() => problem.detail,
        Ok(problem) => {
            let faults: Vec<String> = problem.errors.into_iter().map(|fault| fault.msg).collect();
            faults.join("; ")
        }
        Err(_) => format!("It answered {status}."),
    }
}

/// A proxy has no business between two programs on one machine.
fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
