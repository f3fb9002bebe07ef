//! Students who talk and think: a turn, then a pause, and now and then a look at something. They go on when a request
//! fails, over a new connection, and note everything.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::{net::TcpStream, task::JoinSet};

use crate::{
    ella::Scene,
    load::{Answer, Load},
    numbers::{hundredth, milliseconds},
    provider::PAUSE,
    worth::Random,
};

/// Nothing takes longer: what does is a failure.
const PATIENCE: Duration = Duration::from_secs(15);
/// The name of a turn among the endpoints.
pub(crate) const TURN: &str = "POST /llm/conversation-turn";
/// What is looked at between turns, and one out of how many times.
const LOOKS: [(&str, u64); 5] = [
    ("GET /conversations/{id}/messages", 4),
    ("GET /users/me", 8),
    ("GET /conversations", 10),
    ("GET /progress/summary", 20),
    ("GET /conversations/{id}", 10),
];

/// One request of one student.
pub(crate) struct Heard {
    pub(crate) endpoint: &'static str,
    /// Since the beginning.
    pub(crate) began: Duration,
    pub(crate) took: Duration,
    /// 0 when the connection broke, or nothing came.
    pub(crate) status: u16,
    /// Answered by the built-in voice.
    pub(crate) canned: bool,
    /// What it took beyond the model's own time.
    pub(crate) added_ms: f64,
    /// Whether a refusal said when to come again.
    pub(crate) retry_after: bool,
}

impl Heard {
    /// Answered as asked.
    pub(crate) fn well(&self) -> bool {
        self.status == 200
    }
}

/// Lets everybody talk for so long, with a mean pause of `think` between turns.
pub(crate) async fn talk(
    server: SocketAddr,
    scenes: &[Scene],
    think: Duration,
    duration: Duration,
) -> Vec<Heard> {
    let (mut students, began) = (JoinSet::new(), Instant::now());
    for (scene, number) in scenes.iter().cloned().zip(0_u64..) {
        students.spawn(async move {
            let (mut random, mut heard, mut connection) = (Random::of(5, number), Vec::new(), None);
            // Nobody begins in step with the others.
            tokio::time::sleep(think.mul_f64(random.even())).await;
            while began.elapsed() < duration {
                let turn = scene.says("Yesterday I go to the beach with my sister.");
                heard.push(ask(server, &mut connection, TURN, &turn, began).await);
                for (endpoint, one_in) in LOOKS {
                    if random.one_of(one_in) == 0 {
                        let look = look(&scene, endpoint);
                        heard.push(ask(server, &mut connection, endpoint, &look, began).await);
                    }
                }
                // Between half and one and a half times the mean.
                tokio::time::sleep(think.mul_f64(0.5 + random.even())).await;
            }
            heard
        });
    }
    students.join_all().await.into_iter().flatten().collect()
}

fn look(scene: &Scene, endpoint: &str) -> Load {
    let id = scene.conversation_id.as_str().unwrap_or_default();
    let path = endpoint.trim_start_matches("GET ").replace("{id}", id);
    Load::get(&path, &scene.token)
}

async fn ask(
    server: SocketAddr,
    connection: &mut Option<TcpStream>,
    endpoint: &'static str,
    load: &Load,
    began: Instant,
) -> Heard {
    let (sent, begins) = (Instant::now(), began.elapsed());
    let answer = tokio::time::timeout(PATIENCE, over(server, connection, load)).await.ok().flatten();
    let took = sent.elapsed();
    let said: Value =
        answer.as_ref().and_then(|answer| serde_json::from_slice(&answer.body).ok()).unwrap_or_default();
    let status = answer.as_ref().map_or(0, |answer| answer.status);
    if status == 0 {
        *connection = None;
    }
    let own = model_ms(&said).unwrap_or(0.0);
    assert!(endpoint != TURN || status != 200 || said["reply"].is_string(), "a wrong answer: {said}");
    Heard {
        endpoint,
        began: begins,
        took,
        status,
        canned: said["engine"]["degraded"] == true,
        added_ms: milliseconds(took) - own,
        retry_after: answer.is_some_and(|answer| answer.retry_after),
    }
}

async fn over(server: SocketAddr, connection: &mut Option<TcpStream>, load: &Load) -> Option<Answer> {
    let mut open = match connection.take() {
        Some(open) => open,
        None => TcpStream::connect(server).await.ok()?,
    };
    let answer = load.attempt(&mut open).await?;
    *connection = Some(open);
    Some(answer)
}

/// How long the model took, by its own words.
fn model_ms(said: &Value) -> Option<f64> {
    let (_, held) = said["reply"].as_str()?.split_once(" after ")?;
    let held: f64 = held.split(' ').next()?.parse().ok()?;
    Some(held + 2.0 * milliseconds(PAUSE))
}

/// A row for each endpoint: how many, failed, p50 and p99 of what was added.
pub(crate) fn rows(heard: &[Heard]) -> Vec<Vec<String>> {
    let mut endpoints: Vec<&str> = heard.iter().map(|heard| heard.endpoint).collect();
    endpoints.sort_unstable();
    endpoints.dedup();
    let row = |endpoint: &&str| {
        let of: Vec<&Heard> = heard.iter().filter(|heard| heard.endpoint == *endpoint).collect();
        let added: Vec<f64> = of.iter().filter(|heard| heard.well()).map(|heard| heard.added_ms).collect();
        let canned = of.iter().filter(|heard| heard.canned).count();
        vec![
            format!("`{endpoint}`"),
            of.len().to_string(),
            (of.len() - added.len()).to_string(),
            if *endpoint == TURN { canned.to_string() } else { String::new() },
            crate::numbers::ms(hundredth(&added, 50)),
            crate::numbers::ms(hundredth(&added, 99)),
        ]
    };
    endpoints.iter().map(row).collect()
}

/// What the rows say.
pub(crate) const HEAD: [&str; 6] =
    ["endpoint", "requests", "failed", "built-in voice", "added p50", "added p99"];

/// The p99 of what turns took beyond the model's time.
pub(crate) fn turn_p99(heard: &[Heard]) -> f64 {
    let added: Vec<f64> = heard
        .iter()
        .filter(|heard| heard.endpoint == TURN && heard.well())
        .map(|heard| heard.added_ms)
        .collect();
    hundredth(&added, 99)
}
