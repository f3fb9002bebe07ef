//! Backups and what they are for, with the real program, a real pgBackRest and a real S3: the walk of
//! `docs/disaster.md`, row by row.

mod by_themselves;
mod commands;
mod export;
mod full_disk;
mod interruptions;
mod off_the_machine;
mod pages;
mod shipping;
mod space;
mod storage;
mod walk;

use std::{fs, path::PathBuf};

use serde_json::Value;
use tokio_postgres::{Config, NoTls};

use crate::program::{Folder, Program, Start, eventually};

const PHONE: &str = "2f1e4fc0-81fd-4aa5-9d3a-000000000001";

/// The program with backups.
fn with_backups(folder: &Folder) -> Start {
    Start::on(folder).flag("--backups", "on")
}

/// A command beside it, such as `backup list --json`.
fn command(folder: &Folder, words: &[&str]) -> Start {
    let start = Start::bare(folder).flag("--data-dir", folder.data().display());
    words.iter().fold(start, |start, word| start.command(word))
}

/// The program on a new folder, with backups and a first one made.
async fn backed_up() -> (Folder, Program) {
    let folder = Folder::prepared().await;
    let program = with_backups(&folder).serve().await;
    first_backup(&program).await;
    (folder, program)
}

async fn first_backup(program: &Program) {
    let has_one = async || {
        let health = program.get("/health").await.body;
        (!health["backups"]["last_backup_at"].is_null()).then_some(())
    };
    eventually("the first backup is made", has_one).await;
}

/// Waits for the backup that a server makes of a restored database, in each repository that the command lists.
async fn backup_of_the_new_timeline(folder: &Folder, given: impl Fn(Start) -> Start) {
    let timeline = sql(folder, "select timeline_id from pg_control_checkpoint()").await.unwrap();
    let is_of_it = |copy: &Value| {
        let backups = copy["backups"].as_array().unwrap();
        backups.last().is_some_and(|last| last["kind"] == "full" && last["timeline"].to_string() == timeline)
    };
    eventually("the new timeline is backed up", async || {
        let listed = given(command(folder, &["backup", "list", "--json"])).end().await;
        let listed: Value = serde_json::from_str(&listed.printed).ok()?;
        listed.as_array()?.iter().all(is_of_it).then_some(())
    })
    .await;
}

/// How the server does, for whoever runs it.
async fn report(folder: &Folder, program: &Program) -> Value {
    let key = folder.read("admin.key");
    let request = program.request(reqwest::Method::GET, "/admin/server").header("x-admin-key", key.trim());
    crate::support::Answer::of(request).await.assert(200).body.clone()
}

/// As the superuser, over the socket that the server has noted down.
async fn sql(folder: &Folder, statement: &str) -> Option<String> {
    let noted = fs::read_to_string(folder.cluster().join("postmaster.pid")).unwrap();
    sql_at(noted.lines().nth(4).unwrap(), statement).await
}

async fn sql_at(socket: &str, statement: &str) -> Option<String> {
    let mut config = Config::new();
    config.host_path(socket).user("postgres").dbname("ella");
    let (client, connection) = config.connect(NoTls).await.unwrap();
    let work = async move { client.simple_query(statement).await.unwrap() };
    let (messages, _) = tokio::join!(work, connection);
    messages.iter().find_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    })
}

/// Waits until everything that was written so far is in the local archive; the last segment.
async fn archived(folder: &Folder) -> String {
    let segment = sql(folder, "select pg_walfile_name(pg_switch_wal())").await.unwrap();
    let archive = folder.data().join("backups/repository/archive");
    let is_there = async || {
        // Until it is whole it has another ending.
        let is_it = |name: &str| name.contains(&segment) && name.split('.').next_back() == Some("zst");
        let found = files_in(&archive).iter().any(|path| is_it(&path.to_string_lossy()));
        found.then_some(())
    };
    eventually("it is archived", is_there).await;
    segment
}

fn files_in(folder: &std::path::Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files_in(&path) } else { vec![path] }).collect()
}

/// Restores, which must succeed; what it said.
async fn restore(folder: &Folder, words: &[&str]) -> String {
    let words: Vec<&str> = ["restore"].iter().chain(words).copied().collect();
    let ended = command(folder, &words).end().await;
    ended.assert_success();
    ended.printed
}

/// A folder with everything that is needed, but no pgBackRest.
fn tools_without_pgbackrest(folder: &Folder) -> PathBuf {
    let tools = folder.path().join("tools");
    fs::create_dir(&tools).unwrap();
    for tool in ["setpriv", "getent", "test", "nice"] {
        let places = ["/usr/bin", "/bin"].map(|bin| PathBuf::from(bin).join(tool));
        let place = places.into_iter().find(|path| path.exists());
        std::os::unix::fs::symlink(place.unwrap(), tools.join(tool)).unwrap();
    }
    tools
}

/// A copy beside the living database, in a process of its own.
struct Beside {
    process: tokio::process::Child,
    socket: String,
    printed: String,
}

impl Beside {
    async fn start(folder: &Folder, moment: &str) -> Self {
        use tokio::io::AsyncBufReadExt as _;
        let mut process = command(folder, &["restore", "--beside", "--to", moment]).spawn();
        let mut lines = tokio::io::BufReader::new(process.stdout.take().unwrap());
        let mut printed = String::new();
        while !printed.contains("Stop it with") || !printed.ends_with('\n') {
            assert!(lines.read_line(&mut printed).await.unwrap() > 0, "it ended: {printed}");
        }
        let socket = printed.split_once("psql -h ").unwrap().1.split_whitespace().next().unwrap().to_owned();
        Self { process, socket, printed }
    }
}
