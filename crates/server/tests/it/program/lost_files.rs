//! The database's files are removed while it runs.

use std::fs;

use super::{Folder, Program, Start, is_alive};

fn postgres_of(folder: &Folder) -> u32 {
    folder.read("postgres/postmaster.pid").lines().next().unwrap().trim().parse().unwrap()
}

#[tokio::test]
async fn it_stops_with_a_sentence_that_names_the_way_back_and_begins_nothing_anew() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    let postgres = postgres_of(&folder);
    // PostgreSQL may be writing a file at this very moment.
    while fs::remove_dir_all(folder.cluster()).is_err() {}
    let ended = program.ended().await;
    assert_eq!(ended.status.code(), Some(66), "{ended:?}");
    let sentence = ended.log.lines().last().unwrap();
    for part in ["ella: The database's files in", "are gone", "ella restore --to latest"] {
        assert!(sentence.contains(part), "{sentence}");
    }
    assert!(!is_alive(postgres));

    // What starts it again must not hide the loss behind an empty database.
    let again = Start::on(&folder).end().await;
    again.assert_sentence(&["its database is gone", "ella restore --to latest", "admin.key"]);
    assert!(!folder.cluster().exists());
}

#[tokio::test]
async fn the_whole_folder_may_be_gone_as_well() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    while fs::remove_dir_all(folder.data()).is_err() && folder.data().exists() {}
    let ended = program.ended().await;
    assert_eq!(ended.status.code(), Some(66), "{ended:?}");
    assert!(ended.log.lines().last().unwrap().contains("ella restore --to latest"), "{ended:?}");
}
