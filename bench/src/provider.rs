//! A model provider for measuring: it speaks `OpenAI`'s protocol, plainly or as the real ones do (TLS and HTTP/2), and
//! says in its answers when it wrote them.

mod connections;
mod settings;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::State,
    http::header,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures::stream;
use serde_json::{Value, json};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

pub(crate) use settings::Settings;

use crate::score::Mood;

/// Between the first words and the end of the first sentence, and between that and the rest.
pub(crate) const PAUSE: Duration = Duration::from_millis(20);
/// A call is not held for longer than this, whoever else is still to come.
const LONGEST_HOLD: Duration = Duration::from_mins(2);

/// What all calls share.
struct Provider {
    settings: Settings,
    calls: watch::Sender<usize>,
    now: AtomicUsize,
    peak: AtomicUsize,
    released: AtomicUsize,
}

/// Serves until the process is ended.
pub(crate) async fn serve(settings: Settings) {
    let provider = Arc::new(Provider {
        settings: settings.clone(),
        calls: watch::Sender::new(0),
        now: AtomicUsize::new(0),
        peak: AtomicUsize::new(0),
        released: AtomicUsize::new(0),
    });
    let router = Router::new()
        .route("/v1/models", get(async || Json(json!({"object": "list", "data": []}))))
        .route("/v1/chat/completions", post(complete))
        .route("/figures", get(figures))
        .with_state(provider);
    connections::serve(router, settings).await;
}

async fn figures(State(provider): State<Arc<Provider>>) -> Json<Value> {
    Json(json!({"calls": *provider.calls.borrow(), "peak": provider.peak.load(Ordering::Relaxed)}))
}

/// One call in progress.
struct Call(Arc<Provider>);

impl Call {
    fn begin(provider: Arc<Provider>) -> (Self, usize) {
        let now = provider.now.fetch_add(1, Ordering::Relaxed) + 1;
        provider.peak.fetch_max(now, Ordering::Relaxed);
        let mut number = 0;
        provider.calls.send_modify(|calls| {
            number = *calls;
            *calls += 1;
        });
        (Self(provider), number)
    }

    /// Until the words may come: so long after the call, or after the last of those that are to wait at once.
    async fn hold(&self, number: usize) {
        let settings = &self.0.settings;
        let mut from = Instant::now();
        if settings.hold > 0 {
            let mut calls = self.0.calls.subscribe();
            let all = calls.wait_for(|calls| *calls >= settings.hold);
            let _ = tokio::time::timeout(LONGEST_HOLD, all).await;
            from = Instant::now();
        }
        let place = if settings.hold > 0 { self.0.released.fetch_add(1, Ordering::Relaxed) } else { number };
        sleep_until(from + settings.delay_of(place)).await;
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An answer, piece by piece.
enum Next {
    FirstWords,
    Sentence,
    Rest,
    End,
    Over,
}

async fn complete(State(provider): State<Arc<Provider>>, body: Bytes) -> Response {
    let came = Instant::now();
    let (call, number) = Call::begin(Arc::clone(&provider));
    let mood = provider.settings.mood;
    let words = mood.map(|mood| mood.answer(&body));
    drop(body);
    let state = (Next::FirstWords, call, words);
    let pieces = stream::unfold(state, move |(next, call, mut words)| async move {
        let (text, then) = match next {
            Next::FirstWords => {
                call.hold(number).await;
                match words.take() {
                    Some(words) => (words, Next::End),
                    None => {
                        let held = came.elapsed().as_millis();
                        (format!("{{\"reply\": \"Hello at {} after {held}", microseconds()), Next::Sentence)
                    }
                }
            }
            Next::Sentence => {
                tokio::time::sleep(PAUSE).await;
                (format!(" and done at {}. ", microseconds()), Next::Rest)
            }
            Next::Rest => {
                tokio::time::sleep(PAUSE).await;
                ("What did you do next?\", \"corrections\": []}".to_owned(), Next::End)
            }
            Next::End => return Some((Ok::<_, std::io::Error>(END.clone()), (Next::Over, call, words))),
            Next::Over => return None,
        };
        Some((Ok(delta(&text)), (then, call, words)))
    });
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(pieces)).into_response()
}

static END: std::sync::LazyLock<Bytes> = std::sync::LazyLock::new(|| {
    let frame = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
    let usage = json!({"choices": [], "usage": {"prompt_tokens": 800, "completion_tokens": 40}});
    Bytes::from(format!("data: {frame}\n\ndata: {usage}\n\ndata: [DONE]\n\n"))
});

fn delta(text: &str) -> Bytes {
    let frame = json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]});
    Bytes::from(format!("data: {frame}\n\n"))
}

/// The time on the one clock that two processes share, in microseconds.
#[expect(
    clippy::disallowed_methods,
    reason = "nothing is to be repeatable here: two processes compare their clocks"
)]
pub(crate) fn microseconds() -> u128 {
    let now = std::time::SystemTime::now();
    now.duration_since(std::time::UNIX_EPOCH).expect("a clock after 1970").as_micros()
}

impl Settings {
    /// How long the words of a call are kept back.
    fn delay_of(&self, place: usize) -> Duration {
        let place = if self.hold > 0 { place } else { place % self.spread.max(1) };
        self.delay + self.apart * u32::try_from(place).unwrap_or(u32::MAX)
    }
}

/// Says what a mood would.
impl Mood {
    fn answer(self, body: &[u8]) -> String {
        let request: Value = serde_json::from_slice(body).unwrap_or_default();
        let said = request["messages"].as_array().and_then(|messages| messages.last());
        self.reply(said.and_then(|said| said["content"].as_str()).unwrap_or_default())
    }
}
