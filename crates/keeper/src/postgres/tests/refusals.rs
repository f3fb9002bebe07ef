use std::{fs, os::unix::fs::chown};

use super::{Folder, Postgres, connect, needs_root, settings};
use crate::StartError;

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_on_the_same_folder_is_refused_while_the_first_serves_on() {
    let folder = Folder::new("second");
    let postgres = Postgres::start(settings(&folder)).await.unwrap();
    let sentence = Postgres::start(settings(&folder)).await.unwrap_err().to_string();
    assert!(sentence.contains(&format!("(process {})", std::process::id())), "{sentence}");
    connect(&postgres.application()).await.unwrap();
    postgres.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_of_another_major_version_is_refused_and_untouched() {
    let folder = Folder::new("major");
    Postgres::start(settings(&folder)).await.unwrap().stop().await;
    let cluster = folder.path().join("postgres");
    let version = cluster.join("PG_VERSION");
    let own = fs::read_to_string(&version).unwrap();
    fs::write(&version, "99\n").unwrap();
    let files = || {
        let mut files: Vec<_> = fs::read_dir(&cluster)
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.file_name(), entry.metadata().unwrap().modified().unwrap()))
            .collect();
        files.sort();
        files
    };
    let before = files();
    let sentence = Postgres::start(settings(&folder)).await.unwrap_err().to_string();
    let named = format!("PostgreSQL {}.", own.trim());
    assert!(sentence.contains("made by PostgreSQL 99") && sentence.contains(&named), "{sentence}");
    assert!(sentence.contains("apt-get install postgresql-99"), "{sentence}");
    assert_eq!(files(), before);
    fs::write(&version, own).unwrap();
    Postgres::start(settings(&folder)).await.unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_of_another_user_is_refused() {
    if !needs_root("a_cluster_of_another_user_is_refused") {
        return;
    }
    let folder = Folder::new("owner");
    let cluster = folder.path().join("postgres");
    fs::create_dir(&cluster).unwrap();
    fs::write(cluster.join("PG_VERSION"), "15\n").unwrap();
    chown(&cluster, Some(65534), None).unwrap();
    let sentence = Postgres::start(settings(&folder)).await.unwrap_err().to_string();
    assert!(sentence.contains("belongs to nobody") && sentence.contains("chown -R postgres:"), "{sentence}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_server_is_refused_before_anything_is_made() {
    let folder = Folder::new("missing");
    let mut lost = settings(&folder);
    lost.bin_dir = Some(folder.path().join("bin"));
    let sentence = Postgres::start(lost).await.unwrap_err().to_string();
    assert!(sentence.contains("apt-get install postgresql"), "{sentence}");
    assert!(!folder.path().join("postgres").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_that_the_server_refuses_is_named() {
    let folder = Folder::new("bad-setting");
    Postgres::start(settings(&folder)).await.unwrap().stop().await;
    let configuration = folder.path().join("postgres/postgresql.conf");
    let good = fs::read_to_string(&configuration).unwrap();
    fs::write(&configuration, good.clone() + "work_mem = 'lots'\n").unwrap();
    let error = Postgres::start(settings(&folder)).await.unwrap_err();
    let sentence = error.to_string();
    assert!(matches!(error, StartError::Ended { .. }), "{sentence}");
    assert!(sentence.contains("work_mem") && sentence.contains("postgresql.conf"), "{sentence}");
    // Nothing runs and nothing is locked.
    fs::write(&configuration, good).unwrap();
    Postgres::start(settings(&folder)).await.unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_files_are_not_papered_over() {
    let folder = Folder::new("damaged");
    Postgres::start(settings(&folder)).await.unwrap().stop().await;
    let control = folder.path().join("postgres/global/pg_control");
    let good = fs::read(&control).unwrap();
    let mut bad = good.clone();
    bad[40] ^= 0xff;
    fs::write(&control, bad).unwrap();
    let sentence = Postgres::start(settings(&folder)).await.unwrap_err().to_string();
    assert!(sentence.contains("from a backup"), "{sentence}");
    fs::write(&control, good).unwrap();
    Postgres::start(settings(&folder)).await.unwrap().stop().await;
}
