//! What happens when a process is killed.

use std::fs;

use serde_json::json;

use super::{Folder, Program, eventually, is_alive, signal};

const PHONE: &str = "7d444840-9dc0-41d1-b245-5ffdce74fad2";

fn postgres_of(folder: &Folder) -> Option<u32> {
    let file = fs::read_to_string(folder.cluster().join("postmaster.pid")).ok()?;
    file.lines().next()?.trim().parse().ok()
}

#[tokio::test]
async fn killed_it_takes_its_postgresql_along_and_loses_nothing_that_was_acknowledged() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    let postgres = postgres_of(&folder).expect("PostgreSQL runs");
    let ana = program.sign_in(PHONE).await;
    let conversation = ana.conversation().await;
    let path = format!("/conversations/{conversation}/messages");
    for number in 1..=20 {
        let message = json!({"role": "user", "content": format!("This is sentence {number}.")});
        ana.post(&path, message).await.assert(201);
    }
    let token = ana.token.clone();
    signal(program.pid(), "KILL");
    drop(program);

    // At once: the new one waits for what the killed one left behind.
    let program = Program::serve(&folder).await;
    println!("a start after a kill took {:?}", program.started_in);
    assert!(!is_alive(postgres));
    let mut ana = program.sign_in(PHONE).await;
    ana.token = token;
    let messages = ana.get(&format!("{path}?limit=100")).await;
    let positions: Vec<_> = messages.assert(200).body["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["position"].as_i64())
        .collect();
    assert_eq!(positions, (1..=20).map(Some).collect::<Vec<_>>());
    program.stop().await;
}

#[tokio::test]
async fn killed_its_postgresql_ends_without_it() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    let postgres = postgres_of(&folder).expect("PostgreSQL runs");
    signal(program.pid(), "KILL");
    eventually("PostgreSQL ends", async || (!is_alive(postgres)).then_some(())).await;
}

#[tokio::test]
async fn a_killed_postgresql_means_503_for_a_moment_and_then_it_serves_again_by_itself() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    let ana = program.sign_in(PHONE).await;
    ana.put("/users/me", json!({"name": "Ana"})).await.assert(200);
    let (mut told_ana, mut told_the_operator) = (false, false);
    for _ in 0..5 {
        let postgres = eventually("PostgreSQL runs", async || postgres_of(&folder)).await;
        signal(postgres, "KILL");
        eventually("it serves again", async || {
            let answer = ana.get("/users/me").await;
            if answer.status == 503 {
                answer.assert_problem(503);
                assert!(answer.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds >= 1));
                told_ana = true;
            }
            let health = program.get("/health").await;
            if health.status == 503 {
                assert_eq!(
                    (&health.body["status"], &health.body["database"]["status"]),
                    (&json!("down"), &json!("down"))
                );
                assert_eq!(health.body["database"]["latency_ms"], json!(null));
                told_the_operator = true;
            }
            let is_another = postgres_of(&folder).is_some_and(|pid| pid != postgres);
            (is_another && answer.status == 200 && health.status == 200).then(|| {
                assert_eq!(answer.body["name"], "Ana");
                assert_eq!(health.body["status"], "ok");
            })
        })
        .await;
        if told_ana && told_the_operator {
            program.stop().await;
            return;
        }
    }
    panic!("503 was never seen: {told_ana} {told_the_operator}");
}
