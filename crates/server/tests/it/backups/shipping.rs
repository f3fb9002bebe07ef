//! The archive's way off the machine.

use super::{off_the_machine::s3, storage::Storage, *};
use crate::program::signal;

/// The program with a backup in S3.
async fn off_the_machine(test: &str) -> Option<(Folder, Storage, Program)> {
    let folder = Folder::prepared().await;
    let storage = Storage::start(test, &folder).await?;
    let program = storage.given_to(with_backups(&folder)).serve().await;
    eventually("there is a backup off the machine", async || {
        (s3(&folder, &program).await["backups"].as_u64()? > 0).then_some(())
    })
    .await;
    Some((folder, storage, program))
}

/// At most 30 s of work may be lost with the machine: WAL is archived after 15 s and looked for every 5 s, and nothing
/// else has to happen for it.
#[tokio::test]
async fn the_last_words_leave_the_machine_though_nobody_says_another() {
    let Some((folder, storage, program)) = off_the_machine("the_last_words_leave_the_machine").await else {
        return;
    };
    assert_eq!(sql(&folder, "show archive_timeout").await.unwrap(), "15s");
    let ana = program.sign_in(PHONE).await;
    let (id, conversation) = (ana.id.clone(), ana.conversation().await);
    let said_at = std::time::Instant::now();
    let segment = sql(&folder, "select pg_walfile_name(pg_current_wal_lsn())").await.unwrap();
    eventually("the last words are in S3", async || storage.has(&segment).await.then_some(())).await;
    println!("the last words were off the machine after {:?}", said_at.elapsed());
    drop(ana);
    // No farewell: the machine is gone in the middle of things.
    signal(program.pid(), "KILL");
    drop(program);
    let key = folder.read("recovery.key");

    let machine = Folder::new();
    let restored = storage.given_to(command(&machine, &["restore", "--to", "latest"]));
    restored.env("ELLA_RECOVERY_KEY", key.trim()).end().await.assert_success();
    let program = storage.given_to(with_backups(&machine)).serve().await;
    let ana = program.sign_in(PHONE).await;
    assert_eq!((ana.created, &ana.id), (false, &id));
    ana.get(&format!("/conversations/{conversation}")).await.assert(200);
    drop(ana);
    program.stop().await;
}

/// S3 loses everything while the server runs, as when somebody empties the bucket.
#[tokio::test]
async fn what_s3_has_lost_is_put_there_again() {
    let Some((folder, storage, program)) = off_the_machine("what_s3_has_lost").await else { return };
    let ana = program.sign_in(PHONE).await;
    let segment = archived(&folder).await;
    eventually("it is copied", async || storage.has(&segment).await.then_some(())).await;
    let lost = s3(&folder, &program).await["last_backup_at"].clone();
    storage.lose_all().await;
    eventually("a new backup is there, and all is well", async || {
        let there = s3(&folder, &program).await;
        let is_new = there["backups"] == 1 && there["last_backup_at"] != lost;
        (is_new && there["condition"] == "ok").then_some(())
    })
    .await;
    ana.conversation().await;
    let segment = archived(&folder).await;
    eventually("it is copied", async || storage.has(&segment).await.then_some(())).await;
    drop(ana);
    program.stop().await;
}

#[tokio::test]
async fn a_segment_that_cannot_be_copied_is_told_of_and_holds_up_no_other() {
    let Some((folder, mut storage, program)) = off_the_machine("a_segment_that_cannot_be_copied").await
    else {
        return;
    };
    let ana = program.sign_in(PHONE).await;
    storage.go_away();
    ana.conversation().await;
    let damaged = archived(&folder).await;
    ana.conversation().await;
    let next = archived(&folder).await;
    let file = files_in(&folder.data().join("backups/repository/archive"))
        .into_iter()
        .find(|path| path.to_string_lossy().contains(&format!("{damaged}-")))
        .unwrap();
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..].fill(7);
    fs::write(&file, bytes).unwrap();
    storage.come_back().await;

    eventually("the next one is there", async || storage.has(&next).await.then_some(())).await;
    assert!(!storage.has(&damaged).await);
    let told = eventually("it is told", async || {
        let told = s3(&folder, &program).await;
        (told["condition"] == "warning" && told["what_to_do"].as_str()?.contains(&damaged)).then_some(told)
    })
    .await;
    assert!(told["what_to_do"].as_str().unwrap().contains("ella backup now --full"), "{told}");
    drop(ana);
    program.stop().await;
}
