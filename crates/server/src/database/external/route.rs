//! The way to the servers: tries them in order, and stays with the one that let us in last.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use deadpool_postgres::{ConfigConnectImpl, Connect};
use tokio::{task::JoinHandle, time::timeout};
use tokio_postgres::{Client, Config, Error, config::SslMode, error::SqlState};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{targets::Target, tls_settings::TlsSettings};

/// How long the servers together may take in the pool: below its own limit of three seconds for a connection, so that
/// a server that has vanished leaves time for the next.
const POOL: Duration = Duration::from_millis(2800);

/// The way to the servers.
#[derive(Clone)]
pub(super) struct Route {
    /// The servers.
    pub(super) targets: Vec<Target>,
    /// How they are encrypted.
    pub(super) tls: TlsSettings,
    /// How TLS is made.
    pub(super) connector: MakeRustlsConnect,
    /// What is run in each new session.
    pub(super) first_statements: String,
    /// How long one server may take, if it was said.
    pub(super) connect_timeout: Option<Duration>,
    /// Where the server that let us in last stands among them.
    pub(super) last: Arc<AtomicUsize>,
}

/// Why a server did not let us in.
#[derive(Debug)]
pub(super) enum Failure {
    /// It did not answer in time.
    Silence(Duration),
    /// It, or the way there, refused.
    Refusal(Error),
}

type Connected = (Client, JoinHandle<()>);

impl Route {
    /// A connection to the first server that lets us in, each given `limit`; or why each of them did not.
    pub(super) async fn reach(
        &self,
        template: &Config,
        limit: impl Fn(usize) -> Duration,
    ) -> Result<Connected, Vec<(Target, Failure)>> {
        let count = self.targets.len();
        let first = self.last.load(Ordering::Relaxed);
        let mut failures = Vec::new();
        for tried in 0..count {
            let place = (first + tried) % count;
            let Some(target) = self.targets.get(place) else { continue };
            let limit = limit(tried);
            match timeout(limit, self.enter(target, template)).await {
                Ok(Ok(connected)) => {
                    self.last.store(place, Ordering::Relaxed);
                    return Ok(connected);
                }
                Ok(Err(error)) => failures.push((target.clone(), Failure::Refusal(error))),
                Err(_) => failures.push((target.clone(), Failure::Silence(limit))),
            }
        }
        Err(failures)
    }

    /// Another connection to the server that let us in last, within `limit`.
    pub(super) async fn again(
        &self,
        template: &Config,
        limit: Duration,
    ) -> Result<Client, (Target, Failure)> {
        let place = self.last.load(Ordering::Relaxed) % self.targets.len().max(1);
        let only = Self {
            targets: self.targets.get(place).cloned().into_iter().collect(),
            last: Arc::default(),
            ..self.clone()
        };
        match only.reach(template, |_| limit).await {
            Ok((client, _)) => Ok(client),
            Err(mut failures) => Err(failures.remove(0)),
        }
    }

    /// Enters one server, with and without TLS as the settings allow.
    async fn enter(&self, target: &Target, template: &Config) -> Result<Connected, Error> {
        let mut tries = self.tls.tries(target).iter();
        let mut mode = tries.next().copied().unwrap_or(SslMode::Require);
        loop {
            match self.enter_by(target, template, mode).await {
                Ok(connected) => return Ok(connected),
                Err(error) => match tries.next() {
                    Some(next) if another_way_may_do(&error) => mode = *next,
                    _ => return Err(error),
                },
            }
        }
    }

    async fn enter_by(&self, target: &Target, template: &Config, mode: SslMode) -> Result<Connected, Error> {
        let mut config = template.clone();
        config.host(&target.host).port(target.port).ssl_mode(mode);
        if let Some(address) = target.address {
            config.hostaddr(address);
        }
        if let Some(password) = &target.password {
            config.password(password);
        }
        let (client, task) = ConfigConnectImpl { tls: self.connector.clone() }.connect(&config).await?;
        if !self.first_statements.is_empty() {
            client.batch_execute(&self.first_statements).await?;
        }
        Ok((client, task))
    }
}

/// Whether the server may let us in when we come with instead of without TLS, or the other way round.
fn another_way_may_do(error: &Error) -> bool {
    // `pg_hba.conf` has no line for it; PgBouncer's "SSL required" is a protocol violation.
    let refused = [SqlState::INVALID_AUTHORIZATION_SPECIFICATION, SqlState::PROTOCOL_VIOLATION];
    error.code().map_or_else(|| is_tls(error), |code| refused.contains(code))
}

/// Whether TLS itself failed. The driver keeps the kind of its errors to itself, so its words must tell.
pub(super) fn is_tls(error: &Error) -> bool {
    error.to_string() == "error performing TLS handshake"
}

/// For the pool.
impl Connect for Route {
    fn connect(
        &self,
        template: &Config,
    ) -> Pin<Box<dyn Future<Output = Result<Connected, Error>> + Send + '_>> {
        let template = template.clone();
        Box::pin(async move {
            let count = self.targets.len();
            let share = POOL / u32::try_from(count).unwrap_or(u32::MAX).max(1);
            let share = self.connect_timeout.map_or(share, |limit| share.min(limit));
            // The last one may take what is left: the pool itself ends it.
            let reached =
                self.reach(&template, |tried| if tried + 1 < count { share } else { Duration::MAX }).await;
            let failures = match reached {
                Ok(connected) => return Ok(connected),
                Err(failures) => failures,
            };
            // A standby's "does not allow writes" says less than why the primary is away: the first refusal is told.
            match failures.into_iter().find_map(|(_, failure)| {
                if let Failure::Refusal(error) = failure { Some(error) } else { None }
            }) {
                Some(error) => Err(error),
                None => std::future::pending().await,
            }
        })
    }
}
