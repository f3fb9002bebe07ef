//! What a request costs, measured on a real server: `make bench`.
//!
//! Figures are CPU time of the server's process from the operating system's accounting, medians of interleaved
//! rounds, beside an empty handler in the same run: the machines are shared, and their clocks tell little. Every answer
//! is checked, because a wrong one is easily fast.
#![expect(clippy::expect_used, clippy::panic, reason = "a bench that cannot measure has nothing to say")]
#![expect(clippy::print_stdout, reason = "its report is what a bench is for")]

mod load;
mod process;
mod report;
mod soak;

use load::Load;
use process::Server;
use report::{Report, median};
use serde_json::{Value, json};

/// Rounds of every measurement, interleaved.
const ROUNDS: usize = 5;
/// Requests a round.
const REQUESTS: usize = 10_000;
/// Turns a round; they write.
const TURNS: usize = 2_000;
/// Connections that ask at the same time.
const CONNECTIONS: usize = 16;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    match arguments.next().as_deref() {
        Some("empty-handler") => runtime.block_on(empty_handler()),
        Some("soak") => runtime.block_on(soak::soak(arguments)),
        Some(program) => runtime.block_on(measure(program)),
        None => panic!("usage: ella-bench PATH-OF-ELLA, or ella-bench soak PATH-OF-ELLA --minutes N --seed S"),
    }
}

/// The least that a server of this make can do.
async fn empty_handler() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    println!("Ella serves on http://{}", listener.local_addr().expect("an address"));
    let router = axum::Router::new().route("/", axum::routing::get(|| async { "" }));
    axum::serve(listener, router).await.expect("serves");
}

async fn measure(program: &str) {
    let myself = std::env::current_exe().expect("this program's path");
    let empty = Server::start(myself.as_os_str(), &["empty-handler"]);
    let folder = process::private_folder();
    let settings = format!("--data-dir={}", folder.path().display());
    let flags = [settings.as_str(), "--listen=127.0.0.1:0", "--metrics-listen=off", "--log=warn"];
    let first_start = Server::start(program.as_ref(), &flags);
    let first_start_took = first_start.start_took;
    first_start.stop();
    let ella = Server::start(program.as_ref(), &flags);
    let (second_start_took, idle_bytes) = (ella.start_took, ella.memory_bytes());

    let scene = Scene::set(&ella).await;
    let (mut handler, mut me, mut turn) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        handler.push(cost(&empty, &Load::get("/", ""), REQUESTS, |_| true).await);
        me.push(
            cost(&ella, &Load::get("/users/me", &scene.token), REQUESTS, |body| body["id"] == scene.user_id)
                .await,
        );
        turn.push(cost(&ella, &scene.turn(), TURNS, |body| body["reply"].is_string()).await);
    }
    let report = Report {
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
    report.print();
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

/// A student in a conversation.
struct Scene {
    token: String,
    user_id: Value,
    conversation_id: Value,
}

impl Scene {
    async fn set(server: &Server) -> Self {
        let device = "4b3c1f0e-9a59-4d39-8a6e-0d4d8f3f6f55";
        let signed_in =
            Load::post("/auth/anonymous", "", &json!({"device_id": device})).once(server.address).await;
        let token = signed_in["access_token"].as_str().expect("a token").to_owned();
        let conversation = Load::post("/conversations", &token, &json!({})).once(server.address).await;
        Self { token, user_id: signed_in["user_id"].clone(), conversation_id: conversation["id"].clone() }
    }

    fn turn(&self) -> Load {
        let said = json!({"conversation_id": self.conversation_id, "text": "I go to school yesterday", "latency_ms": {"stt": 210}});
        Load::post("/llm/conversation-turn", &self.token, &said)
    }
}
