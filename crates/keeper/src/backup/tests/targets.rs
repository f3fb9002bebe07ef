use super::*;

/// Trap 4. PostgreSQL ends with "recovery ended before configured recovery target was reached" when nothing was
/// committed after the target; `pg_ctl` has long said that it started.
#[tokio::test(flavor = "multi_thread")]
async fn a_moment_after_the_last_commit_gives_all_there_is_and_says_so() {
    let home = Home::new("clamped").await;
    let running = home.start().await;
    running.backup(Kind::Full).await;
    let before = now();
    let after = running.note("one").await;
    running.archive().await;
    running.stop().await;
    let moment = now();
    let recovered = home.restore(Target::At(moment)).await.unwrap();
    assert!(recovered.was_clamped);
    let reached = recovered.reached.unwrap();
    assert!(reached >= before && reached <= after, "{reached} is not from {before} to {after}");
    assert!(recovered.last_write.unwrap() <= reached);
    let running = home.start().await;
    assert_eq!(running.notes().await, ["one"]);
    running.stop().await;

    let error = home.restore(Target::At(moment + jiff::SignedDuration::from_hours(1))).await.unwrap_err();
    assert!(error.to_string().contains("has not come yet"), "{error}");
}

/// Trap 5. A row tells when its transaction began; what counts is when it ended.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_committed_after_the_moment_is_not_there() {
    let home = Home::new("commit-time").await;
    let running = home.start().await;
    running.backup(Kind::Full).await;
    let (client, connection) = running.postgres.administrator().connect(NoTls).await.unwrap();
    let slow = async move {
        client.batch_execute("begin; insert into ella.notes values ('slow')").await.unwrap();
        let moment = running.note("quick").await;
        client.batch_execute("commit").await.unwrap();
        running.note("later").await;
        running.archive().await;
        drop(client);
        running.stop().await;
        moment
    };
    let (moment, _) = tokio::join!(slow, connection);
    let recovered = home.restore(Target::At(moment)).await.unwrap();
    assert!(!recovered.was_clamped);
    let running = home.start().await;
    assert_eq!(running.notes().await, ["quick"]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_restored_is_said_and_the_living_data_are_untouched() {
    let home = Home::new("refusals").await;
    let error = home.restore(Target::Latest).await.unwrap_err();
    assert!(error.to_string().contains("no backup"), "{error}");
    let early = now();
    let running = home.start().await;
    running.note("one").await;
    let error = home.restore(Target::Latest).await.unwrap_err();
    assert!(error.to_string().contains("The server runs on this data folder"), "{error}");
    running.backup(Kind::Full).await;
    running.stop().await;

    let error = home.restore(Target::At(early)).await.unwrap_err();
    assert!(matches!(error, BackupError::TooEarly { .. }), "{error}");
    let wrong_key = prepare(home.folder.path(), "another key, which opens nothing here");
    let settings = settings(home.folder.path(), Vec::new());
    let (questions, quiet) = (questions(), quiet());
    let restoring = wrong_key.in_place(None, Target::Latest, &questions, &settings, &quiet, now());
    let error = restoring.await.unwrap_err();
    assert!(matches!(error, BackupError::WrongKey { .. }), "{error}");
    assert!(!error.to_string().contains('\u{fffd}'), "{error}");

    // A repository that was copied by halves: the list is there and a file is not.
    let home = Home { backups: prepare(home.folder.path(), KEY), ..home };
    let bundle = files_in(&home.repository().join("backup")).into_iter();
    let bundle = bundle.max_by_key(|path| std::fs::metadata(path).unwrap().len()).unwrap();
    let elsewhere = home.folder.path().join("bundle");
    std::fs::rename(&bundle, &elsewhere).unwrap();
    let error = home.restore(Target::Latest).await.unwrap_err();
    assert!(error.to_string().contains("was not copied whole"), "{error}");
    std::fs::rename(&elsewhere, &bundle).unwrap();

    let running = home.start().await;
    assert_eq!(running.notes().await, ["one"], "the living data are untouched");
    running.stop().await;
    home.restore(Target::Latest).await.unwrap();
}
