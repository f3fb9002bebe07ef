//! The pool: few connections, bounded waits.

use std::time::Duration;

use deadpool_postgres::{
    ConfigConnectImpl, Connect, Manager, ManagerConfig, PoolError, RecyclingMethod, Runtime, TimeoutType,
    Timeouts,
};
use tokio_postgres::{
    Config, Socket,
    tls::{MakeTlsConnect, TlsConnect},
};

use super::{Client, explain};

/// How long a request waits for a connection before it is refused.
const WAIT: Duration = Duration::from_secs(2);
/// How long making a connection may take.
const CONNECT: Duration = Duration::from_secs(3);

/// A pool of connections.
#[derive(Clone)]
pub struct Pool(deadpool_postgres::Pool);

impl Pool {
    /// A pool of at most `size` connections made by `config` and `tls`. None is made yet.
    ///
    /// # Errors
    /// A sentence; only when the pool's own settings do not fit together.
    pub fn new<T>(config: Config, tls: T, size: u16) -> Result<Self, String>
    where
        T: MakeTlsConnect<Socket> + Clone + Sync + Send + 'static,
        T::Stream: Sync + Send,
        T::TlsConnect: Sync + Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        Self::with_connect(config, ConfigConnectImpl { tls }, size)
    }

    /// A pool of at most `size` connections that `connect` makes by `config`. None is made yet.
    ///
    /// # Errors
    /// A sentence; only when the pool's own settings do not fit together.
    pub fn with_connect(
        mut config: Config,
        connect: impl Connect + 'static,
        size: u16,
    ) -> Result<Self, String> {
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        config.keepalives_idle(config.get_keepalives_idle().min(Duration::from_secs(30)));
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(Duration::from_secs(10));
        }
        // Fast: a connection that is known to be closed is thrown away, and no query is spent on asking.
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_connect(config, connect, recycling);
        deadpool_postgres::Pool::builder(manager)
            .max_size(size.into())
            .runtime(Runtime::Tokio1)
            .timeouts(Timeouts {
                wait: Some(WAIT),
                create: Some(CONNECT),
                recycle: Some(Duration::from_secs(1)),
            })
            .build()
            .map(Self)
            .map_err(|error| format!("make the connection pool: {error}"))
    }

    /// A connection, or why there is none.
    ///
    /// # Errors
    /// What to log: the pool is busy, or the database cannot be reached.
    pub async fn get(&self) -> Result<Client, String> {
        self.0.get().await.map_err(|error| match error {
            PoolError::Timeout(TimeoutType::Wait) => "all database connections are in use".to_owned(),
            PoolError::Timeout(_) => "the database did not answer in time".to_owned(),
            PoolError::Backend(error) => format!("cannot reach the database: {}", explain(&error)),
            other => format!("no database connection: {other}"),
        })
    }

    /// Throws away the connections that nobody uses: after one was lost the others are suspect.
    pub fn drop_idle(&self) {
        self.0.retain(|_, _| false);
    }

    /// Gives up every connection, in good order; there are no new ones.
    pub fn close(&self) {
        self.0.close();
    }

    /// Connections at most, in being, and idle.
    #[must_use]
    pub fn figures(&self) -> (usize, usize, usize) {
        let status = self.0.status();
        (status.max_size, status.size, status.available)
    }
}
