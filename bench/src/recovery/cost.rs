//! What archiving and a backup that runs cost a student's request: the same requests to a server without backups, to one
//! that archives, and to one that makes a full backup, in turns.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::json;

use super::school::School;
use crate::{
    ella::{Scene, scene},
    load::{Load, connect},
};

/// Rounds of each, interleaved.
pub(crate) const ROUNDS: usize = 5;
/// Messages in each, from so many students.
const MESSAGES: usize = 400;
const STUDENTS: usize = 4;
/// Between two messages of a student: a load and no crowd.
const PAUSE: Duration = Duration::from_millis(4);

/// Milliseconds of each request.
#[derive(Default)]
pub(crate) struct Cost {
    pub(crate) without: Vec<f64>,
    pub(crate) archiving: Vec<f64>,
    pub(crate) backing_up: Vec<f64>,
}

pub(crate) async fn measure(school: &School, rounds: usize) -> Cost {
    let bare = school.without_backups();
    let address = school.server.as_ref().expect("it serves").address;
    let (mut here, mut there) = (Vec::new(), Vec::new());
    for number in 1..=STUDENTS {
        here.push(scene(bare.address, number).await);
        there.push(scene(address, number).await);
    }
    let mut cost = Cost::default();
    for _ in 0..rounds {
        cost.without.extend(round(bare.address, &here).await);
        cost.archiving.extend(round(address, &there).await);
        let done = Arc::new(AtomicBool::new(false));
        let making = {
            let (done, mut command) =
                (Arc::clone(&done), school.command(&["backup", "now", "--full", "--json"]));
            tokio::task::spawn_blocking(move || {
                while !done.load(Ordering::Relaxed) {
                    let output = command.output().expect("the program runs");
                    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                }
            })
        };
        cost.backing_up.extend(round(address, &there).await);
        done.store(true, Ordering::Relaxed);
        making.await.expect("the backup ends");
    }
    bare.stop();
    cost
}

async fn round(server: std::net::SocketAddr, students: &[Scene]) -> Vec<f64> {
    let mut talking = tokio::task::JoinSet::new();
    for student in students.iter().cloned() {
        talking.spawn(async move {
            let path =
                format!("/conversations/{}/messages", student.conversation_id.as_str().expect("an id"));
            let load =
                Load::post(&path, &student.token, &json!({"role": "user", "content": "I go to school."}));
            let mut connection = connect(server).await;
            let mut took = Vec::new();
            for _ in 0..MESSAGES / STUDENTS {
                let began = Instant::now();
                load.over(&mut connection).await.json();
                took.push(began.elapsed().as_secs_f64() * 1e3);
                tokio::time::sleep(PAUSE).await;
            }
            took
        });
    }
    talking.join_all().await.concat()
}
