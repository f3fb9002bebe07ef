//! What a person does who runs the server.

mod erase;
mod export;
mod external;
mod relink;
mod rescue;
mod rescue_devices;

use ella::{clock::Clock, operator::Operator};
use ella_test_support::database::TestDatabase;

use crate::{
    database::connect,
    program::{Folder, Start},
};

/// An operator of this database, with a data folder of their own.
async fn operator(database: &TestDatabase, folder: &Folder) -> Operator {
    let client = connect(&database.administrator).await;
    client.batch_execute("set search_path = ella").await.unwrap();
    Operator::on(client, folder.path().to_owned(), Clock::System)
}

/// A command beside the program that serves from this folder.
fn beside(folder: &Folder, words: &[&str]) -> Start {
    words.iter().fold(Start::on(folder), |start, word| start.command(word))
}
