//! The latency multiplier (`ella-bench latency`): what distance to the database costs a spoken turn, counted in round
//! trips. The network between is a proxy that keeps answers back.

use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt;

use crate::{
    database::Cluster,
    ella::{Ella, Scene, scene},
    load::{Load, connect},
    numbers::{float, hundredth, median, milliseconds, ms},
    plot::{Line, lines},
    process::Server,
    proxy::Proxy,
    report::{plot, table},
};

/// What is added to a round trip, in milliseconds.
const DELAYS: [u64; 6] = [0, 1, 5, 15, 30, 50];
/// The uneven network's median.
const UNEVEN_MS: u64 = 30;
/// Turns for each delay, unless told otherwise.
const TURNS: usize = 60;
/// A delay is gone through in so many rounds, with the others between.
const ROUNDS: usize = 3;
/// What the brief's design pays in turn: profile, history, the words, the reply, the telemetry.
const BRIEF: f64 = 5.0;

#[derive(Default)]
struct Measured {
    round_trip: Vec<f64>,
    sentence: Vec<f64>,
    end: Vec<f64>,
}

/// Measures `program` with so many turns for each delay.
pub(crate) async fn report(program: &str, numbers: &[usize]) -> String {
    let turns = numbers.first().copied().unwrap_or(TURNS).div_ceil(ROUNDS);
    let cluster = Cluster::start(40).await;
    let database = cluster.database("latency").await;
    let proxy = Proxy::start(cluster.socket()).await;
    let provider = Server::start_part(&["provider", "delay-ms=0"]);
    let settings = [
        database.setting(Some(proxy.address)),
        format!("--llm=openai:latency@http://{}/v1", provider.address),
        "--student-tokens-per-day=0".to_owned(),
        "--turn-budget-ms=10000".to_owned(),
        "--database-pool=4".to_owned(),
    ];
    let ella = Ella::start(program, &settings, &[]);
    let scene = scene(ella.server.address, 0).await;
    // Every connection of the pool knows every statement before anything is measured.
    for _ in 0..5 {
        scene.says("I go there yesterday.").run(ella.server.address, 16, 8).await;
    }
    let mut measured: Vec<Measured> = Vec::new();
    measured.resize_with(DELAYS.len() + 1, Measured::default);
    for _ in 0..ROUNDS {
        for (place, measured) in measured.iter_mut().enumerate() {
            let uneven = place == DELAYS.len();
            let delay = DELAYS.get(place).copied().unwrap_or(UNEVEN_MS);
            proxy.delay(Duration::from_millis(delay), uneven);
            measure(&ella, &scene, &database, &proxy, turns, measured).await;
        }
    }
    ella.server.stop();
    provider.stop();
    cluster.stop().await;
    say(&measured)
}

async fn measure(
    ella: &Ella,
    scene: &Scene,
    database: &crate::database::Database,
    proxy: &Proxy,
    turns: usize,
    measured: &mut Measured,
) {
    let mut config = tokio_postgres::Config::new();
    config.host(proxy.address.ip().to_string()).port(proxy.address.port());
    config.user(database.config().get_user().unwrap_or("postgres"));
    config.dbname(database.config().get_dbname().unwrap_or("postgres"));
    if let Some(password) = database.config().get_password() {
        config.password(password);
    }
    let (client, connection) =
        config.connect(tokio_postgres::NoTls).await.expect("the proxy leads to a database");
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(connection);
    for _ in 0..turns {
        let asked = Instant::now();
        client.simple_query("select 1").await.expect("an answer");
        measured.round_trip.push(milliseconds(asked.elapsed()));
        let (sentence, end) = listen(ella, &scene.streams("Yesterday I go to the beach.")).await;
        measured.sentence.push(sentence);
        measured.end.push(end);
    }
}

/// A streamed turn: milliseconds to its first sentence and to its end.
async fn listen(ella: &Ella, turn: &Load) -> (f64, f64) {
    let mut connection = connect(ella.server.address).await;
    let asked = Instant::now();
    turn.send(&mut connection).await;
    let (mut heard, mut sentence) = (Vec::new(), None);
    loop {
        assert!(
            connection.read_buf(&mut heard).await.expect("more of the stream") > 0,
            "the stream broke off"
        );
        let text = String::from_utf8_lossy(&heard);
        if sentence.is_none() && text.contains("event: sentence") {
            sentence = Some(milliseconds(asked.elapsed()));
        }
        if text.ends_with("0\r\n\r\n") {
            assert!(
                text.contains("event: done") && text.contains("\"degraded\":false"),
                "a bad stream: {text}"
            );
            return (sentence.expect("a sentence"), milliseconds(asked.elapsed()));
        }
    }
}

fn say(measured: &[Measured]) -> String {
    let near = measured.first().expect("a first delay");
    let added = |of: fn(&Measured) -> &Vec<f64>, at: &Measured| median(of(at)) - median(of(near));
    let mut rows = Vec::new();
    let (mut first, mut all, mut brief) = (vec![(0.0, 0.0)], vec![(0.0, 0.0)], vec![(0.0, 0.0)]);
    for (place, at) in measured.iter().enumerate() {
        let name = DELAYS.get(place).map_or_else(
            || format!("{UNEVEN_MS} ms, lognormal, spikes of 500 ms"),
            |delay| format!("{delay} ms"),
        );
        let trip = added(|at| &at.round_trip, at);
        let (sentence, end) = (added(|at| &at.sentence, at), added(|at| &at.end, at));
        // Of one millisecond, a timer's grain is too large a part to be counted.
        let trips = |time: f64| if trip < 3.0 { "-".to_owned() } else { format!("{:.2}", time / trip) };
        rows.push(vec![
            name,
            ms(median(&at.round_trip)),
            ms(sentence),
            trips(sentence),
            ms(end),
            trips(end),
            ms(BRIEF * trip),
            ms(hundredth(&at.end, 99) - median(&near.end)),
        ]);
        if place > 0 && place < DELAYS.len() {
            first.push((trip, sentence));
            all.push((trip, end));
            brief.push((trip, BRIEF * trip));
        }
    }
    let drawn = lines(
        "What distance to the database costs a turn",
        "round trip, ms",
        "added, ms",
        &[
            Line { name: "the brief's design: five round trips", points: brief },
            Line { name: "Ella, whole turn", points: all },
            Line { name: "Ella, to the first sentence", points: first },
        ],
    );
    let head = [
        "added to a round trip",
        "a round trip, measured",
        "a turn's first sentence is later by",
        "in round trips",
        "its end is later by",
        "in round trips",
        "the brief's design (5)",
        "end, p99",
    ];
    format!(
        "## The latency multiplier\n\nThe brief: \"If each query takes 30ms, you add 150ms\". Goal: one round trip before \
         the model, and one that stores its answer. Medians of {} streamed turns for each distance, interleaved; a \
         round trip is what `select 1` takes in the same minute.\n\n{}{}",
        float(near.end.len()),
        table(&head, &rows),
        plot("latency", &drawn)
    )
}
