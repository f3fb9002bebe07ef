use super::*;
use crate::program::signal;

/// A pgBackRest that goes no further before or after one of its commands, for as long as this lives.
struct Gate {
    folder: PathBuf,
    /// The `PATH` on which it is found.
    path: String,
}

impl Gate {
    fn after(stage: &str, folder: &Folder) -> Self {
        Self::at(stage, folder, ["no", "wait"])
    }

    fn before(stage: &str, folder: &Folder) -> Self {
        Self::at(stage, folder, ["wait", "no"])
    }

    fn at(stage: &str, folder: &Folder, [before, after]: [&str; 2]) -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        let gate = folder.path().join(format!("gate-{stage}"));
        fs::create_dir(&gate).unwrap();
        fs::set_permissions(&gate, fs::Permissions::from_mode(0o777)).unwrap();
        let usual = std::env::var("PATH").unwrap();
        let real =
            std::env::split_paths(&usual).map(|folder| folder.join("pgbackrest")).find(|path| path.is_file());
        let real = real.expect("pgBackRest is installed");
        let script = format!(
            "#!/bin/sh\nno_here() {{ :; }}\nwait_here() {{ case \" $* \" in *' {stage} '*) : > {gate}/reached\n\
             while [ -e {gate}/reached ]; do sleep 0.05; done;; esac; }}\n\
             {before}_here \"$@\"; {real} \"$@\"; code=$?; {after}_here \"$@\"\n\
             exit $code\n",
            real = real.display(),
            gate = gate.display(),
        );
        let program = gate.join("pgbackrest");
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        Self { path: format!("{}:{usual}", gate.display()), folder: gate }
    }

    fn reached(&self) -> bool {
        self.folder.join("reached").exists()
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        // What waits at it sees that it is gone, or is dead already.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[tokio::test]
async fn a_restore_that_is_killed_leaves_the_living_data_and_can_be_run_again() {
    let (folder, program) = backed_up().await;
    let ana = program.sign_in(PHONE).await;
    let conversation = ana.conversation().await;
    archived(&folder).await;
    program.stop().await;
    let restoring = folder.data().join("restoring/postgres");
    for (stage, sign) in [("restore", "global"), ("archive-get", "postmaster.pid")] {
        let gate = Gate::after(stage, &folder);
        let start = command(&folder, &["restore", "--to", "latest"]).env("PATH", &gate.path);
        let mut child = start.spawn();
        eventually("it has come that far", async || gate.reached().then_some(())).await;
        assert!(restoring.join(sign).exists(), "{stage}");
        signal(child.id().unwrap(), "KILL");
        assert!(!child.wait().await.unwrap().success());
        drop(gate);
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

/// Nothing is late before it had its time.
#[tokio::test]
async fn who_asks_before_the_first_backup_hears_that_it_is_being_made() {
    let folder = Folder::prepared().await;
    let gate = Gate::before("backup", &folder);
    let program = with_backups(&folder).env("PATH", &gate.path).serve().await;
    eventually("it is being made", async || gate.reached().then_some(())).await;
    let status = command(&folder, &["backup", "status"]).end().await;
    assert!(status.assert_success().printed.contains("The first backup is being made"), "{status:?}");
    drop(gate);
    // A database that is lost is not to be started.
    eventually("it is removed", async || fs::remove_dir_all(folder.cluster()).ok()).await;
    assert!(!program.ended().await.status.success());
    let status = command(&folder, &["backup", "status"]).end().await;
    assert!(status.printed.contains("ella restore --to latest"), "{status:?}");
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

/// Whatever ends a copy beside the living database, nothing of it stays: not when its terminal is closed, and of one that
/// was killed not beyond the next.
#[tokio::test]
async fn nothing_stays_of_a_copy_beside_however_it_ends() {
    let (folder, program) = backed_up().await;
    program.sign_in(PHONE).await;
    archived(&folder).await;
    let left = || {
        let folders = [folder.data(), folder.data().join("backups")];
        let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap().flatten());
        let names = entries.map(|entry| entry.file_name().into_string().unwrap());
        names.filter(|name| name.contains("beside-")).collect::<Vec<_>>()
    };
    let mut side = Beside::start(&folder, "latest").await;
    assert_eq!(left().len(), 2);
    signal(side.process.id().unwrap(), "HUP");
    assert!(side.process.wait().await.unwrap().success());
    assert_eq!(left(), Vec::<String>::new());
    assert!(!PathBuf::from(&side.socket).exists());
    // Also before it is there.
    let gate = Gate::after("restore", &folder);
    let beside = command(&folder, &["restore", "--beside", "--to", "latest"]);
    let mut early = beside.env("PATH", &gate.path).spawn();
    eventually("it has begun", async || gate.reached().then_some(())).await;
    assert_eq!(left().len(), 2);
    signal(early.id().unwrap(), "TERM");
    assert!(!early.wait().await.unwrap().success());
    assert_eq!(left(), Vec::<String>::new());

    let kill = async || {
        let mut side = Beside::start(&folder, "latest").await;
        signal(side.process.id().unwrap(), "KILL");
        side.process.wait().await.unwrap();
        side.socket
    };
    let dead = kill().await;
    assert_eq!(left().len(), 2);
    let mut living = Beside::start(&folder, "latest").await;
    assert_eq!(left().len(), 2, "the living one's");
    assert!(!PathBuf::from(&dead).exists());
    // The server clears away as well, and leaves what lives.
    kill().await;
    assert_eq!(left().len(), 4);
    program.stop().await;
    let program = with_backups(&folder).serve().await;
    eventually("it is cleared away", async || (left().len() == 2).then_some(())).await;
    assert_eq!(sql_at(&living.socket, "select count(*) from ella.students").await.as_deref(), Some("1"));
    signal(living.process.id().unwrap(), "INT");
    assert!(living.process.wait().await.unwrap().success());
    program.stop().await;
}

/// A folder made by hand, or by a package, where the database is to be.
#[tokio::test]
async fn an_empty_folder_in_the_place_of_the_database_is_in_nobodys_way() {
    let (folder, program) = backed_up().await;
    let id = program.sign_in(PHONE).await.id;
    archived(&folder).await;
    program.stop().await;
    fs::remove_dir_all(folder.cluster()).unwrap();
    fs::create_dir(folder.cluster()).unwrap();
    let said = restore(&folder, &["--to", "latest"]).await;
    assert!(!said.contains("postgres.before-"), "there was nothing to keep: {said}");
    let program = with_backups(&folder).serve().await;
    assert_eq!(program.sign_in(PHONE).await.id, id);
    program.stop().await;
    if crate::program::is_root() {
        std::os::unix::fs::chown(folder.cluster(), Some(0), Some(0)).unwrap();
        let ended = command(&folder, &["restore", "--to", "latest"]).end().await;
        ended.assert_sentence(&["belongs to root", "chown -R postgres"]);
    }
}
