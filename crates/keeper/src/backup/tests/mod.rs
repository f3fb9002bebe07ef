//! Tests with a real pgBackRest on real clusters: one for each trap, and what else must not go wrong.

mod archiving;
mod drills;
mod gaps;
mod leftovers;
mod pages;
mod repositories;
mod targets;
mod timelines;

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::sync::OnceCell;
use tokio_postgres::NoTls;

use super::{
    ARCHIVE_SECONDS, BackupSettings, Backups, Copy, Kind, Living, Progress, Questions, Recovered, Reserve,
    S3, Source, Target,
};
use crate::{
    BackupError, Postgres, Settings,
    postgres::{run_as::RunAs, tests::Folder},
};

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// The table of traps names tests that are there, all ten of them.
#[test]
fn every_trap_in_the_architecture_has_its_test() {
    let sources = [
        ("timelines", include_str!("timelines.rs")),
        ("gaps", include_str!("gaps.rs")),
        ("targets", include_str!("targets.rs")),
        ("archiving", include_str!("archiving.rs")),
        ("repositories", include_str!("repositories.rs")),
        ("repository", include_str!("../repository.rs")),
        ("s3", include_str!("../s3.rs")),
    ];
    let page = include_str!("../../../../../ARCHITECTURE.md");
    let table = page.split_once("| the trap | the cure | the test |").expect("the table is there").1;
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|')).map(|row| {
        let tests: Vec<&str> = row.split('`').filter(|word| word.contains("::")).collect();
        assert!(!tests.is_empty(), "{row}");
        for test in tests {
            let (file, name) = test.split_once("::").unwrap();
            let source = sources.iter().find(|(known, _)| *known == file);
            assert!(source.is_some_and(|(_, text)| text.contains(&format!("fn {name}("))), "{test}");
        }
    });
    assert_eq!(rows.count(), 10);
}

/// A data folder with a small cluster, and its backups.
struct Home {
    folder: Folder,
    backups: Backups,
}

/// A home whose server runs.
struct Running<'a> {
    home: &'a Home,
    postgres: Postgres,
}

fn settings(data_dir: &Path, parameters: Vec<(String, String)>) -> Settings {
    Settings {
        durable: false,
        memory_bytes: Some(256 << 20),
        parameters,
        ..Settings::new(data_dir, "a secret")
    }
}

fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "PostgreSQL's commits have the machine's time")]
    Timestamp::now()
}

fn quiet() -> Progress {
    Arc::new(|_: &str| {})
}

/// The table's content is what the tests ask for.
fn questions() -> Questions {
    Questions {
        last_write: "select max(at) from ella.beats".into(),
        counts: "select 'notes', count(*) from ella.notes".into(),
    }
}

impl Home {
    /// A home of its own; the cluster is made once and copied.
    async fn new(test: &str) -> Self {
        static TEMPLATE: OnceCell<Folder> = OnceCell::const_new();
        let template = TEMPLATE
            .get_or_init(|| async {
                remove_leftovers();
                let folder = Folder::in_memory("backup-template");
                let postgres = Postgres::start(settings(folder.path(), Vec::new())).await.unwrap();
                let make = "create table ella.notes (text text primary key, at timestamptz default now());
                            create table ella.beats (at timestamptz)";
                run(&postgres.administrator(), make).await;
                postgres.stop().await;
                folder
            })
            .await;
        let folder = Folder::in_memory(&format!("backup-{test}"));
        let copied =
            Command::new("cp").arg("-a").arg(template.path().join("postgres")).arg(folder.path()).status();
        assert!(copied.unwrap().success());
        let backups = prepare(folder.path(), KEY);
        Self { folder, backups }
    }

    fn settings(&self) -> Settings {
        settings(self.folder.path(), self.backups.parameters())
    }

    async fn start(&self) -> Running<'_> {
        let postgres = Postgres::start(self.settings()).await.unwrap();
        self.backups.make_repository(Copy::Local).await.unwrap();
        Running { home: self, postgres }
    }

    async fn restore(&self, target: Target) -> Result<Recovered, BackupError> {
        let settings = settings(self.folder.path(), Vec::new());
        self.backups.in_place(None, target, &questions(), &settings, &quiet(), now()).await
    }

    fn repository(&self) -> PathBuf {
        self.folder.path().join("backups/repository")
    }

    /// The archived file of a segment.
    fn archived(&self, segment: &str) -> Option<PathBuf> {
        files_in(&self.repository().join("archive")).into_iter().find(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            // Until it is whole it has another ending.
            name.starts_with(segment) && ["zst", "history"].contains(&name.split('.').next_back().unwrap())
        })
    }
}

/// Templates of earlier runs whose process is gone: nothing that lives as long as the program is ever dropped.
fn remove_leftovers() {
    let entries = ["/tmp", "/dev/shm"].map(|base| std::fs::read_dir(base).into_iter().flatten().flatten());
    for entry in entries.into_iter().flatten() {
        let name = entry.file_name();
        let process = name
            .to_str()
            .and_then(|name| name.strip_prefix("ella-keeper-")?.strip_suffix("-backup-template"));
        if process.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

fn prepare(data_dir: &Path, key: &str) -> Backups {
    Backups::prepare(&backup_settings(data_dir, key)).unwrap()
}

fn prepare_with(data_dir: &Path, key: &str, reserve: Reserve) -> Backups {
    Backups::prepare(&BackupSettings { reserve, ..backup_settings(data_dir, key) }).unwrap()
}

fn backup_settings(data_dir: &Path, key: &str) -> BackupSettings {
    BackupSettings {
        data_dir: data_dir.to_owned(),
        key: key.into(),
        s3: None,
        keep_days: 14,
        archive_seconds: ARCHIVE_SECONDS,
        small_bytes: 2 << 30,
        // A developer's disk may be as full as it likes.
        reserve: Reserve { percent: 0, most_bytes: 0 },
        is_beside: false,
    }
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files_in(&path) } else { vec![path] }).collect()
}

impl Running<'_> {
    /// Writes a note and gives the moment after it was committed.
    async fn note(&self, text: &str) -> Timestamp {
        let sql = format!("insert into ella.notes values ('{text}'); insert into ella.beats values (now())");
        run(&self.postgres.administrator(), &sql).await;
        now()
    }

    async fn notes(&self) -> Vec<String> {
        notes(&self.postgres.administrator()).await
    }

    /// Begins a new segment and waits until the last one is in the archive; its name.
    async fn archive(&self) -> String {
        let segment = ask(&self.postgres.administrator(), "select pg_walfile_name(pg_switch_wal())").await;
        eventually("the segment is archived", || self.home.archived(&segment).is_some()).await;
        segment
    }

    async fn backup(&self, kind: Kind) {
        self.home.backups.make(Copy::Local, kind, &self.living()).await.unwrap();
    }

    /// What is due, when a backup is made every hour and a full one every day.
    async fn due(&self) -> Option<Kind> {
        let [every, full] = [1, 24].map(jiff::SignedDuration::from_hours);
        let backups = self.home.backups.list(Copy::Local).await.unwrap();
        self.home.backups.due(Copy::Local, &backups, every, full, &self.living(), now()).await.unwrap()
    }

    fn living(&self) -> Living {
        Living::from(&self.postgres)
    }

    async fn stop(self) {
        self.postgres.stop().await;
    }
}

async fn run(config: &tokio_postgres::Config, sql: &str) {
    let (client, connection) = config.connect(NoTls).await.unwrap();
    let work = async move { client.batch_execute(sql).await };
    let (worked, _) = tokio::join!(work, connection);
    worked.unwrap();
}

async fn ask(config: &tokio_postgres::Config, question: &str) -> String {
    super::watch::ask(config, question).await.unwrap().get(0)
}

async fn notes(config: &tokio_postgres::Config) -> Vec<String> {
    let question = "select coalesce(string_agg(text, ' ' order by text), '') from ella.notes";
    ask(config, question).await.split_whitespace().map(str::to_owned).collect()
}

async fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_mins(1), "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// PostgreSQL's user, who also owns the repositories.
fn run_as() -> RunAs {
    RunAs::find().unwrap()
}
