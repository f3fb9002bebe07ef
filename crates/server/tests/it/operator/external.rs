//! Guards and operators of a database that someone else runs, with one ordinary role that owns its schema.

use std::{fs, sync::Mutex};

use ella::guards::erased;

use crate::{
    external_database::{Server, open_in},
    program::{Folder, Start},
};

const ANA: &str = "018f0000-0000-7000-8000-000000000001";

#[tokio::test]
async fn what_an_ordinary_owner_can_raise_is_raised_and_what_is_missing_is_named_in_one_line() {
    let server = Server::start();
    let folder = Folder::new();
    let log = folder.path().join("log");
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(Mutex::new(fs::File::create(&log).unwrap()))
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    for _ in 0..2 {
        open_in(&server.url("school"), folder.path()).await.unwrap();
    }
    drop(guard);
    let log = fs::read_to_string(&log).unwrap();
    assert_eq!(log.matches("guards: deletions").count(), 2, "once a start: {log}");
    assert!(log.contains("not DROP"), "{log}");

    server.sql("school", &format!("insert into ella.students (user_id, created_at, updated_at, focus_grammar, focus_vocab, focus_fluency) values ('{ANA}', now(), now(), true, true, true)"));
    for sql in [
        "delete from ella.students",
        "truncate ella.messages cascade",
        "delete from ella.erased_students; delete from ella.students",
    ] {
        let refused = server.refused("school", sql);
        assert!(refused.contains(": refused"), "{sql}: {refused}");
    }

    // The operator comes with the owner's address, beside the server or without one.
    let start = || {
        Start::bare(&folder)
            .env("DATABASE_URL", server.url("school"))
            .env("ELLA_DATA_DIR", folder.path().display())
    };
    let ended = start().command("student").command("erase").command(ANA).command("--yes").end().await;
    assert!(ended.assert_success().printed.contains("Erased."), "{ended:?}");
    assert_eq!(server.sql("school", "select count(*) from ella.students"), "0");
    assert_eq!(erased::read(folder.path()).unwrap().len(), 1);
}

/// Backups of another one's database are theirs: that is said in one line, and is no fault.
#[tokio::test]
async fn a_database_that_someone_else_runs_has_no_backups_of_ours_and_that_is_said() {
    let server = Server::start();
    let folder = Folder::new();
    let program =
        Start::on(&folder).flag("--backups", "on").env("DATABASE_URL", server.url("school")).serve().await;
    let lines: Vec<&str> = program.printed.lines().filter(|line| line.contains("backups")).collect();
    assert_eq!(lines.len(), 1, "{}", program.printed);
    assert!(lines[0].contains("off: the database is another one's"), "{lines:?}");
    let health = program.get("/health").await.body;
    assert_eq!((&health["status"], &health["backups"]["status"]), (&"ok".into(), &"off".into()), "{health}");
    let key = folder.read("admin.key");
    let report = program.request(reqwest::Method::GET, "/admin/server").header("x-admin-key", key);
    let report = crate::support::Answer::of(report).await.assert(200).body.clone();
    assert_eq!(report["backups"]["pages"]["condition"], "off", "{report}");
    program.stop().await;
}
