//! A soak: students who talk while processes die, and a check that everything acknowledged is there.
//!
//! Writers send what a phone would send, each request with an idempotency key, and ask again with the same key until it is
//! acknowledged; what is acknowledged goes into a journal. Killers, by a seed, kill the server, PostgreSQL or one of its
//! processes, or ask the server to stop. At the end everything in the journal must be there, at its position, once.

mod chance;
mod check;
mod deaths;
mod server;
mod writer;

use std::{
    collections::BTreeMap,
    fmt,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{sync::watch, task::JoinSet, time::timeout};

use chance::Chance;
use server::Server;
use writer::{Journal, Writer};

/// How long the last requests may take to be acknowledged once nothing dies any more.
const LAST_WORDS: Duration = Duration::from_mins(2);

/// The longest that nobody dies.
const LONGEST_PEACE: Duration = Duration::from_secs(5);

/// What to soak, and for how long.
#[derive(Debug, Clone)]
pub struct Soak {
    /// The program.
    pub program: PathBuf,
    /// Its data folder.
    pub data_dir: PathBuf,
    /// The file for its log.
    pub log: PathBuf,
    /// Decides who dies when, and what is said.
    pub seed: u64,
    /// For how long processes die.
    pub duration: Duration,
    /// Students who talk at the same time.
    pub writers: usize,
}

/// What happened.
#[derive(Debug, Default)]
pub struct Report {
    /// Acknowledged requests, by what they were.
    pub acknowledged: BTreeMap<&'static str, u64>,
    /// Requests that had to be sent again.
    pub retries: u64,
    /// Deaths, by their kind.
    pub deaths: BTreeMap<&'static str, u64>,
    /// The longest that one request was asked again and again until it was acknowledged.
    pub longest: Duration,
    /// What was not as it must be, a sentence each.
    pub violations: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |counts: &BTreeMap<&'static str, u64>| {
            counts.iter().map(|(what, count)| format!("{count} {what}")).collect::<Vec<_>>().join(", ")
        };
        writeln!(formatter, "acknowledged: {}", list(&self.acknowledged))?;
        writeln!(formatter, "deaths: {}", list(&self.deaths))?;
        writeln!(
            formatter,
            "asked again {} times; the longest until an acknowledgement, turns put aside included, was {:.1} s",
            self.retries,
            self.longest.as_secs_f64()
        )?;
        for violation in &self.violations {
            writeln!(formatter, "VIOLATION: {violation}")?;
        }
        write!(formatter, "{} violations", self.violations.len())
    }
}

/// What writers and killers share.
#[derive(Clone)]
struct Stage {
    base: String,
    client: reqwest::Client,
    /// Acknowledgements so far, which is the killers' clock.
    acknowledged: watch::Sender<u64>,
    retries: Arc<AtomicU64>,
    closing: Arc<AtomicBool>,
}

impl Soak {
    /// Runs it. The server is stopped afterwards.
    pub async fn run(&self) -> Report {
        let mut server = Server::start(&self.program, &self.data_dir, &self.log).await;
        let stage = Stage {
            base: server.base(),
            client: reqwest::Client::builder().timeout(Duration::from_secs(15)).build().expect("a client"),
            acknowledged: watch::Sender::new(0),
            retries: Arc::default(),
            closing: Arc::default(),
        };
        let mut writers = JoinSet::new();
        for number in 0..self.writers {
            let chance = Chance::new(self.seed.wrapping_mul(1000).wrapping_add(number as u64));
            writers.spawn(Writer::new(number, stage.clone(), chance).run());
        }
        let mut report = Report::default();
        let mut chance = Chance::new(self.seed);
        let began = Instant::now();
        while began.elapsed() < self.duration {
            wait_for_more(&stage, chance.between(10, 60)).await;
            *report.deaths.entry(deaths::one(&mut server, &mut chance).await).or_default() += 1;
        }
        stage.closing.store(true, Ordering::Relaxed);
        let journals = timeout(LAST_WORDS, writers.join_all()).await.unwrap_or_else(|_| {
            report.violations.push("the last requests were not acknowledged in time".to_owned());
            Vec::new()
        });
        report.retries = stage.retries.load(Ordering::Relaxed);
        for journal in &journals {
            for (what, count) in journal.counts() {
                *report.acknowledged.entry(what).or_default() += count;
            }
            report.longest = report.longest.max(journal.longest);
            report.violations.extend(journal.violations.iter().cloned());
        }
        report.violations.extend(check_all(&stage, &journals).await);
        server.stop().await;
        report
    }
}

async fn check_all(stage: &Stage, journals: &[Journal]) -> Vec<String> {
    let mut violations = Vec::new();
    for journal in journals {
        violations.extend(check::check(stage, journal).await);
    }
    violations
}

/// Waits until so many more requests were acknowledged, or the students have been kept waiting long enough.
async fn wait_for_more(stage: &Stage, more: u64) {
    let mut acknowledged = stage.acknowledged.subscribe();
    let target = *acknowledged.borrow() + more;
    // That there are never any is found at the end.
    let _ = timeout(LONGEST_PEACE, acknowledged.wait_for(|count| *count >= target)).await;
}
