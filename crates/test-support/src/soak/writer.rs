//! A student who talks, and the journal of what the server has acknowledged.

use std::{
    collections::BTreeMap,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{Stage, chance::Chance};

/// How long a request is asked again before it is given up as a violation.
const PATIENCE: Duration = Duration::from_secs(100);
/// The wait before a request is sent again.
const PAUSE: Duration = Duration::from_millis(50);

/// Something that the server has acknowledged.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) what: &'static str,
    pub(super) path: String,
    pub(super) key: String,
    pub(super) body: Value,
    pub(super) answer: Value,
}

/// What one writer was told.
#[derive(Debug, Default)]
pub(super) struct Journal {
    pub(super) device: String,
    pub(super) token: String,
    pub(super) user_id: String,
    pub(super) entries: Vec<Entry>,
    pub(super) longest: Duration,
    pub(super) violations: Vec<String>,
}

impl Journal {
    pub(super) fn counts(&self) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        for entry in &self.entries {
            *counts.entry(entry.what).or_default() += 1;
        }
        counts
    }
}

pub(super) struct Writer {
    number: usize,
    stage: Stage,
    chance: Chance,
    journal: Journal,
    put_aside: Vec<Request>,
}

/// Something that the phone wants to be acknowledged.
struct Request {
    what: &'static str,
    path: String,
    key: String,
    body: Value,
    since: Instant,
}

impl Writer {
    pub(super) fn new(number: usize, stage: Stage, chance: Chance) -> Self {
        Self { number, stage, chance, journal: Journal::default(), put_aside: Vec::new() }
    }

    /// Talks until the soak closes. What is on its way then is still asked for until it is acknowledged.
    pub(super) async fn run(mut self) -> Journal {
        self.journal.device = self.chance.uuid();
        if !self.sign_in().await {
            return self.journal;
        }
        let mut conversation = None;
        let mut count = 0;
        while !self.stage.closing.load(Ordering::Relaxed) && self.journal.violations.is_empty() {
            count += 1;
            let words = format!("This is sentence {count} of student {}, word for word.", self.number);
            let choice = self.chance.between(0, 20);
            let (what, path, body) = match (&conversation, choice) {
                (None, _) | (Some(_), 0) => {
                    ("conversations", "/conversations".to_owned(), json!({"topic": words}))
                }
                (Some(_), 1) => {
                    let transcript = json!([{"role": "user", "content": words}]);
                    let body = json!({"cefr_level": "B1", "confidence": 0.5, "transcript": transcript, "duration_seconds": count});
                    ("placements", "/placements".to_owned(), body)
                }
                (Some(id), 2..=11) => (
                    "messages",
                    format!("/conversations/{id}/messages"),
                    json!({"role": "user", "content": words}),
                ),
                (Some(id), _) => (
                    "turns",
                    "/llm/conversation-turn".to_owned(),
                    json!({"conversation_id": id, "text": words}),
                ),
            };
            let request = Request { what, path, key: self.chance.uuid(), body, since: Instant::now() };
            // The key of a turn whose server was killed is held for half a minute. The student talks on, and asks at the end.
            let patience = if what == "turns" { Duration::ZERO } else { PATIENCE };
            match self.until_acknowledged(&request, patience).await {
                Outcome::Acknowledged(answer) => {
                    if what == "conversations" {
                        conversation = answer["id"].as_str().map(str::to_owned);
                    }
                    self.note(request, answer);
                }
                Outcome::Not(_) if what == "turns" => self.put_aside.push(request),
                Outcome::Not(other) | Outcome::Refused(other) => self.violation(&request, &other),
            }
        }
        for request in std::mem::take(&mut self.put_aside) {
            match self.until_acknowledged(&request, PATIENCE).await {
                Outcome::Acknowledged(answer) => self.note(request, answer),
                Outcome::Not(other) | Outcome::Refused(other) => self.violation(&request, &other),
            }
        }
        self.journal
    }

    fn note(&mut self, request: Request, answer: Value) {
        let Request { what, path, key, body, since } = request;
        self.journal.longest = self.journal.longest.max(since.elapsed());
        self.journal.entries.push(Entry { what, path, key, body, answer });
    }

    fn violation(&mut self, request: &Request, answer: &str) {
        let after = request.since.elapsed();
        self.journal.violations.push(format!("{} was answered with {answer} after {after:?}", request.path));
    }

    async fn sign_in(&mut self) -> bool {
        let request = Request {
            what: "sign-ins",
            path: "/auth/anonymous".to_owned(),
            key: self.chance.uuid(),
            body: json!({"device_id": self.journal.device}),
            since: Instant::now(),
        };
        let answer = match self.until_acknowledged(&request, PATIENCE).await {
            Outcome::Acknowledged(answer) => answer,
            Outcome::Not(other) | Outcome::Refused(other) => {
                self.violation(&request, &other);
                return false;
            }
        };
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        (self.journal.token, self.journal.user_id) = (text("access_token"), text("user_id"));
        true
    }

    /// Sends it until it is acknowledged, but not longer than that.
    async fn until_acknowledged(&self, request: &Request, patience: Duration) -> Outcome {
        let began = Instant::now();
        loop {
            match send(&self.stage, &self.journal.token, &request.path, &request.key, &request.body).await {
                Some((200 | 201, answer)) => {
                    self.stage.acknowledged.send_modify(|count| *count += 1);
                    return Outcome::Acknowledged(answer);
                }
                None | Some((503, _)) if began.elapsed() < patience => {
                    self.stage.retries.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(PAUSE).await;
                }
                None | Some((503, _)) => return Outcome::Not("nothing, or \"come back later\"".to_owned()),
                Some((status, answer)) => return Outcome::Refused(format!("{status} {answer}")),
            }
        }
    }
}

/// How a request ended.
enum Outcome {
    Acknowledged(Value),
    /// Not in time, which may be no fault.
    Not(String),
    /// With an answer that a dying server must not give.
    Refused(String),
}

/// The status and the body; none when the connection did not last.
pub(super) async fn send(
    stage: &Stage,
    token: &str,
    path: &str,
    key: &str,
    body: &Value,
) -> Option<(u16, Value)> {
    let request = stage.client.post(format!("{}{path}", stage.base)).bearer_auth(token);
    let response = request.header("idempotency-key", key).json(body).send().await.ok()?;
    let status = response.status().as_u16();
    let text = response.text().await.ok()?;
    Some((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
}
