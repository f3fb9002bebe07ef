use super::*;
use crate::program::signal;

#[tokio::test]
async fn a_restore_that_is_killed_leaves_the_living_data_and_can_be_run_again() {
    let (folder, program) = backed_up().await;
    let ana = program.sign_in(PHONE).await;
    let conversation = ana.conversation().await;
    archived(&folder).await;
    program.stop().await;
    let restoring = folder.data().join("restoring/postgres");
    for stage in ["restoring", "recovering"] {
        let mut child = command(&folder, &["restore", "--to", "latest"]).spawn();
        eventually("it has come that far", async || match stage {
            "restoring" => restoring.join("global").exists().then_some(()),
            _ => restoring.join("postmaster.pid").exists().then_some(()),
        })
        .await;
        signal(child.id().unwrap(), "KILL");
        assert!(!child.wait().await.unwrap().success());
        assert!(folder.cluster().join("PG_VERSION").exists(), "the living data are where they were");
    }
    let program = with_backups(&folder).serve().await;
    let ana = program.sign_in(PHONE).await;
    ana.get(&format!("/conversations/{conversation}")).await.assert(200);
    program.stop().await;

    restore(&folder, &["--to", "latest"]).await;
    assert!(!folder.data().join("restoring").exists(), "what was left is cleared away");
    let program = with_backups(&folder).serve().await;
    let ana = program.sign_in(PHONE).await;
    ana.get(&format!("/conversations/{conversation}")).await.assert(200);
    program.stop().await;
}

#[tokio::test]
async fn a_wrong_key_a_wrong_time_and_an_empty_place_are_sentences() {
    let (folder, program) = backed_up().await;
    program.stop().await;
    let wrong = command(&folder, &["restore", "--to", "latest"]).env("ELLA_RECOVERY_KEY", "x".repeat(40));
    wrong.end().await.assert_sentence(&["another recovery key", "recovery.key"]);
    let sentence = command(&folder, &["restore", "--to", "2026-11-22 10:00:00"]).end().await;
    sentence.assert_sentence(&["has no zone"]);
    let sentence = command(&folder, &["restore", "--to", "2020-01-01 00:00:00Z"]).end().await;
    sentence.assert_sentence(&["Nothing from before"]);
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let from = empty.display().to_string();
    let sentence = command(&folder, &["restore", "--to", "latest", "--from", &from]).end().await;
    sentence.assert_sentence(&["no backup", "archive"]);
    let program = with_backups(&folder).serve().await;
    assert_eq!(program.get("/health").await.body["status"], "ok");
    program.stop().await;
}
