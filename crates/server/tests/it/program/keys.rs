//! The one key to keep, and what derives from it.

use std::{fs, os::unix::fs::PermissionsExt};

use reqwest::Method;

use super::{Folder, Program, Start};
use crate::support::{Answer, test_cluster};

const PHONE: &str = "9c5b94b1-35ad-49bb-b118-8e8fc24abf80";
const SECRET: &str = "a secret of one's own that is long enough";

async fn stats(program: &Program, key: &str) -> u16 {
    Answer::of(program.request(Method::GET, "/admin/stats").header("x-admin-key", key)).await.status
}

fn mode(folder: &Folder, name: &str) -> u32 {
    fs::metadata(folder.data().join(name)).unwrap().permissions().mode() & 0o7777
}

#[tokio::test]
async fn the_keys_lie_in_files_for_their_owner_alone_and_stay_the_same() {
    let folder = Folder::prepared().await;
    let keys = || [folder.read("recovery.key"), folder.read("admin.key")];
    let program = Program::serve(&folder).await;
    let before = keys();
    assert_eq!([mode(&folder, "recovery.key"), mode(&folder, "admin.key")], [0o600, 0o600]);
    assert_eq!(before.each_ref().map(String::len), [64, 64]);
    assert_ne!(before[0], before[1]);
    assert_eq!(stats(&program, &before[1]).await, 200);
    assert_eq!(stats(&program, &before[0]).await, 403);
    program.stop().await;
    Program::serve(&folder).await.stop().await;
    assert_eq!(keys(), before);
}

#[tokio::test]
async fn another_recovery_key_is_refused_and_nothing_is_changed() {
    let folder = Folder::prepared().await;
    let start = || Start::on(&folder).flag("--backups", "on");
    let program = start().serve().await;
    let id = program.sign_in(PHONE).await.id;
    program.stop().await;
    // The backups' passphrase and the roles' verifiers: whoever lost the key may still read their backups by these.
    let files = ["admin.key", "recovery.fingerprint", "backups/local.conf", "postgres/global/1260"];
    let state = || files.map(|name| fs::read(folder.data().join(name)).unwrap());
    let before = state();

    let ended = start().env("ELLA_RECOVERY_KEY", SECRET).end().await;
    ended.assert_sentence(&[
        "another recovery key",
        "recovery.key",
        "ELLA_RECOVERY_KEY",
        "Nothing was changed",
    ]);
    assert!(state() == before && !ended.log.contains("PostgreSQL is ready"), "{}", ended.log);
    // A lost key is not replaced by a new one either, which would hide that it is lost.
    let kept = folder.read("recovery.key");
    fs::remove_file(folder.data().join("recovery.key")).unwrap();
    start().end().await.assert_sentence(&[
        "recovery key is missing",
        "ELLA_RECOVERY_KEY",
        "Nothing was changed",
    ]);
    assert!(state() == before && !folder.data().join("recovery.key").exists());
    // Nor is a damaged one taken.
    folder.write("recovery.key", "\n");
    start().end().await.assert_sentence(&["recovery.key", "holds no key", "ELLA_RECOVERY_KEY"]);
    assert!(state() == before);

    folder.write("recovery.key", &kept);
    let program = start().serve().await;
    assert_eq!(program.sign_in(PHONE).await.id, id);
    program.stop().await;
}

#[tokio::test]
async fn two_first_starts_at_once_agree_on_one_key() {
    let folder = Folder::new();
    let start = || Start::on(&folder).command("migrate");
    let (one, other) = (start(), start().env("ELLA_LOG", "info"));
    let (one, other) = futures::join!(one.end(), async {
        // A log of its own.
        other.logging_to("other.log").end().await
    });
    let refused: Vec<_> = [&one, &other].into_iter().filter(|ended| !ended.status.success()).collect();
    for ended in &refused {
        ended.assert_sentence(&["Another ella"]);
    }
    assert!(refused.len() < 2, "{one:?} {other:?}");
    // The key in the folder is the one that the database was made with.
    Program::serve(&folder).await.stop().await;
}

#[tokio::test]
async fn secrets_that_are_set_win_over_those_that_derive() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    let derived = folder.read("admin.key");
    let old_token = program.sign_in(PHONE).await.token;
    program.stop().await;

    let own = |start: Start| start.env("ELLA_ADMIN_KEY", SECRET).env("ELLA_JWT_SECRET", SECRET);
    let program = own(Start::on(&folder)).serve().await;
    assert_eq!([stats(&program, SECRET).await, stats(&program, &derived).await], [200, 403]);
    assert_eq!(folder.read("admin.key"), SECRET);
    let mut ana = program.sign_in(PHONE).await;
    let new_token = std::mem::replace(&mut ana.token, old_token.clone());
    // Also the derived one is a previous secret: who sets one for the first time signs nobody out.
    ana.get("/users/me").await.assert(200);
    program.stop().await;

    // After a change of the secret the previous one is still accepted.
    let another = "another secret of one's own that is long enough";
    let start = Start::on(&folder).env("ELLA_JWT_SECRET", another).env("ELLA_JWT_PREVIOUS_SECRETS", SECRET);
    let program = start.serve().await;
    assert_eq!(stats(&program, &derived).await, 200);
    let mut ana = program.sign_in(PHONE).await;
    let last_token = new_token.clone();
    ana.token = new_token;
    ana.get("/users/me").await.assert(200);
    ana.token = old_token;
    ana.get("/users/me").await.assert(200);
    program.stop().await;

    // A secret that is neither the present nor a previous one is no longer accepted.
    let program = Start::on(&folder).env("ELLA_JWT_SECRET", another).serve().await;
    ana = program.sign_in(PHONE).await;
    ana.token = last_token;
    ana.get("/users/me").await.assert_problem(401);
    program.stop().await;
}

/// An empty database that someone else runs, as key=value pairs.
async fn external_database() -> String {
    let cluster = test_cluster().await;
    let database = cluster.empty_database().await;
    let socket = cluster.postgres().socket_dir().display().to_string();
    format!("host={socket} user=postgres dbname={}", database.name)
}

#[tokio::test]
async fn with_the_recovery_key_another_machine_finds_every_device_again() {
    let database = external_database().await;
    let (here, there) = (Folder::new(), Folder::new());
    let program = Start::on(&here).env("DATABASE_URL", &database).serve().await;
    let ana = program.sign_in(PHONE).await;
    let (id, token) = (ana.id.clone(), ana.token.clone());
    assert!(!here.cluster().exists());
    program.stop().await;

    // Without the key the other machine is of no use.
    let ended = Start::on(&there).env("DATABASE_URL", &database).end().await;
    ended.assert_sentence(&["another recovery key", "ELLA_RECOVERY_KEY"]);
    let key = here.read("recovery.key");
    let start = Start::on(&there).env("DATABASE_URL", &database).env("ELLA_RECOVERY_KEY", key);
    let program = start.serve().await;
    let mut ana = program.sign_in(PHONE).await;
    assert!(!ana.created);
    assert_eq!(ana.id, id);
    ana.token = token;
    ana.get("/users/me").await.assert(200);
    assert_eq!(there.read("admin.key"), here.read("admin.key"));
    program.stop().await;
}

#[tokio::test]
async fn two_machines_that_start_at_once_on_one_empty_database_both_come_up() {
    let database = external_database().await;
    let (here, there) = (Folder::new(), Folder::new());
    let start =
        |folder| Start::on(folder).env("DATABASE_URL", &database).env("ELLA_RECOVERY_KEY", SECRET).serve();
    let (one, other) = futures::join!(start(&here), start(&there));
    let (ana, again) = futures::join!(one.sign_in(PHONE), other.sign_in(PHONE));
    assert_eq!(ana.id, again.id);
    one.stop().await;
    other.stop().await;
}
