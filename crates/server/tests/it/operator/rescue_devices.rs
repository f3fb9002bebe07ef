//! Phones of rescued students; and the command itself.

use std::fs;

use ella::guards::erased;

use super::{
    beside,
    rescue::{ANA, BEN, Two},
};
use crate::{
    database::connect,
    program::{Folder, Program, eventually},
    support::test_cluster,
};

const NEW: &str = "018f0000-0000-7000-8000-00000000000a";

/// Ana is lost, and her phone has signed in since: it has a new student.
async fn with_a_new_student() -> Two {
    let two = Two::alike().await;
    two.lose(&format!(
        "delete from students where user_id = '{ANA}'; delete from messages where user_id = '{ANA}';
         delete from conversations where user_id = '{ANA}'; delete from placements where user_id = '{ANA}';
         insert into students (user_id, created_at, updated_at, focus_grammar, focus_vocab, focus_fluency)
            values ('{NEW}', now(), now(), true, true, true);
         update devices set user_id = '{NEW}', secret_hash = sha256('new') where user_id = '{ANA}'"
    ))
    .await;
    two
}

async fn owner_of_the_phone(two: &Two) -> (String, bool) {
    let sql = format!(
        "select user_id::text, secret_hash = sha256('new') from devices where device_hash = sha256('{ANA}')"
    );
    let row = two.living.client.query_one(&sql, &[]).await.unwrap();
    (row.get(0), row.get(1))
}

#[tokio::test]
async fn a_phone_whose_new_student_is_still_empty_returns_with_its_present_secret() {
    let mut two = with_a_new_student().await;
    let (shown, rescued) = two.rescue().await;
    assert_eq!((rescued.students, rescued.devices), (1, 1));
    assert!(shown.to_string().contains("its new student"), "{shown}");
    assert_eq!(owner_of_the_phone(&two).await, (ANA.to_owned(), true));
    // The phone still holds that student's token, which is to be of no more use.
    let left = format!("select count(*) from students where user_id = '{NEW}'");
    assert_eq!(two.living.client.query_one(&left, &[]).await.unwrap().get::<_, i64>(0), 0);
    let listed = erased::read(&two.living.data_dir).unwrap();
    assert_eq!(listed.iter().map(|erased| erased.user_id.to_string()).collect::<Vec<_>>(), [NEW]);
}

/// Somebody else's phone would lose what it says.
#[tokio::test]
async fn a_phone_whose_new_student_has_another_phone_stays_and_is_listed() {
    let mut two = with_a_new_student().await;
    two.lose(&format!(
        "insert into devices (device_hash, user_id, created_at) values (sha256('another'), '{NEW}', now())"
    ))
    .await;
    let (shown, rescued) = two.rescue().await;
    assert_eq!((rescued.students, rescued.devices), (1, 0));
    assert!(shown.conflicts[0].contains("other phones"), "{:?}", shown.conflicts);
    assert_eq!(owner_of_the_phone(&two).await.0, NEW);
}

#[tokio::test]
async fn a_phone_whose_new_student_has_talked_stays_and_is_listed() {
    let mut two = with_a_new_student().await;
    two.lose(&format!(
        "insert into conversations (user_id, id, started_at) values ('{NEW}', '{NEW}', now())"
    ))
    .await;
    let (shown, rescued) = two.rescue().await;
    assert_eq!((rescued.students, rescued.devices), (1, 0));
    assert!(shown.conflicts[0].contains(ANA) && shown.conflicts[0].contains(NEW), "{:?}", shown.conflicts);
    assert_eq!(owner_of_the_phone(&two).await, (NEW.to_owned(), true));
}

#[tokio::test]
async fn the_new_student_may_begin_to_talk_between_the_plan_and_the_deed() {
    let mut two = with_a_new_student().await;
    let shown = two.plan().await;
    assert_eq!(shown.devices.len(), 1);
    two.lose(&format!(
        "insert into conversations (user_id, id, started_at) values ('{NEW}', '{NEW}', now())"
    ))
    .await;
    let rescued = ella::operator::rescue::apply(&mut two.living, &mut two.side, &shown).await.unwrap();
    assert_eq!((rescued.students, rescued.devices), (1, 0));
    assert_eq!(owner_of_the_phone(&two).await.0, NEW);
}

/// What is being written at that very moment is waited for, and counts.
#[tokio::test]
async fn the_new_student_may_be_talking_at_the_moment_of_the_deed() {
    let mut two = with_a_new_student().await;
    let shown = two.plan().await;
    let talking = connect(two.database()).await;
    let talk = format!(
        "set search_path = ella; begin; \
         insert into conversations (user_id, id, started_at) values ('{NEW}', '{NEW}', now())"
    );
    talking.batch_execute(&talk).await.unwrap();
    let watching = connect(two.database()).await;
    let end = async {
        let waits = "select count(*) from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock'";
        eventually("the rescue waits", async || {
            (watching.query_one(waits, &[]).await.unwrap().get::<_, i64>(0) > 0).then_some(())
        })
        .await;
        talking.batch_execute("commit").await.unwrap();
    };
    let rescuing = ella::operator::rescue::apply(&mut two.living, &mut two.side, &shown);
    let (rescued, ()) = tokio::join!(rescuing, end);
    let rescued = rescued.unwrap();
    assert_eq!((rescued.students, rescued.devices), (1, 0));
    assert_eq!(owner_of_the_phone(&two).await.0, NEW);
}

#[tokio::test]
async fn a_missing_phone_of_a_student_who_is_there_comes_back() {
    let mut two = Two::alike().await;
    two.lose(&format!("delete from devices where user_id = '{BEN}'")).await;
    let (_, rescued) = two.rescue().await;
    assert_eq!(rescued.devices, 1);
}

#[tokio::test]
async fn the_command_shows_first_and_does_it_when_told() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    let ana = program.sign_in("550e8400-e29b-41d4-a716-446655440000").await;
    // The copy is a database of another server.
    let copy = test_cluster().await.database().await;
    let side = connect(&copy.administrator).await;
    side.batch_execute(&format!(
        "insert into ella.students (user_id, created_at, updated_at, focus_grammar, focus_vocab, focus_fluency)
         values ('{NEW}', now(), now(), true, true, true)"
    ))
    .await
    .unwrap();
    let socket = test_cluster().await.postgres().socket_dir().display().to_string();
    let from = format!("--from=host={socket} dbname={} user=postgres", copy.name);

    let shown = beside(&folder, &["rescue", &from]).end().await;
    assert!(shown.assert_success().printed.contains("students       1"), "{shown:?}");
    assert!(shown.printed.contains("run the same again with --yes"), "{shown:?}");
    let shown = beside(&folder, &["rescue", &from, "--json"]).end().await;
    let json: serde_json::Value = serde_json::from_str(&shown.assert_success().printed).unwrap();
    assert_eq!(json["students"][NEW], 0);
    let students = async || {
        let client = connect(&folder.administrator()).await;
        client.query_one("select count(*) from ella.students", &[]).await.unwrap().get::<_, i64>(0)
    };
    assert_eq!(students().await, 1);
    let done = beside(&folder, &["rescue", &from, "--yes"]).end().await;
    assert!(done.assert_success().printed.contains("Brought back: 1 students"), "{done:?}");
    assert_eq!(students().await, 2);
    let again = beside(&folder, &["rescue", &from, "--yes"]).end().await;
    assert!(again.assert_success().printed.contains("Nothing is missing."), "{again:?}");
    ana.get("/users/me").await.assert(200);

    let pid = fs::read_to_string(folder.cluster().join("postmaster.pid")).unwrap();
    let own = format!("--from=host={} dbname=ella user=postgres", pid.lines().nth(4).unwrap());
    beside(&folder, &["rescue", &own]).end().await.assert_sentence(&["the living database itself"]);
    let nowhere = beside(&folder, &["rescue", "--from=host=/nowhere user=postgres"]).end().await;
    nowhere.assert_sentence(&["The copy cannot be looked at"]);
    drop((ana, side));
    program.stop().await;
}
