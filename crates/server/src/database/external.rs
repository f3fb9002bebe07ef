//! A PostgreSQL that someone else runs.

use tokio_postgres::NoTls;

use super::{Pool, managed::Opened, migrate};
use crate::{clock::Clock, config::Config};

/// Opens an external database and brings its schema up to date. Nothing is supervised.
///
/// # Errors
/// A sentence that says what is wrong and what to do.
pub async fn open(url: &str, config: &Config, clock: &Clock) -> Result<Opened, String> {
    let settings: tokio_postgres::Config = url.parse().map_err(|error| format!("DATABASE_URL: {error}."))?;
    let (mut client, connection) = settings.connect(NoTls).await.map_err(|error| {
        format!("The database at DATABASE_URL cannot be reached: {}", super::explain(&error))
    })?;
    let work = async move { migrate::migrate(&mut client, migrate::MIGRATIONS, clock.now()).await };
    let (worked, _) = futures::join!(work, connection);
    worked?;
    Ok(Opened { pool: Pool::new(settings, NoTls, config.database_pool)?, postgres: None })
}
