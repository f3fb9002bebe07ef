//! The database's files are removed while it runs.

use std::fs;

use super::{Folder, Program, Start, eventually, is_alive};

fn postgres_of(folder: &Folder) -> u32 {
    folder.read("postgres/postmaster.pid").lines().next().unwrap().trim().parse().unwrap()
}

#[tokio::test]
async fn it_stops_with_a_sentence_that_names_the_way_back_and_begins_nothing_anew() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    let postgres = postgres_of(&folder);
    // PostgreSQL may be writing a file at this very moment.
    eventually("it is removed", async || fs::remove_dir_all(folder.cluster()).ok()).await;
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
    eventually("it is removed", async || {
        (fs::remove_dir_all(folder.data()).is_ok() || !folder.data().exists()).then_some(())
    })
    .await;
    let ended = program.ended().await;
    assert_eq!(ended.status.code(), Some(66), "{ended:?}");
    assert!(ended.log.lines().last().unwrap().contains("ella restore --to latest"), "{ended:?}");
}

#[tokio::test]
async fn an_emptied_folder_is_no_new_one_for_the_server_nor_for_an_export() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    program.stop().await;
    // As after `rm -rf postgres/*`, and where a volume is not mounted.
    for entry in fs::read_dir(folder.cluster()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
    }
    let way_back = ["its database is gone", "ella restore --to latest", "admin.key"];
    let file = folder.path().join("ella.dump");
    let export = || {
        let start = Start::bare(&folder).flag("--data-dir", folder.data().display());
        start.command("backup").command("export").command(&file.display().to_string())
    };
    export().end().await.assert_sentence(&way_back);
    Start::on(&folder).end().await.assert_sentence(&way_back);
    assert_eq!(fs::read_dir(folder.cluster()).unwrap().count(), 0, "nothing was begun");

    // Nor is one begun where none has served.
    fs::remove_file(folder.data().join("admin.key")).unwrap();
    export().end().await.assert_sentence(&["no database in", "exported"]);
    assert_eq!(fs::read_dir(folder.cluster()).unwrap().count(), 0);
    assert!(!file.exists());
}
