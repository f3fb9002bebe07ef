//! A bad network to the database (`ella-bench stability`): connections cut at random, PostgreSQL ended and started,
//! silence on the wire, while students talk.

use std::time::{Duration, Instant};

use crate::{
    crowd::{self, Heard},
    database::Cluster,
    ella::Ella,
    process::Server,
    proxy::Proxy,
    report::table,
    worth::Random,
};

const STUDENTS: usize = 40;
const THINK: Duration = Duration::from_millis(300);
/// Seconds of each trouble, unless told otherwise; silence and the pauses around take a third each.
const SECONDS: usize = 15;
const CUT_EVERY: Duration = Duration::from_millis(250);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    None,
    Cuts,
    Restart,
    Silence,
}

/// Lets students talk through each trouble for so many seconds.
pub(crate) async fn report(program: &str, numbers: &[usize]) -> String {
    let duration = Duration::from_secs(numbers.first().copied().unwrap_or(SECONDS) as u64);
    let cluster = Cluster::start(40).await;
    let database = cluster.database("stability").await;
    let proxy = Proxy::start(cluster.socket()).await;
    let provider = Server::start_part(&["provider", "delay-ms=100"]);
    let settings = [
        database.setting(Some(proxy.address)),
        format!("--llm=openai:steady@http://{}/v1", provider.address),
        "--student-tokens-per-day=0".to_owned(),
        "--tokens-per-day=0".to_owned(),
    ];
    let ella = Ella::start(program, &settings, &[]);
    let scenes = ella.scenes(STUDENTS).await;
    let mut rows = Vec::new();
    for trouble in [Trouble::None, Trouble::Cuts, Trouble::Restart, Trouble::Silence] {
        let talking = crowd::talk(ella.server.address, &scenes, THINK, duration);
        let (heard, ended) = futures::join!(talking, make(trouble, &proxy, &cluster, duration));
        rows.push(row(trouble, &heard, ended));
        assert!(heard.last().is_some_and(Heard::well), "Ella did not get well after {trouble:?}");
    }
    ella.server.stop();
    provider.stop();
    cluster.stop().await;
    let head = [
        "trouble",
        "requests",
        "failed",
        "of these 503 with `Retry-After`",
        "built-in voice",
        "well again after",
        "longest request",
    ];
    format!(
        "## Stability\n\nThe brief: \"random ConnectionResetError exceptions inside the conversational loop\". {STUDENTS} \
         students talk without much pause through a proxy to the database, {} s each. Nothing is tried again by the \
         students; an app that does, with its `Idempotency-Key`, loses nothing (`ella-bench soak`). Well again: from the \
         end of the trouble to the answer of the last request that failed.\n\n{}",
        duration.as_secs(),
        table(&head, &rows)
    )
}

/// Makes trouble, and says when it ended.
async fn make(trouble: Trouble, proxy: &Proxy, cluster: &Cluster, duration: Duration) -> Duration {
    let began = Instant::now();
    let third = duration / 3;
    match trouble {
        Trouble::None => {}
        Trouble::Cuts => {
            let mut random = Random::of(4, 4);
            while began.elapsed() < 2 * third {
                tokio::time::sleep(CUT_EVERY).await;
                proxy.cut_one(&mut random);
            }
        }
        Trouble::Restart => {
            tokio::time::sleep(third).await;
            let process = cluster.process().to_string();
            // SIGINT is PostgreSQL's fast shutdown; whoever supervises it starts it again.
            let ended = tokio::process::Command::new("kill").args(["-INT", &process]).status().await;
            assert!(ended.is_ok_and(|status| status.success()), "PostgreSQL could not be ended");
        }
        Trouble::Silence => {
            tokio::time::sleep(third).await;
            proxy.still(true);
            tokio::time::sleep(third).await;
            proxy.still(false);
        }
    }
    began.elapsed()
}

fn row(trouble: Trouble, heard: &[Heard], ended: Duration) -> Vec<String> {
    let failed: Vec<&Heard> = heard.iter().filter(|heard| !heard.well()).collect();
    let refused = failed.iter().filter(|heard| heard.status == 503 && heard.retry_after).count();
    let last = failed.iter().map(|heard| heard.began + heard.took).max().unwrap_or_default();
    let longest = heard.iter().map(|heard| heard.took).max().unwrap_or_default();
    let name = match trouble {
        Trouble::None => "none",
        Trouble::Cuts => "a connection cut every 250 ms",
        Trouble::Restart => "PostgreSQL ended, and started again",
        Trouble::Silence => "nothing goes through for a third of the time",
    };
    vec![
        name.to_owned(),
        heard.len().to_string(),
        failed.len().to_string(),
        refused.to_string(),
        heard.iter().filter(|heard| heard.canned).count().to_string(),
        if failed.is_empty() {
            "-".to_owned()
        } else {
            format!("{:.1} s", last.saturating_sub(ended).as_secs_f64())
        },
        format!("{:.1} s", longest.as_secs_f64()),
    ]
}
