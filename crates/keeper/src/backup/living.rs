use std::fs;

use tokio_postgres::{Config, config::Host};

use super::{BackupError, Backups};
use crate::{Postgres, StartError};

/// The living database: ours, or that of another program on the same data folder.
#[derive(Debug, Clone)]
pub struct Living {
    /// How to connect as the superuser.
    pub administrator: Config,
    /// Its major version.
    pub(super) major: u32,
}

impl From<&Postgres> for Living {
    fn from(postgres: &Postgres) -> Self {
        Self { administrator: postgres.administrator(), major: postgres.version().major }
    }
}

impl Backups {
    /// The database of the data folder, which another program of ours runs.
    ///
    /// # Errors
    /// Nothing runs there, or it does not take connections yet.
    pub fn living(&self, database: &str) -> Result<Living, BackupError> {
        let administrator = Postgres::running(&self.shared.data_dir, database)?;
        Ok(Living { administrator, major: self.major()? })
    }

    /// The major version of the cluster.
    pub(super) fn major(&self) -> Result<u32, BackupError> {
        let cluster = self.living_cluster();
        let version = fs::read_to_string(cluster.join("PG_VERSION")).ok();
        let major = version.and_then(|version| version.trim().parse().ok());
        major.ok_or_else(|| StartError::NotACluster { folder: cluster.to_owned() }.into())
    }

    /// A client program of PostgreSQL's, such as `pg_dump`, to be run against the database as its superuser: the one of
    /// the database's own version, where it can be found.
    #[must_use]
    pub fn client(&self, program: &str, living: &Living) -> tokio::process::Command {
        let of_that_version = format!("/usr/lib/postgresql/{}/bin/{program}", living.major);
        let path = std::path::Path::new(&of_that_version);
        let path = if path.is_file() { of_that_version.as_str() } else { program };
        let mut command = self.shared.run_as.command(path, "TERM");
        if let Some(Host::Unix(socket_dir)) = living.administrator.get_hosts().first() {
            command.arg("-h").arg(socket_dir);
        }
        command.args(["-U", "postgres"]);
        if let Some(database) = living.administrator.get_dbname() {
            command.args(["-d", database]);
        }
        command.into()
    }
}
