use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use jiff::Timestamp;
use tokio_postgres::{Config, config::Host};

use super::{
    BackupError, Backups,
    watch::{ask, garbled},
};
use crate::{Postgres, StartError, postgres::run_as::RunAs};

/// A database that runs: ours, or that of another program on the same data folder.
#[derive(Debug, Clone)]
pub struct Living {
    /// How to connect as the superuser.
    pub administrator: Config,
    /// Its major version.
    pub(super) major: u32,
    /// The folder of the programs that came with it, where it is known.
    programs: Option<PathBuf>,
}

impl From<&Postgres> for Living {
    fn from(postgres: &Postgres) -> Self {
        Self {
            administrator: postgres.administrator(),
            major: postgres.version().major,
            programs: Some(postgres.programs().to_owned()),
        }
    }
}

impl Living {
    /// The database of a data folder, which another program of ours runs.
    ///
    /// # Errors
    /// Nothing runs there, or it does not take connections yet.
    pub fn find(data_dir: &Path, database: &str) -> Result<Self, BackupError> {
        let administrator = Postgres::running(data_dir, database)?;
        Ok(Self { administrator, major: major_of(&data_dir.join("postgres"))?, programs: None })
    }

    /// When it was started.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn started_at(&self) -> Result<Timestamp, BackupError> {
        let row = ask(&self.administrator, "select pg_postmaster_start_time()").await?;
        let started: SystemTime = row.try_get(0).map_err(|error| garbled(&error))?;
        Timestamp::try_from(started).map_err(|error| garbled(&error))
    }

    /// A client program of PostgreSQL's, such as `pg_dump`, to be run against the database as its superuser: the one of
    /// the database's own version, where it can be found.
    ///
    /// # Errors
    /// There is no user to run it as.
    pub fn client(&self, program: &str) -> Result<Command, BackupError> {
        let usual = || PathBuf::from(format!("/usr/lib/postgresql/{}/bin", self.major));
        let path = self.programs.clone().unwrap_or_else(usual).join(program);
        let mut command =
            RunAs::find()?.command(if path.is_file() { path.as_os_str() } else { program.as_ref() }, "TERM");
        if let Some(Host::Unix(socket_dir)) = self.administrator.get_hosts().first() {
            command.arg("-h").arg(socket_dir);
        }
        command.args(["-U", "postgres"]);
        if let Some(database) = self.administrator.get_dbname() {
            command.args(["-d", database]);
        }
        Ok(command)
    }
}

impl Backups {
    /// The database of the data folder, which another program of ours runs.
    ///
    /// # Errors
    /// Nothing runs there, or it does not take connections yet.
    pub fn living(&self, database: &str) -> Result<Living, BackupError> {
        Living::find(&self.shared.data_dir, database)
    }

    /// The major version of the cluster.
    pub(super) fn major(&self) -> Result<u32, BackupError> {
        major_of(self.living_cluster())
    }
}

/// The major version of a cluster.
pub(super) fn major_of(cluster: &Path) -> Result<u32, BackupError> {
    let version = fs::read_to_string(cluster.join("PG_VERSION")).ok();
    let major = version.and_then(|version| version.trim().parse().ok());
    major.ok_or_else(|| StartError::NotACluster { folder: cluster.to_owned() }.into())
}
