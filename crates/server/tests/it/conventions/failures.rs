//! What is no fault of the client's.

use std::time::Duration;

use axum::{Router, routing::get};
use ella::{app::App, http::serve, router::framed};
use ella_test_support::database::execute;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::endpoints::{Caller, all, ready};
use crate::support::{Answer, Ella};

fn assert_unavailable(answer: &Answer) {
    answer.assert_problem(503);
    assert!(
        answer.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds >= 1),
        "{:?}",
        answer.headers
    );
    for internal in ["sql", "postgres", "connection", "socket", "test_", "/tmp", "role"] {
        assert!(!answer.text.to_lowercase().contains(internal), "{}", answer.text);
    }
}

#[tokio::test]
async fn without_the_database_every_endpoint_says_so_and_serves_again_when_it_is_back() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let conversation = ready(&ana).await;
    let mut elsewhere = ella.database.administrator.clone();
    elsewhere.dbname("postgres");
    let name = &ella.database.name;
    execute(&elsewhere, &format!("alter database {name} with allow_connections false")).await;
    execute(
        &elsewhere,
        &format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"),
    )
    .await;
    // Three are there to be asked just then.
    let others =
        all().into_iter().filter(|endpoint| !matches!(endpoint.path, "/" | "/health" | "/admin/server"));
    for endpoint in others {
        let answer = endpoint.succeed(&ana, &conversation).await;
        assert_eq!(answer.status, 503, "{}: {}", endpoint.name(), answer.text);
        assert_unavailable(&answer);
        if endpoint.caller == Caller::AStudent {
            // Who shows no token is told that, with or without a database.
            let anonymous = Answer::of(endpoint.anonymous(&ella, "x", &conversation)).await;
            anonymous.assert_problem(401);
        }
    }
    ella.get("/").await.assert(200);
    execute(&elsewhere, &format!("alter database {name} with allow_connections true")).await;
    ana.get("/users/me").await.assert(200);
    ana.post("/conversations", json!({})).await.assert(201);
}

#[tokio::test]
async fn a_connection_that_dies_is_replaced_before_anybody_notices() {
    let ella = Ella::with().flag("--database-pool", 3).start().await;
    let ana = ella.student().await;
    futures::future::join_all((0..6).map(|_| ana.get("/users/me"))).await;
    let name = &ella.database.name;
    let mut elsewhere = ella.database.administrator.clone();
    elsewhere.dbname("postgres");
    execute(
        &elsewhere,
        &format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"),
    )
    .await;
    ana.get("/users/me").await.assert(200);
    ana.put("/users/me", json!({"name": "Ana"})).await.assert(200);
}

#[tokio::test]
async fn when_every_connection_is_in_use_the_request_waits_and_is_then_refused() {
    let ella = Ella::with().flag("--database-pool", 1).start().await;
    let ana = ella.student().await;
    let taken = ella.app.database.pool().get().await.unwrap();
    let refused = ana.get("/users/me").await;
    assert_unavailable(&refused);
    drop(taken);
    ana.get("/users/me").await.assert(200);
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_given_up() {
    let ella = Ella::with().flag("--database-pool", 1).flag("--request-seconds", 1).start().await;
    let ana = ella.student().await;
    let taken = ella.app.database.pool().get().await.unwrap();
    let refused = ana.get("/users/me").await;
    assert_unavailable(&refused);
    assert_eq!(refused.body["type"], "urn:ella:problem:deadline-passed");
    drop(taken);
    ana.get("/users/me").await.assert(200);
}

#[tokio::test]
async fn a_panic_is_a_problem_that_says_nothing_of_its_cause() {
    async fn broken() -> &'static str {
        panic!("select secret from /etc/passwd")
    }
    let ella = Ella::start().await;
    let routes: Router<App> =
        Router::new().route("/broken", get(broken)).route("/fine", get(|| async { "fine" }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let _stop = stop.clone().drop_guard();
    ella.app.tasks.spawn(serve::serve(listener, 100, framed(routes, ella.app.clone()), stop, Duration::ZERO));

    let client = reqwest::Client::new();
    for _ in 0..3 {
        let answer = Answer::of(client.get(format!("http://{address}/broken"))).await;
        answer.assert_problem(500);
        assert!(!answer.text.contains("secret") && !answer.text.contains("panic"), "{}", answer.text);
        assert!(!answer.header("server-timing").is_empty());
        let fine = Answer::of(client.get(format!("http://{address}/fine"))).await;
        assert_eq!(fine.assert(200).text, "fine");
    }
}
