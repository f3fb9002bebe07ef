//! The list of the erased survives every restore.

use std::fs;

use ella::guards::erased::{self, Erased};
use jiff::Timestamp;
use uuid::Uuid;

use super::scene;
use crate::{
    database::connect,
    program::{Folder, Program, Start},
};

const ANA: &str = "018f0000-0000-7000-8000-000000000001";
const PHONE: &str = "550e8400-e29b-41d4-a716-446655440000";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

#[tokio::test]
async fn a_list_is_applied_once_and_for_all() {
    let (_database, owner) = scene().await;
    let stranger = Uuid::from_u128(9);
    let list = [
        Erased { user_id: ANA.parse().unwrap(), erased_at: at(1) },
        Erased { user_id: stranger, erased_at: at(2) },
    ];
    assert_eq!(erased::apply(&owner, &list, at(5)).await.unwrap(), 1);
    assert_eq!(erased::list(&owner).await.unwrap(), list, "with the times at which it was done first");
    assert_eq!(erased::apply(&owner, &list, at(6)).await.unwrap(), 0);
    let left = "select count(*) from students";
    assert_eq!(owner.query_one(left, &[]).await.unwrap().get::<_, i64>(0), 1);
    // Somebody on the list who is there (a restore brought them back) goes again.
    let back = format!(
        "insert into students (user_id, created_at, updated_at, focus_grammar, focus_vocab, focus_fluency)
         values ('{stranger}', now(), now(), true, true, true)"
    );
    owner.batch_execute(&back).await.unwrap();
    assert_eq!(erased::apply(&owner, &list, at(7)).await.unwrap(), 1);
    assert_eq!(owner.query_one(left, &[]).await.unwrap().get::<_, i64>(0), 1);
}

#[tokio::test]
async fn a_long_list_is_applied_too() {
    let (_database, owner) = scene().await;
    let list: Vec<Erased> =
        (1..=2500).map(|id| Erased { user_id: Uuid::from_u128(id), erased_at: at(1) }).collect();
    assert_eq!(erased::apply(&owner, &list, at(5)).await.unwrap(), 0);
    assert_eq!(erased::list(&owner).await.unwrap(), list);
}

#[tokio::test]
async fn the_file_takes_up_and_never_drops_and_says_when_it_is_spoilt() {
    let folder = Folder::new();
    let data = folder.path();
    let list = |ids: &[u128]| -> Vec<Erased> {
        ids.iter().map(|id| Erased { user_id: Uuid::from_u128(*id), erased_at: at(1) }).collect()
    };
    assert_eq!(erased::read(data), Ok(Vec::new()));
    assert_eq!(erased::keep(data, &[]), Ok(false));
    assert_eq!(
        fs::read_to_string(data.join(erased::FILE)).unwrap(),
        "[]",
        "that nobody is on it is kept as well"
    );
    assert_eq!(erased::keep(data, &list(&[1, 2])), Ok(true));
    assert_eq!(erased::keep(data, &list(&[2, 3])), Ok(true));
    assert_eq!(erased::keep(data, &list(&[2])), Ok(false));
    assert_eq!(erased::read(data), Ok(list(&[1, 2, 3])));
    fs::write(data.join(erased::FILE), "[{\"user_id\"").unwrap();
    let sentence = erased::read(data).unwrap_err();
    assert!(sentence.contains(erased::FILE) && sentence.contains("Put it right"), "{sentence}");
    assert!(erased::keep(data, &list(&[4])).is_err(), "a spoilt list is not replaced by a shorter one");
}

/// A restore by whatever means to before an erasure: the data folder's own list knows better.
#[tokio::test]
async fn a_student_who_came_back_with_an_old_copy_of_the_database_is_erased_at_the_next_start() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    let (ana, ben) =
        (program.sign_in(PHONE).await, program.sign_in("6fa459ea-ee8a-4ca4-894e-db77e160355e").await);
    let (ana, ben) = ((ana.id.clone(), ana.token.clone()), ben.id.clone());
    program.stop().await;
    let list = [Erased { user_id: ana.0.parse().unwrap(), erased_at: at(1) }];
    erased::keep(&folder.data(), &list).unwrap();

    let program = Start::on(&folder).serve().await;
    assert!(program.log().contains("erased students had come back"), "{}", program.log());
    let client = connect(&folder.administrator()).await;
    client.batch_execute("set search_path = ella").await.unwrap();
    let students: Vec<String> = client
        .query("select user_id::text from students", &[])
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert_eq!(students, [ben]);
    assert_eq!(erased::list(&client).await.unwrap(), list);
    // Her phone becomes another student.
    let again = program.sign_in(PHONE).await;
    assert!(again.created && again.id != ana.0);
    drop(client);
    program.stop().await;
}
