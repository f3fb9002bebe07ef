//! The walk of `docs/disaster.md`.

use jiff::Timestamp;

use super::*;
use crate::program::signal;

fn now() -> String {
    #[expect(clippy::disallowed_methods, reason = "PostgreSQL's commits have the machine's time")]
    let now = Timestamp::now();
    now.to_string()
}

/// Rows that were deleted, and then a table that was dropped: the server stops, the moment before comes back, and what
/// was there is there.
#[tokio::test]
async fn deleted_rows_and_a_dropped_table_come_back() {
    let (folder, program) = backed_up().await;
    let ana = program.sign_in(PHONE).await;
    let conversation = ana.conversation().await;
    let before = now();
    sql(
        &folder,
        "set session_replication_role = replica; delete from ella.conversations; delete from ella.devices",
    )
    .await;
    archived(&folder).await;

    // First a look, beside the living database.
    let Beside { process: mut side, socket, printed } = Beside::start(&folder, &before).await;
    assert_eq!(sql_at(&socket, "select count(*) from ella.conversations").await.as_deref(), Some("1"));
    assert_eq!(sql(&folder, "select count(*) from ella.conversations").await.as_deref(), Some("0"));
    // The address that it prints is what `ella rescue` takes.
    let address = format!("host={socket} user=postgres dbname=ella");
    assert!(printed.contains(&address), "{printed}");
    let plan = command(&folder, &["rescue", "--from", &address]).end().await;
    plan.assert_success();
    assert!(plan.printed.contains("Nothing was changed yet"), "{plan:?}");
    signal(side.id().unwrap(), "INT");
    assert!(side.wait().await.unwrap().success());
    assert!(!PathBuf::from(&socket).exists());

    // The same in one command, while students are served.
    let words = ["restore", "--rescue", "--to", &before];
    let shown = command(&folder, &words).end().await;
    assert!(shown.assert_success().printed.contains("conversations  1"), "{shown:?}");
    assert_eq!(sql(&folder, "select count(*) from ella.conversations").await.as_deref(), Some("0"));
    let done = command(&folder, &words).command("--yes").end().await;
    assert!(done.assert_success().printed.contains("Brought back: 0 students, 1 conversations"), "{done:?}");
    ana.get(&format!("/conversations/{conversation}")).await.assert(200);
    assert!(!program.sign_in(PHONE).await.created, "the phone is back as well");
    sql(&folder, "set session_replication_role = replica; delete from ella.conversations").await;

    let words = ["restore", "--to", &before];
    command(&folder, &words).end().await.assert_sentence(&["The server runs", "Nothing was changed"]);
    program.stop().await;
    let said = restore(&folder, &["--to", &before]).await;
    println!("{said}");
    for part in ["postgres.before-", "Start the server: ella serve", "takes a full backup as soon as it runs"]
    {
        assert!(said.contains(part), "{said}");
    }
    let program = with_backups(&folder).serve().await;
    backup_of_the_new_timeline(&folder, |start| start).await;
    let ana = program.sign_in(PHONE).await;
    assert!(!ana.created);
    ana.get(&format!("/conversations/{conversation}")).await.assert(200);

    // On the new timeline, and back on it once more.
    ana.conversation().await;
    let before = now();
    // The guards are down: somebody was sure of what they did.
    sql(&folder, "set session_replication_role = replica; drop table ella.messages cascade").await;
    archived(&folder).await;
    program.stop().await;
    restore(&folder, &["--to", &before]).await;
    let program = with_backups(&folder).serve().await;
    let ana = program.sign_in(PHONE).await;
    assert_eq!(ana.get("/conversations").await.body["items"].as_array().unwrap().len(), 2);
    ana.get(&format!("/conversations/{conversation}/messages")).await.assert(200);
    program.stop().await;
}

/// `kill -9` of everything: what was acknowledged is there, and archiving goes on.
#[tokio::test]
async fn a_killed_server_loses_nothing() {
    let (folder, program) = backed_up().await;
    let ana = program.sign_in(PHONE).await;
    let conversation = ana.conversation().await;
    signal(program.pid(), "KILL");
    drop(program);
    let program = with_backups(&folder).serve().await;
    let ana = program.sign_in(PHONE).await;
    ana.get(&format!("/conversations/{conversation}")).await.assert(200);
    archived(&folder).await;
    program.stop().await;
}

/// The database's files are removed while it runs, and the repository is not.
#[tokio::test]
async fn a_lost_database_folder_comes_back_to_the_last_archived_moment() {
    let (folder, program) = backed_up().await;
    let ana = program.sign_in(PHONE).await;
    let conversation = ana.conversation().await;
    drop(ana);
    archived(&folder).await;
    // While it runs; PostgreSQL may be writing a file at this very moment.
    eventually("they are removed", async || fs::remove_dir_all(folder.cluster()).ok()).await;
    let ended = program.ended().await;
    let last = ended.log.lines().last().unwrap_or_default();
    assert!(!ended.status.success() && last.contains("ella restore --to latest"), "{ended:?}");
    let ended = with_backups(&folder).end().await;
    ended.assert_sentence(&["ella restore --to latest"]);
    let began = std::time::Instant::now();
    // A moment after the last commit gives all there is, and it is said.
    let said = restore(&folder, &["--to", &now()]).await;
    println!("back after {:?}: {said}", began.elapsed());
    assert!(
        said.contains("The archive holds nothing between") && said.contains("this is all there is"),
        "{said}"
    );
    let program = with_backups(&folder).serve().await;
    let ana = program.sign_in(PHONE).await;
    assert!(!ana.created);
    ana.get(&format!("/conversations/{conversation}")).await.assert(200);
    program.stop().await;
}

/// What comes after the moment is needed for one thing only: the list of who was erased since.
#[tokio::test]
async fn a_moment_comes_back_also_when_the_archive_after_it_is_broken() {
    let (folder, program) = backed_up().await;
    let ana = program.sign_in(PHONE).await;
    let conversation = ana.conversation().await;
    archived(&folder).await;
    let moment = now();
    let mut after = Vec::new();
    for _ in 0..3 {
        ana.conversation().await;
        after.push(sql(&folder, "select pg_walfile_name(pg_current_wal_lsn())").await.unwrap());
        archived(&folder).await;
    }
    drop(ana);
    program.stop().await;
    let archive = folder.data().join("backups/repository/archive");
    let lost = files_in(&archive).into_iter().find(|path| path.to_string_lossy().contains(&after[1]));
    fs::remove_file(lost.expect("it is in the archive")).unwrap();
    // The list that the folder keeps is lost as well.
    fs::remove_file(folder.data().join("erased.json")).unwrap();

    let said = restore(&folder, &["--to", &moment]).await;
    assert!(said.contains("may be back") && said.contains("is missing"), "{said}");
    assert!(said.contains("The database is restored"), "{said}");
    let program = with_backups(&folder).serve().await;
    let ana = program.sign_in(PHONE).await;
    assert!(!ana.created);
    ana.get(&format!("/conversations/{conversation}")).await.assert(200);
    program.stop().await;
}

/// An old copy of the data folder has an old list of the erased: the newest one is in the archive. Where the folder has seen
/// everything, nothing is restored a second time to find that out.
#[tokio::test]
async fn who_was_erased_stays_so_also_when_the_folder_knows_an_old_list_only() {
    let (folder, program) = backed_up().await;
    let ana = program.sign_in(PHONE).await.id;
    archived(&folder).await;
    let moment = now();
    let cluster = folder.path().join("old-cluster");
    let list = || folder.data().join("erased.json");
    eventually("also an empty list is kept", async || list().exists().then_some(())).await;
    let old_list = fs::read(list()).unwrap();
    program.stop().await;
    let copied = std::process::Command::new("cp").arg("-a").args([&folder.cluster(), &cluster]).status();
    assert!(copied.unwrap().success());
    let program = with_backups(&folder).serve().await;
    let erased = command(&folder, &["student", "erase", &ana, "--yes"]).end().await;
    erased.assert_success();
    archived(&folder).await;
    program.stop().await;

    let ended = command(&folder, &["restore", "--to", &moment]).end().await;
    assert!(
        !ended.assert_success().log.contains("Looking who was erased"),
        "the folder has seen all: {}",
        ended.log
    );
    let is_back = async |program: &Program| !program.sign_in(PHONE).await.created;
    let program = with_backups(&folder).serve().await;
    assert!(!is_back(&program).await);
    program.stop().await;

    // Now the disk is one from before the erasure.
    fs::remove_dir_all(folder.cluster()).unwrap();
    fs::rename(&cluster, folder.cluster()).unwrap();
    fs::write(list(), old_list).unwrap();
    let ended = command(&folder, &["restore", "--to", &moment]).end().await;
    assert!(ended.assert_success().log.contains("Looking who was erased"), "{}", ended.log);
    let program = with_backups(&folder).serve().await;
    assert!(folder.read("erased.json").contains(&ana));
    let students = format!("select count(*) from ella.students where user_id = '{ana}'");
    assert_eq!(sql(&folder, &students).await.as_deref(), Some("0"));
    program.stop().await;
}
