//! The way to a server that another program of ours keeps: for commands beside a running `ella serve`.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use tokio_postgres::Config;

use super::{Postgres, StartError, socket};

impl Postgres {
    /// How to connect as the superuser to the server that runs in this data folder, kept by another program.
    ///
    /// The kernel vouches for us: only root and the user who runs the server are let in.
    ///
    /// # Errors
    /// Nothing runs there, it does not take connections yet, or we may not look.
    pub fn running(data_dir: &Path, database: &str) -> Result<Config, StartError> {
        let folder = data_dir.to_owned();
        if !is_locked(data_dir)? {
            return Err(StartError::NotRunning { folder });
        }
        let file = data_dir.join("postgres/postmaster.pid");
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StartError::NotReadyYet { folder });
            }
            Err(error) => return Err(StartError::file("read", &file, error)),
        };
        let Some(socket_dir) = socket_of(&text) else { return Err(StartError::NotReadyYet { folder }) };
        let mut config = Config::new();
        config
            .host_path(socket_dir)
            .port(socket::PORT)
            .user("postgres")
            .dbname(database)
            .application_name("ella-operator");
        Ok(config)
    }
}

/// Whether a program of ours holds the folder.
fn is_locked(data_dir: &Path) -> Result<bool, StartError> {
    let path = data_dir.join("ella.lock");
    let failed = |error| StartError::file("look at the lock", &path, error);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(failed(error)),
    };
    // Shared, so that two who look do not take each other for the holder; it goes with the file.
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// The socket's folder that a ready server has written into its `postmaster.pid`.
fn socket_of(text: &str) -> Option<PathBuf> {
    let mut lines = text.lines();
    let pid = lines.next()?.trim();
    let folder = PathBuf::from(lines.nth(3)?.trim());
    if !folder.is_absolute() || lines.nth(2).map(str::trim) != Some("ready") {
        return None;
    }
    // A service may have a /tmp of its own (systemd's PrivateTmp), which its processes show to root.
    let name = format!(".s.PGSQL.{}", socket::PORT);
    let inside = Path::new("/proc").join(pid).join("root").join(folder.strip_prefix("/").ok()?);
    if !folder.join(&name).exists() && inside.join(&name).exists() { Some(inside) } else { Some(folder) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::tests::{Folder, connect, settings, value};

    #[tokio::test(flavor = "multi_thread")]
    async fn only_a_running_server_is_found() {
        let folder = Folder::new("running");
        let sentence = |found: Result<Config, StartError>| found.unwrap_err().to_string();
        assert!(sentence(Postgres::running(folder.path(), "ella")).contains("Start it first (ella serve)"));
        let postgres = Postgres::start(settings(&folder)).await.unwrap();
        let found = Postgres::running(folder.path(), "ella").unwrap();
        let client = connect(&found).await.unwrap();
        assert_eq!(value(&client, "select current_user").await.unwrap(), "postgres");
        drop(client);
        postgres.stop().await;
        assert!(sentence(Postgres::running(folder.path(), "ella")).contains("Start it first"));
    }

    #[test]
    fn a_server_that_is_not_ready_has_no_address() {
        let file = |status: &str| format!("12\n/data\n1764000000\n5432\n/run/ella-1\n\n  1 2\n{status}\n");
        assert_eq!(socket_of(&file("ready   ")), Some("/run/ella-1".into()));
        assert_eq!(socket_of(&file("starting")), None);
        assert_eq!(socket_of("12\n/data\n"), None);
    }
}
