//! From the first line of `ella serve` to its last.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use axum::{Router, routing::get};
use ella_keeper::{Postgres, Status};
use ella_llm::ProviderState;
use ella_sql::{
    client::Params,
    queries::{retries, upkeep},
};
use jiff::SignedDuration;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::{net::TcpListener, sync::watch};
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    backups,
    clock::Clock,
    config::Config,
    database::{Database, RecoveryKey, managed},
    http::serve,
    open_files::{OpenFiles, Shares},
    router::router,
    secrets::{self, Origin, Secrets},
    tasks, telemetry,
    tutor::Tutor,
};

/// Claims that are older have expired.
const CLAIMS_OF: SignedDuration = SignedDuration::from_hours(24);
/// How long background work may take to end once the last request has.
const BACKGROUND_GRACE: Duration = Duration::from_secs(10);
/// Connections that ask for metrics at once at most.
const MOST_SCRAPERS: usize = 16;

/// A server that accepts requests.
pub struct Running {
    /// Where the API is.
    pub address: SocketAddr,
    /// The parts, for whoever needs them.
    pub app: App,
    /// Where the data lie.
    pub data_dir: PathBuf,
    /// Where the recovery key came from.
    pub recovery_key: Origin,
    listener: TcpListener,
    most_clients: usize,
    metrics: Option<(TcpListener, PrometheusHandle)>,
    postgres: Option<Postgres>,
}

/// The file in the data folder that says where the server on it listens, or did last.
pub const ADDRESS_FILE: &str = "address";

/// Brings everything up, in order: secrets, database, schema, Zoe, address.
///
/// # Errors
/// A sentence that says what is wrong and what to do. What was started has been stopped again.
pub async fn start(config: Config, clock: Clock) -> Result<Running, String> {
    let shares = OpenFiles::raise().shares(config.database_pool.into());
    tell_of_few_files(shares, &config);
    // Before anything slow: who cannot have the address should know at once.
    let listener = bind(config.listen, "ELLA_LISTEN").await?;
    let address = listener.local_addr().map_err(|error| format!("The address is unknown: {error}."))?;
    let metrics = start_metrics(&config).await?;
    let tutor = Tutor::new(&config, shares.calls)?;
    let data_dir = config.data_dir()?;
    managed::make_data_dir(&data_dir)?;
    let (recovery_key, origin) = secrets::recovery_key(&config, &data_dir)?;
    let secrets = Secrets::new(&recovery_key, &config);

    let key = RecoveryKey { secrets: &secrets, origin, data_dir: &data_dir };
    if config.external_database().is_none() {
        key.refuse_another_at_first_sight()?;
    }
    let prepared = backups::prepare(&config, &secrets, &data_dir);
    let opened = managed::open(&config, key, &clock, prepared.parameters()).await?;
    let database = Database::new(opened.pool);
    prepared.make_first_repository().await;
    let backups = prepared.with(opened.postgres.as_ref(), &config, &secrets, &data_dir);
    let app = App::with_backups(config, &secrets, database, tutor, clock, backups);
    let ready = async {
        key.remember(&app.database).await?;
        if opened.postgres.is_some() {
            end_claims_of_the_dead(&app).await?;
            key.keep_fingerprint()?;
        }
        // For commands that are to say where the server is.
        secrets::write_private(&data_dir.join(ADDRESS_FILE), &address.to_string())?;
        secrets::write_private(&data_dir.join(secrets::ADMIN_KEY_FILE), &secrets.admin_key())
    };
    if let Err(error) = ready.await {
        if let Some(postgres) = &opened.postgres {
            postgres.stop().await;
        }
        return Err(error);
    }
    Ok(Running {
        address,
        app,
        data_dir,
        recovery_key: origin,
        listener,
        most_clients: shares.clients,
        metrics,
        postgres: opened.postgres,
    })
}

/// In a database of our own nobody else is at work: a turn that a crash broke off can be taken over at once.
async fn end_claims_of_the_dead(app: &App) -> Result<(), String> {
    let now = app.clock.now();
    let params = retries::EndClaimsOfTheDeadParams { now, since: now - CLAIMS_OF };
    let params = &params;
    let ended = app
        .database
        .write_again(|client| async move { retries::end_claims_of_the_dead().params(&client, params).await });
    ended.await.map(|_| ()).map_err(|error| format!("The database cannot be written to: {error}."))
}

impl Running {
    /// Serves until `stop` is cancelled; then stops accepting, lets requests in flight end, and stops PostgreSQL.
    ///
    /// # Errors
    /// A sentence, when the database is beyond help: its files were removed while it ran.
    pub async fn serve(self, stop: CancellationToken) -> Result<(), String> {
        let app = self.app;
        let database = self.postgres.as_ref().map(Postgres::status);
        // Also ends the serving when the database is lost, without a word to who told us when to stop.
        let stop = stop.child_token();
        let watch = app.tasks.spawn(stop_with_the_database(database, stop.clone()));
        // Whoever only wants the start, to migrate for one, wants no work begun that would be broken off at once.
        if !stop.is_cancelled() {
            tasks::start(&app);
            backups::start(&app);
        }
        let metrics = self.metrics.map(|(listener, handle)| {
            let (app, stop) = (app.clone(), stop.clone());
            app.clone().tasks.spawn(serve_metrics(listener, handle, app, stop))
        });
        let grace = app.config.shutdown_grace();
        serve::serve(self.listener, self.most_clients, router(app.clone()), stop, grace).await;
        tracing::info!("no more requests; letting background work end");
        app.tasks.drain(BACKGROUND_GRACE).await;
        if let Some(metrics) = metrics {
            metrics.abort();
        }
        // Before the database goes, so that no connection is cut off.
        app.database.pool().close();
        if let Some(postgres) = self.postgres {
            postgres.stop().await;
            app.backups.copy_the_last().await;
        }
        tracing::info!("stopped");
        match watch.await {
            Ok(Some(because)) => Err(because),
            _ => Ok(()),
        }
    }
}

/// Waits for the end of the serving, and brings it about when the database has failed for good; then why it did.
async fn stop_with_the_database(
    status: Option<watch::Receiver<Status>>,
    stop: CancellationToken,
) -> Option<String> {
    let failed = async {
        let Some(mut status) = status else { return std::future::pending().await };
        let because =
            status.wait_for(|status| matches!(status, Status::Failed { .. })).await.ok().and_then(|status| {
                if let Status::Failed { because } = &*status { Some(because.clone()) } else { None }
            });
        match because {
            Some(because) => because,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        because = failed => {
            stop.cancel();
            Some(because)
        }
        () = stop.cancelled() => None,
    }
}

async fn bind(address: SocketAddr, setting: &str) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|error| {
        format!("Cannot listen on {address}: {error}. Choose another address with {setting}, or stop what is listening there.")
    })
}

async fn start_metrics(config: &Config) -> Result<Option<(TcpListener, PrometheusHandle)>, String> {
    let Some(address) = config.metrics_listen.0 else { return Ok(None) };
    let listener = bind(address, "ELLA_METRICS_LISTEN (\"off\" for none)").await?;
    Ok(telemetry::start_metrics().map(|handle| (listener, handle)))
}

/// `/metrics`, on an address of its own that need not be reachable from outside.
async fn serve_metrics(listener: TcpListener, handle: PrometheusHandle, app: App, stop: CancellationToken) {
    let render = move || {
        let (handle, app) = (handle.clone(), app.clone());
        async move {
            let up = is_up(&app).await;
            metrics::gauge!("ella_database_up").set(u32::from(up));
            let (most, open, idle) = app.database.pool().figures();
            for (state, count) in [("max", most), ("open", open), ("idle", idle)] {
                metrics::gauge!("ella_database_connections", "state" => state)
                    .set(u32::try_from(count).unwrap_or(0));
            }
            metrics::gauge!("ella_llm_calls_in_flight")
                .set(u32::try_from(app.tutor.relay().in_flight()).unwrap_or(0));
            for provider in app.tutor.relay().providers() {
                let labels = [("provider", provider.name), ("model", provider.model)];
                metrics::gauge!("ella_llm_provider_failing", &labels)
                    .set(u32::from(provider.state == ProviderState::Failing));
            }
            backups::gauges(&app);
            metrics::gauge!("ella_background_tasks").set(u32::try_from(app.tasks.running()).unwrap_or(0));
            handle.run_upkeep();
            handle.render()
        }
    };
    let router = Router::new().route("/metrics", get(render));
    serve::serve(listener, MOST_SCRAPERS, router, stop, Duration::from_secs(1)).await;
}

/// Whether the database answers; it gets less time than Prometheus waits for the figures.
async fn is_up(app: &App) -> bool {
    let ping = app.database.read(|client| async move { upkeep::ping().bind(&client).one().await });
    matches!(tokio::time::timeout(Duration::from_secs(2), ping).await, Ok(Ok(_)))
}

/// Says so when a model that takes a connection for each call can be called less often at once than the settings allow.
fn tell_of_few_files(Shares { clients, calls }: Shares, config: &Config) {
    let is_plain = config.llm.as_deref().is_some_and(|llm| llm.contains("@http://"));
    if is_plain && usize::try_from(config.llm_in_flight).is_ok_and(|most| calls < most) {
        tracing::info!(
            clients,
            calls,
            "the limit of open files allows so many clients, and calls of a model over HTTP/1.1, at once; past it the \
             built-in voice answers (raise it with ulimit -Hn or LimitNOFILE)"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Else systemd kills PostgreSQL in the middle of a clean stop, and the last seconds stay on the machine.
    #[test]
    fn systemd_waits_as_long_as_a_stop_may_take() {
        let unit = include_str!("../../../deploy/ella.service");
        let waits = unit.lines().find_map(|line| line.strip_prefix("TimeoutStopSec=")?.parse().ok());
        let config = Config::from_flags(std::iter::empty::<String>()).unwrap();
        let stops = ella_keeper::Timeouts::default().longest_stop();
        let takes = config.shutdown_grace() + BACKGROUND_GRACE + stops + backups::LAST_COPY;
        assert!(Duration::from_secs(waits.unwrap()) > takes, "{takes:?}");
    }
}
