//! The log and the figures.

use std::io::IsTerminal;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogForm};

/// Upper bounds of the latency histograms, in seconds: fine where a student would notice.
const LATENCY_BUCKETS: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0,
    20.0,
];

/// Starts the log: text on a terminal, JSON elsewhere, unless it is set. Called once.
pub fn start_log(config: &Config) {
    let filter = EnvFilter::try_new(&config.log).unwrap_or_else(|_| EnvFilter::new("info"));
    let json = match config.log_form {
        LogForm::Auto => !std::io::stderr().is_terminal(),
        LogForm::Json => true,
        LogForm::Text => false,
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second call finds a log already there, and that one stays.
    let _ = if json {
        builder.json().flatten_event(true).try_init()
    } else {
        builder.with_ansi(std::io::stderr().is_terminal()).with_target(false).try_init()
    };
}

/// Starts collecting figures; none if they are being collected already (a second server in one program).
#[must_use]
pub fn start_metrics() -> Option<PrometheusHandle> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), LATENCY_BUCKETS)
        .ok()?
        .install_recorder()
        .ok()?;
    describe();
    Some(handle)
}

/// What each figure means, for whoever builds a dashboard of them.
fn describe() {
    use metrics::{describe_counter, describe_gauge, describe_histogram};
    describe_counter!("ella_http_requests_total", "Requests, by method, route and status.");
    describe_histogram!(
        "ella_http_request_seconds",
        "From a request's head to its answer's, by method and route."
    );
    describe_counter!(
        "ella_streams_total",
        "Streamed answers that are over, by route and end (done, error, hung_up: the client left)."
    );
    describe_gauge!("ella_streams_open", "Streamed answers at this moment.");
    describe_histogram!("ella_stream_seconds", "From a request to the end of its stream, by route.");
    describe_histogram!(
        "ella_stream_first_sentence_seconds",
        "From a request to the first sentence of its stream, by route."
    );
    describe_counter!(
        "ella_tutor_answers_total",
        "Zoe's answers, by who gave them (built_in: the built-in voice) and outcome (whole, truncated, degraded)."
    );
    describe_counter!(
        "ella_tutor_answers_over_budget_total",
        "Answers for which no model was asked, because the day's tokens were used up."
    );
    describe_gauge!("ella_llm_calls_in_flight", "Calls of language models at this moment.");
    describe_gauge!("ella_llm_provider_failing", "1 when a language model does not answer, else 0.");
    describe_gauge!("ella_database_up", "1 when the database answers, else 0.");
    describe_gauge!("ella_database_connections", "The pool: connections at most, open, and idle.");
    describe_gauge!("ella_background_tasks", "Background tasks at this moment.");
}
