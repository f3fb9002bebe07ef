use std::{
    fs,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use tokio_util::sync::CancellationToken;

use super::{Folder, Postgres, connect, settings, value};
use crate::postgres::{cluster, discover::discover, orphan, run_as::RunAs, version::Version};

/// A process of PostgreSQL's user that we started, and end.
struct Foreign(Child);

impl Foreign {
    fn start(program: &str, arguments: &[&str]) -> Self {
        let mut command = RunAs::find().unwrap().command(program, "KILL");
        Self(command.args(arguments).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(20), "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_an_earlier_run_is_stopped_and_replaced() {
    let folder = Folder::new("orphan");
    let mut impatient = settings(&folder);
    impatient.timeouts.orphan = Duration::from_millis(100);
    let postgres = Postgres::start(impatient.clone()).await.unwrap();
    let cluster = postgres.cluster_dir().to_owned();
    let socket_dir = postgres.socket_dir().to_owned();
    postgres.stop().await;

    let server = discover(None, None).unwrap().program("postgres");
    // Elsewhere, since the folder of the socket went with the stop.
    let arguments = ["-D", cluster.to_str().unwrap(), "-k", "/tmp", "-p", "54987", "-h", ""];
    let mut orphan = Foreign::start(server.to_str().unwrap(), &arguments);
    wait_for("the orphan", || {
        fs::read_to_string(cluster.join("postmaster.pid")).is_ok_and(|text| text.contains("ready"))
    })
    .await;
    // It is our child here, not init's: somebody has to reap it.
    let reaped = std::thread::spawn(move || orphan.0.wait().unwrap());
    let postgres = Postgres::start(impatient).await.unwrap();
    assert!(reaped.join().unwrap().success(), "it was stopped cleanly");
    assert_eq!(postgres.socket_dir(), socket_dir);
    assert_eq!(value(&connect(&postgres.application()).await.unwrap(), "select 1").await.unwrap(), "1");
    postgres.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_lock_file_whose_number_belongs_to_another_is_no_obstacle() {
    let folder = Folder::new("stale");
    let postgres = Postgres::start(settings(&folder)).await.unwrap();
    let lock_file = postgres.cluster_dir().join("postmaster.pid");
    let text = fs::read_to_string(&lock_file).unwrap();
    postgres.stop().await;
    // Of PostgreSQL's own user, so that PostgreSQL takes it for a server.
    let stranger = Foreign::start("sleep", &["60"]);
    wait_for("the stranger", || {
        fs::read_to_string(format!("/proc/{}/comm", stranger.0.id())).is_ok_and(|name| name.trim() == "sleep")
    })
    .await;
    let rest = text.split_once('\n').unwrap().1;
    for text in [format!("{}\n{rest}", stranger.0.id()), format!("4194305\n{rest}"), String::new()] {
        fs::write(&lock_file, text).unwrap();
        let run_as = RunAs::find().unwrap();
        std::os::unix::fs::chown(&lock_file, Some(run_as.uid), Some(run_as.gid)).unwrap();
        let postgres = Postgres::start(settings(&folder)).await.unwrap();
        connect(&postgres.application()).await.unwrap();
        postgres.stop().await;
    }
    assert!(fs::metadata(format!("/proc/{}", stranger.0.id())).is_ok(), "the stranger lives");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_first_start_leaves_nothing_that_hinders_the_next() {
    let folder = Folder::new("interrupted");
    let unfinished = folder.path().join("postgres.unfinished");
    fs::create_dir(&unfinished).unwrap();
    fs::write(unfinished.join("PG_VERSION"), "15\n").unwrap();
    let neighbour = folder.path().join("postgres.mine");
    fs::create_dir(&neighbour).unwrap();

    // Abandoned in the middle of making the cluster.
    let start = Postgres::start(settings(&folder));
    let abandoned = tokio::time::timeout(Duration::from_millis(300), start).await;
    assert!(abandoned.is_err());
    assert!(!folder.path().join("postgres").exists());

    wait_for("the abandoned start", || !unfinished.exists()).await;
    let postgres = loop {
        match Postgres::start(settings(&folder)).await {
            // The abandoned one gives the lock back in a moment.
            Err(crate::StartError::Locked { .. }) => tokio::time::sleep(Duration::from_millis(50)).await,
            started => break started.unwrap(),
        }
    };
    assert!(neighbour.is_dir() && !unfinished.exists());
    postgres.stop().await;
}

#[test]
fn a_deadline_ends_the_making_of_a_cluster_and_leaves_nothing() {
    let folder = Folder::new("initdb-deadline");
    let recipe = cluster::Recipe {
        binaries: &discover(None, None).unwrap(),
        run_as: &RunAs::find().unwrap(),
        durable: false,
        deadline: Duration::from_millis(150),
        given_up: &CancellationToken::new(),
    };
    let cluster = folder.path().join("postgres");
    let sentence = recipe.make(&cluster).unwrap_err().to_string();
    assert!(sentence.contains("longer than"), "{sentence}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    assert!(orphan::processes_in(&folder.path().join("postgres.unfinished")).is_empty());
    assert!(Version { major: 15, minor: 2 } < Version { major: 15, minor: 18 });
}
