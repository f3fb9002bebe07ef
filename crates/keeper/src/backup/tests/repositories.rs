use super::*;
use crate::backup::{repository::make_folder, space::room_for};

/// A folder that was copied, on a machine that has nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_machine_gets_everything_back_from_a_copied_folder() {
    let home = Home::new("copied").await;
    let running = home.start().await;
    running.backup(Kind::Full).await;
    running.note("one").await;
    running.archive().await;
    running.stop().await;

    let folder = Folder::in_memory("backup-empty-machine");
    let copy = folder.path().join("copy");
    // Without the files' times, as many ways of copying do.
    assert!(Command::new("cp").arg("-r").arg(home.repository()).arg(&copy).status().unwrap().success());
    let data_dir = folder.path().join("data");
    make_folder(&data_dir, &run_as()).unwrap();
    let backups = prepare(&data_dir, KEY);
    let settings = settings(&data_dir, Vec::new());
    let (questions, quiet) = (questions(), quiet());
    let source = Source::Folder(copy.clone());
    let restore = || backups.in_place(Some(&source), Target::Latest, &questions, &settings, &quiet, now());
    if run_as().switch {
        let sentence = restore().await.unwrap_err().to_string();
        assert!(sentence.contains("chown -R postgres"), "{sentence}");
        assert!(Command::new("chown").arg("-R").arg("postgres:").arg(&copy).status().unwrap().success());
    }
    let recovered = restore().await.unwrap();
    assert_eq!(recovered.kept_aside, None);
    let postgres =
        Postgres::start(Settings { parameters: backups.parameters(), ..settings.clone() }).await.unwrap();
    assert_eq!(notes(&postgres.administrator()).await, ["one"]);
    let living = Living::from(&postgres);
    backups.make_repository(Copy::Local).await.unwrap();
    backups.make(Copy::Local, Kind::Full, &living).await.unwrap();
    postgres.stop().await;
}

#[test]
fn a_disk_without_room_is_named_before_anything_is_written() {
    let error = room_for(u64::MAX / 2, Path::new("/tmp")).unwrap_err();
    assert!(matches!(error, BackupError::NoRoom { .. }), "{error}");
    assert!(error.to_string().contains("MiB free"), "{error}");
    room_for(1, Path::new("/tmp")).unwrap();
}

/// Backups of two databases in one place would be of use to neither.
#[tokio::test(flavor = "multi_thread")]
async fn the_repository_of_another_database_is_named_and_left_as_it_is() {
    let home = Home::new("stranger").await;
    let running = home.start().await;
    running.backup(Kind::Full).await;
    running.stop().await;
    let other = Folder::in_memory("backup-other-database");
    Postgres::start(settings(other.path(), Vec::new())).await.unwrap().stop().await;
    let backups = prepare(other.path(), KEY);
    let theirs = other.path().join("backups/repository");
    assert!(Command::new("cp").arg("-a").arg(home.repository()).arg(&theirs).status().unwrap().success());
    let before = files_in(&theirs);
    let sentence = backups.make_repository(Copy::Local).await.unwrap_err().to_string();
    let place = theirs.display().to_string();
    for part in [
        "of another database",
        &place,
        "after pg_upgrade",
        "ella restore --to latest --from local",
        "move that one away",
    ] {
        assert!(sentence.contains(part), "{sentence}");
    }
    // What it says is enough.
    assert_eq!(files_in(&theirs), before);
    std::fs::rename(&theirs, other.path().join("away")).unwrap();
    backups.make_repository(Copy::Local).await.unwrap();
}

/// Whoever restores must not wait for pgBackRest to give up, which takes 40 s; and it may be S3 that they had in mind.
#[tokio::test(flavor = "multi_thread")]
async fn an_s3_that_is_away_is_named_at_once_and_left_out() {
    let home = Home::new("away").await;
    let running = home.start().await;
    running.backup(Kind::Full).await;
    running.stop().await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let s3 = S3::parse(&format!("s3://ella?endpoint=127.0.0.1:{port}"), |_| Some("key".to_owned())).unwrap();
    let with_s3 = BackupSettings { s3: Some(s3), ..backup_settings(home.folder.path(), KEY) };
    let with_s3 = Backups::prepare(&with_s3).unwrap();
    let told = Arc::new(std::sync::Mutex::new(String::new()));
    let hears = Arc::clone(&told);
    let progress: Progress = Arc::new(move |words: &str| hears.lock().unwrap().push_str(words));
    let settings = settings(home.folder.path(), Vec::new());
    let side = with_s3.beside(None, Target::Latest, &settings, &progress, now()).await.unwrap();
    side.stop().await;
    let told = told.lock().unwrap().clone();
    assert!(told.starts_with("The S3 repository is left out. The S3 repository cannot be reached"), "{told}");
    // So says this program; pgBackRest, which was not sent, says it otherwise.
    assert!(told.contains("Connection refused (os error"), "{told}");
}

/// Trap 9.
#[test]
fn a_postgresql_that_this_pgbackrest_does_not_know_is_named() {
    let folder = Folder::new("backup-version");
    let backups = prepare(folder.path(), KEY);
    let program = super::super::Program {
        version: crate::Version { major: 2, minor: 45 },
        ..backups.shared.program.clone()
    };
    program.knows(15).unwrap();
    let sentence = program.knows(18).unwrap_err().to_string();
    assert!(sentence.contains("2.45") && sentence.contains("up to 15"), "{sentence}");
}

/// The students come first; who has lost the database needs every byte for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_beside_the_living_database_leaves_the_reserve_free() {
    let home = Home::new("reserve").await;
    let running = home.start().await;
    running.backup(Kind::Full).await;
    running.note("one").await;
    running.archive().await;
    let all = prepare_with(home.folder.path(), KEY, Reserve { percent: 100, most_bytes: u64::MAX });
    let settings = settings(home.folder.path(), Vec::new());
    let (questions, quiet, living) = (questions(), quiet(), running.living());
    let beside = all.beside(None, Target::Latest, &settings, &quiet, now()).await;
    let error = beside.unwrap_err();
    assert!(matches!(error, BackupError::NoRoom { .. }), "{error}");
    let drill = all.drill(Copy::Local, &questions, &living, &settings, &quiet, now()).await.unwrap();
    assert!(drill.fault.is_some_and(|fault| fault.contains("MiB free")));
    assert!(!home.folder.path().join("drill").exists());
    running.stop().await;
    all.in_place(None, Target::Latest, &questions, &settings, &quiet, now()).await.unwrap();
}
