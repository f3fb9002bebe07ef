//! The server: takes calls and plays their scripts.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use bytes::Bytes;
use futures::stream;
use serde_json::{Value, json};
use tokio::net::TcpSocket;
use tokio::sync::oneshot;

use super::call::{Call, Ending, EndingGuard, Protocol, Shared};
use super::script::{Script, Step};
use super::wire::{self, Counted, Reason};

/// Thousands may connect at once.
const BACKLOG: u32 = 8192;
/// Words come in pieces of this size when flooding.
const FLOOD_PIECE: &str = "word word word word word word word word word word word word word word word word ";

/// Serves in a thread of its own until `stopped`, and says where.
pub(crate) fn start(
    address: SocketAddr,
    shared: Arc<Shared>,
    stopped: oneshot::Receiver<()>,
) -> io::Result<SocketAddr> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (ready, is_ready) = mpsc::channel();
    thread::Builder::new().name("scripted-provider".to_owned()).spawn(move || {
        runtime.block_on(async {
            let listener = TcpSocket::new_v4().and_then(|socket| {
                socket.set_reuseaddr(true)?;
                socket.bind(address)?;
                socket.listen(BACKLOG)
            });
            let listener = match listener {
                Ok(listener) => listener,
                Err(error) => return drop(ready.send(Err(error))),
            };
            drop(ready.send(listener.local_addr()));
            let counting = Arc::clone(&shared);
            let listener = listener.tap_io(move |stream| {
                counting.connected();
                drop(stream.set_nodelay(true));
            });
            let app = Router::new().fallback(handle).with_state(shared);
            tokio::select! {
                _ = axum::serve(listener, app) => {}
                _ = stopped => {}
            }
        });
    })?;
    is_ready.recv().map_err(io::Error::other)?
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let path = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
    let plain = request.uri().path();
    if request.method() == Method::GET && plain.ends_with("/models") {
        shared.warmed();
        return json_response(StatusCode::OK, &json!({"object": "list", "data": [], "models": []}));
    }
    let protocol = if plain.ends_with("/chat/completions") {
        Protocol::OpenAi
    } else if plain.ends_with(":streamGenerateContent") || plain.ends_with(":generateContent") {
        Protocol::Gemini
    } else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let named = |(name, value): (&header::HeaderName, &header::HeaderValue)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let headers = request.headers().iter().map(named).collect();
    let body = to_bytes(request.into_body(), usize::MAX).await.unwrap_or_default();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let streamed = match protocol {
        Protocol::OpenAi => body.get("stream") == Some(&Value::Bool(true)),
        Protocol::Gemini => path.contains(":streamGenerateContent"),
    };
    let (script, guard) = shared.called(Call { protocol, path, headers, body, ending: None });
    let player = Player::new(protocol, script, guard);
    if player.has_status() {
        player.status().await
    } else if streamed {
        let body = Body::from_stream(stream::unfold(player, Player::play));
        ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
    } else {
        player.whole().await
    }
}

fn json_response(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

/// A script that is being played.
struct Player {
    protocol: Protocol,
    steps: VecDeque<Step>,
    guard: EndingGuard,
    spoken: bool,
    counted: Counted,
    flood_left: usize,
    over: bool,
}

impl Player {
    fn new(protocol: Protocol, script: Script, guard: EndingGuard) -> Self {
        let steps = script.steps.into();
        Self { protocol, steps, guard, spoken: false, counted: None, flood_left: 0, over: false }
    }

    fn has_status(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Status { .. }))
    }

    async fn status(mut self) -> Response {
        while let Some(step) = self.steps.pop_front() {
            if let Step::Status { status, retry_after, body } = step {
                self.guard.ending = Ending::Completed;
                let body = body.unwrap_or_else(|| wire::error(self.protocol, status));
                let code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let mut response = json_response(code, &body);
                if let Some(value) = retry_after.and_then(|text| text.parse().ok()) {
                    response.headers_mut().insert(header::RETRY_AFTER, value);
                }
                return response;
            }
            pause(&step).await;
        }
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }

    /// The next bytes of the stream.
    async fn play(mut self) -> Option<(io::Result<Bytes>, Self)> {
        if self.flood_left > 0 {
            let piece = FLOOD_PIECE.repeat(32);
            self.flood_left = self.flood_left.saturating_sub(piece.len());
            let bytes = wire::text(self.protocol, &piece);
            return Some((Ok(bytes), self));
        }
        while !self.over {
            let Some(step) = self.steps.pop_front() else {
                self.over = true;
                break;
            };
            if let Some(bytes) = self.bytes(&step).await {
                return Some((bytes, self));
            }
        }
        if self.guard.ending == Ending::ClientLeft {
            self.guard.ending = Ending::Completed;
        }
        None
    }

    async fn bytes(&mut self, step: &Step) -> Option<io::Result<Bytes>> {
        let protocol = self.protocol;
        Some(Ok(match step {
            Step::Text(text) => {
                let opening = if self.spoken { Bytes::new() } else { wire::opening(protocol) };
                self.spoken = true;
                Bytes::from([opening, wire::text(protocol, text)].concat())
            }
            Step::EmptyChunk => wire::empty(protocol),
            Step::KeepAlive => Bytes::from_static(b": keep-alive\n\n"),
            Step::Raw(bytes) => Bytes::from(bytes.clone()),
            Step::Malformed => {
                Bytes::from_static(b"data: {\"choices\": [{\"delta\": {\"content\": \"Hel\n\n")
            }
            Step::Refusal => wire::refusal(protocol),
            Step::Finish => wire::finish(protocol, Reason::Stop, self.counted, self.spoken),
            Step::LengthCut => wire::finish(protocol, Reason::Length, self.counted, self.spoken),
            Step::SafetyBlock => wire::finish(protocol, Reason::Safety, self.counted, self.spoken),
            Step::Usage { prompt, completion } => {
                self.counted = Some((*prompt, *completion));
                return None;
            }
            Step::Flood { bytes } => {
                self.flood_left = *bytes;
                self.spoken = true;
                wire::opening(protocol)
            }
            Step::Disconnect => {
                // What was sent before has to be on its way first.
                tokio::time::sleep(Duration::from_millis(5)).await;
                self.guard.ending = Ending::Broken;
                self.over = true;
                return Some(Err(io::Error::from(io::ErrorKind::ConnectionReset)));
            }
            Step::Wait(_) | Step::WaitFor(_) | Step::Signal(_) | Step::Hang | Step::Status { .. } => {
                pause(step).await;
                return None;
            }
        }))
    }

    /// Plays the script for a client that wants the answer in one piece.
    async fn whole(mut self) -> Response {
        let (mut text, mut reason) = (String::new(), Reason::Stop);
        while let Some(step) = self.steps.pop_front() {
            match step {
                Step::Text(more) => text.push_str(&more),
                Step::Usage { prompt, completion } => self.counted = Some((prompt, completion)),
                Step::LengthCut => reason = Reason::Length,
                Step::SafetyBlock | Step::Refusal => reason = Reason::Safety,
                other => pause(&other).await,
            }
        }
        self.guard.ending = Ending::Completed;
        json_response(StatusCode::OK, &wire::whole(self.protocol, &text, reason, self.counted))
    }
}

/// Plays a step that only takes time.
async fn pause(step: &Step) {
    match step {
        Step::Wait(time) => tokio::time::sleep(*time).await,
        Step::WaitFor(gate) => gate.opened().await,
        Step::Signal(gate) => gate.open(),
        Step::Hang => std::future::pending().await,
        _ => {}
    }
}
