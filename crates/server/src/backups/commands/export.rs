//! `ella backup export`: everything in one file of `pg_dump`'s.

use std::{path::Path, process::ExitCode};

use ella_keeper::{Living, Postgres, Settings};

use super::{DUMP, now};
use crate::{
    backups::{Place, words::size},
    config::{Config, Switch},
    database::managed,
};

/// The managed database's name.
const DATABASE: &str = "ella";

/// Writes the dump. The server may run or not; another one's database is dumped through `DATABASE_URL`.
#[expect(clippy::print_stdout, reason = "for the person at the terminal")]
pub(super) async fn export(file: &Path, config: &Config) -> Result<ExitCode, String> {
    if file.exists() {
        return Err(format!("{} is there already. Name a new file.", file.display()));
    }
    let began = now();
    if let Some(url) = config.external_database() {
        let (address, password) = without_password(url)?;
        let mut command = tokio::process::Command::new("pg_dump");
        command.arg("--dbname").arg(address).envs(password.map(|password| ("PGPASSWORD", password)));
        dump(&mut command, file).await?;
    } else {
        from_managed(file, config).await?;
    }
    let bytes = std::fs::metadata(file).map_or(0, |file| file.len());
    let took = now().duration_since(began).as_secs();
    println!("{} holds everything ({}, {took} s).", file.display(), size(bytes));
    println!(
        "Bring it back with: ella import {} (into an empty data folder, with the same recovery key),",
        file.display()
    );
    println!("or with pg_restore into any PostgreSQL.");
    Ok(ExitCode::SUCCESS)
}

/// Neither pgBackRest nor S3 is needed for it, nor any setting of theirs.
async fn from_managed(file: &Path, config: &Config) -> Result<(), String> {
    let data_dir = config.data_dir()?;
    if let Ok(living) = Living::find(&data_dir, DATABASE) {
        return dump_living(&living, file).await;
    }
    // One that is lost must not become an empty one by being exported.
    managed::refuse_to_begin_anew(&data_dir)?;
    if managed::has_no_database(&data_dir) {
        return Err(format!("There is no database in {} that could be exported.", data_dir.display()));
    }
    let place = Place::find(config)?;
    // Nobody runs it: it is run for as long as this takes. What it writes meanwhile is archived when the server runs
    // again, for which it has to be noted.
    let parameters = match config.backups {
        Switch::On => [("archive_mode", "on"), ("archive_command", "")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        Switch::Off => Vec::new(),
    };
    let settings = Settings { parameters, ..managed::settings(config, &place.secrets, &place.data_dir) };
    let postgres = Postgres::start(settings).await.map_err(|error| error.to_string())?;
    let dumped = dump_living(&Living::from(&postgres), file).await;
    postgres.stop().await;
    dumped
}

async fn dump_living(living: &Living, file: &Path) -> Result<(), String> {
    let mut command = living.client("pg_dump").map_err(|error| error.to_string())?;
    // What belongs to the database as a whole, such as an extension that checks it, is made anew wherever it is needed.
    command.args(["--schema=ella", "--schema=ella_guards"]);
    dump(&mut command.into(), file).await
}

/// Runs `pg_dump`, which writes to us, so that the file is ours and nobody needs the right to write beside it.
async fn dump(command: &mut tokio::process::Command, file: &Path) -> Result<(), String> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let failed = |error: std::io::Error| format!("{} cannot be written: {error}.", file.display());
    let output =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).map_err(failed)?;
    command.args(["--format=custom", "--compress=6", "--lock-wait-timeout=60s"]);
    command
        .stdin(std::process::Stdio::null())
        .stdout(output)
        .stderr(std::process::Stdio::piped())
        .kill_on_drop(true);
    let running = async {
        let ended = command.spawn().map_err(|error| missing(&error))?.wait_with_output().await;
        let ended = ended.map_err(|error| missing(&error))?;
        if ended.status.success() {
            return Ok(());
        }
        let words = String::from_utf8_lossy(&ended.stderr).into_owned();
        let words = words.lines().find(|line| line.contains("error")).unwrap_or("it ended without a word");
        Err(format!("The database could not be exported: {words}."))
    };
    let dumped = tokio::time::timeout(DUMP, running).await;
    let dumped = dumped.unwrap_or_else(|_| Err("The export took too long and was given up.".to_owned()));
    if dumped.is_err() {
        // Half a dump is of no use, and must not be taken for a whole one.
        let _ = std::fs::remove_file(file);
    }
    dumped
}

/// A connection string for a command line, which everybody on the machine can read, and the password that was in it.
fn without_password(url: &str) -> Result<(String, Option<String>), String> {
    let refused = || {
        "The password in DATABASE_URL cannot be read. Give it as a URL: postgresql://user:password@host/name"
            .to_owned()
    };
    if let Some((scheme, rest)) = url.split_once("://") {
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let Some((user, host)) = authority.rsplit_once('@') else { return Ok((url.to_owned(), None)) };
        let Some((user, password)) = user.split_once(':') else { return Ok((url.to_owned(), None)) };
        let password = ella_keeper::decode(password).ok_or_else(refused)?;
        return Ok((format!("{scheme}://{user}@{host}{path}"), Some(password)));
    }
    let (passwords, others): (Vec<&str>, Vec<&str>) =
        url.split_whitespace().partition(|pair| pair.starts_with("password"));
    let password = match passwords.as_slice() {
        [] => None,
        [pair] => match pair.strip_prefix("password=") {
            Some(password) if !password.contains(['\'', '\\']) => Some(password.to_owned()),
            _ => return Err(refused()),
        },
        _ => return Err(refused()),
    };
    Ok((others.join(" "), password))
}

fn missing(error: &std::io::Error) -> String {
    format!(
        "pg_dump cannot be run: {error}. Install PostgreSQL's client programs (Debian and Ubuntu: apt-get install \
         postgresql-client)."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_gets_onto_a_command_line() {
        let taken = |url: &str| without_password(url).unwrap();
        let (address, password) =
            taken("postgresql://ella:s%40crit@db.example.com:5432/ella?sslmode=require");
        assert_eq!(address, "postgresql://ella@db.example.com:5432/ella?sslmode=require");
        assert_eq!(password.as_deref(), Some("s@crit"));
        assert_eq!(taken("postgresql:///ella?host=/run/x").1, None);
        let (address, password) = taken("host=db user=ella password=secret dbname=ella");
        assert_eq!(
            (address.as_str(), password.as_deref()),
            ("host=db user=ella dbname=ella", Some("secret"))
        );
        assert!(without_password("host=db password='two words'").is_err());
    }
}
