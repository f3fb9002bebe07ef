use super::{storage::Storage, *};

/// The S3 part of the report.
pub(super) async fn s3(folder: &Folder, program: &Program) -> Value {
    report(folder, program).await["backups"]["repositories"][1].clone()
}

/// Waits until everything that was written so far is in S3.
async fn copied(folder: &Folder, storage: &Storage) {
    let segment = archived(folder).await;
    eventually("it is copied off the machine", async || storage.has(&segment).await.then_some(())).await;
}

/// The last row of the walk: the machine is lost, and on an empty one a device finds its student again.
#[tokio::test]
async fn a_lost_machine_comes_back_from_s3_and_the_recovery_key() {
    let folder = Folder::prepared().await;
    let Some(mut storage) = Storage::start("a_lost_machine_comes_back", &folder).await else {
        eprintln!("SKIPPED a_lost_machine_comes_back: run `sh setup/python.sh storage` first");
        return;
    };
    let program = storage.given_to(with_backups(&folder)).serve().await;
    let line = program.printed.lines().find(|line| line.contains("backups")).unwrap();
    assert!(line.contains("s3://ella/some/prefix"), "{line}");
    let ana = program.sign_in(PHONE).await;
    let (id, conversation) = (ana.id.clone(), ana.conversation().await);
    eventually("there is a backup off the machine", async || {
        (s3(&folder, &program).await["backups"].as_u64()? > 0).then_some(())
    })
    .await;
    assert_eq!(program.get("/health").await.body["backups"]["status"], "ok");
    copied(&folder, &storage).await;
    let key = folder.read("recovery.key");

    // S3 is away: local archiving goes on, the server says that the copy is late, and students notice nothing.
    storage.go_away();
    let second = ana.conversation().await;
    archived(&folder).await;
    let late = eventually("the copy is late", async || {
        let health = program.get("/health").await.body;
        (health["backups"]["status"] == "late" && health["status"] == "degraded").then_some(())
    });
    late.await;
    // Nor does an empty machine get anything meanwhile.
    let machine = Folder::new();
    let away = storage.given_to(command(&machine, &["restore", "--to", "latest"]));
    let away = away.env("ELLA_RECOVERY_KEY", key.trim()).end().await;
    away.assert_sentence(&["S3 repository cannot be reached", "run this again"]);
    assert!(!machine.cluster().exists());
    // What is here can be listed and checked, and another backup made here.
    for (words, part) in [
        (["backup", "list"], "local repository, /"),
        (["backup", "now"], "local  "),
        (["backup", "verify"], "local: every file is right"),
    ] {
        let here = storage.given_to(command(&folder, &words)).end().await;
        here.assert_sentence(&["S3 repository cannot be reached"]);
        assert!(here.printed.contains(part), "{words:?}: {here:?}");
    }
    let advice = s3(&folder, &program).await;
    assert!(advice["what_to_do"].as_str().unwrap().contains("cannot be reached"), "{advice}");
    ana.conversation().await;
    storage.come_back().await;
    copied(&folder, &storage).await;
    let secrets = ["EllaTestSecret", key.trim()];
    assert!(secrets.iter().all(|secret| !program.log().contains(secret)), "no key is logged");
    drop(ana);
    program.stop().await;

    let restore = || storage.given_to(command(&machine, &["restore", "--to", "latest"]));
    restore().end().await.assert_sentence(&["recovery key is needed", "ELLA_RECOVERY_KEY"]);
    let wrong = restore().env("ELLA_RECOVERY_KEY", "w".repeat(40)).end().await;
    wrong.assert_sentence(&["another recovery key"]);
    let refused =
        restore().env("ELLA_RECOVERY_KEY", key.trim()).env("AWS_SECRET_ACCESS_KEY", "wrong").end().await;
    refused.assert_sentence(&["AWS_SECRET_ACCESS_KEY"]);
    let plain = storage.setting().replace("https://", "http://");
    let plain = restore().env("ELLA_BACKUP_S3", plain).env("ELLA_RECOVERY_KEY", key.trim()).end().await;
    assert!(plain.log.contains("TLS only"), "{plain:?}");
    let began = std::time::Instant::now();
    let restored = restore().env("ELLA_RECOVERY_KEY", key.trim()).end().await;
    restored.assert_success();
    println!("an empty machine was back after {:?}:\n{}{}", began.elapsed(), restored.log, restored.printed);

    // Without the key in its settings: it is kept where it was.
    let program = storage.given_to(with_backups(&machine)).serve().await;
    let ana = program.sign_in(PHONE).await;
    assert_eq!((ana.created, &ana.id), (false, &id));
    for conversation in [&conversation, &second] {
        ana.get(&format!("/conversations/{conversation}")).await.assert(200);
    }
    backup_of_the_new_timeline(&machine, |start| storage.given_to(start)).await;
    let archive = report(&machine, &program).await["backups"]["archive"].clone();
    assert_eq!(archive["failures"], 0, "there was a repository from the first: {archive}");
    let drilled = storage.given_to(command(&machine, &["backup", "drill", "--s3"])).end().await;
    drilled.assert_success();
    println!("{}", drilled.printed);
    program.stop().await;
}

/// On new machines the server was started first, so that both repositories hold a database: nobody but a person knows
/// which is meant.
#[tokio::test]
async fn of_two_databases_the_one_that_is_named_comes_back() {
    let folder = Folder::prepared().await;
    let Some(storage) = Storage::start("of_two_databases", &folder).await else {
        eprintln!("SKIPPED of_two_databases: run `sh setup/python.sh storage` first");
        return;
    };
    let program = storage.given_to(with_backups(&folder)).serve().await;
    let ana = program.sign_in(PHONE).await;
    let (id, conversation) = (ana.id.clone(), ana.conversation().await);
    eventually("there is a backup off the machine", async || {
        (s3(&folder, &program).await["backups"].as_u64()? > 0).then_some(())
    })
    .await;
    copied(&folder, &storage).await;
    drop(ana);
    program.stop().await;
    let key = folder.read("recovery.key");

    // The local repository is damaged: S3 has it too.
    let bundles = files_in(&folder.data().join("backups/repository/backup")).into_iter();
    for bundle in bundles.filter(|path| path.parent().is_some_and(|parent| parent.ends_with("bundle"))) {
        let mut bytes = fs::read(&bundle).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle..].fill(7);
        fs::write(&bundle, bytes).unwrap();
    }
    let words = ["restore", "--to", "latest"];
    let restored = storage.given_to(command(&folder, &words)).end().await;
    restored.assert_success();
    let said = &restored.log;
    assert!(said.contains("local repository could not be restored from") && said.contains("S3"), "{said}");

    // One with the key that it made for itself, one with the right key.
    for other_key in [true, false] {
        let machine = Folder::new();
        let with_key = |start: Start| start.env("ELLA_RECOVERY_KEY", key.trim());
        let start = with_backups(&machine);
        let program = if other_key { start } else { with_key(start) }.serve().await;
        first_backup(&program).await;
        program.stop().await;
        let restore = |words: &[&str]| storage.given_to(command(&machine, words));
        let start = restore(&words);
        let refused = if other_key { start } else { with_key(start) }.end().await;
        refused.assert_sentence(&["two databases", "--from s3", "--from local", "Nothing was changed"]);
        assert_eq!(refused.log.contains("another recovery key"), other_key, "{refused:?}");
        with_key(restore(&["restore", "--to", "latest", "--from", "s3"])).end().await.assert_success();

        let kept = fs::read_dir(machine.data().join("backups")).unwrap().flatten();
        let kept = kept.filter(|entry| entry.file_name().to_string_lossy().starts_with("repository.before-"));
        assert_eq!(kept.count(), 1, "the other database's repository is kept aside");
        let program = storage.given_to(with_key(with_backups(&machine))).serve().await;
        let ana = program.sign_in(PHONE).await;
        assert_eq!((ana.created, &ana.id), (false, &id));
        ana.get(&format!("/conversations/{conversation}")).await.assert(200);
        drop(ana);
        archived(&machine).await;
        program.stop().await;
    }
}
