//! Opening the database: Ella's own PostgreSQL, or one that is given.

use std::{fs, path::Path};

use ella_keeper::{Postgres, Settings};
use tokio_postgres::{Client, Config as ConnectionConfig, NoTls};

use super::{Pool, RecoveryKey, durability, external::timeouts::Timeouts, migrate};
use crate::{
    clock::Clock,
    config::Config,
    guards::{self, erased},
    secrets::Secrets,
};

/// What opening the database gives.
pub struct Opened {
    /// Connections for the endpoints.
    pub pool: Pool,
    /// The PostgreSQL that is ours to stop; none when an external one is used.
    pub postgres: Option<Postgres>,
}

/// What the application's role may do, in the managed database. Run at every start, because a migration may have
/// brought new tables.
pub const GRANTS: &str = include_str!("grants.sql");

/// How the managed PostgreSQL is run.
#[must_use]
pub fn settings(config: &Config, secrets: &Secrets, data_dir: &Path) -> Settings {
    Settings {
        bin_dir: config.postgres_bin.clone(),
        app_connections: config.database_pool.into(),
        app_role_settings: Timeouts::below(config.request_deadline(), "").as_settings(),
        ..Settings::new(data_dir, secrets.database_password())
    }
}

/// Opens the database, with further parameters if it is the managed one, and brings its schema up to date.
///
/// # Errors
/// A sentence that says what is wrong and what to do. What was started has been stopped again.
pub async fn open(
    config: &Config,
    recovery_key: RecoveryKey<'_>,
    clock: &Clock,
    parameters: Vec<(String, String)>,
) -> Result<Opened, String> {
    if let Some(url) = config.external_database() {
        return super::external::open(url, config, recovery_key, clock).await;
    }
    let settings = Settings { parameters, ..settings(config, recovery_key.secrets, recovery_key.data_dir) };
    let owner = settings.owner_role.clone();
    refuse_to_begin_anew(recovery_key.data_dir)?;
    let postgres = Postgres::start(settings).await.map_err(|error| error.to_string())?;
    let opened = async {
        set_up(&postgres.administrator(), &owner, recovery_key, clock).await?;
        Pool::new(postgres.application(), NoTls, config.database_pool)
    };
    match opened.await {
        Ok(pool) => Ok(Opened { pool, postgres: Some(postgres) }),
        Err(error) => {
            postgres.stop().await;
            Err(error)
        }
    }
}

/// Refuses to make an empty database where there was one: with every student gone, nobody would notice from its answers
/// that only the files are missing.
///
/// # Errors
/// A sentence with the way back.
pub fn refuse_to_begin_anew(data_dir: &Path) -> Result<(), String> {
    let has_served = data_dir.join(crate::secrets::ADMIN_KEY_FILE);
    if !has_served.exists() || !has_no_database(data_dir) {
        return Ok(());
    }
    Err(format!(
        "The data folder {} has served before, but its database is gone. Bring it back with: ella restore --to latest. \
         Or, to begin with an empty one, remove {} first.",
        data_dir.display(),
        has_served.display()
    ))
}

/// Whether there is surely no database in a data folder. An empty folder is none: its files were removed, or what was
/// mounted there is not. What may not be looked into is another matter.
#[must_use]
pub fn has_no_database(data_dir: &Path) -> bool {
    data_dir.join("postgres/PG_VERSION").try_exists().is_ok_and(|there| !there)
}

/// Brings the schema up to date and raises the guards; students who were erased stay so.
async fn set_up(
    administrator: &ConnectionConfig,
    owner: &str,
    recovery_key: RecoveryKey<'_>,
    clock: &Clock,
) -> Result<(), String> {
    let (mut client, connection) = administrator.connect(NoTls).await.map_err(|error| refused(&error))?;
    let work = async {
        client.batch_execute("set search_path = ella").await.map_err(|error| refused(&error))?;
        recovery_key.refuse_another(&client).await?;
        prepare(&mut client, owner, clock).await?;
        durability::repair(&client).await?;
        erased::apply_kept(&client, recovery_key.data_dir, clock).await?;
        drop(client);
        Ok(())
    };
    // The connection ends when its client is dropped; an error on it shows up in the work as well.
    let (worked, _) = futures::join!(work, connection);
    worked
}

/// Migrates as the role that owns the tables, which itself cannot log in, gives the application's role what it needs,
/// and raises the guards. The client is the superuser's.
///
/// # Errors
/// A sentence.
pub async fn prepare(client: &mut Client, owner: &str, clock: &Clock) -> Result<(), String> {
    client.batch_execute("set search_path = ella").await.map_err(|error| refused(&error))?;
    if migrate::is_behind(client, migrate::MIGRATIONS).await? {
        guards::lift(client).await?;
    }
    client.batch_execute(&format!("set role {owner}")).await.map_err(|error| refused(&error))?;
    migrate::migrate(client, migrate::MIGRATIONS, clock.now()).await?;
    client.batch_execute(GRANTS).await.map_err(|error| refused(&error))?;
    client.batch_execute("reset role").await.map_err(|error| refused(&error))?;
    guards::raise_all(client).await
}

fn refused(error: &tokio_postgres::Error) -> String {
    format!("The database could not be set up: {}", super::explain(error))
}

/// Makes the data folder: others may pass through it (PostgreSQL runs as a user of its own), not look into it.
///
/// # Errors
/// A sentence that names the folder.
pub fn make_data_dir(data_dir: &Path) -> Result<(), String> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    if data_dir.is_dir() {
        return Ok(());
    }
    let make = || {
        fs::DirBuilder::new().recursive(true).mode(0o755).create(data_dir)?;
        fs::set_permissions(data_dir, fs::Permissions::from_mode(0o711))
    };
    make().map_err(|error: std::io::Error| {
        format!(
            "Cannot make the data folder {}: {error}. Choose another with ELLA_DATA_DIR.",
            data_dir.display()
        )
    })
}
