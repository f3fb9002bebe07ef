//! What happens around every request: its id, its log line and its figures (the frame), its deadline and the net under
//! a panic (the guard).

use std::{
    convert::Infallible,
    fmt::Write as _,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use axum::{
    body::{Body, BodyDataStream, Bytes},
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::{FutureExt, Stream, StreamExt};
use tower_service::Service;

use super::{
    ApiError,
    context::{self, RequestContext},
    stream::EVENT_STREAM,
};
use crate::{app::App, config::Config, tutor::Tutor, users};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
static SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// The frame around every request.
///
/// No `async fn`: that would keep the request's place, several times over, for as long as the answer takes.
pub fn frame(State(app): State<App>, request: Request, mut next: Next) -> impl Future<Output = Response> {
    let arrived = Instant::now();
    let context = Arc::new(RequestContext::new(request_id(request.headers(), &app)));
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let served = next.call(request);
    context::with(Arc::clone(&context), async move {
        let mut response = answer(served).await;
        let total = arrived.elapsed();
        let streamed = is_stream(&response);
        add_headers(&mut response, &context, streamed, total);
        let report = Report { method, route, status: response.status(), context, arrived };
        report.count(total);
        if streamed {
            return response.map(|body| Body::from_stream(Watched::new(body, report)));
        }
        report.log(total, None);
        response
    })
}

/// What is served can be refused, but it cannot fail.
async fn answer(served: impl Future<Output = Result<Response, Infallible>>) -> Response {
    served.await.unwrap_or_else(|never| match never {})
}

fn is_stream(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == EVENT_STREAM)
}

/// Serves the request within its deadline, turns a panic into an answer, and sees to it that a student who is no
/// longer there is told so before anything else.
///
/// No `async fn`, for the same reason as [`frame`].
pub fn guard(State(app): State<App>, request: Request, mut next: Next) -> impl Future<Output = Response> {
    let is_keyed = request.headers().contains_key("idempotency-key");
    let deadline = deadline(&app.tutor, &app.config, request.uri().path(), is_keyed);
    let served = next.call(request);
    guarded(app, deadline, served)
}

async fn guarded(
    app: App,
    deadline: Duration,
    served: impl Future<Output = Result<Response, Infallible>>,
) -> Response {
    let served = AssertUnwindSafe(tokio::time::timeout(deadline, answer(served))).catch_unwind().await;
    let response = match served {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => ApiError::DeadlinePassed.into_response(),
        Err(panic) => ApiError::Internal(format!("panic: {}", panic_text(&*panic))).into_response(),
    };
    // A good token alone does not say that its student is still there, and asking first would cost every request a
    // look-up. Answers that succeed have met the student's row; only refusals must ask.
    match context::student() {
        Some(student) if may_hide_a_lost_student(response.status()) => {
            // Boxed: it is rare, and its size would be every request's.
            match tokio::time::timeout(deadline, Box::pin(users::confirm(&app, student))).await {
                Ok(Ok(())) => response,
                Ok(Err(error)) => error.into_response(),
                Err(_) => ApiError::DeadlinePassed.into_response(),
            }
        }
        _ => response,
    }
}

/// A request's deadline. The tutor's endpoints keep to budgets of their own, which may be longer or shorter than what
/// other requests get; here they are only caught when those have failed.
fn deadline(tutor: &Tutor, config: &Config, path: &str, is_keyed: bool) -> Duration {
    match path {
        "/llm/session-analysis" => tutor.analysis_gives_up_after(),
        _ if path.starts_with("/llm/") && is_keyed => tutor.copy_gives_up_after(),
        _ if path.starts_with("/llm/") => tutor.gives_up_after(),
        _ => config.request_deadline(),
    }
}

fn may_hide_a_lost_student(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::NOT_FOUND
            | StatusCode::CONFLICT
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNSUPPORTED_MEDIA_TYPE
            | StatusCode::UNPROCESSABLE_ENTITY
    )
}

pub(super) fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a text")
}

/// The client's own id when it is 1 to 128 of `A-Za-z0-9._-`, else a new one.
fn request_id(headers: &HeaderMap, app: &App) -> String {
    headers
        .get(&REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| {
            (1..=128).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        })
        .map_or_else(|| app.new_id().to_string(), str::to_owned)
}

fn add_headers(response: &mut Response, context: &RequestContext, streamed: bool, total: Duration) {
    let mut timing = format!("total;dur={:.1}", total.as_secs_f64() * 1000.0);
    // A stream's head goes out before a model has been asked; its figures come with its end.
    let llm = context.llm_time().filter(|_| response.status() == StatusCode::OK && !streamed);
    for (name, time) in [("db", context.database_time()), ("llm", llm)] {
        if let Some(time) = time {
            // Writing to a string cannot fail.
            let _ = write!(timing, ", {name};dur={:.1}", time.as_secs_f64() * 1000.0);
        }
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&timing) {
        headers.insert(SERVER_TIMING.clone(), value);
    }
    if let Ok(value) = HeaderValue::from_str(&context.request_id) {
        headers.insert(REQUEST_ID.clone(), value);
    }
}

/// What is told of a request, once: one line and one set of figures. No personal data: the route's pattern, never the
/// path.
struct Report {
    method: Method,
    route: Option<MatchedPath>,
    status: StatusCode,
    context: Arc<RequestContext>,
    arrived: Instant,
}

impl Report {
    fn route(&self) -> &str {
        self.route.as_ref().map_or("(none)", MatchedPath::as_str)
    }

    fn log(&self, total: Duration, stream_end: Option<&str>) {
        let milliseconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64() * 1000.0);
        tracing::info!(
            http.method = %self.method,
            http.route = self.route(),
            http.status = self.status.as_u16(),
            request.id = %self.context.request_id,
            total_ms = milliseconds(Some(total)),
            database_ms = milliseconds(self.context.database_time()),
            llm_ms = milliseconds(self.context.llm_time()),
            first_sentence_ms = milliseconds(self.context.first_sentence()),
            stream.end = stream_end,
            "request"
        );
    }

    /// Counts the request, and the time to its answer's head.
    fn count(&self, total: Duration) {
        let (method, route) = (known_method(&self.method), self.route().to_owned());
        metrics::counter!("ella_http_requests_total", "method" => method, "route" => route.clone(), "status" => self.status.as_str().to_owned())
            .increment(1);
        metrics::histogram!("ella_http_request_seconds", "method" => method, "route" => route).record(total);
    }

    /// Tells of a stream when it is over.
    fn end_of_stream(&self, end: &'static str) {
        let (route, total) = (self.route().to_owned(), self.arrived.elapsed());
        self.log(total, Some(end));
        metrics::counter!("ella_streams_total", "route" => route.clone(), "end" => end).increment(1);
        metrics::histogram!("ella_stream_seconds", "route" => route.clone()).record(total);
        if let Some(first) = self.context.first_sentence() {
            metrics::histogram!("ella_stream_first_sentence_seconds", "route" => route).record(first);
        }
    }
}

/// The body of a stream, which reports how it went when it is over or dropped.
struct Watched {
    body: BodyDataStream,
    report: Report,
    sent_whole: bool,
}

impl Watched {
    fn new(body: Body, report: Report) -> Self {
        metrics::gauge!("ella_streams_open").increment(1);
        Self { body: body.into_data_stream(), report, sent_whole: false }
    }
}

impl Stream for Watched {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let piece = ready!(self.body.poll_next_unpin(context));
        self.sent_whole |= piece.is_none();
        Poll::Ready(piece)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        metrics::gauge!("ella_streams_open").decrement(1);
        let end = self.report.context.end_of_stream().filter(|_| self.sent_whole);
        self.report.end_of_stream(end.unwrap_or("hung_up"));
    }
}

/// A label has few values: a method nobody knows must not make a new time series.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deadlines(flags: &[&str]) -> [u64; 5] {
        let config = Config::from_flags(flags).unwrap();
        let tutor = Tutor::new(&config, 1).unwrap();
        let of = |path, is_keyed| deadline(&tutor, &config, path, is_keyed).as_secs();
        [
            of("/users/me", true),
            of("/llm/conversation-turn", false),
            of("/llm/conversation-turn", true),
            of("/llm/placement-turn", false),
            of("/llm/session-analysis", false),
        ]
    }

    #[test]
    fn each_request_has_a_deadline_and_the_tutors_follow_their_budgets() {
        assert_eq!(deadlines(&[]), [10, 7, 25, 7, 15]);
        // A short deadline for others does not cut a turn off, and a long budget is waited for.
        assert_eq!(deadlines(&["--request-seconds=1"]), [1, 7, 25, 7, 15]);
        assert_eq!(deadlines(&["--turn-budget-ms=60000"]), [10, 65, 65, 65, 65]);
        assert_eq!(deadlines(&["--first-sentence-ms=30000"]), [10, 35, 35, 35, 35]);
    }
}
