//! Tests against a real PostgreSQL, and what they share. Each has a data folder of its own below /tmp.

mod access;
mod first_and_second_start;
mod full_disk;
mod leftovers;
mod refusals;
mod supervision;

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};

use super::{Postgres, Settings};

/// A folder that PostgreSQL's user may enter, and that goes with the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(test: &str) -> Self {
        Self::below(Path::new("/tmp"), test)
    }

    /// One in memory, where there is room: for what writes much and must not survive anything.
    pub(crate) fn in_memory(test: &str) -> Self {
        let memory = Path::new("/dev/shm");
        let free = rustix::fs::statvfs(memory).map_or(0, |disk| disk.f_bavail.saturating_mul(disk.f_frsize));
        let is_ours_to_use = rustix::fs::access(memory, rustix::fs::Access::WRITE_OK).is_ok();
        Self::below(if is_ours_to_use && free > 4 << 30 { memory } else { Path::new("/tmp") }, test)
    }

    fn below(base: &Path, test: &str) -> Self {
        let path = base.join(format!("ella-keeper-{}-{test}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o711)).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A failing test may leave a server on its way out, which still writes.
        for _ in 0..20 {
            if fs::remove_dir_all(&self.0).is_ok() || !self.0.exists() {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Says so when a test cannot run as an ordinary user.
pub(super) fn needs_root(test: &str) -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        eprintln!("SKIPPED {test}: it needs root");
    }
    root
}

/// Settings for a small cluster that is thrown away.
pub(super) fn settings(folder: &Folder) -> Settings {
    Settings { durable: false, memory_bytes: Some(1 << 30), ..Settings::new(folder.path(), "a secret") }
}

pub(super) async fn connect(config: &Config) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = config.connect(NoTls).await?;
    #[expect(
        clippy::disallowed_methods,
        reason = "the connection ends with its client, and so with the test"
    )]
    tokio::spawn(connection);
    Ok(client)
}

/// The first value of the first row.
pub(super) async fn value(client: &Client, sql: &str) -> Result<String, tokio_postgres::Error> {
    let messages = client.simple_query(sql).await?;
    let value = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or("null").to_owned()),
        _ => None,
    });
    Ok(value.unwrap_or_default())
}

/// Connects as the application until it works.
async fn answers_again(postgres: &Postgres) {
    let mut status = postgres.status();
    let ready = status.wait_for(super::Status::is_ready);
    tokio::time::timeout(Duration::from_secs(30), ready).await.unwrap().unwrap();
    connect(&postgres.application()).await.unwrap();
}
