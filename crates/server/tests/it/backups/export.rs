//! Taking everything elsewhere: `ella backup export` and `ella import`.

use super::*;
use crate::{
    external_database::{Server, open_in},
    program::signal,
};

/// An import into this folder, with the recovery key of another.
fn import(into: &Folder, file: &str, key: &Folder) -> Start {
    command(into, &["import", file]).env("ELLA_RECOVERY_KEY", key.read("recovery.key"))
}

#[tokio::test]
async fn everything_can_be_taken_elsewhere_in_one_file() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    let ana = program.sign_in(PHONE).await;
    let conversation = ana.conversation().await;
    let id = ana.id.clone();
    let file = folder.path().join("ella.dump");
    let path = file.display().to_string();
    // What looks at pages is no part of what anybody takes along.
    sql(&folder, "create extension amcheck").await;
    command(&folder, &["backup", "export", &path]).end().await.assert_success();
    command(&folder, &["backup", "export", &path]).end().await.assert_sentence(&["is there already"]);
    drop(ana);
    program.stop().await;

    let elsewhere = Folder::new();
    command(&elsewhere, &["import", &path]).end().await.assert_sentence(&["recovery key is needed"]);
    fs::write(folder.path().join("no.dump"), "no dump").unwrap();
    let no_dump = folder.path().join("no.dump").display().to_string();
    let broken = import(&elsewhere, &no_dump, &folder).end().await;
    broken.assert_sentence(&["could not be imported", "Nothing was kept"]);
    assert!(!elsewhere.data().join("importing").exists());
    // An empty folder in its place is no database.
    fs::create_dir(elsewhere.cluster()).unwrap();
    import(&elsewhere, &path, &folder).end().await.assert_success();
    import(&elsewhere, &path, &folder).end().await.assert_sentence(&["a database in", "already"]);
    let program = Program::serve(&elsewhere).await;
    let extensions = sql(&elsewhere, "select count(*) from pg_extension where extname = 'amcheck'").await;
    assert_eq!(extensions.as_deref(), Some("0"));
    let ana = program.sign_in(PHONE).await;
    assert_eq!((ana.created, &ana.id), (false, &id));
    ana.get(&format!("/conversations/{conversation}")).await.assert(200);
    drop(ana);
    // The guards came along, or were raised again.
    let guards = sql(&elsewhere, "select count(*) from pg_trigger where tgname like 'guard%'").await.unwrap();
    assert_ne!(guards, "0");
    program.stop().await;
}

/// Neither pgBackRest nor a word on S3 that makes sense is needed to leave, or to come back.
#[tokio::test]
async fn without_pgbackrest_and_with_a_slip_in_what_is_said_of_s3_one_can_leave() {
    let folder = Folder::prepared().await;
    let tools = tools_without_pgbackrest(&folder);
    let bare = |start: Start| {
        let start = start.env("ELLA_BACKUP_S3", "s3://school").env("AWS_ACCESS_KEY_ID", "only-one-of-two");
        start.after(&["env", &format!("PATH={}", tools.display())])
    };
    // Whether it runs or not.
    let file = |name: &str| folder.path().join(name).display().to_string();
    bare(command(&folder, &["backup", "export", &file("stopped")])).end().await.assert_success();
    let program = Program::serve(&folder).await;
    bare(command(&folder, &["backup", "export", &file("running")])).end().await.assert_success();
    program.stop().await;
    let elsewhere = Folder::new();
    let ended = bare(import(&elsewhere, &file("running"), &folder)).end().await;
    assert!(ended.assert_success().printed.contains("ELLA_BACKUP_S3"), "{ended:?}");
    let program = Program::serve(&elsewhere).await;
    program.stop().await;
}

/// A gap in the archive would be the price, if what an export writes were not noted for it.
#[tokio::test]
async fn an_export_of_a_stopped_server_leaves_no_gap_in_the_archive() {
    let (folder, program) = backed_up().await;
    program.sign_in(PHONE).await;
    archived(&folder).await;
    program.stop().await;
    let file = folder.path().join("ella.dump").display().to_string();
    command(&folder, &["backup", "export", &file]).end().await.assert_success();
    let program = with_backups(&folder).serve().await;
    archived(&folder).await;
    let verified = command(&folder, &["backup", "verify"]).end().await;
    assert!(verified.assert_success().printed.contains("none is missing"), "{verified:?}");
    program.stop().await;
}

#[tokio::test]
async fn an_import_that_was_killed_is_simply_run_again_and_old_backups_are_set_aside() {
    let (folder, program) = backed_up().await;
    let id = program.sign_in(PHONE).await.id;
    let file = folder.path().join("ella.dump").display().to_string();
    command(&folder, &["backup", "export", &file]).end().await.assert_success();
    program.stop().await;

    // The folder of another database, which is lost while its backups are there.
    let (elsewhere, program) = backed_up().await;
    program.stop().await;
    fs::remove_dir_all(elsewhere.cluster()).unwrap();
    let mut killed = import(&elsewhere, &file, &folder).spawn();
    eventually("it has begun", async || {
        elsewhere.data().join("importing/postgres/postmaster.pid").exists().then_some(())
    })
    .await;
    signal(killed.id().unwrap(), "KILL");
    assert!(!killed.wait().await.unwrap().success());
    assert!(!elsewhere.cluster().exists(), "nothing half-made is in its place");

    let ended = import(&elsewhere, &file, &folder).end().await;
    assert!(ended.assert_success().printed.contains("backups.before-"), "{ended:?}");
    assert!(!elsewhere.data().join("importing").exists());
    let program =
        with_backups(&elsewhere).env("ELLA_RECOVERY_KEY", folder.read("recovery.key")).serve().await;
    assert_eq!(program.sign_in(PHONE).await.id, id);
    first_backup(&program).await;
    archived(&elsewhere).await;
    let report = report(&elsewhere, &program).await;
    assert_eq!(report["backups"]["repositories"][0]["condition"], "ok", "{report}");
    program.stop().await;
}

#[tokio::test]
async fn a_database_that_someone_else_runs_is_exported_as_well() {
    let server = Server::start();
    let folder = Folder::new();
    let _ = open_in(&server.url("school"), folder.path()).await.unwrap();
    let student = "insert into ella.students (user_id, created_at, updated_at, focus_grammar, focus_vocab, focus_fluency)
        values (gen_random_uuid(), now(), now(), true, true, true)";
    server.sql("school", student);
    let file = folder.path().join("school.dump");
    let path = file.display().to_string();
    let start = command(&folder, &["backup", "export", &path]).env("DATABASE_URL", server.url("school"));
    // Another one's database needs no pgBackRest of ours, and no recovery key.
    let ended = start.end().await;
    assert!(ended.assert_success().printed.contains("holds everything"), "{ended:?}");
    server.sql("postgres", "create database copy");
    let restored = server.restore("copy", &file);
    assert_eq!(server.sql("copy", "select count(*) from ella.students"), "1", "{restored}");
    let refused = command(&folder, &["import", &path]).env("DATABASE_URL", server.url("school")).end().await;
    refused.assert_sentence(&["use pg_restore"]);
}
