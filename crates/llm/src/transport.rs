//! The way to a provider over HTTP: connections that stay warm, one call each, no retries, bounded answers.

use std::collections::VecDeque;
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt, TryFutureExt, stream};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Version};
use serde_json::Value;

use crate::connections::{Connections, Place};
use crate::error::{ProviderError, ProviderErrorKind};
use crate::provider::{Chunk, ChunkStream, Provider};
use crate::request::Request;
use crate::spec::{Keys, ProviderKind, ProviderSpec, SpecError};
use crate::sse::EventReader;
use crate::{gemini, openai};

/// A warming that takes longer tells enough.
const WARM_TIMEOUT: Duration = Duration::from_secs(5);
/// The body of a refusal is read for its reason, but never waited for: the next provider is to start at once.
const ERROR_BODY_WAIT: Duration = Duration::from_millis(150);
const ERROR_BODY_LIMIT: usize = 16 * 1024;
/// What Linux says when a process, or the whole machine, may open no more files (EMFILE, ENFILE in errno.h).
const OUT_OF_FILES: [i32; 2] = [24, 23];
/// All events of an answer together, overhead included; its text is bounded far lower ([`crate::limits`]).
const ANSWER_LIMIT: usize = 16 * 1024 * 1024;

/// A provider behind an address.
pub(crate) struct HttpProvider {
    kind: ProviderKind,
    model: String,
    base: String,
    public: bool,
    headers: HeaderMap,
    connections: Connections,
    /// Whether its calls share connections, as over HTTP/2: expected over TLS, then as its answers show.
    is_shared: Arc<AtomicBool>,
    /// How far down the list of thinking settings we had to go ([`gemini::thinking`], [`openai::efforts`]).
    thinking_step: Arc<AtomicUsize>,
}

impl HttpProvider {
    pub(crate) fn new(spec: &ProviderSpec, keys: &Keys, connections: Connections) -> Result<Self, SpecError> {
        let (key, variable) = keys.of(spec);
        if key.is_none() && spec.base.is_none() {
            return Err(SpecError::KeyMissing { spec: spec.to_string(), variable });
        }
        let mut headers = HeaderMap::new();
        if let Some(key) = key {
            let (name, text) = match spec.kind {
                ProviderKind::Gemini => (HeaderName::from_static("x-goog-api-key"), key.to_owned()),
                ProviderKind::OpenAi => (reqwest::header::AUTHORIZATION, format!("Bearer {key}")),
            };
            let mut value = HeaderValue::from_str(&text).map_err(|_| SpecError::KeyUnusable { variable })?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        let base = spec.base.clone().unwrap_or_else(|| spec.kind.public_base().to_owned());
        Ok(Self {
            kind: spec.kind,
            model: spec.model.clone(),
            is_shared: Arc::new(AtomicBool::new(base.starts_with("https:"))),
            base,
            public: spec.base.is_none(),
            headers,
            connections,
            thinking_step: Arc::default(),
        })
    }

    /// The call, and the step on the list of thinking settings it was made with.
    fn call(&self, request: &Request, client: &Client) -> (RequestBuilder, usize) {
        let step = self.thinking_step.load(Ordering::Relaxed);
        let (path, body) = match self.kind {
            ProviderKind::OpenAi => {
                let effort = openai::efforts(&self.model).get(step).copied().flatten();
                ("chat/completions".to_owned(), openai::body(request, &self.model, effort, self.public))
            }
            ProviderKind::Gemini => {
                let thinking = gemini::thinking(&self.model).get(step).copied();
                let model = self.model.trim_start_matches("models/");
                let path = format!("models/{model}:streamGenerateContent?alt=sse");
                (path, gemini::body(request, thinking.unwrap_or(gemini::Thinking::Unsaid)))
            }
        };
        (client.post(format!("{}/{path}", self.base)).headers(self.headers.clone()).json(&body), step)
    }
}

impl Provider for HttpProvider {
    fn name(&self) -> &str {
        self.kind.as_str()
    }

    fn model(&self) -> &str {
        &self.model
    }

    fn speak(&self, request: Arc<Request>) -> ChunkStream {
        let (client, place) = self.connections.take();
        let (call, step) = self.call(&request, &client);
        let (kind, thinking_step) = (self.kind, Arc::clone(&self.thinking_step));
        let is_shared = Arc::clone(&self.is_shared);
        let answer = async move {
            // Boxed, both: thousands of answers are waited for at once, and none is to be as large as its request.
            let response = Box::pin(call.send()).await.map_err(|error| unreachable(&error))?;
            is_shared.store(response.version() == Version::HTTP_2, Ordering::Relaxed);
            if response.status().is_success() {
                return Ok(Answer::new(kind, response, place).chunks());
            }
            let (error, about_thinking) = Box::pin(refusal(response)).await;
            if about_thinking {
                // A model newer than our lists: say less about thinking from the next call on.
                let _ = thinking_step.compare_exchange(step, step + 1, Ordering::Relaxed, Ordering::Relaxed);
            }
            Err(error)
        };
        answer.try_flatten_stream().boxed()
    }

    fn needs_a_connection_a_call(&self) -> bool {
        !self.is_shared.load(Ordering::Relaxed)
    }

    fn warm(&self) -> BoxFuture<'static, Result<(), ProviderError>> {
        let path = match self.kind {
            ProviderKind::OpenAi => "models",
            ProviderKind::Gemini => "models?pageSize=1",
        };
        let call =
            self.connections.first().get(format!("{}/{path}", self.base)).headers(self.headers.clone());
        let is_shared = Arc::clone(&self.is_shared);
        async move {
            let response = call.timeout(WARM_TIMEOUT).send().await.map_err(|error| unreachable(&error))?;
            is_shared.store(response.version() == Version::HTTP_2, Ordering::Relaxed);
            match response.status() {
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(refusal(response).await.0),
                // Any other answer came over a connection that is open now. Its body is read to the end (and
                // bounded) because an HTTP/1.1 connection with an unread answer is thrown away.
                _ => read_bounded(response, 1024 * 1024).await.map(|_| ()),
            }
        }
        .boxed()
    }
}

/// An answer that is being read.
struct Answer {
    kind: ProviderKind,
    /// Without the response's head, which would keep the buffer that it came in.
    body: BoxStream<'static, reqwest::Result<Bytes>>,
    events: EventReader,
    chunks: VecDeque<Chunk>,
    bytes: usize,
    /// The end has been read, well or not; what stands before it is passed on first.
    ended: Option<Result<(), ProviderError>>,
    _place: Place,
}

impl Answer {
    fn new(kind: ProviderKind, response: Response, place: Place) -> Self {
        let (events, chunks) = (EventReader::default(), VecDeque::new());
        let body = response.bytes_stream().boxed();
        Self { kind, body, events, chunks, bytes: 0, ended: None, _place: place }
    }

    fn chunks(self) -> ChunkStream {
        let next = |mut answer: Self| async move {
            loop {
                if let Some(chunk) = answer.chunks.pop_front() {
                    return Ok(Some((chunk, answer)));
                }
                if let Some(ended) = answer.ended.take() {
                    return ended.map(|()| None);
                }
                answer.read().await;
            }
        };
        stream::try_unfold(self, next).boxed()
    }

    /// Takes in what comes next. An error in the middle of it does not outrun the words before it.
    async fn read(&mut self) {
        let (kind, chunks) = (self.kind, &mut self.chunks);
        let each = |data: &str| {
            let read = match kind {
                ProviderKind::OpenAi => openai::read(data)?,
                ProviderKind::Gemini => gemini::read(data)?,
            };
            chunks.extend(read);
            Ok(())
        };
        let taken_in = match self.body.next().await {
            None => {
                self.ended = Some(self.events.finish(each));
                return;
            }
            Some(Err(_)) => {
                Err(ProviderError::new(ProviderErrorKind::BrokenOff, "the connection ended in mid-answer"))
            }
            Some(Ok(bytes)) => {
                self.bytes += bytes.len();
                if self.bytes > ANSWER_LIMIT {
                    Err(ProviderError::new(ProviderErrorKind::TooLong, "the answer is over 16 MiB"))
                } else {
                    self.events.push(&bytes, each)
                }
            }
        };
        if let Err(error) = taken_in {
            self.ended = Some(Err(error));
        }
    }
}

/// A call that reached nobody. The address is left out: it may tell more than a log should know.
fn unreachable(error: &reqwest::Error) -> ProviderError {
    if is_out_of_files(error) {
        let message = "this machine may open no more files (ulimit -n), and so no connection";
        return ProviderError::new(ProviderErrorKind::OutOfFiles, message);
    }
    let kind = if error.is_timeout() { ProviderErrorKind::Timeout } else { ProviderErrorKind::Unreachable };
    let message = match (error.is_timeout(), error.is_connect()) {
        (true, _) => "the provider did not answer in time",
        (false, true) => "no connection to the provider could be made",
        (false, false) => "the connection ended before the provider answered",
    };
    ProviderError::new(kind, message)
}

/// Whether no connection could be made because no file was left for it.
fn is_out_of_files(error: &(dyn Error + 'static)) -> bool {
    let code = error.downcast_ref::<io::Error>().and_then(io::Error::raw_os_error);
    code.is_some_and(|code| OUT_OF_FILES.contains(&code)) || error.source().is_some_and(is_out_of_files)
}

/// Reads why a call was turned away, and whether it was for our thinking settings.
async fn refusal(response: Response) -> (ProviderError, bool) {
    let (status, headers) = (response.status(), response.headers().clone());
    let body = tokio::time::timeout(ERROR_BODY_WAIT, read_bounded(response, ERROR_BODY_LIMIT)).await;
    let body: Value = body
        .ok()
        .and_then(Result::ok)
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default();
    // Google's compatible addresses wrap the error in an array.
    let error = body.get("error").or_else(|| body.get(0).and_then(|first| first.get("error"))).cloned();
    let error = error.unwrap_or_default();
    let wait = retry_after(&headers).or_else(|| retry_delay(&error));
    let kind = match status.as_u16() {
        429 => ProviderErrorKind::RateLimited { retry_after: wait },
        503 if wait.is_some() => ProviderErrorKind::RateLimited { retry_after: wait },
        401 | 403 => ProviderErrorKind::Unauthorized,
        // Gemini answers a wrong key with 400.
        400 if error.to_string().contains("API_KEY_INVALID") => ProviderErrorKind::Unauthorized,
        other => ProviderErrorKind::Server(other),
    };
    let about_thinking = status == StatusCode::BAD_REQUEST && {
        let text = error.to_string().to_lowercase();
        text.contains("thinking") || text.contains("reasoning")
    };
    (ProviderError::new(kind, explain(status, &error)), about_thinking)
}

/// A sentence made of the status and the provider's machine-readable code. Its free text stays out: it may repeat
/// parts of the key or of the prompt.
fn explain(status: StatusCode, error: &Value) -> String {
    let word = ["code", "status", "type"]
        .iter()
        .filter_map(|field| error.get(field).and_then(Value::as_str))
        .find(|word| {
            word.len() <= 60
                && word
                    .chars()
                    .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_uppercase() || letter == '_')
        });
    match word {
        Some(word) => format!("the provider answered {} ({word})", status.as_u16()),
        None => format!("the provider answered {}", status.as_u16()),
    }
}

/// `Retry-After` in seconds, or as a date measured against the answer's own `Date` (RFC 9110, 10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let at = |text: &str| jiff::fmt::rfc2822::parse(text).ok().map(|time| time.timestamp());
    let now = at(headers.get(reqwest::header::DATE)?.to_str().ok()?)?;
    Duration::try_from(at(text)?.duration_since(now)).ok()
}

/// Gemini's way to say it: `error.details[].retryDelay`, such as `"34s"`.
fn retry_delay(error: &Value) -> Option<Duration> {
    let details = error.get("details")?.as_array()?;
    let delay = details.iter().find_map(|detail| detail.get("retryDelay")?.as_str())?;
    Duration::try_from_secs_f64(delay.strip_suffix('s')?.parse().ok()?).ok()
}

async fn read_bounded(mut response: Response, limit: usize) -> Result<Vec<u8>, ProviderError> {
    let mut body = Vec::new();
    while let Some(bytes) = response.chunk().await.map_err(|error| unreachable(&error))? {
        if body.len() + bytes.len() > limit {
            break;
        }
        body.extend_from_slice(&bytes);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use ella_test_support::provider::ScriptedProvider;

    use super::*;
    use crate::request::Output;

    #[tokio::test]
    async fn that_calls_share_a_connection_is_expected_of_tls_and_then_learnt_from_every_answer() {
        let provider_of = |setting: &str| {
            let connections = Connections::new(1).unwrap();
            HttpProvider::new(&setting.parse().unwrap(), &Keys::default(), connections).unwrap()
        };
        assert!(!provider_of("openai:m@https://127.0.0.1/v1").needs_a_connection_a_call());
        let scripted = ScriptedProvider::start().unwrap();
        let plain = provider_of(&scripted.openai("m"));
        assert!(plain.needs_a_connection_a_call());
        let request = Arc::new(Request {
            system: "You are Zoe.".to_owned(),
            messages: Vec::new(),
            output: Output::Text,
            max_output_tokens: 10,
            temperature: 1.0,
        });
        plain.is_shared.store(true, Ordering::Relaxed);
        plain.warm().await.unwrap();
        assert!(plain.needs_a_connection_a_call(), "a warming came over HTTP/1.1");
        plain.is_shared.store(true, Ordering::Relaxed);
        let chunks: Vec<_> = plain.speak(request).collect().await;
        assert!(!chunks.is_empty() && plain.needs_a_connection_a_call(), "an answer did");
    }

    #[test]
    fn a_machine_without_a_file_left_is_told_from_a_provider_that_is_not_there() {
        #[derive(Debug, thiserror::Error)]
        #[error("no connection")]
        struct Outer(#[source] io::Error);

        for (code, out_of_files) in [(24, true), (23, true), (111, false)] {
            let error = Outer(io::Error::from_raw_os_error(code));
            assert_eq!(is_out_of_files(&error), out_of_files, "{error:?}");
        }
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn retry_after_is_read_in_every_form() {
        assert_eq!(retry_after(&headers(&[("retry-after", "7")])), Some(Duration::from_secs(7)));
        let dated = headers(&[
            ("retry-after", "Wed, 21 Oct 2026 07:28:30 GMT"),
            ("date", "Wed, 21 Oct 2026 07:28:00 GMT"),
        ]);
        assert_eq!(retry_after(&dated), Some(Duration::from_secs(30)));
        assert_eq!(retry_after(&headers(&[("retry-after", "-1")])), None);
        assert_eq!(retry_after(&headers(&[("retry-after", "soon")])), None);
        let error = serde_json::json!({"details": [{"@type": "x"}, {"retryDelay": "1.5s"}]});
        assert_eq!(retry_delay(&error), Some(Duration::from_millis(1500)));
    }

    #[test]
    fn what_a_provider_writes_freely_is_never_repeated() {
        let error = serde_json::json!({
            "message": "Incorrect API key provided: sk-proj-abc123.", "code": "invalid_api_key", "type": "x"});
        assert_eq!(explain(StatusCode::UNAUTHORIZED, &error), "the provider answered 401 (invalid_api_key)");
        let error = serde_json::json!({"message": "sk-abc", "code": "sk-abc123"});
        assert_eq!(explain(StatusCode::BAD_REQUEST, &error), "the provider answered 400");
    }
}
