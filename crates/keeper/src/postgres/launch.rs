//! All that is needed to start the server in a prepared folder, the first time and again.

use std::{fs, path::PathBuf, process::Command, sync::Arc};

use tokio_postgres::Config;
use tokio_util::sync::CancellationToken;

use super::{
    Settings, StartError, Timeouts,
    child::Child,
    cluster::{self, Recipe},
    discover::{Binaries, discover},
    files, folder,
    lock::Lock,
    log, memory, orphan,
    ready::{self, Unready},
    run_as::RunAs,
    socket,
    tune::Machine,
};

/// Memory to tune for where the machine does not say: the least we promise to be sane on.
const LEAST_MEMORY: u64 = 1 << 30;

/// A prepared folder and how to start the server in it.
#[derive(Debug)]
pub(crate) struct Launch {
    pub(super) binaries: Binaries,
    pub(super) cluster: PathBuf,
    pub(super) socket_dir: PathBuf,
    pub(super) timeouts: Timeouts,
    pub(super) administrator: Config,
    parameters: Vec<(String, String)>,
    durable: bool,
    low_priority: bool,
    run_as: RunAs,
    lock: Arc<Lock>,
}

impl Launch {
    /// Everything before the server is started: user, folder, lock, programs, cluster, settings, socket.
    /// It blocks, for seconds when a cluster has to be made.
    pub(super) fn prepare(settings: &Settings, given_up: &CancellationToken) -> Result<Self, StartError> {
        settings.check()?;
        let run_as = RunAs::find()?;
        let data_dir = folder::prepare(&settings.data_dir, &run_as)?;
        let lock = Arc::new(Lock::take(&data_dir)?);
        let cluster = data_dir.join("postgres");
        let made_by = cluster::made_by(&cluster, &run_as)?;
        let binaries =
            discover(settings.bin_dir.as_deref(), made_by.map(|major| (cluster.as_path(), major)))?;
        if made_by.is_none() {
            tracing::info!(folder = %cluster.display(), version = %binaries.version, "making a new database");
            let (durable, deadline) = (settings.durable, settings.timeouts.initdb);
            Recipe { binaries: &binaries, run_as: &run_as, durable, deadline, given_up }.make(&cluster)?;
        }
        let machine = Machine {
            memory: settings.memory_bytes.or_else(memory::available).unwrap_or(LEAST_MEMORY),
            app_connections: settings.app_connections,
            lz4: cluster::accepts_lz4(&cluster, &binaries, &run_as),
            durable: settings.durable,
        };
        files::write(&cluster, &run_as, settings, &machine)?;
        let socket_dir = socket::folder(&data_dir, &run_as);
        let mut administrator = Config::new();
        administrator
            .host_path(&socket_dir)
            .port(socket::PORT)
            .user("postgres")
            .dbname(&settings.database)
            .application_name("ella-administrator");
        Ok(Self {
            binaries,
            cluster,
            socket_dir,
            timeouts: settings.timeouts.clone(),
            administrator,
            parameters: settings.parameters.clone(),
            durable: settings.durable,
            low_priority: settings.low_priority,
            run_as,
            lock,
        })
    }

    /// Starts the server and waits until it answers. Given up, it waits until the server has stopped.
    pub(super) async fn start(&self, given_up: &CancellationToken) -> Result<Child, StartError> {
        self.try_start(given_up).await.map_err(|unready| match unready {
            Unready::Ended(exit) => StartError::ended(&self.cluster, &exit.because),
            Unready::Failed(error) => error,
        })
    }

    /// The same, for who wants to know how a server ended that did not come so far.
    pub(super) async fn try_start(&self, given_up: &CancellationToken) -> Result<Child, Unready> {
        if !self.has_data() {
            return Err(Unready::Failed(StartError::NotACluster { folder: self.cluster.clone() }));
        }
        let stranger = tokio::select! {
            cleared = orphan::clear(&self.cluster, &self.timeouts) => cleared.map_err(Unready::Failed)?,
            () = given_up.cancelled() => return Err(Unready::Failed(StartError::Abandoned)),
        };
        socket::prepare(&self.socket_dir, &self.run_as).map_err(Unready::Failed)?;
        let child = Child::start(self.command(stranger), Arc::clone(&self.lock))
            .await
            .map_err(|error| Unready::Failed(StartError::run("setpriv", "util-linux", error)))?;
        let ready = tokio::select! {
            ready = ready::wait(&child, &self.administrator, &self.timeouts) => ready,
            () = given_up.cancelled() => Err(Unready::Failed(StartError::Abandoned)),
        };
        match ready {
            Ok(()) => Ok(child),
            Err(Unready::Failed(error)) => {
                child.stop(self.timeouts.stop).await;
                Err(Unready::Failed(error))
            }
            Err(ended) => Err(ended),
        }
    }

    /// Whether the data files are still where they were.
    pub(super) fn has_data(&self) -> bool {
        self.cluster.join("PG_VERSION").is_file()
    }

    /// Whether the data files are certainly no longer there; a disk that cannot be asked may still have them.
    pub(super) fn lost_data(&self) -> bool {
        self.cluster.join("PG_VERSION").try_exists().is_ok_and(|there| !there)
    }

    /// What we rely on stands on the command line, where no configuration file can change it.
    fn command(&self, stranger: Option<u32>) -> Command {
        let in_cluster = |name| self.cluster.join(name).display().to_string();
        let program = self.binaries.program("postgres");
        let mut command = if self.low_priority {
            let mut nice = self.run_as.command("nice", "INT");
            nice.args(["-n", "10"]).arg(program);
            nice
        } else {
            self.run_as.command(program, "INT")
        };
        command.arg("-D").arg(&self.cluster);
        for (name, value) in [
            ("listen_addresses", String::new()),
            ("unix_socket_directories", self.socket_dir.display().to_string()),
            ("unix_socket_permissions", "0700".into()),
            ("port", socket::PORT.to_string()),
            ("hba_file", in_cluster(files::HOST_ACCESS)),
            ("ident_file", in_cluster(files::IDENTITIES)),
            ("logging_collector", "off".into()),
            ("log_destination", "stderr".into()),
            ("log_line_prefix", log::PREFIX.into()),
            ("lc_messages", "C".into()),
        ] {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        for (name, value) in &self.parameters {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        if self.durable {
            for name in ["fsync", "full_page_writes", "synchronous_commit"] {
                command.arg("-c").arg(format!("{name}=on"));
            }
        }
        if let Some(pid) = stranger {
            // postmaster.pid names a stranger who got the number of the last server, and PostgreSQL would refuse to
            // start beside it. It takes the numbers of its parents for stale, and learns one of them from this
            // variable (pg_ctl sets it); its other guard, the shared memory named in that file, stays in force.
            tracing::info!(pid, "postmaster.pid is stale: its number belongs to another program now");
            command.env("PG_GRANDPARENT_PID", pid.to_string());
        }
        command
    }
}

/// The folder of the socket goes with the last user of it.
impl Drop for Launch {
    fn drop(&mut self) {
        // With a server still on its way out, the folder is not empty and stays.
        let _ = fs::remove_dir(&self.socket_dir);
    }
}
