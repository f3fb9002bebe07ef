//! A PostgreSQL that runs for one purpose, on restored files: nobody restarts it, and no role in it is touched.

use tokio::task::spawn_blocking;
use tokio_postgres::Config;
use tokio_util::sync::CancellationToken;

use super::{Settings, StartError, child::Child, launch::Launch, ready::Unready};

/// A running server. Dropping it asks it to stop; nobody waits for that.
#[derive(Debug)]
pub(crate) struct Once {
    child: Child,
    launch: Launch,
    stop: std::time::Duration,
}

/// Why it does not run.
#[derive(Debug)]
pub(crate) enum NotOnce {
    /// It could not be started, or did not get ready.
    Failed(StartError),
    /// It ended by itself before it was ready.
    Ended {
        /// One phrase.
        because: String,
        /// The last lines of its log that mattered, oldest first.
        lines: Vec<String>,
        /// The same as an error.
        error: StartError,
    },
}

impl From<NotOnce> for StartError {
    fn from(not: NotOnce) -> Self {
        match not {
            NotOnce::Failed(error) | NotOnce::Ended { error, .. } => error,
        }
    }
}

impl Once {
    /// Starts the cluster in the folder `postgres` of the settings' data folder, and waits until it answers. Dropping
    /// the future stops what it has begun.
    pub(crate) async fn start(settings: Settings) -> Result<Self, NotOnce> {
        let given_up = CancellationToken::new();
        let _give_up_on_drop = given_up.clone().drop_guard();
        let stop = settings.timeouts.stop;
        let preparing = given_up.clone();
        let launch = spawn_blocking(move || Launch::prepare(&settings, &preparing))
            .await
            .map_err(|_| NotOnce::Failed(StartError::Abandoned))?
            .map_err(NotOnce::Failed)?;
        match launch.try_start(&given_up).await {
            Ok(child) => Ok(Self { child, launch, stop }),
            Err(Unready::Failed(error)) => Err(NotOnce::Failed(error)),
            Err(Unready::Ended(exit)) => {
                let error = StartError::ended(&launch.cluster, &exit.because);
                Err(NotOnce::Ended { because: exit.because, lines: exit.lines, error })
            }
        }
    }

    /// How to connect as the superuser.
    pub(crate) fn administrator(&self) -> Config {
        self.launch.administrator.clone()
    }

    /// The folder of the socket.
    pub(crate) fn socket_dir(&self) -> &std::path::Path {
        &self.launch.socket_dir
    }

    /// The folder of a program that came with this server.
    pub(crate) fn program(&self, name: &str) -> std::path::PathBuf {
        self.launch.binaries.program(name)
    }

    /// Stops it in good order.
    pub(crate) async fn stop(self) {
        self.child.stop(self.stop).await;
        super::socket::remove(&self.launch.socket_dir);
    }
}
