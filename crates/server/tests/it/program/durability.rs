//! Nothing talks the managed PostgreSQL out of keeping what it has acknowledged.

use std::fs;

use super::{Folder, Program};
use crate::database::connect;

#[tokio::test]
async fn a_setting_that_would_lose_words_is_overruled_or_taken_away() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    let superuser = connect(&folder.administrator()).await;
    for sql in [
        "alter system set fsync = off",
        "alter system set full_page_writes = off",
        "alter database ella set synchronous_commit = off",
        "alter role ella_app set synchronous_commit = off",
        "alter role ella_app in database ella set synchronous_commit = off",
        "alter role all set synchronous_commit = off",
    ] {
        superuser.batch_execute(sql).await.unwrap();
    }
    drop(superuser);
    program.stop().await;
    let configuration = folder.cluster().join("postgresql.conf");
    let text = fs::read_to_string(&configuration).unwrap();
    fs::write(&configuration, text + "fsync = off\nfull_page_writes = off\nsynchronous_commit = off\n")
        .unwrap();

    let program = Program::serve(&folder).await;
    let application = connect(&folder.application()).await;
    for name in ["fsync", "full_page_writes", "synchronous_commit"] {
        let value: String = application.query_one(&format!("show {name}"), &[]).await.unwrap().get(0);
        assert_eq!(value, "on", "{name}");
    }
    assert!(program.log().contains("synchronous_commit=off"), "it is said: {}", program.log());
    drop(application);
    program.stop().await;
}
