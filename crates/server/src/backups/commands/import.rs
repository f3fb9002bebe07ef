//! `ella import`: an export becomes the database of an empty data folder.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use ella_keeper::{Living, Postgres};
use tokio_postgres::NoTls;

use super::DUMP;
use crate::{
    backups::{Place, open},
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

/// Imports.
///
/// # Errors
/// A sentence. A folder with data is left alone; one that was begun is removed again.
#[expect(clippy::print_stdout, reason = "for the person at the terminal")]
pub async fn import(import: Import, config: &Config) -> Result<ExitCode, String> {
    if config.external_database().is_some() {
        return Err("DATABASE_URL is set: use pg_restore for that database.".to_owned());
    }
    let file = std::fs::File::open(&import.file)
        .map_err(|error| format!("{} cannot be read: {error}.", import.file.display()))?;
    let place = Place::find(config)?;
    let cluster = place.data_dir.join("postgres");
    if cluster.exists() {
        return Err(format!(
            "There is a database in {} already. Import into an empty data folder (ELLA_DATA_DIR).",
            place.data_dir.display()
        ));
    }
    managed::make_data_dir(&place.data_dir)?;
    let backups = open(config, &place.secrets, &place.data_dir, true)?;
    let settings = managed::settings(config, &place.secrets, &place.data_dir);
    let postgres = Postgres::start(settings).await.map_err(|error| error.to_string())?;
    let living = Living::from(&postgres);
    let imported = async {
        empty(&postgres).await?;
        fill(&mut backups.client("pg_restore", &living), file).await
    };
    let imported = imported.await;
    postgres.stop().await;
    if let Err(error) = imported {
        // It was made by this command, and holds half of something.
        let _ = std::fs::remove_dir_all(&cluster);
        return Err(error);
    }
    let key_file = place.data_dir.join(RECOVERY_KEY_FILE);
    if !key_file.exists() {
        write_private(&key_file, &place.recovery_key)?;
    }
    println!(
        "{} is imported into {}. Start the server: ella serve",
        import.file.display(),
        place.data_dir.display()
    );
    Ok(ExitCode::SUCCESS)
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
