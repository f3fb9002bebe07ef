//! Watches the server, restarts it when it dies, and stops it when asked.

use std::time::{Duration, Instant};

use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{StartError, Status, child::Child, launch::Launch, socket};

/// The first wait before a restart; each further one doubles it.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// The longest wait before a restart.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A server that has lived so long gets the first wait again.
const HEALTHY: Duration = Duration::from_mins(1);

/// How often it is looked after whether the data files are still there. PostgreSQL itself looks once a minute.
const LOOK: Duration = Duration::from_secs(1);

/// Owns the running server.
pub(super) struct Supervisor {
    pub(super) launch: Launch,
    pub(super) status: watch::Sender<Status>,
    /// The server's process number; 0 while there is none.
    pub(super) pid: watch::Sender<u32>,
    pub(super) stop: CancellationToken,
}

impl Supervisor {
    /// Runs until it is told to stop, and the server has stopped.
    pub(super) async fn run(self, child: Child) {
        let failure = self.watch(child).await;
        self.pid.send_replace(0);
        if let Some(because) = failure {
            tracing::error!("PostgreSQL cannot go on: {because}");
            self.tell(Status::Failed { because });
            // The folder stays ours: somebody may be repairing it, for us.
            self.stop.cancelled().await;
        }
        socket::remove(&self.launch.socket_dir);
        let Self { launch, status, .. } = self;
        // Gives the lock back before anybody can learn of the end.
        drop(launch);
        status.send_replace(Status::Stopped);
    }

    fn tell(&self, status: Status) {
        self.status.send_if_modified(|known| {
            let is_news = *known != status;
            *known = status;
            is_news
        });
    }

    /// Returns why it gave up, or nothing if it was told to stop.
    async fn watch(&self, mut child: Child) -> Option<String> {
        let mut attempt = 0;
        loop {
            self.pid.send_replace(child.pid());
            self.tell(Status::Ready);
            let ready_since = Instant::now();
            let exit = tokio::select! {
                exit = child.ended() => exit,
                () = self.files_are_gone() => {
                    child.stop_at_once().await;
                    return Some(self.gone());
                }
                () = self.stop.cancelled() => {
                    self.tell(Status::Stopping);
                    child.stop(self.launch.timeouts.stop).await;
                    return None;
                }
            };
            self.pid.send_replace(0);
            if ready_since.elapsed() > HEALTHY {
                attempt = 0;
            }
            child = match self.restart(&mut attempt, exit.because).await {
                Restart::Ready(child) => child,
                Restart::Stopped => return None,
                Restart::Hopeless(because) => return Some(because),
            };
        }
    }

    /// Waits until the data files are gone, twice in a row.
    async fn files_are_gone(&self) {
        let mut missed = 0;
        while missed < 2 {
            sleep(LOOK).await;
            missed = if self.launch.lost_data() { missed + 1 } else { 0 };
        }
    }

    fn gone(&self) -> String {
        StartError::FilesGone { folder: self.launch.cluster.clone() }.to_string()
    }

    /// Tries until the server answers again.
    async fn restart(&self, attempt: &mut u32, mut because: String) -> Restart {
        loop {
            if !self.launch.has_data() {
                return Restart::Hopeless(self.gone());
            }
            *attempt += 1;
            let wait = wait_before(*attempt);
            tracing::error!(
                attempt,
                wait_ms = wait.as_millis(),
                "PostgreSQL is gone ({because}): restarting it"
            );
            self.tell(Status::Restarting { attempt: *attempt, wait, because });
            tokio::select! {
                () = sleep(wait) => {}
                () = self.stop.cancelled() => return Restart::Stopped,
            }
            self.tell(Status::Starting);
            match self.launch.start(&self.stop).await {
                Ok(child) => {
                    tracing::info!(attempt, "PostgreSQL is back");
                    return Restart::Ready(child);
                }
                Err(StartError::Abandoned) => return Restart::Stopped,
                Err(error) => because = error.to_string(),
            }
        }
    }
}

/// How an attempt to bring the server back ends.
enum Restart {
    Ready(Child),
    Stopped,
    Hopeless(String),
}

/// 0.1 s, 0.2 s, 0.4 s and so on, up to the longest.
fn wait_before(attempt: u32) -> Duration {
    FIRST_WAIT.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1))).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_half_a_minute() {
        let waits = [1, 2, 3, 9, 10, 1000].map(|attempt| wait_before(attempt).as_millis());
        assert_eq!(waits, [100, 200, 400, 25_600, 30_000, 30_000]);
    }
}
