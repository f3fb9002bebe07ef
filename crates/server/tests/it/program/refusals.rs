//! What keeps the program from starting: each a sentence that says what to do, and nothing is damaged.

use std::{fs, os::unix::fs::PermissionsExt, process::Command};

use super::{Folder, Program, Start, is_root};

#[tokio::test]
async fn a_second_ella_on_the_same_folder_is_refused_and_the_first_goes_on() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    let data = folder.data().display().to_string();
    let ended = Start::on(&folder).end().await;
    ended.assert_sentence(&["Another ella", &program.pid().to_string(), &data, "ELLA_DATA_DIR"]);
    program.get("/health").await.assert(200);
    program.stop().await;
}

#[tokio::test]
async fn a_taken_port_is_refused_before_anything_is_made() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let folder = Folder::new();
    for (flag, name) in [("--listen", "ELLA_LISTEN"), ("--metrics-listen", "ELLA_METRICS_LISTEN")] {
        let ended = Start::on(&folder).flag(flag, address).end().await;
        ended.assert_sentence(&["Cannot listen on", &address.to_string(), "in use", name]);
        assert!(!folder.data().exists());
    }
}

#[tokio::test]
async fn a_folder_without_postgresql_is_named() {
    let folder = Folder::new();
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let ended = Start::on(&folder).flag("--postgres-bin", empty.display()).end().await;
    ended.assert_sentence(&["No PostgreSQL", &empty.display().to_string(), "apt-get install postgresql"]);
    assert!(!folder.cluster().exists());
}

#[tokio::test]
async fn a_cluster_of_another_major_version_is_left_alone() {
    let folder = Folder::prepared().await;
    let version = folder.read("postgres/PG_VERSION");
    folder.write("postgres/PG_VERSION", "13\n");
    let ended = Start::on(&folder).end().await;
    ended.assert_sentence(&["made by PostgreSQL 13", "postgresql-13", "Nothing was changed"]);
    folder.write("postgres/PG_VERSION", &format!("{version}\n"));
    Program::serve(&folder).await.stop().await;
}

#[tokio::test]
async fn files_that_are_no_cluster_or_someone_elses_are_left_alone() {
    let folder = Folder::new();
    fs::create_dir_all(folder.cluster()).unwrap();
    folder.write("postgres/notes.txt", "mine");
    let cluster = folder.cluster().display().to_string();
    if is_root() {
        let ended = Start::on(&folder).end().await;
        ended.assert_sentence(&[&cluster, "belongs to root", "would run as postgres", "chown -R postgres"]);
        let given = Command::new("chown").args(["postgres:", &cluster]).status();
        assert!(given.unwrap().success());
    }
    let ended = Start::on(&folder).end().await;
    ended.assert_sentence(&[&cluster, "no PostgreSQL cluster", "PG_VERSION", "Nothing was changed"]);
    assert_eq!(folder.read("postgres/notes.txt"), "mine");
}

#[tokio::test]
async fn a_folder_that_may_not_be_written_is_named() {
    let folder = Folder::new();
    fs::create_dir(folder.data()).unwrap();
    fs::set_permissions(folder.data(), fs::Permissions::from_mode(0o555)).unwrap();
    let data = folder.data().display().to_string();
    let ended = Start::on(&folder).by_an_ordinary_user(&folder).end().await;
    ended.assert_sentence(&[&data, "Permission denied", "ELLA_DATA_DIR"]);
    let below = folder.data().join("not/there").display().to_string();
    let ended = Start::on(&folder).flag("--data-dir", &below).by_an_ordinary_user(&folder).end().await;
    ended.assert_sentence(&["Cannot make the data folder", &below, "ELLA_DATA_DIR"]);
}

#[tokio::test]
async fn a_folder_that_postgresqls_user_cannot_reach_is_named_with_the_cure() {
    if !is_root() {
        println!("skipped: only root's PostgreSQL runs as another user");
        return;
    }
    let folder = Folder::new();
    let private = folder.path().join("private");
    fs::create_dir(&private).unwrap();
    fs::set_permissions(&private, fs::Permissions::from_mode(0o700)).unwrap();
    let data = private.join("data").display().to_string();
    let ended = Start::on(&folder).flag("--data-dir", &data).end().await;
    ended.assert_sentence(&["may not enter", &private.display().to_string(), "chmod o+x"]);
}

#[tokio::test]
async fn a_postgresql_that_does_not_start_is_explained_and_its_folder_stays_as_it_was() {
    let folder = Folder::prepared().await;
    let own = folder.cluster().join("postgresql.conf");
    let content = fs::read_to_string(&own).unwrap();
    fs::write(&own, format!("{content}\nshared_buffers = 'plenty'\n")).unwrap();
    Start::on(&folder)
        .end()
        .await
        .assert_sentence(&["PostgreSQL ended before it was ready", "shared_buffers"]);
    fs::write(&own, content).unwrap();
    Program::serve(&folder).await.stop().await;
}
