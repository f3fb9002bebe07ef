//! A PostgreSQL that someone else runs: it is used, and nothing of it is supervised.
//!
//! One ordinary role that may create tables in its schema is enough.

mod checks;
mod connection_string;
mod old_certificates;
mod passwords;
mod pooler;
mod refusals;
mod route;
mod settings;
mod targets;
pub(super) mod timeouts;
mod tls;
mod tls_settings;
mod verifier;

use std::{sync::Arc, time::Duration};

use tokio::{task::JoinHandle, time::timeout};
use tokio_postgres::{Client, Config as ConnectionConfig, SimpleQueryMessage};

use super::{Pool, RecoveryKey, explain, managed::Opened, migrate};
use crate::{clock::Clock, config::Config, guards};
use route::Route;
use settings::Settings;
use timeouts::Timeouts;

/// How long one server may take to let us in at the start, when `connect_timeout` does not say.
const CONNECT: Duration = Duration::from_secs(5);
/// How long the questions about the database may take.
const CHECK: Duration = Duration::from_secs(10);
/// How long bringing the schema up to date may take.
const MIGRATE: Duration = Duration::from_mins(15);
/// Migrations may take longer than requests, and wait for another program that migrates.
const PATIENCE: &str = "set statement_timeout = '10min'; set lock_timeout = '1min'; set idle_in_transaction_session_timeout = '1min'";

/// Opens an external database and brings its schema up to date.
///
/// # Errors
/// A sentence that says what is wrong and what to do.
pub async fn open(
    url: &str,
    config: &Config,
    recovery_key: RecoveryKey<'_>,
    clock: &Clock,
) -> Result<Opened, String> {
    let settings = Settings::parse(url, std::env::home_dir().as_deref())?;
    let timeouts = Timeouts::below(config.request_deadline(), &settings.options);
    let mut entrance = Entrance {
        limit: settings.connect_timeout.unwrap_or(CONNECT),
        route: Route {
            targets: settings.targets,
            connector: tls::connector(&settings.tls)?,
            tls: settings.tls,
            first_statements: String::new(),
            connect_timeout: settings.connect_timeout,
            last: Arc::default(),
        },
        template: settings.template,
    };
    let (mut client, came_by_options) = Box::pin(entrance.enter(&timeouts, &settings.options)).await?;
    within(CHECK, "answer questions about itself", checks::check(&client)).await?;
    let other = entrance
        .route
        .again(&entrance.template, entrance.limit)
        .await
        .map_err(|failure| entrance.explain(&[failure]))?;
    // A pooler that has one process for both would let the second wait.
    within(CHECK, "serve two connections at once", pooler::refuse_transaction_pooler(&client, &other))
        .await?;
    drop(other);
    if !came_by_options {
        // Only now: in a transaction pooler they would have stayed behind in somebody else's session.
        entrance.route.first_statements = timeouts.as_statements();
        within(CHECK, "take our timeouts", set_timeouts(&client, &timeouts)).await?;
    }
    let migration = async {
        client
            .batch_execute(PATIENCE)
            .await
            .map_err(|error| format!("The database cannot be set up: {}.", explain(&error)))?;
        recovery_key.refuse_another(&client).await?;
        if migrate::is_behind(&client, migrate::MIGRATIONS).await? {
            guards::lift(&client).await?;
        }
        migrate::migrate(&mut client, migrate::MIGRATIONS, clock.now()).await?;
        guards::raise_what_can_be(&client).await;
        guards::erased::apply_kept(&client, recovery_key.data_dir, clock).await
    };
    within(MIGRATE, "be brought up to date", migration).await?;
    Ok(Opened {
        pool: Pool::with_connect(entrance.template, entrance.route, config.database_pool)?,
        postgres: None,
    })
}

/// A single connection, for an operator's command.
///
/// # Errors
/// A sentence that says what is wrong and what to do.
pub async fn connect_once(url: &str) -> Result<(Client, JoinHandle<()>), String> {
    let settings = Settings::parse(url, std::env::home_dir().as_deref())?;
    let limit = settings.connect_timeout.unwrap_or(CONNECT);
    let mut template = settings.template;
    if !settings.options.is_empty() {
        template.options(settings.options);
    }
    let entrance = Entrance {
        limit,
        route: Route {
            targets: settings.targets,
            connector: tls::connector(&settings.tls)?,
            tls: settings.tls,
            first_statements: String::new(),
            connect_timeout: settings.connect_timeout,
            last: Arc::default(),
        },
        template,
    };
    let reached = entrance.route.reach(&entrance.template, |_| limit).await;
    reached.map_err(|failures| entrance.explain(&failures))
}

/// The way in, and how we come.
struct Entrance {
    route: Route,
    template: ConnectionConfig,
    limit: Duration,
}

impl Entrance {
    /// The first session, and whether its timeouts came along in the startup message. A pooler may refuse them there, or
    /// leave them out.
    async fn enter(&mut self, timeouts: &Timeouts, own_options: &str) -> Result<(Client, bool), String> {
        let limit = self.limit;
        let plain = self.template.clone();
        self.template.options(timeouts.as_options(own_options));
        match self.route.reach(&self.template, |_| limit).await {
            Ok((client, _)) if within(CHECK, "answer", says_yes(&client, &timeouts.arrived())).await? => {
                return Ok((client, true));
            }
            Err(failures) if !failures.iter().any(|(_, failure)| refusals::is_about_options(failure)) => {
                return Err(self.explain(&failures));
            }
            Ok(_) | Err(_) => self.template = plain,
        }
        if !own_options.is_empty() {
            return Err("DATABASE_URL has `options`, and the connection pooler in between does not pass them on. Connect to \
                        PostgreSQL directly, or leave them out and set them for the role (`alter role ... set ...`)."
                .to_owned());
        }
        let (client, _) =
            self.route.reach(&self.template, |_| limit).await.map_err(|failures| self.explain(&failures))?;
        Ok((client, false))
    }

    fn explain(&self, failures: &[(targets::Target, route::Failure)]) -> String {
        refusals::sentences(failures, &self.template, &self.route.tls)
    }
}

/// Runs `work`, but not longer than `limit`.
async fn within<T>(
    limit: Duration,
    what: &str,
    work: impl Future<Output = Result<T, String>>,
) -> Result<T, String> {
    timeout(limit, work).await.unwrap_or_else(|_| {
        Err(format!(
            "The database at DATABASE_URL could not {what} within {} s. See what it is busy with, or which pooler in between \
             has too few connections, and start again.",
            limit.as_secs()
        ))
    })
}

async fn set_timeouts(client: &Client, timeouts: &Timeouts) -> Result<(), String> {
    let set = client.batch_execute(&timeouts.as_statements()).await;
    set.map_err(|error| format!("The database does not let us set timeouts: {}.", explain(&error)))?;
    if says_yes(client, &timeouts.as_query()).await? { Ok(()) } else { Err(pooler::SENTENCE.to_owned()) }
}

/// Whether the answer to `query` is true.
async fn says_yes(client: &Client, query: &str) -> Result<bool, String> {
    let messages = client
        .simple_query(query)
        .await
        .map_err(|error| format!("The database could not be asked: {}.", explain(&error)))?;
    Ok(messages
        .iter()
        .any(|message| matches!(message, SimpleQueryMessage::Row(row) if row.get(0) == Some("t"))))
}
