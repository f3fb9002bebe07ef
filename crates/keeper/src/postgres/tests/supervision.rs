use std::{fs, time::Duration};

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::timeout;

use super::{Folder, Postgres, answers_again, connect, settings, value};
use crate::Status;

fn kill(pid: u32) {
    kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), Signal::KILL).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_comes_back_with_what_was_committed() {
    let folder = Folder::new("killed");
    // Durable, as in earnest: what is committed must survive.
    let mut earnest = settings(&folder);
    earnest.durable = true;
    let postgres = Postgres::start(earnest).await.unwrap();
    let administrator = connect(&postgres.administrator()).await.unwrap();
    administrator.batch_execute("create table kept (id int); insert into kept values (1)").await.unwrap();
    // A backend that works on after its server's death.
    let busy = connect(&postgres.administrator()).await.unwrap();
    let sleeping = busy.batch_execute("select pg_sleep(2)");
    let mut status = postgres.status();
    for _ in 0..2 {
        let killed = postgres.pid().unwrap();
        kill(killed);
        let restarting = status.wait_for(|status| !status.is_ready());
        let because = timeout(Duration::from_secs(5), restarting).await.unwrap().unwrap().to_string();
        assert!(because.contains("restarting") && because.contains("signal: 9"), "{because}");
        answers_again(&postgres).await;
        assert_ne!(postgres.pid().unwrap(), killed);
    }
    assert!(sleeping.await.is_err());
    let administrator = connect(&postgres.administrator()).await.unwrap();
    assert_eq!(value(&administrator, "select id from kept").await.unwrap(), "1");
    postgres.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_its_files_is_given_up_and_nothing_is_made_anew() {
    let folder = Folder::new("files-gone");
    let postgres = Postgres::start(settings(&folder)).await.unwrap();
    let gone = postgres.cluster_dir().join("PG_VERSION");
    let kept = postgres.cluster_dir().join("global");
    fs::remove_file(&gone).unwrap();
    kill(postgres.pid().unwrap());
    let mut status = postgres.status();
    let failed = status.wait_for(|status| matches!(status, Status::Failed { .. }));
    let because = timeout(Duration::from_secs(10), failed).await.unwrap().unwrap().to_string();
    assert!(because.contains("PG_VERSION is missing") && because.contains("from a backup"), "{because}");
    assert!(kept.is_dir() && !gone.exists());
    postgres.stop().await;
    assert_eq!(*postgres.status().borrow(), Status::Stopped);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_during_a_restart_ends_at_once() {
    let folder = Folder::new("stop-in-restart");
    let postgres = Postgres::start(settings(&folder)).await.unwrap();
    kill(postgres.pid().unwrap());
    let mut status = postgres.status();
    let _ = status.wait_for(|status| !status.is_ready()).await.unwrap();
    timeout(Duration::from_secs(10), postgres.stop()).await.unwrap();
    assert_eq!(*status.borrow_and_update(), Status::Stopped);
    Postgres::start(settings(&folder)).await.unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_does_not_wait_for_an_archive_out_of_reach() {
    let folder = Folder::new("archive-fails");
    let mut impatient = settings(&folder);
    impatient.timeouts.stop = Duration::from_secs(1);
    let postgres = Postgres::start(impatient.clone()).await.unwrap();
    let configuration = postgres.cluster_dir().join("postgresql.conf");
    postgres.stop().await;
    let text = fs::read_to_string(&configuration).unwrap();
    let archive = "archive_mode = on\narchive_command = 'sleep 60; false'\n";
    fs::write(&configuration, text + archive).unwrap();
    let postgres = Postgres::start(impatient.clone()).await.unwrap();
    let administrator = connect(&postgres.administrator()).await.unwrap();
    administrator.batch_execute("create table kept (id int); select pg_switch_wal()").await.unwrap();
    timeout(Duration::from_secs(15), postgres.stop()).await.unwrap();
    let postgres = Postgres::start(impatient).await.unwrap();
    let administrator = connect(&postgres.administrator()).await.unwrap();
    assert_eq!(value(&administrator, "select to_regclass('kept')").await.unwrap(), "kept");
    timeout(Duration::from_secs(15), postgres.stop()).await.unwrap();
}
