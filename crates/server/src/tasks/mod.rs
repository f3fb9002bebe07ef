//! Work that outlives a request, and work that runs by itself: named, tracked, and drained at shutdown.

mod upkeep;

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tokio::task::JoinHandle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::app::App;

pub(crate) use upkeep::start;
pub use upkeep::{complete_silent_conversations, prune_retry_keys};

/// The server's tasks.
#[derive(Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
    reports: Arc<Mutex<BTreeMap<&'static str, Report>>>,
}

/// How the last run of a reconciler went.
#[derive(Clone, Debug)]
pub struct Report {
    /// When it ran.
    pub at: Timestamp,
    /// What it did, or what kept it from doing it.
    pub result: Result<String, String>,
}

/// Something that is put right every so often.
pub trait Reconciler: Send + Sync + 'static {
    /// Its name, in the log and on the status page.
    const NAME: &'static str;
    /// How often it runs.
    const EVERY: Duration;

    /// Puts right what is not, and says what it did in one phrase; running it twice does no harm.
    fn run(app: &App) -> impl Future<Output = Result<String, String>> + Send;
}

impl Tasks {
    /// Starts work that goes on when its request is gone.
    pub fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.tracker.spawn(work)
    }

    /// Starts a reconciler: at once, then every so often, until the server stops.
    pub fn reconcile<R: Reconciler>(&self, app: &App) {
        let (app, stop, reports) = (app.clone(), self.stop.clone(), Arc::clone(&self.reports));
        self.tracker.spawn(async move {
            loop {
                let result = tokio::select! {
                    result = R::run(&app) => result,
                    () = stop.cancelled() => return,
                };
                if let Err(error) = &result {
                    tracing::warn!(task = R::NAME, %error, "a background task did not succeed");
                }
                let report = Report { at: app.clock.now(), result };
                reports.lock().unwrap_or_else(PoisonError::into_inner).insert(R::NAME, report);
                tokio::select! {
                    () = tokio::time::sleep(R::EVERY) => {}
                    () = stop.cancelled() => return,
                }
            }
        });
    }

    /// How the last run of each reconciler went, by name.
    #[must_use]
    pub fn reports(&self) -> BTreeMap<&'static str, Report> {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many tasks there are now.
    #[must_use]
    pub fn running(&self) -> usize {
        self.tracker.len()
    }

    /// Waits until the tasks are to come to their end.
    pub async fn ending(&self) {
        self.stop.cancelled().await;
    }

    /// Stops the reconcilers and lets everything else end, for at most `grace`.
    pub async fn drain(&self, grace: Duration) {
        self.stop.cancel();
        self.tracker.close();
        if tokio::time::timeout(grace, self.tracker.wait()).await.is_err() {
            tracing::warn!(left = self.tracker.len(), "some background work did not end in time");
        }
    }
}
