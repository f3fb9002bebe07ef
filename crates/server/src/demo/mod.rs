//! `ella demo`: a made-up class to show the product with.
//!
//! It goes straight into the database, because the API gives everything the time of now, and a class has a past.

mod class;
mod dice;
mod lines;
mod people;

use std::path::Path;

use clap::Args;
use ella_keeper::Postgres;
use ella_sql::{
    client::Params,
    queries::{admin, demo as queries, upkeep},
};
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use postgres_types::Json;
use serde_json::Value;
use tokio_postgres::NoTls;
use tokio_util::sync::CancellationToken;

pub use class::Class;

use crate::{
    clock::{Clock, first_id_at, utc_day},
    config::Config,
    database::{Database, DatabaseError, Pool},
    lifecycle, talk,
};

/// The fact under which the database remembers that the class is there.
const FACT: &str = "demo";
/// Rows that one statement brings.
const BATCH: usize = 1000;
/// Finished days that are counted again.
const DAYS: i64 = 30;

/// Make up a class.
#[derive(Args, Clone, Debug)]
pub struct Demo {
    /// How many students.
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub students: u16,
    /// How many conversations, over the last 45 days.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub conversations: u32,
    /// The same seed at the same time makes the same class.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Also on a database in which there are students. Nobody can take the class out again.
    #[arg(long)]
    pub beside_real_students: bool,
}

/// Puts the class into the database of the running server, or of the one that would run with these settings.
///
/// # Errors
/// A sentence that says what is wrong and what to do. Nothing was changed then.
pub async fn demo(demo: Demo, mut config: Config) -> Result<String, String> {
    let now = Clock::System.now();
    let data_dir = config.data_dir()?;
    let is_external = config.external_database().is_some();
    let listen = talk::reachable(config.listen);
    if !is_external && let Some(database) = running(&data_dir).await {
        let added = add(&database, &demo, now).await?;
        let address = std::fs::read_to_string(data_dir.join(lifecycle::ADDRESS_FILE)).ok();
        let address = address.and_then(|address| address.trim().parse().ok()).map_or(listen, talk::reachable);
        // The server has counted up to a minute ago, perhaps an empty database.
        return Ok(format!(
            "{added}\nLook at it: http://{address}/dashboard (its figures may be a minute old)"
        ));
    }
    // Nothing is served, so no address is needed.
    config.listen = ([127, 0, 0, 1], 0).into();
    config.metrics_listen = crate::config::OptionalAddress(None);
    let started = lifecycle::start(config, Clock::System).await?;
    let database = if is_external { Some(started.app.database.clone()) } else { running(&data_dir).await };
    let added = match database {
        Some(database) => add(&database, &demo, now).await,
        None => Err("The database was started, but does not answer; the log says why.".to_owned()),
    };
    let stop = CancellationToken::new();
    stop.cancel();
    started.serve(stop).await?;
    Ok(format!("{}\nOnce Ella serves with these settings: http://{listen}/dashboard", added?))
}

/// The managed database of a server that runs on this data folder, as the tables' owner: the application may not
/// count finished days again.
async fn running(data_dir: &Path) -> Option<Database> {
    let mut config = Postgres::running(data_dir, "ella").ok()?;
    config.options("-c role=ella_owner -c search_path=ella");
    let pool = Pool::new(config, NoTls, 1).ok()?;
    drop(pool.get().await.ok()?);
    Some(Database::new(pool))
}

/// Adds the class, whole or not at all.
///
/// # Errors
/// A sentence.
pub async fn add(database: &Database, demo: &Demo, now: Timestamp) -> Result<String, String> {
    refuse_real_students(database, demo).await?;
    let class = Class::make(
        demo.students.into(),
        usize::try_from(demo.conversations).unwrap_or(usize::MAX),
        demo.seed,
        now,
    );
    let fact =
        format!("{} students, {} conversations, seed {}", demo.students, demo.conversations, demo.seed);
    let (rows, fact) = (&class, &fact);
    database
        .write(|mut client| async move {
            let transaction = client.transaction().await?;
            for rows in batches(&rows.students) {
                queries::demo_students().bind(&transaction, &rows).await?;
            }
            for rows in batches(&rows.placements) {
                queries::demo_placements().bind(&transaction, &rows).await?;
            }
            for rows in batches(&rows.conversations) {
                queries::demo_conversations().bind(&transaction, &rows).await?;
            }
            for rows in batches(&rows.messages) {
                queries::demo_messages().bind(&transaction, &rows).await?;
            }
            for rows in batches(&rows.analyses) {
                queries::demo_analyses().bind(&transaction, &rows).await?;
            }
            let fact = upkeep::RememberServerFactParams { name: FACT, value: fact.as_str() };
            upkeep::remember_server_fact().params(&transaction, &fact).opt().await?;
            transaction.commit().await
        })
        .await
        .map_err(|error| format!("The class could not be added, and nothing was changed: {error}."))?;
    restate_days(database, now).await.map_err(|error| {
        format!("The class is there, but finished days could not be counted again: {error}.")
    })?;
    Ok(format!(
        "A made-up class is there: {} students, {} conversations and {} messages.",
        class.students.len(),
        class.conversations.len(),
        class.messages.len()
    ))
}

fn batches(rows: &[Value]) -> impl Iterator<Item = Json<&[Value]>> {
    rows.chunks(BATCH).map(Json)
}

async fn refuse_real_students(database: &Database, demo: &Demo) -> Result<(), String> {
    let (made, anybody) = database
        .read(|client| async move {
            let made = upkeep::server_fact().bind(&client, &FACT).opt().await?;
            Ok((made, queries::any_student().bind(&client).opt().await?.is_some()))
        })
        .await
        .map_err(|error| format!("The database cannot be read: {error}."))?;
    match (made, anybody) {
        (Some(made), _) => Err(format!(
            "A made-up class is in this database already ({made}). For another one, start on an empty ELLA_DATA_DIR."
        )),
        (None, true) if !demo.beside_real_students => Err(
            "There are students in this database. A made-up class would stand among them for good: use another \
             ELLA_DATA_DIR, or say --beside-real-students if that is what you want."
                .to_owned(),
        ),
        _ => Ok(()),
    }
}

/// A server that has been running has sealed the last days without the class.
async fn restate_days(database: &Database, now: Timestamp) -> Result<(), DatabaseError> {
    let today = utc_day(now);
    let first = today.saturating_sub(DAYS.days());
    for day in first.series(1.day()).take_while(|day| *day < today) {
        let start_of = |day: jiff::civil::Date| {
            day.to_zoned(TimeZone::UTC).map_or(Timestamp::MIN, |midnight| midnight.timestamp())
        };
        let (starts_at, ends_at) = (start_of(day), start_of(day.saturating_add(1.day())));
        let wanted = admin::CountDayParams {
            day,
            first_id: first_id_at(starts_at),
            end_id: first_id_at(ends_at),
            starts_at,
            ends_at,
        };
        database
            .write_again(|client| async move {
                let sealed = admin::daily_totals().bind(&client, &day).all().await?;
                if !sealed.iter().any(|row| row.day == day) {
                    return Ok(0);
                }
                let row = admin::count_day().params(&client, &wanted).one().await?;
                let restated = queries::RestateDayParams {
                    day,
                    students: row.students,
                    conversations: row.conversations,
                    messages: row.messages,
                };
                queries::restate_day().params(&client, &restated).await
            })
            .await?;
    }
    Ok(())
}
