use std::{fs, os::unix::fs::MetadataExt as _, time::Instant};

use super::{Folder, Postgres, connect, settings, value};
use crate::{Status, postgres::run_as::RunAs};

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_makes_a_cluster_and_the_second_is_quick() {
    let folder = Folder::new("two starts, 'quoted' = \"ü\"");
    let started = Instant::now();
    let postgres = Postgres::start(settings(&folder)).await.unwrap();
    eprintln!("first start: {:?}", started.elapsed());
    assert!(postgres.status().borrow().is_ready());
    assert!(postgres.version().major >= 15);

    let administrator = connect(&postgres.administrator()).await.unwrap();
    for (show, expected) in [
        ("show data_checksums", "on"),
        ("show server_encoding", "UTF8"),
        ("select datcollate from pg_database where datname = current_database()", "C.UTF-8"),
        ("show listen_addresses", ""),
        ("show jit", "off"),
        ("show shared_buffers", "128MB"),
        ("show max_connections", "40"),
        ("show wal_level", "replica"),
        ("show archive_mode", "off"),
        ("show timezone", "UTC"),
        ("select current_user", "postgres"),
        ("select current_database()", "ella"),
        ("select count(*) from pg_hba_file_rules where error is not null", "0"),
        ("select count(*) from pg_file_settings where error is not null", "0"),
    ] {
        assert_eq!(value(&administrator, show).await.unwrap(), expected, "{show}");
    }
    let run_as = RunAs::find().unwrap();
    let owner = |path| fs::metadata(path).unwrap().uid();
    assert_eq!(owner(postgres.cluster_dir().to_owned()), run_as.uid);
    assert_eq!(owner(format!("/proc/{}", postgres.pid().unwrap()).into()), run_as.uid);
    assert_eq!(fs::metadata(postgres.cluster_dir()).unwrap().mode() & 0o777, 0o700);
    administrator.batch_execute("set role ella_owner; create table ella.kept (id int)").await.unwrap();

    let mut status = postgres.status();
    let socket_dir = postgres.socket_dir().to_owned();
    let started = Instant::now();
    postgres.stop().await;
    postgres.clone().stop().await;
    eprintln!("stop: {:?}", started.elapsed());
    assert_eq!(*status.borrow_and_update(), Status::Stopped);
    assert_eq!(postgres.pid(), None);
    assert!(!socket_dir.exists());

    let started = Instant::now();
    let postgres = Postgres::start(settings(&folder)).await.unwrap();
    let took = started.elapsed();
    eprintln!("second start: {took:?}");
    let administrator = connect(&postgres.administrator()).await.unwrap();
    assert_eq!(value(&administrator, "select to_regclass('ella.kept')").await.unwrap(), "ella.kept");
    postgres.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_of_ones_own_survive_and_win() {
    let folder = Folder::new("own-settings");
    let postgres = Postgres::start(settings(&folder)).await.unwrap();
    let configuration = postgres.cluster_dir().join("postgresql.conf");
    postgres.stop().await;
    let mut text = fs::read_to_string(&configuration).unwrap();
    text += "work_mem = '7MB'\nlisten_addresses = '*'\nport = 1\n";
    fs::write(&configuration, text).unwrap();
    let postgres = Postgres::start(settings(&folder)).await.unwrap();
    let administrator = connect(&postgres.administrator()).await.unwrap();
    assert_eq!(value(&administrator, "show work_mem").await.unwrap(), "7MB");
    // What ella relies on cannot be changed by accident.
    assert_eq!(value(&administrator, "show listen_addresses").await.unwrap(), "");
    postgres.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_the_last_handle_stops_the_server() {
    let folder = Folder::new("dropped");
    let postgres = Postgres::start(settings(&folder)).await.unwrap();
    let mut status = postgres.status();
    drop(postgres);
    status.wait_for(|status| *status == Status::Stopped).await.unwrap();
    Postgres::start(settings(&folder)).await.unwrap().stop().await;
}
