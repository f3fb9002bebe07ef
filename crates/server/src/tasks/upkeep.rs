//! What the server does by itself: silent calls are completed, used retry keys thrown away, the dashboard's
//! figures read, models kept warm, and what they cost added up.

use std::time::Duration;

use ella_sql::{
    client::Params,
    queries::{retries, upkeep},
};
use jiff::SignedDuration;

use super::Reconciler;
use crate::{
    app::App,
    clock::first_id_at,
    guards::{erased::KeptList, heartbeat::Heartbeat},
    http::retry::KEPT_HOURS,
    tutor::reconcile_budgets,
};

/// A call that has been silent this long is over.
const SILENCE: SignedDuration = SignedDuration::from_hours(24);
/// Rows that one statement changes at most, so that none holds its locks for long.
const BATCH: i64 = 500;

/// Starts everything here.
pub(crate) fn start(app: &App) {
    app.tasks.reconcile::<SilentCalls>(app);
    app.tasks.reconcile::<RetryKeys>(app);
    app.tasks.reconcile::<QuietClients>(app);
    app.tasks.reconcile::<DashboardFigures>(app);
    app.tasks.reconcile::<Heartbeat>(app);
    app.tasks.reconcile::<KeptList>(app);
    if !app.tutor.relay().is_empty() {
        app.tasks.reconcile::<WarmModels>(app);
        app.tasks.reconcile::<TokenBudgets>(app);
    }
}

struct SilentCalls;

impl Reconciler for SilentCalls {
    const NAME: &'static str = "complete silent calls";
    const EVERY: Duration = Duration::from_mins(1);

    async fn run(app: &App) -> Result<String, String> {
        complete_silent_conversations(app).await.map(|count| format!("calls completed: {count}"))
    }
}

/// Completes calls that have been silent for 24 hours, at their last message; returns how many.
///
/// # Errors
/// A sentence; those that were completed stay so.
pub async fn complete_silent_conversations(app: &App) -> Result<u64, String> {
    let before = app.clock.now() - SILENCE;
    let params = upkeep::CompleteSilentConversationsParams {
        // Ids know milliseconds: those of this very one may belong to it.
        started_before: first_id_at(before + SignedDuration::from_millis(1)),
        before,
        most: BATCH,
    };
    let params = &params;
    let mut completed = 0;
    loop {
        let count = app
            .database
            .write_again(|client| async move {
                upkeep::complete_silent_conversations().params(&client, params).await
            })
            .await
            .map_err(|error| error.to_string())?;
        completed += count;
        if count < BATCH.unsigned_abs() {
            return Ok(completed);
        }
    }
}

struct RetryKeys;

impl Reconciler for RetryKeys {
    const NAME: &'static str = "throw away used retry keys";
    const EVERY: Duration = Duration::from_mins(30);

    async fn run(app: &App) -> Result<String, String> {
        prune_retry_keys(app).await.map(|count| format!("keys thrown away: {count}"))
    }
}

/// Throws away idempotency keys that are older than they are kept; returns how many.
///
/// # Errors
/// A sentence; those that were thrown away stay so.
pub async fn prune_retry_keys(app: &App) -> Result<u64, String> {
    let params = retries::PruneRetryKeysParams {
        before: app.clock.now() - SignedDuration::from_hours(KEPT_HOURS),
        most: BATCH,
    };
    let params = &params;
    let mut pruned = 0;
    loop {
        let count = app
            .database
            .write_again(|client| async move { retries::prune_retry_keys().params(&client, params).await })
            .await
            .map_err(|error| error.to_string())?;
        pruned += count;
        if count < BATCH.unsigned_abs() {
            return Ok(pruned);
        }
    }
}

struct QuietClients;

impl Reconciler for QuietClients {
    const NAME: &'static str = "forget quiet clients";
    const EVERY: Duration = Duration::from_mins(5);

    async fn run(app: &App) -> Result<String, String> {
        app.sign_ins.forget_quiet_clients();
        Ok("forgot them".to_owned())
    }
}

struct DashboardFigures;

impl Reconciler for DashboardFigures {
    const NAME: &'static str = "read the dashboard's figures";
    // Sooner than figures grow too old to be shown, so that no teacher waits for a reading.
    const EVERY: Duration = Duration::from_secs(30);

    async fn run(app: &App) -> Result<String, String> {
        app.stats.read_ahead(app).await.map(|()| "read them".to_owned()).map_err(|error| error.to_string())
    }
}

struct TokenBudgets;

impl Reconciler for TokenBudgets {
    const NAME: &'static str = "add up the day's tokens";
    const EVERY: Duration = Duration::from_mins(1);

    async fn run(app: &App) -> Result<String, String> {
        reconcile_budgets(app).await.map(|tokens| format!("tokens so far today (UTC): {tokens}"))
    }
}

struct WarmModels;

impl Reconciler for WarmModels {
    const NAME: &'static str = "keep connections to models warm";
    const EVERY: Duration = ella_llm::WARM_EVERY;

    async fn run(app: &App) -> Result<String, String> {
        let failed: Vec<String> = app
            .tutor
            .relay()
            .warm()
            .await
            .into_iter()
            .filter_map(|warmed| {
                warmed.result.err().map(|error| format!("{} {}: {error}", warmed.name, warmed.model))
            })
            .collect();
        if failed.is_empty() { Ok("warm".to_owned()) } else { Err(failed.join("; ")) }
    }
}
