use super::*;

#[tokio::test]
async fn backups_begin_with_the_server_and_its_state_outlives_it() {
    let folder = Folder::prepared().await;
    let program = with_backups(&folder).serve().await;
    println!("a start with backups took {:?}", program.started_in);
    let line = program.printed.lines().find(|line| line.contains("backups")).expect("a line on backups");
    assert!(line.contains("local_only") && line.contains("ELLA_BACKUP_S3"), "{line}");
    first_backup(&program).await;
    program.sign_in(PHONE).await;
    archived(&folder).await;

    let health = program.get("/health").await.body;
    assert_eq!(
        (&health["status"], &health["backups"]["status"]),
        (&"ok".into(), &"local_only".into()),
        "{health}"
    );
    let reported = eventually("everything was looked at", async || {
        let report = report(&folder, &program).await;
        let local = &report["backups"]["repositories"][0];
        let seen = local["archive_segments"].as_u64()? > 0
            && !report["backups"]["archive"]["last_archived_at"].is_null();
        seen.then_some(report)
    })
    .await;
    println!("{reported:#}");
    assert_eq!(reported["database"]["condition"], "ok");
    assert_eq!(reported["backups"]["archive"]["condition"], "ok");
    let local = &reported["backups"]["repositories"][0];
    assert_eq!(local["condition"], "ok");
    assert_eq!(
        (&local["name"], &local["backups"], &local["gaps"]),
        (&"local".into(), &1.into(), &Value::Array(vec![]))
    );
    assert!(local["database_bytes"].as_u64().unwrap() > 1_000_000);
    assert_eq!(reported["database"]["kind"], "managed");
    assert!(reported["tasks"].as_array().unwrap().iter().any(|task| task["name"] == "make backups"));
    program.stop().await;

    let program = with_backups(&folder).flag("--archive-seconds", 7).serve().await;
    println!("a second start with backups took {:?}", program.started_in);
    assert_eq!(sql(&folder, "show archive_timeout").await.as_deref(), Some("7s"), "it is a setting");
    first_backup(&program).await;
    let report = report(&folder, &program).await;
    assert_eq!(report["backups"]["repositories"][0]["backups"], 1, "an idle server makes no second one");
    program.stop().await;
}

/// Whoever throws away the repository has the next one within a minute, with everything in it.
#[tokio::test]
async fn a_repository_that_was_removed_is_made_anew() {
    let (folder, program) = backed_up().await;
    let repository = folder.data().join("backups/repository");
    let local = async || report(&folder, &program).await["backups"]["repositories"][0].clone();
    let lost = local().await["last_backup_at"].clone();
    eventually("it is removed", async || fs::remove_dir_all(&repository).ok()).await;
    eventually("there is a new one with a first backup, and all is well", async || {
        let local = local().await;
        (local["backups"] == 1 && local["last_backup_at"] != lost && local["condition"] == "ok").then_some(())
    })
    .await;
    let ana = program.sign_in(PHONE).await;
    let conversation = ana.conversation().await;
    archived(&folder).await;
    program.stop().await;
    restore(&folder, &["--to", "latest"]).await;
    let program = with_backups(&folder).serve().await;
    program.sign_in(PHONE).await.get(&format!("/conversations/{conversation}")).await.assert(200);
    program.stop().await;
}

/// What is wrong with S3 is said, and costs nothing on this machine.
#[tokio::test]
async fn without_one_of_s3s_keys_the_local_backups_go_on() {
    let folder = Folder::prepared().await;
    let start = with_backups(&folder).env("ELLA_BACKUP_S3", "s3://school");
    let program =
        start.env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "").serve().await;
    let line = program.printed.lines().find(|line| line.contains("backups")).expect("a line on backups");
    assert!(
        line.contains("failing: on this machine only") && line.contains("AWS_SECRET_ACCESS_KEY"),
        "{line}"
    );
    first_backup(&program).await;
    archived(&folder).await;
    assert_eq!(program.get("/health").await.body["backups"]["status"], "failing");
    let repositories = report(&folder, &program).await["backups"]["repositories"].clone();
    assert_eq!((&repositories[0]["name"], &repositories[0]["condition"]), (&"local".into(), &"ok".into()));
    assert_eq!((&repositories[1]["name"], &repositories[1]["condition"]), (&"S3".into(), &"failing".into()));
    let advice = repositories[1]["what_to_do"].as_str().unwrap();
    assert!(advice.contains("must be set together"), "{advice}");
    program.stop().await;
}

#[tokio::test]
async fn backups_that_are_wanted_and_cannot_be_made_are_failing() {
    let folder = Folder::prepared().await;
    let tools = tools_without_pgbackrest(&folder);
    let program = with_backups(&folder).after(&["env", &format!("PATH={}", tools.display())]).serve().await;
    let line = program.printed.lines().find(|line| line.contains("backups")).unwrap();
    assert!(line.contains("failing") && line.contains("apt-get install pgbackrest"), "{line}");
    let health = program.get("/health").await;
    health.assert(200);
    assert_eq!(
        (&health.body["status"], &health.body["backups"]["status"]),
        (&"degraded".into(), &"failing".into())
    );
    let report = report(&folder, &program).await;
    assert_eq!(report["condition"], "failing");
    assert!(
        report["backups"]["archive"]["what_to_do"].as_str().unwrap().contains("apt-get install pgbackrest")
    );
    assert!(program.sign_in(PHONE).await.created, "students are served");
    program.stop().await;

    let program = with_backups(&folder).flag("--backups", "off").serve().await;
    let health = program.get("/health").await.body;
    assert_eq!((&health["status"], &health["backups"]["status"]), (&"ok".into(), &"off".into()));
    let status = command(&folder, &["backup", "status"]).flag("--backups", "off").end().await;
    assert!(status.assert_success().printed.contains("switched off"), "who asks hears the same: {status:?}");
    program.stop().await;
}
