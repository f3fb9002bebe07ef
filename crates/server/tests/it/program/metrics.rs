//! `/metrics`, for Prometheus.

use std::net::TcpListener;

use ella_test_support::provider::{Script, ScriptedProvider, reply_json};
use reqwest::Method;
use serde_json::json;

use super::{Folder, Program, Start, eventually, signal};
use crate::support::Answer;

const PHONE: &str = "3d813cbb-47fb-42ba-91df-831e1593ac29";

/// The program, and where its figures are.
pub async fn serve(start: Start) -> (Program, String) {
    // Taken and given back: nothing tells the port of the figures otherwise.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let program = start.flag("--metrics-listen", address).serve().await;
    (program, format!("http://{address}/metrics"))
}

/// The figures as they are now.
pub async fn figures(address: &str) -> String {
    reqwest::get(address).await.unwrap().text().await.unwrap()
}

/// The value of the series whose line begins with `series`; 0 when there is none.
pub fn value(figures: &str, series: &str) -> f64 {
    let line = figures.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.map_or(0.0, |value| value.parse().unwrap())
}

#[tokio::test]
async fn requests_latencies_pool_and_turns_are_counted() {
    let folder = Folder::prepared().await;
    let provider = ScriptedProvider::start().unwrap();
    let (program, address) = serve(Start::on(&folder).flag("--llm", provider.openai("any-model"))).await;
    eventually("its connection is warmed at the start", async || (provider.warm_ups() == 1).then_some(()))
        .await;
    let ana = program.sign_in(PHONE).await;
    let conversation = ana.conversation().await;
    let turn = json!({"conversation_id": conversation, "text": "I go to the beach yesterday."});
    provider.next(Script::answer(reply_json("How was the water?", &json!([]))));
    ana.post("/llm/conversation-turn", turn.clone()).await.assert(200);
    for _ in 0..3 {
        ana.get("/users/me").await.assert(200);
    }
    provider.always(Script::new().status(500));
    ana.post("/llm/conversation-turn", turn).await.assert(200);
    ana.get("/conversations/nothing").await.assert(404);
    let streamed = program.request(Method::POST, "/llm/placement-turn").bearer_auth(&ana.token);
    let streamed = Answer::of(streamed.header("accept", "text/event-stream")).await;
    assert!(streamed.text.contains("event: done"), "{}", streamed.text);
    let stream = |end: &str| format!(r#"ella_streams_total{{route="/llm/placement-turn",end="{end}"}}"#);
    eventually("the stream is counted", async || {
        (value(&figures(&address).await, &stream("done")) > 0.5).then_some(())
    })
    .await;

    let figures = figures(&address).await;
    let expect = |series: &str, expected: f64| {
        assert!((value(&figures, series) - expected).abs() < 1e-9, "{series} is not {expected}:\n{figures}");
    };
    expect(r#"ella_http_requests_total{method="GET",route="/users/me",status="200"}"#, 3.0);
    expect(r#"ella_http_requests_total{method="GET",route="/conversations/{id}",status="404"}"#, 1.0);
    expect(r#"ella_http_request_seconds_count{method="GET",route="/users/me"}"#, 3.0);
    expect(r#"ella_http_request_seconds_bucket{method="GET",route="/users/me",le="+Inf"}"#, 3.0);
    expect(r#"ella_tutor_answers_total{provider="openai",outcome="whole"}"#, 1.0);
    expect(r#"ella_tutor_answers_total{provider="built_in",outcome="degraded"}"#, 2.0);
    expect(r#"ella_database_connections{state="max"}"#, 10.0);
    expect(&stream("done"), 1.0);
    expect(r#"ella_stream_first_sentence_seconds_count{route="/llm/placement-turn"}"#, 1.0);
    expect(r#"ella_stream_seconds_count{route="/llm/placement-turn"}"#, 1.0);
    expect("ella_streams_open", 0.0);
    expect("ella_database_up", 1.0);
    expect("ella_llm_calls_in_flight", 0.0);
    assert!(
        figures.contains(r#"ella_llm_provider_failing{provider="openai",model="any-model"}"#),
        "{figures}"
    );
    assert!(value(&figures, r#"ella_database_connections{state="open"}"#) >= 1.0);
    assert!(value(&figures, r#"ella_http_request_seconds_sum{method="GET",route="/users/me"}"#) > 0.0);
    // Each is explained, and nobody's id, token or address is a label.
    for name in [
        "ella_http_requests_total",
        "ella_http_request_seconds",
        "ella_tutor_answers_total",
        "ella_database_up",
    ] {
        assert!(figures.contains(&format!("# HELP {name} ")), "{name} is not explained:\n{figures}");
    }
    assert!(!figures.contains(&ana.id) && !figures.contains(&conversation), "{figures}");
    // The figures are not for the public.
    program.get("/metrics").await.assert(404);
    program.stop().await;
}

#[tokio::test]
async fn a_database_that_is_down_shows_in_the_figures() {
    let folder = Folder::prepared().await;
    let (program, address) = serve(Start::on(&folder)).await;
    let mut was_down = false;
    for _ in 0..5 {
        let file = folder.read("postgres/postmaster.pid");
        let postgres = file.lines().next().unwrap().trim().parse().unwrap();
        signal(postgres, "KILL");
        eventually("the database is up again", async || {
            let up = value(&figures(&address).await, "ella_database_up") > 0.5;
            was_down |= !up;
            let pid = std::fs::read_to_string(folder.cluster().join("postmaster.pid")).unwrap_or_default();
            (up && !pid.is_empty() && !pid.starts_with(&format!("{postgres}\n"))).then_some(())
        })
        .await;
        if was_down {
            program.stop().await;
            return;
        }
    }
    panic!("it was never seen down");
}
