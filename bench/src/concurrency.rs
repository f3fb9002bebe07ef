//! Many active students with time to think (`ella-bench concurrency`), and how many of them these cores can carry.

use std::time::{Duration, Instant};

use crate::{
    crowd::{self, HEAD, Heard},
    database::{Cluster, Database},
    ella::Ella,
    numbers::{hundredth, ms},
    process::Server,
    report::table,
};

/// From one turn of a student to the next, on average.
const THINK: Duration = Duration::from_secs(15);
/// The first crowd, unless told otherwise; the next is twice as many.
const STUDENTS: usize = 1000;
/// Seconds of each crowd, unless told otherwise.
const SECONDS: usize = 45;
/// The provider's delay, in milliseconds.
const DELAY_MS: u64 = 600;
/// Above this p99 of what a turn takes beyond the model's time, there are too many.
pub(crate) const LIMIT_MS: f64 = 50.0;
/// No more are tried.
const MOST: usize = 16_000;

struct Crowd {
    count: usize,
    heard: Vec<Heard>,
    busy: Vec<f64>,
    cpu: f64,
    database_cpu: f64,
    provider_cpu: f64,
    own_cpu: f64,
    bytes: u64,
    database_bytes: u64,
}

/// Lets so many students talk for so many seconds; without numbers also twice as many, and so on.
pub(crate) async fn report(program: &str, numbers: &[usize]) -> String {
    let (mut count, seconds) =
        (numbers.first().copied().unwrap_or(STUDENTS), numbers.get(1).copied().unwrap_or(SECONDS));
    let duration = Duration::from_secs(seconds as u64);
    let cluster = Cluster::start(40).await;
    let mut crowds: Vec<Crowd> = Vec::new();
    loop {
        let crowd = run(program, &cluster, count, duration, crowds.len()).await;
        let carried = crowd::turn_p99(&crowd.heard) <= LIMIT_MS && crowd.heard.iter().all(Heard::well);
        crowds.push(crowd);
        count *= 2;
        if !carried || count > MOST || !numbers.is_empty() {
            break;
        }
    }
    cluster.stop().await;
    let first = crowds.first().expect("a crowd");
    let carried =
        crowds.iter().filter(|crowd| crowd::turn_p99(&crowd.heard) <= LIMIT_MS).map(|crowd| crowd.count);
    let head = [
        "students",
        "turns and reads a second",
        "failed",
        "turn, added p50",
        "p99",
        "connections busy, mean",
        "p99",
        "most",
        "CPU: Ella",
        "PostgreSQL",
        "provider",
        "load",
        "memory: Ella",
        "PostgreSQL",
    ];
    format!(
        "## Concurrency\n\nThe brief: 1,000 active students make 10 to 50 queries at any instant. A turn every {} s on \
         average with a model that takes {:.1} s, and reads between; {seconds} s each. Load, provider, Ella and \
         PostgreSQL share this machine's cores; CPU is in hundredths of one core. The largest crowd whose turns have an \
         added p99 under {LIMIT_MS:.0} ms: **{}** (each next crowd is twice as large).\n\n{}\n\nEach endpoint, with {} \
         students:\n\n{}",
        THINK.as_secs(),
        crate::numbers::milliseconds(Duration::from_millis(DELAY_MS)) / 1000.0,
        carried.max().map_or_else(|| "none on this machine today".to_owned(), |count| count.to_string()),
        table(&head, &crowds.iter().map(|crowd| row(crowd, duration)).collect::<Vec<_>>()),
        first.count,
        table(&HEAD, &crowd::rows(&first.heard))
    )
}

fn row(crowd: &Crowd, duration: Duration) -> Vec<String> {
    let turns: Vec<f64> = crowd
        .heard
        .iter()
        .filter(|heard| heard.endpoint == crowd::TURN && heard.well())
        .map(|heard| heard.added_ms)
        .collect();
    let share = |seconds: f64| format!("{:.0} %", 100.0 * seconds / duration.as_secs_f64());
    let megabytes = |bytes: u64| format!("{} MB", bytes / 1_000_000);
    let mean = crowd.busy.iter().sum::<f64>() / crate::numbers::float(crowd.busy.len().max(1));
    vec![
        crowd.count.to_string(),
        format!("{:.0}", crate::numbers::float(crowd.heard.len()) / duration.as_secs_f64()),
        crowd.heard.iter().filter(|heard| !heard.well()).count().to_string(),
        ms(hundredth(&turns, 50)),
        ms(hundredth(&turns, 99)),
        format!("{mean:.2}"),
        format!("{:.0}", hundredth(&crowd.busy, 99)),
        format!("{:.0}", hundredth(&crowd.busy, 100)),
        share(crowd.cpu),
        share(crowd.database_cpu),
        share(crowd.provider_cpu),
        share(crowd.own_cpu),
        megabytes(crowd.bytes),
        megabytes(crowd.database_bytes),
    ]
}

async fn run(program: &str, cluster: &Cluster, count: usize, duration: Duration, number: usize) -> Crowd {
    let database = cluster.database(&format!("crowd_{number}")).await;
    let provider = Server::start_part(&["provider", &format!("delay-ms={DELAY_MS}")]);
    let ella = Ella::start(program, &settings(&database, &provider), &[]);
    let scenes = ella.scenes(count).await;
    let own = || crate::process::own_cpu(std::process::id());
    let (cpu, database_cpu, provider_cpu, own_cpu) =
        (ella.server.cpu(), cluster.cpu(), provider.cpu(), own());
    let mut talking = Box::pin(crowd::talk(ella.server.address, &scenes, THINK, duration));
    let (mut busy, began) = (Vec::new(), Instant::now());
    let question = "select count(*) from pg_stat_activity where datname = current_database() \
                    and pid <> pg_backend_pid() and state in ('active', 'idle in transaction')";
    let heard = loop {
        tokio::select! {
            heard = &mut talking => break heard,
            () = tokio::time::sleep(Duration::from_millis(200)) => {
                if began.elapsed() < duration {
                    busy.push(database.number(question).await);
                }
            }
        }
    };
    let spent = |now: Duration, before: Duration| now.saturating_sub(before).as_secs_f64();
    let crowd = Crowd {
        count,
        heard,
        busy,
        cpu: spent(ella.server.cpu(), cpu),
        database_cpu: spent(cluster.cpu(), database_cpu),
        provider_cpu: spent(provider.cpu(), provider_cpu),
        own_cpu: spent(own(), own_cpu),
        bytes: ella.server.memory_bytes(),
        database_bytes: crate::process::family_memory(cluster.process()),
    };
    ella.server.stop();
    provider.stop();
    crowd
}

fn settings(database: &Database, provider: &Server) -> Vec<String> {
    vec![
        database.setting(None),
        format!("--llm=openai:crowd@http://{}/v1", provider.address),
        "--student-tokens-per-day=0".to_owned(),
        "--tokens-per-day=0".to_owned(),
    ]
}
