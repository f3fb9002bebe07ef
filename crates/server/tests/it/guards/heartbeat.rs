//! The heartbeat tells when something was last written, and is silent while nothing is.

use ella::guards::heartbeat::{beat, last};
use ella_keeper::{Postgres, Settings};
use jiff::Timestamp;
use serde_json::json;
use tokio_postgres::Client;

use crate::{
    database::connect,
    program::{Folder, Program, eventually},
};

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// Twenty beats in a row, none of which was needed. PostgreSQL's own housekeeping may come between at first.
async fn it_comes_to_rest(client: &Client, at: Timestamp) {
    eventually("nothing is written any more", async || {
        for _ in 0..20 {
            if beat(client, at).await.unwrap() {
                return None;
            }
        }
        Some(())
    })
    .await;
}

/// On a cluster of its own: transactions are numbered for all of its databases together.
#[tokio::test]
async fn it_beats_when_something_else_was_written_and_only_then() {
    let folder = Folder::prepared().await;
    let postgres = Postgres::start(Settings::new(folder.data(), "a password for tests only")).await.unwrap();
    let client = connect(&postgres.administrator()).await;
    client.batch_execute("set search_path = ella").await.unwrap();
    it_comes_to_rest(&client, second(1)).await;

    client.batch_execute("insert into daily_totals values ('2020-01-01', 1, 1, 1)").await.unwrap();
    assert!(beat(&client, second(2)).await.unwrap());
    assert_eq!(last(&client).await.unwrap(), Some(second(2)));
    it_comes_to_rest(&client, second(3)).await;

    // While somebody is in the middle of writing, no beat may take the database for idle.
    let mut writer = connect(&postgres.administrator()).await;
    let writing = writer.transaction().await.unwrap();
    writing.batch_execute("insert into ella.daily_totals values ('2020-01-02', 1, 1, 1)").await.unwrap();
    client.batch_execute("insert into daily_totals values ('2020-01-03', 1, 1, 1)").await.unwrap();
    assert!(beat(&client, second(4)).await.unwrap());
    writing.commit().await.unwrap();
    assert!(beat(&client, second(5)).await.unwrap(), "what was committed after the beat is noted");
    it_comes_to_rest(&client, second(6)).await;
    drop((client, writer));
    postgres.stop().await;
}

#[tokio::test]
async fn the_server_notes_what_students_write_by_itself() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    let client = connect(&folder.administrator()).await;
    client.batch_execute("set search_path = ella").await.unwrap();
    let before = eventually("its own beginning is noted", async || last(&client).await.unwrap()).await;
    let ana = program.sign_in("550e8400-e29b-41d4-a716-446655440000").await;
    ana.put("/users/me", json!({"name": "Ana"})).await.assert(200);
    eventually("it is noted", async || last(&client).await.unwrap().filter(|noted| *noted > before)).await;
    drop(client);
    program.stop().await;
}

#[tokio::test]
async fn a_database_in_which_nothing_was_ever_noted_has_none() {
    let database = crate::support::test_cluster().await.database().await;
    let client = connect(&database.application).await;
    assert_eq!(last(&client).await.unwrap(), None);
    assert!(beat(&client, second(5)).await.unwrap(), "the application's role may note it");
    assert_eq!(last(&client).await.unwrap(), Some(second(5)));
}
