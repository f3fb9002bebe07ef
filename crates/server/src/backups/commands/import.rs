//! `ella import`: an export becomes the database of an empty data folder.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use ella_keeper::{Anew, Living, Postgres};
use tokio_postgres::NoTls;

use super::{DUMP, now};
use crate::{
    backups::Place,
    config::Config,
    database::{explain, managed},
    secrets::{RECOVERY_KEY_FILE, write_private},
};

/// What to import.
#[derive(Args)]
pub struct Import {
    /// The file that `ella backup export` wrote.
    file: PathBuf,
}

/// Imports. Neither pgBackRest nor S3 is needed for it.
///
/// # Errors
/// A sentence. A folder with data is left alone; what was begun is removed again, at the latest by the next run.
#[expect(clippy::print_stdout, reason = "for the person at the terminal")]
pub async fn import(import: Import, config: &Config) -> Result<ExitCode, String> {
    if config.external_database().is_some() {
        return Err("DATABASE_URL is set: use pg_restore for that database.".to_owned());
    }
    let file = std::fs::File::open(&import.file)
        .map_err(|error| format!("{} cannot be read: {error}.", import.file.display()))?;
    let place = Place::find(config)?;
    managed::make_data_dir(&place.data_dir)?;
    let settings = managed::settings(config, &place.secrets, &place.data_dir);
    let words = |error: ella_keeper::StartError| error.to_string();
    let anew = Anew::begin(settings).await.map_err(words)?;
    let imported = async {
        empty(&anew.postgres).await?;
        let mut command =
            Living::from(&anew.postgres).client("pg_restore").map_err(|error| error.to_string())?.into();
        fill(&mut command, file).await?;
        set_old_backups_aside(&place.data_dir)
    };
    let set_aside = match imported.await {
        Ok(set_aside) => set_aside,
        Err(error) => {
            anew.discard().await.map_err(words)?;
            return Err(error);
        }
    };
    anew.put_in_place().await.map_err(words)?;
    let key_file = place.data_dir.join(RECOVERY_KEY_FILE);
    if !key_file.exists() {
        write_private(&key_file, &place.recovery_key)?;
    }
    if let Some(aside) = set_aside {
        println!(
            "The backups in this folder were of another database: they are kept in {}.",
            aside.display()
        );
    }
    if config.backup_s3.is_some() {
        println!(
            "If ELLA_BACKUP_S3 holds the backups of another database, give this one a place of its own there."
        );
    }
    println!(
        "{} is imported into {}. Start the server: ella serve",
        import.file.display(),
        place.data_dir.display()
    );
    Ok(ExitCode::SUCCESS)
}

/// A new database's WAL does not fit into the repository of an old one, nor what is remembered of that one's backups.
fn set_old_backups_aside(data_dir: &Path) -> Result<Option<PathBuf>, String> {
    let backups = data_dir.join("backups");
    if !backups.exists() {
        return Ok(None);
    }
    let aside = data_dir.join(format!("backups.before-{}", now().strftime("%Y%m%dT%H%M%SZ")));
    std::fs::rename(&backups, &aside)
        .map_err(|error| format!("{} cannot be put aside: {error}. Nothing was kept.", backups.display()))?;
    Ok(Some(aside))
}

/// The schema comes with the dump.
async fn empty(postgres: &Postgres) -> Result<(), String> {
    let failed =
        |error: tokio_postgres::Error| format!("The new database cannot be prepared: {}.", explain(&error));
    let (client, connection) = postgres.administrator().connect(NoTls).await.map_err(failed)?;
    let work = async move { client.batch_execute("drop schema ella").await };
    let (worked, _) = futures::join!(work, connection);
    worked.map_err(failed)
}

async fn fill(command: &mut tokio::process::Command, file: std::fs::File) -> Result<(), String> {
    command.args(["--exit-on-error", "--single-transaction"]);
    command
        .stdin(file)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .kill_on_drop(true);
    let running = async {
        let ended = command.spawn().map_err(|error| format!("pg_restore cannot be run: {error}."))?;
        let ended =
            ended.wait_with_output().await.map_err(|error| format!("pg_restore cannot be run: {error}."))?;
        if ended.status.success() {
            return Ok(());
        }
        let words = String::from_utf8_lossy(&ended.stderr).into_owned();
        let words = words.lines().find(|line| line.contains("error")).unwrap_or("it ended without a word");
        Err(format!("The file could not be imported: {words}. Nothing was kept."))
    };
    let filled = tokio::time::timeout(DUMP, running).await;
    filled.unwrap_or_else(|_| Err("The import took too long and was given up.".to_owned()))
}
