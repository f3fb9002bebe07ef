//! An external PostgreSQL for what the bench has to see from outside; it is tuned as Ella's own is, and as durable.

use std::{net::SocketAddr, process::Command};

use ella_keeper::{Postgres, Settings};
use ella_test_support::database::{ask, execute};
use tokio_postgres::{Config, config::Host};

use crate::process::{self, Folder, private_folder};

/// A cluster with databases that are thrown away.
pub(crate) struct Cluster {
    postgres: Postgres,
    _folder: Folder,
}

/// One database of it.
#[derive(Clone)]
pub(crate) struct Database {
    config: Config,
}

impl Cluster {
    /// Makes and starts one, with room for so many connections.
    pub(crate) async fn start(connections: u32) -> Self {
        let folder = private_folder();
        let settings =
            Settings { app_connections: connections, ..Settings::new(folder.path(), "a bench's password") };
        let postgres = Postgres::start(settings).await.unwrap_or_else(|error| panic!("{error}"));
        Self { postgres, _folder: folder }
    }

    /// A new, empty database.
    pub(crate) async fn database(&self, name: &str) -> Database {
        let mut config = self.postgres.administrator();
        config.dbname("postgres");
        execute(&config, &format!("create database {name} template template0")).await;
        config.dbname(name);
        Database { config }
    }

    /// Where it listens: a unix socket.
    pub(crate) fn socket(&self) -> std::path::PathBuf {
        self.postgres.socket_dir().join(".s.PGSQL.5432")
    }

    /// CPU time of all its processes.
    pub(crate) fn cpu(&self) -> std::time::Duration {
        self.postgres.pid().map(process::family_cpu).unwrap_or_default()
    }

    /// The process that the others come from.
    pub(crate) fn process(&self) -> u32 {
        self.postgres.pid().expect("PostgreSQL runs")
    }

    /// Ends it.
    pub(crate) async fn stop(self) {
        self.postgres.stop().await;
    }
}

impl Database {
    /// Runs statements.
    pub(crate) async fn execute(&self, sql: &str) {
        execute(&self.config, sql).await;
    }

    /// The first column of the first row.
    pub(crate) async fn ask(&self, sql: &str) -> String {
        ask(&self.config, sql).await
    }

    /// The same as a number.
    pub(crate) async fn number(&self, sql: &str) -> f64 {
        let answer = self.ask(sql).await;
        answer.parse().unwrap_or_else(|_| panic!("{sql}: {answer}"))
    }

    /// How the bench connects.
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// As Ella's setting: over the unix socket, or over a TCP address that leads there.
    pub(crate) fn setting(&self, by_way_of: Option<SocketAddr>) -> String {
        let [host, port] = match by_way_of {
            Some(address) => [address.ip().to_string(), address.port().to_string()],
            None => [self.host(), self.port().to_string()],
        };
        let password =
            self.config.get_password().map(|password| String::from_utf8_lossy(password).into_owned());
        let password = password.map(|password| format!(" password='{password}'")).unwrap_or_default();
        format!(
            "--database-url=host={host} port={port} user={} dbname={}{password}",
            self.config.get_user().unwrap_or("postgres"),
            self.config.get_dbname().unwrap_or("postgres"),
        )
    }

    /// A program of PostgreSQL's own, with what it needs to connect in its environment.
    pub(crate) fn program(&self, name: &str) -> Command {
        let mut command = Command::new(newest(name));
        command.env("PGHOST", self.host()).env("PGPORT", self.port().to_string());
        command.env("PGUSER", self.config.get_user().unwrap_or("postgres"));
        command.env("PGDATABASE", self.config.get_dbname().unwrap_or("postgres"));
        if let Some(password) = self.config.get_password() {
            command.env("PGPASSWORD", String::from_utf8_lossy(password).into_owned());
        }
        command
    }

    fn host(&self) -> String {
        match self.config.get_hosts().first() {
            Some(Host::Unix(path)) => path.display().to_string(),
            Some(Host::Tcp(name)) => name.clone(),
            None => panic!("the database has no address"),
        }
    }

    fn port(&self) -> u16 {
        self.config.get_ports().first().copied().unwrap_or(5432)
    }
}

/// The newest version of a program of PostgreSQL's, as Debian lays them out, else whichever the path leads to.
fn newest(name: &str) -> std::path::PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|version| {
            let program = version.path().join("bin").join(name);
            let number: u32 = version.file_name().to_str()?.parse().ok()?;
            program.exists().then_some((number, program))
        })
        .max();
    newest.map_or_else(|| name.into(), |(_, program)| program)
}
