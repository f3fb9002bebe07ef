//! `ella student export`.

use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt};

use ella::operator::student::export::export;
use serde_json::{Value, json};

use super::{beside, operator};
use crate::{
    database::{connect, tables},
    guards::scene,
    program::{Folder, Program},
};

const ANA: &str = "018f0000-0000-7000-8000-000000000001";

#[tokio::test]
async fn it_holds_every_row_that_is_theirs_and_nobody_elses() {
    let (database, owner) = scene().await;
    // More than one page.
    let more = format!(
        "insert into messages (user_id, conversation_id, position, word_count, id, created_at, by_student, content)
         select '{ANA}', '{ANA}', n, 1, gen_random_uuid(), now(), true, 'A \"quoted\" word ' || n from generate_series(41, 1300) n"
    );
    owner.batch_execute(&more).await.unwrap();
    let folder = Folder::new();
    let mut operator = operator(&database, &folder).await;
    let mut written = Vec::new();
    let rows = export(&mut operator, ANA.parse().unwrap(), &mut written).await.unwrap();
    let exported: Value = serde_json::from_slice(&written).unwrap();
    assert_eq!(exported["student"], ANA);

    let mut counted = 0;
    let mut found = BTreeSet::new();
    for (table, list) in exported["tables"].as_object().unwrap() {
        found.insert(table.clone());
        let count = format!("select count(*) from {table} where user_id = '{ANA}'");
        let count: i64 = owner.query_one(&count, &[]).await.unwrap().get(0);
        let list = list.as_array().unwrap();
        assert_eq!(i64::try_from(list.len()).unwrap(), count, "{table}");
        assert!(list.iter().all(|row| row["user_id"] == ANA), "{table}");
        counted += list.len();
    }
    assert_eq!(u64::try_from(counted).unwrap(), rows);
    let mut wanted: BTreeSet<String> = tables(&owner).await.into_iter().collect();
    for not_of_a_student in [
        "daily_totals",
        "erased_students",
        "heartbeat",
        "operator_actions",
        "schema_migrations",
        "server_facts",
    ] {
        wanted.remove(not_of_a_student);
    }
    assert_eq!(found, wanted);
    let messages = exported["tables"]["messages"].as_array().unwrap();
    let positions: Vec<_> = messages.iter().map(|message| message["position"].as_i64().unwrap()).collect();
    assert_eq!(positions, (1..=1300).collect::<Vec<_>>(), "oldest first");
    assert_eq!(messages[1299]["content"], "A \"quoted\" word 1300");
    let text = String::from_utf8(written).unwrap();
    assert!(!text.contains("_hash"), "no hash of a phone or of a secret is in it");
    let audit = "select count(*) from operator_actions where action = 'export'";
    assert_eq!(owner.query_one(audit, &[]).await.unwrap().get::<_, i64>(0), 1);
}

#[tokio::test]
async fn the_command_writes_a_private_file_or_to_the_terminal() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    let ana = program.sign_in("550e8400-e29b-41d4-a716-446655440000").await;
    ana.put("/users/me", json!({"name": "Ana"})).await.assert(200);
    let ended = beside(&folder, &["student", "export", &ana.id]).end().await;
    let exported: Value = serde_json::from_str(&ended.assert_success().printed).unwrap();
    assert_eq!(exported["tables"]["students"][0]["name"], "Ana");

    let file = folder.path().join("ana.json");
    let to = format!("--to={}", file.display());
    let ended = beside(&folder, &["student", "export", &ana.id, &to]).end().await;
    assert!(ended.assert_success().log.contains("Wrote 2 rows"), "{ended:?}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let written: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(written["tables"], exported["tables"]);

    let again = beside(&folder, &["student", "export", &ana.id, &to]).end().await;
    again.assert_sentence(&["exists already"]);
    let nobody = beside(&folder, &["student", "export", "018f0000-0000-7000-8000-00000000000f"]).end().await;
    nobody.assert_sentence(&["There is no student"]);
    drop(connect(&folder.administrator()).await);
    drop(ana);
    program.stop().await;
}
