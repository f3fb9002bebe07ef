//! Turns that wait at once (`ella-bench waiting`): the load here, Ella and the provider in processes of their own.
//!
//! Students begin a fixed time apart; the provider answers nobody until all have called, and 2.5 s more; then it
//! answers them a fixed time apart. So all of them do wait at the same moment, and what they wait beyond the provider's
//! own time is Ella's.

mod certificates;

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::{net::TcpStream, task::JoinSet};

use crate::{
    ella::Ella,
    load::{Load, connect},
    process::{Folder, Server, private_folder},
    provider::PAUSE,
    report::table,
};

/// The provider's delay, once everybody waits.
const DELAY_MS: u32 = 2500;
/// Between two students, and between two answers.
const APART: Duration = Duration::from_micros(2500);
/// How often the database's connections are counted.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How Ella reaches the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// As she reaches the real ones.
    TlsAndHttp2,
    /// As she reaches a model on the same machine: a connection for each call.
    PlainHttp1,
}

/// What came of it.
struct Waited {
    failed: usize,
    canned: usize,
    peak: u64,
    added_ms: Vec<f64>,
    idle_bytes: u64,
    peak_bytes: u64,
    database_connections: f64,
}

/// Lets so many turns wait, for each number, and says what came of it.
pub(crate) async fn report(program: &str, counts: &[usize]) -> String {
    let counts = if counts.is_empty() { &[100, 1000, 10_000] } else { counts };
    let mut rows = Vec::new();
    for way in [Way::TlsAndHttp2, Way::PlainHttp1] {
        for &count in counts {
            // A plain call is an open file of Ella's, and so is its student; she keeps some for other matters, and past
            // her share for calls the built-in voice answers.
            if way == Way::PlainHttp1 && 3 * count > open_files() {
                continue;
            }
            rows.push(row(way, count, &wait(program, way, count).await));
        }
    }
    let head = [
        "provider over",
        "turns waiting at once",
        "failed",
        "answered by the built-in voice",
        "most calls at once",
        "added latency p50",
        "p99",
        "memory before",
        "peak memory",
        "database connections open",
    ];
    format!(
        "## Turns that wait at once\n\nA turn begins every {} ms; the provider answers {:.1} s after the last of them \
         has called. Added latency is what a turn took beyond the provider's own time. Memory is Ella's process \
         without PostgreSQL (peak: VmHWM).\n\n{}",
        APART.as_secs_f64() * 1000.0,
        f64::from(DELAY_MS) / 1000.0,
        table(&head, &rows)
    )
}

fn row(way: Way, count: usize, waited: &Waited) -> Vec<String> {
    let megabytes = |bytes: u64| format!("{} MB", bytes / 1_000_000);
    let added = |hundredths: usize| {
        let at = waited.added_ms.len() * hundredths / 100;
        format!("{:.1} ms", waited.added_ms.get(at).copied().unwrap_or(f64::NAN))
    };
    vec![
        match way {
            Way::TlsAndHttp2 => "TLS, HTTP/2".to_owned(),
            Way::PlainHttp1 => "plain HTTP/1.1".to_owned(),
        },
        count.to_string(),
        waited.failed.to_string(),
        waited.canned.to_string(),
        waited.peak.to_string(),
        added(50),
        added(99),
        megabytes(waited.idle_bytes),
        megabytes(waited.peak_bytes),
        format!("{:.0}", waited.database_connections),
    ]
}

async fn wait(program: &str, way: Way, count: usize) -> Waited {
    let provider = Provider::start(way, count);
    let settings = [
        format!("--llm=openai:waiting@{}", provider.address()),
        "--student-tokens-per-day=0".to_owned(),
        "--tokens-per-day=0".to_owned(),
        "--turn-budget-ms=60000".to_owned(),
        "--first-sentence-ms=60000".to_owned(),
        format!("--llm-in-flight={}", count + 1000),
    ];
    let ella = Ella::start(program, &settings, &provider.trust());
    let turns: Vec<Load> =
        ella.scenes(count).await.iter().map(|scene| scene.says("Yesterday I go to the beach.")).collect();
    let idle_bytes = ella.server.memory_bytes();
    let mut answers = Box::pin(send(ella.server.address, turns));
    let mut database_connections: f64 = 0.0;
    let answers = loop {
        tokio::select! {
            answers = &mut answers => break answers,
            () = tokio::time::sleep(LOOK_EVERY) => {
                let open = ella.figure("ella_database_connections{state=\"open\"}").await.unwrap_or(0.0);
                database_connections = database_connections.max(open);
            }
        }
    };
    let peak = Load::get("/figures", "").once(provider.server.address).await["peak"].as_u64().unwrap_or(0);
    let mut added_ms: Vec<f64> =
        answers.iter().filter_map(|(_, answer, took)| added(answer, *took)).collect();
    added_ms.sort_by(f64::total_cmp);
    let failed = answers.iter().filter(|(status, ..)| *status != 200).count();
    let canned = answers.iter().filter(|(_, answer, _)| answer["engine"]["degraded"] == true).count();
    assert_eq!(added_ms.len() + failed + canned, count, "an answer was wrong: {:?}", answers.first());
    let peak_bytes = ella.server.peak_memory_bytes();
    ella.server.stop();
    Waited { failed, canned, peak, added_ms, idle_bytes, peak_bytes, database_connections }
}

/// Sends all turns, each over a connection of its own.
async fn send(server: SocketAddr, turns: Vec<Load>) -> Vec<(u16, Value, Duration)> {
    let mut connections: Vec<TcpStream> = Vec::with_capacity(turns.len());
    for _ in &turns {
        connections.push(connect(server).await);
    }
    let (mut students, began) = (JoinSet::new(), tokio::time::Instant::now());
    for ((turn, mut connection), number) in turns.into_iter().zip(connections).zip(0_u32..) {
        students.spawn(async move {
            tokio::time::sleep_until(began + APART * number).await;
            let sent = Instant::now();
            let answer = turn.over(&mut connection).await;
            (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default(), sent.elapsed())
        });
    }
    students.join_all().await
}

/// What a turn took beyond the time that the provider, by its own words, kept it; none for any other answer.
fn added(answer: &Value, took: Duration) -> Option<f64> {
    let reply = answer["reply"].as_str()?;
    let (_, held) = reply.split_once(" after ")?;
    let held: f64 = held.split(' ').next()?.parse().ok()?;
    // Its words come in three pieces.
    let spoke = 2.0 * PAUSE.as_secs_f64() * 1000.0;
    Some(took.as_secs_f64() * 1000.0 - held - spoke)
}

/// The provider, and the certificate that it is trusted for.
struct Provider {
    server: Server,
    folder: Option<Folder>,
}

impl Provider {
    fn start(way: Way, count: usize) -> Self {
        let folder = (way == Way::TlsAndHttp2).then(|| {
            let folder = private_folder();
            certificates::make(folder.path());
            folder
        });
        let mut words = vec![
            "provider".to_owned(),
            format!("delay-ms={DELAY_MS}"),
            format!("hold={count}"),
            format!("apart-us={}", APART.as_micros()),
        ];
        words.extend(folder.as_ref().map(|folder| format!("tls={}", folder.path().display())));
        let server = Server::start_part(&words.iter().map(String::as_str).collect::<Vec<_>>());
        Self { server, folder }
    }

    /// In the form of `ELLA_LLM`.
    fn address(&self) -> String {
        match self.folder {
            Some(_) => format!("https://localhost:{}/v1", self.server.address.port()),
            None => format!("http://{}/v1", self.server.address),
        }
    }

    /// What makes Ella trust it.
    fn trust(&self) -> Vec<(&'static str, String)> {
        let certificate =
            self.folder.as_ref().map(|folder| folder.path().join("ca.pem").display().to_string());
        certificate.map(|file| ("SSL_CERT_FILE", file)).into_iter().collect()
    }
}

fn open_files() -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX)
}
