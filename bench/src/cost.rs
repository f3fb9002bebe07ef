//! What a request costs, and how fast a start is, measured on a real server (`ella-bench cost`).
//!
//! Figures are CPU time of the server's process from the operating system's accounting, medians of interleaved
//! rounds, beside an empty handler in the same run: the machines are shared, and their clocks tell little. Every answer
//! is checked, because a wrong one is easily fast.

mod figures;

use figures::{Figures, median};
use serde_json::Value;

use crate::{
    ella,
    load::Load,
    process::{Server, private_folder},
};

/// Rounds of every measurement, interleaved.
const ROUNDS: usize = 5;
/// Requests a round, unless told otherwise.
const REQUESTS: usize = 10_000;
/// A turn writes, so there are fewer of them: one for so many requests.
const REQUESTS_A_TURN: usize = 5;
/// Connections that ask at the same time.
const CONNECTIONS: usize = 16;

/// The least that a server of this make can do.
pub(crate) async fn empty_handler() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    println!("Ella serves on http://{}", listener.local_addr().expect("an address"));
    let router = axum::Router::new().route("/", axum::routing::get(|| async { "" }));
    axum::serve(listener, router).await.expect("serves");
}

/// Measures `program`, and says it as a table.
pub(crate) async fn report(program: &str, numbers: &[usize]) -> String {
    let requests = numbers.first().copied().unwrap_or(REQUESTS);
    let empty = Server::start_part(&["empty-handler"]);
    let folder = private_folder();
    let settings = format!("--data-dir={}", folder.path().display());
    let flags = [settings.as_str(), "--listen=127.0.0.1:0", "--metrics-listen=off", "--log=warn"];
    let first_start = Server::start(program.as_ref(), &flags);
    let first_start_took = first_start.start_took;
    first_start.stop();
    let ella = Server::start(program.as_ref(), &flags);
    let (second_start_took, idle_bytes) = (ella.start_took, ella.memory_bytes());

    let scene = ella::scene(ella.address, 0).await;
    let (mut handler, mut me, mut turn) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        handler.push(cost(&empty, &Load::get("/", ""), requests, |_| true).await);
        let load = Load::get("/users/me", &scene.token);
        me.push(cost(&ella, &load, requests, |body| body["id"] == scene.user_id).await);
        let (load, turns) = (scene.says("I go to school yesterday"), requests.div_ceil(REQUESTS_A_TURN));
        turn.push(cost(&ella, &load, turns, |body| body["reply"].is_string()).await);
    }
    let figures = Figures {
        empty_handler: median(&handler),
        users_me: median(&me),
        turn: median(&turn),
        spread: (spread(&handler), spread(&me), spread(&turn)),
        first_start_took,
        second_start_took,
        idle_bytes,
        busy_bytes: ella.memory_bytes(),
    };
    ella.stop();
    empty.stop();
    format!(
        "## What a request costs\n\nMedians of {ROUNDS} rounds of {requests} requests each.\n\n{}",
        figures.table()
    )
}

/// Microseconds of the server's CPU that one request costs.
async fn cost(server: &Server, load: &Load, requests: usize, right: impl Fn(&Value) -> bool) -> f64 {
    let before = server.cpu();
    let answers = load.run(server.address, requests, CONNECTIONS).await;
    let spent = server.cpu().saturating_sub(before);
    assert!(answers.iter().all(right), "an answer was wrong: {:?}", answers.first());
    #[expect(clippy::cast_precision_loss, reason = "thousands of requests")]
    let each = spent.as_secs_f64() * 1e6 / requests as f64;
    each
}

/// The largest over the smallest.
fn spread(values: &[f64]) -> f64 {
    let largest = values.iter().copied().fold(f64::MIN, f64::max);
    let smallest = values.iter().copied().fold(f64::MAX, f64::min);
    largest / smallest
}
