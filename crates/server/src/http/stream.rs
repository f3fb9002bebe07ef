//! Answers that are told while they are being made, as server-sent events (WHATWG HTML, section 9.2).
//!
//! The work runs on a task of its own and tells a [`Listener`]; the body takes from there what the client takes. So a
//! client that is slow, or has hung up, holds nothing back.

use std::{panic::AssertUnwindSafe, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures::{
    FutureExt, Stream,
    future::{BoxFuture, pending},
    stream,
};
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::{ApiError, Json, context, frame::panic_text};
use crate::tasks::Tasks;

/// The media type.
pub const EVENT_STREAM: &str = "text/event-stream";
/// After so much silence a comment is sent, so that whoever stands between does not think the connection dead.
const HEARTBEAT: Duration = Duration::from_secs(3);
/// Events that a slow client may be behind; whoever is behind further is taken to have hung up. A spoken reply has a
/// few hundred.
const BEHIND: usize = 1024;

/// Who is told of an answer while it is being made.
pub struct Listener(Ear);

enum Ear {
    Nobody,
    /// Waits for the whole answer, until this token says that the client has hung up.
    Patient(CancellationToken),
    Stream(Line),
}

/// The line to a client that wants a stream.
struct Line {
    /// Lets the answer's head go out; none when it has.
    head: Option<oneshot::Sender<Result<(), ApiError>>>,
    /// None when the client has hung up.
    events: Option<mpsc::Sender<Bytes>>,
}

impl Listener {
    /// Nobody listens.
    #[must_use]
    pub fn nobody() -> Self {
        Self(Ear::Nobody)
    }

    /// Whether the answer is wanted as a stream.
    #[must_use]
    pub fn is_streamed(&self) -> bool {
        matches!(self.0, Ear::Stream(_))
    }

    fn line(&mut self) -> Option<&mut Line> {
        match &mut self.0 {
            Ear::Stream(line) => Some(line),
            Ear::Nobody | Ear::Patient(_) => None,
        }
    }

    /// Lets the answer's head go out. Until then a failure is an answer like any other; from then on it is an event.
    pub fn begin(&mut self) {
        if let Some(head) = self.line().and_then(|line| line.head.take())
            && head.send(Ok(())).is_err()
        {
            self.hang_up();
        }
    }

    /// Sends an event.
    pub fn tell(&mut self, event: &str, data: &impl Serialize) {
        self.begin();
        let Some(line) = self.line() else { return };
        let Ok(data) = serde_json::to_string(data) else { return };
        // JSON has no line breaks of its own, so one line holds it.
        let event = Bytes::from(format!("event: {event}\ndata: {data}\n\n"));
        if line.events.as_ref().is_some_and(|events| events.try_send(event).is_err()) {
            self.hang_up();
        }
    }

    /// Comes when the client has hung up; never when nobody was there.
    pub async fn hung_up(&self) {
        match &self.0 {
            Ear::Nobody => pending().await,
            Ear::Patient(gone) => gone.cancelled().await,
            Ear::Stream(Line { events: Some(events), .. }) => events.closed().await,
            Ear::Stream(Line { events: None, .. }) => {}
        }
    }

    fn hang_up(&mut self) {
        if let Some(line) = self.line() {
            line.events = None;
        }
    }

    /// Sends the last event: the whole answer, or what kept it from being made.
    fn end(mut self, answer: Result<impl Serialize, ApiError>) {
        match (answer, self.line().and_then(|line| line.head.take())) {
            (Err(error), Some(head)) => {
                // The client has hung up if this fails: nobody is there to read it.
                let _ = head.send(Err(error));
            }
            (Err(error), None) => {
                error.log();
                context::note_end_of_stream("error");
                self.tell("error", &error.problem());
            }
            (Ok(answer), head) => {
                if let Some(line) = self.line() {
                    line.head = head;
                }
                context::note_end_of_stream("done");
                self.tell("done", &answer);
            }
        }
    }
}

/// Does some work on a task of its own and answers with what it tells, then `done` with what it returns, or `error`.
///
/// The head goes out when the work says so ([`Listener::begin`]); what fails before is answered as usual.
pub async fn streamed<A, W>(tasks: &Tasks, work: W) -> Result<Response, ApiError>
where
    A: Serialize + Send + 'static,
    W: for<'a> FnOnce(&'a mut Listener) -> BoxFuture<'a, Result<A, ApiError>> + Send + 'static,
{
    let (head, begun) = oneshot::channel();
    let (events, behind) = mpsc::channel(BEHIND);
    tasks.spawn(context::carried(async move {
        let mut listener = Listener(Ear::Stream(Line { head: Some(head), events: Some(events) }));
        let done = AssertUnwindSafe(work(&mut listener)).catch_unwind().await;
        listener.end(
            done.unwrap_or_else(|panic| Err(ApiError::Internal(format!("panic: {}", panic_text(&*panic))))),
        );
    }));
    begun.await.map_err(|_| ApiError::Internal("the stream's work vanished".to_owned()))??;
    Ok(response(Body::from_stream(pieces(behind, HEARTBEAT))))
}

/// Does some work on a task of its own and answers with what it returns, in one piece. A client that hangs up does not
/// end the work: the listener is told, as with a stream.
pub async fn whole<A, W>(tasks: &Tasks, work: W) -> Result<Response, ApiError>
where
    A: Serialize + Send + 'static,
    W: for<'a> FnOnce(&'a mut Listener) -> BoxFuture<'a, Result<A, ApiError>> + Send + 'static,
{
    let gone = CancellationToken::new();
    // Dropped with this request, whose client is then gone or has its answer.
    let _held = gone.clone().drop_guard();
    let done = tasks.spawn(context::carried(Box::pin(async move {
        let mut listener = Listener(Ear::Patient(gone));
        work(&mut listener).await
    })));
    let answer = done.await.map_err(|error| ApiError::Internal(format!("the work broke off: {error}")))??;
    Ok(Json(answer).into_response())
}

fn response(body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(EVENT_STREAM)),
        // Nobody between may keep it, hold it back, or compress it, which is a way of holding back.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform")),
        (header::HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    (headers, body).into_response()
}

/// Each event as it comes, and a comment after each `heartbeat` without any.
fn pieces(
    events: mpsc::Receiver<Bytes>,
    heartbeat: Duration,
) -> impl Stream<Item = Result<Bytes, std::convert::Infallible>> {
    stream::unfold(events, move |mut events| async move {
        let piece = match tokio::time::timeout(heartbeat, events.recv()).await {
            Ok(event) => event?,
            Err(_) => Bytes::from_static(b": still here\n\n"),
        };
        Some((Ok(piece), events))
    })
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;

    use super::*;

    fn line() -> (Listener, oneshot::Receiver<Result<(), ApiError>>, mpsc::Receiver<Bytes>) {
        let ((head, begun), (events, behind)) = (oneshot::channel(), mpsc::channel(BEHIND));
        (Listener(Ear::Stream(Line { head: Some(head), events: Some(events) })), begun, behind)
    }

    #[tokio::test]
    async fn silence_is_filled_with_comments_until_something_is_said() {
        let (mut listener, _begun, behind) = line();
        let mut pieces = Box::pin(pieces(behind, Duration::from_millis(5)));
        for _ in 0..3 {
            assert_eq!(pieces.next().await.unwrap().unwrap(), ": still here\n\n");
        }
        listener.tell("delta", &serde_json::json!({"text": "one\ntwo"}));
        assert_eq!(pieces.next().await.unwrap().unwrap(), "event: delta\ndata: {\"text\":\"one\\ntwo\"}\n\n");
        drop(listener);
        assert!(pieces.next().await.is_none());
    }

    #[tokio::test]
    async fn a_client_that_is_too_far_behind_has_hung_up_and_holds_nothing_back() {
        let (mut listener, _begun, mut behind) = line();
        for count in 0..BEHIND {
            listener.tell("delta", &count);
        }
        assert!(listener.hung_up().now_or_never().is_none());
        listener.tell("delta", &"one too many");
        assert!(listener.hung_up().now_or_never().is_some());
        let mut waiting = 0;
        while behind.recv().await.is_some() {
            waiting += 1;
        }
        assert_eq!(waiting, BEHIND, "what waited is still sent, and then the line is closed");
    }

    #[tokio::test]
    async fn a_failure_before_the_head_is_an_answer_and_after_it_an_event() {
        let (listener, begun, mut behind) = line();
        listener.end(Err::<(), _>(ApiError::DeadlinePassed));
        assert!(matches!(begun.await, Ok(Err(ApiError::DeadlinePassed))));
        assert!(behind.recv().await.is_none());

        let (mut listener, begun, mut behind) = line();
        listener.begin();
        listener.end(Err::<(), _>(ApiError::DeadlinePassed));
        assert!(matches!(begun.await, Ok(Ok(()))));
        let event = behind.recv().await.unwrap();
        assert!(event.starts_with(b"event: error\ndata: {\"type\":\"urn:ella:problem:deadline-passed\""));
        assert!(behind.recv().await.is_none());
    }

    #[tokio::test]
    async fn nobody_never_hangs_up() {
        let mut listener = Listener::nobody();
        listener.tell("delta", &1);
        assert!(listener.hung_up().now_or_never().is_none());
    }

    #[tokio::test]
    async fn work_that_panics_ends_the_stream_with_an_error() {
        let tasks = Tasks::default();
        let response = streamed::<(), _>(&tasks, |listener| {
            Box::pin(async move {
                listener.begin();
                panic!("out of paper")
            })
        });
        let body = response.await.unwrap().into_body();
        let body = http_body_util::BodyExt::collect(body).await.unwrap().to_bytes();
        assert!(body.starts_with(b"event: error\ndata: {\"type\":\"urn:ella:problem:internal\""), "{body:?}");
    }
}
