//! The app's side of the HTTP API, as far as a call needs it.

use std::{io, time::Duration};

use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    answers::{Analysis, Conversation, Problem, SignedIn, Starter, Turn},
    events::{Event, Events},
    words::Words,
};
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
    /// There is nobody to show it to.
    Terminal(io::Error),
}

impl Failure {
    pub(super) fn sentence(self) -> String {
        match self {
            Self::Refused(sentence) | Self::Lost(sentence) => sentence,
            Self::Terminal(error) => format!("The terminal takes no more text: {error}."),
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
                Failure::Lost(_) | Failure::Terminal(_) => format!(
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

    /// Says something, and shows Zoe's words as they come. When the connection is lost they begin anew.
    pub(super) async fn turn(
        &self,
        conversation: Uuid,
        text: &str,
        words: &mut Words<'_, '_>,
    ) -> Result<Turn, Failure> {
        let body = json!({"conversation_id": conversation, "text": text});
        let key = self.new_key();
        let mut turn = async || {
            let request = self.request(Method::POST, "/llm/conversation-turn", &key, Some(&body));
            let response = accepted(request.header("accept", "text/event-stream").send().await).await?;
            listen(response, words).await
        };
        at_most_twice(&mut turn).await
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
        let key = self.new_key();
        let mut send = async || {
            let request = self.request(method.clone(), path, &key, body.as_ref());
            let response = accepted(request.send().await).await?;
            let bytes = response.bytes().await.map_err(|_| Missed::lost())?;
            understood(&bytes).map_err(Missed::ForGood)
        };
        at_most_twice(&mut send).await
    }

    fn new_key(&self) -> String {
        self.ids.next(Clock::System.now()).to_string()
    }

    fn request(&self, method: Method, path: &str, key: &str, body: Option<&Value>) -> RequestBuilder {
        let address = format!("{}{path}", self.server.as_str().trim_end_matches('/'));
        let mut request = self.http.request(method, &address).header("idempotency-key", key);
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        match body {
            Some(body) => request.json(body),
            None => request,
        }
    }
}

/// Why a try was in vain.
enum Missed {
    /// Another one will not go better.
    ForGood(Failure),
    /// Another one may, after a pause.
    ForNow(Failure, Duration),
}

impl Missed {
    fn lost() -> Self {
        Self::ForNow(lost(), Duration::ZERO)
    }
}

/// Tries once more when that may help.
async fn at_most_twice<T>(work: &mut impl AsyncFnMut() -> Result<T, Missed>) -> Result<T, Failure> {
    match work().await {
        Ok(done) => return Ok(done),
        Err(Missed::ForGood(failure)) => return Err(failure),
        Err(Missed::ForNow(_, pause)) => tokio::time::sleep(pause).await,
    }
    work().await.map_err(|missed| match missed {
        Missed::ForGood(failure) | Missed::ForNow(failure, _) => failure,
    })
}

/// The answer, if it is a good one.
async fn accepted(answer: reqwest::Result<Response>) -> Result<Response, Missed> {
    let response = answer.map_err(|_| Missed::lost())?;
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        let pause = pause_asked_for(&response);
        return Err(Missed::ForNow(Failure::Lost(problem(response).await), pause));
    }
    if response.status().is_success() {
        Ok(response)
    } else {
        Err(Missed::ForGood(Failure::Refused(problem(response).await)))
    }
}

/// Shows the words of a stream as they come, up to the whole answer.
async fn listen(mut response: Response, words: &mut Words<'_, '_>) -> Result<Turn, Missed> {
    let gone = |error: io::Error| Missed::ForGood(Failure::Terminal(error));
    let mut events = Events::default();
    while let Ok(Some(bytes)) = response.chunk().await {
        for event in events.read(&bytes) {
            words.hear(&event).map_err(gone)?;
            match event {
                Event::Done(turn) => return Ok(*turn),
                Event::Error(problem) => {
                    words.take_back().map_err(gone)?;
                    return Err(Missed::ForNow(Failure::Lost(problem.detail), Duration::from_secs(1)));
                }
                Event::Delta { .. } | Event::Sentence { .. } | Event::Restart {} => {}
            }
        }
    }
    words.take_back().map_err(gone)?;
    Err(Missed::lost())
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
