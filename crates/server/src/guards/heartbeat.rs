//! How new the data are: one row with the time at which something was last written, to within a few seconds.
//!
//! After a restore, the difference to the living database's is what was lost. It is written only when something else
//! was written since, so that an idle server writes nothing.

use std::time::Duration;

use ella_sql::{client::GenericClient, queries::guards};
use jiff::Timestamp;

use crate::{app::App, tasks::Reconciler};

/// Notes the time, unless nothing was written since it was noted last. Whether it was noted.
///
/// # Errors
/// PostgreSQL's own.
pub async fn beat<C: GenericClient>(client: &C, now: Timestamp) -> Result<bool, tokio_postgres::Error> {
    Ok(guards::beat().bind(client, &now).await? > 0)
}

/// When something was last written; none in a database in which nothing ever was.
///
/// # Errors
/// PostgreSQL's own.
pub async fn last<C: GenericClient>(client: &C) -> Result<Option<Timestamp>, tokio_postgres::Error> {
    let beat = guards::last_beat().bind(client).opt().await?;
    Ok(beat.filter(|beat| *beat != Timestamp::UNIX_EPOCH))
}

pub(crate) struct Heartbeat;

impl Reconciler for Heartbeat {
    const NAME: &'static str = "note when something was written";
    const EVERY: Duration = Duration::from_secs(5);

    async fn run(app: &App) -> Result<String, String> {
        let now = app.clock.now();
        let beaten = app.database.write_again(|client| async move { beat(&client, now).await }).await;
        let beaten = beaten.map_err(|error| error.to_string())?;
        Ok(if beaten { "noted it" } else { "nothing was written" }.to_owned())
    }
}
