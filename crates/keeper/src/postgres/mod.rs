//! PostgreSQL as our child. [`Postgres::start`] tells the story.

pub(crate) mod anew;
mod child;
pub(crate) mod cluster;
pub(crate) mod discover;
pub(crate) mod error;
pub(crate) mod files;
pub(crate) mod folder;
mod launch;
pub(crate) mod lock;
mod log;
mod memory;
pub(crate) mod once;
pub(crate) mod orphan;
mod ready;
mod roles;
pub(crate) mod run_as;
mod running;
mod settings;
pub(crate) mod socket;
mod status;
mod supervise;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod tool;
mod tune;
pub(crate) mod version;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use tokio::{sync::watch, task::spawn_blocking, time::timeout};
use tokio_postgres::Config;
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

pub use self::{
    anew::Anew,
    error::StartError,
    settings::{Secret, Settings, Timeouts},
    status::Status,
    version::Version,
};
use self::{launch::Launch, supervise::Supervisor};

/// A PostgreSQL of our own, watched and restarted in the background. Clones are handles of the same server.
///
/// It stops with [`Postgres::stop`], when the last handle is dropped (then nobody waits for it), and when this
/// process ends, however it ends.
#[derive(Debug, Clone)]
pub struct Postgres {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    application: Config,
    administrator: Config,
    socket_dir: PathBuf,
    cluster_dir: PathBuf,
    programs: PathBuf,
    version: Version,
    status: watch::Receiver<Status>,
    pid: watch::Receiver<u32>,
    tasks: TaskTracker,
    stop: CancellationToken,
    _stop_on_drop: DropGuard,
}

impl Postgres {
    /// Finds PostgreSQL, makes or checks the cluster in the data folder, tunes it, starts it, waits until it answers,
    /// makes or checks roles, database and schema, and then watches over it.
    ///
    /// On an existing cluster this takes a fraction of a second; a first start takes seconds, a recovery after a crash
    /// may take minutes (see [`Timeouts`]). Dropping the future stops what it has begun.
    ///
    /// # Errors
    /// Each is a sentence that says what is wrong and what to do; nothing runs and nothing is locked afterwards.
    pub async fn start(settings: Settings) -> Result<Self, StartError> {
        let started_at = Instant::now();
        let stop = CancellationToken::new();
        let stop_on_drop = stop.clone().drop_guard();
        let (given_up, preparing) = (stop.clone(), settings.clone());
        let launch = spawn_blocking(move || Launch::prepare(&preparing, &given_up))
            .await
            .map_err(|_| StartError::Abandoned)??;
        let child = launch.start(&stop).await?;

        let administrator = launch.administrator.clone();
        let mut application = administrator.clone();
        application
            .user(&settings.app_role)
            .password(settings.app_password.expose())
            .application_name("ella");
        let ensuring =
            timeout(settings.timeouts.roles, roles::ensure(&settings, &administrator, &application));
        let ensured = ensuring.await.unwrap_or_else(|_| {
            let because = "it took too long".into();
            Err(StartError::Refused { doing: "set up its roles and its schema", because })
        });
        if let Err(error) = ensured {
            child.stop(settings.timeouts.stop).await;
            return Err(error);
        }

        let (version, pid) = (launch.binaries.version, child.pid());
        tracing::info!(%version, pid, ready_after_ms = started_at.elapsed().as_millis(), "PostgreSQL is ready");
        let (status_sender, status) = watch::channel(Status::Ready);
        let (pid_sender, pid) = watch::channel(pid);
        let (socket_dir, cluster_dir) = (launch.socket_dir.clone(), launch.cluster.clone());
        let programs = launch.binaries.dir.clone();
        let supervisor = Supervisor { launch, status: status_sender, pid: pid_sender, stop: stop.clone() };
        let tasks = TaskTracker::new();
        tasks.spawn(supervisor.run(child));
        tasks.close();
        let shared = Shared {
            application,
            administrator,
            socket_dir,
            cluster_dir,
            programs,
            version,
            status,
            pid,
            tasks,
            stop,
            _stop_on_drop: stop_on_drop,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// How to connect as the application: its role and password, to its database, over the unix socket.
    #[must_use]
    pub fn application(&self) -> Config {
        self.shared.application.clone()
    }

    /// How to connect as the superuser, to the same database, for supervision and migrations
    /// (which begin with `SET ROLE` to the owner). The kernel vouches for us, there is no password.
    #[must_use]
    pub fn administrator(&self) -> Config {
        self.shared.administrator.clone()
    }

    /// How PostgreSQL is now, and every change of it.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.shared.status.clone()
    }

    /// The version of the server.
    #[must_use]
    pub fn version(&self) -> Version {
        self.shared.version
    }

    /// The number of the server's process, `None` while it is down.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        Some(*self.shared.pid.borrow()).filter(|pid| *pid != 0)
    }

    /// The folder of the unix socket, for `psql -h`.
    #[must_use]
    pub fn socket_dir(&self) -> &Path {
        &self.shared.socket_dir
    }

    /// The folder of the cluster's files.
    #[must_use]
    pub fn cluster_dir(&self) -> &Path {
        &self.shared.cluster_dir
    }

    /// The folder of the programs that came with the server.
    #[must_use]
    pub fn programs(&self) -> &Path {
        &self.shared.programs
    }

    /// Stops PostgreSQL and gives the data folder back: cleanly within [`Timeouts::stop`], at once after it.
    /// Connections are cut, so drain their users first. Further calls wait for the same end.
    pub async fn stop(&self) {
        self.shared.stop.cancel();
        self.shared.tasks.wait().await;
    }
}
