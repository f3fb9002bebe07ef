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
}

impl Writer {
    pub(super) fn new(number: usize, stage: Stage, chance: Chance) -> Self {
        Self { number, stage, chance, journal: Journal::default() }
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
            let key = self.chance.uuid();
            let Some(answer) = self.until_acknowledged(&path, &key, &body).await else { break };
            if what == "conversations" {
                conversation = answer["id"].as_str().map(str::to_owned);
            }
            self.journal.entries.push(Entry { what, path, key, body, answer });
        }
        self.journal
    }

    async fn sign_in(&mut self) -> bool {
        let body = json!({"device_id": self.journal.device});
        let Some(answer) =
            self.until_acknowledged("/auth/anonymous", &self.chance.clone().uuid(), &body).await
        else {
            return false;
        };
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        (self.journal.token, self.journal.user_id) = (text("access_token"), text("user_id"));
        true
    }

    /// Sends it until it is acknowledged. None, and a violation, when that never happens or the answer is not one that a
    /// dying server may give.
    async fn until_acknowledged(&mut self, path: &str, key: &str, body: &Value) -> Option<Value> {
        let began = Instant::now();
        loop {
            let outcome = send(&self.stage, &self.journal.token, path, key, body).await;
            match outcome {
                Some((200 | 201, answer)) => {
                    self.journal.longest = self.journal.longest.max(began.elapsed());
                    self.stage.acknowledged.send_modify(|count| *count += 1);
                    return Some(answer);
                }
                None | Some((503, _)) if began.elapsed() < PATIENCE => {
                    self.stage.retries.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(PAUSE).await;
                }
                other => {
                    let after = began.elapsed();
                    self.journal
                        .violations
                        .push(format!("{path} was answered with {other:?} after {after:?}"));
                    return None;
                }
            }
        }
    }
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
