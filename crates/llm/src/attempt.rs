//! One call to a provider: listens, and keeps what was said.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::StreamExt;
use serde_json::Value;
use tokio::time::Instant;

use crate::error::{ProviderError, ProviderErrorKind};
use crate::limits::{REPLY_LIMIT, TEXT_LIMIT};
use crate::outcome::{AttemptRecord, Usage};
use crate::provider::{Chunk, ChunkStream, Finish};
use crate::relay::{Admission, Member};
use crate::reply::ReplyExtractor;
use crate::request::{Output, Request, estimate_tokens};
use crate::sentences::SentenceCutter;

/// A call that is running, or how it ended.
pub(crate) struct Attempt {
    pub(crate) member: Arc<Member>,
    /// The call and its place among those in flight; dropping them frees the connection.
    call: Option<(ChunkStream, Admission)>,
    pub(crate) started: Instant,
    pub(crate) first_token: Option<Instant>,
    pub(crate) last_text: Option<Instant>,
    /// When the answer was over, although its stream may not be.
    pub(crate) finished: Option<Instant>,
    ended: Option<Instant>,
    error: Option<ProviderError>,
    extractor: Option<ReplyExtractor>,
    cutter: SentenceCutter,
    /// The reply so far, white space folded.
    pub(crate) said: String,
    pub(crate) sentences: Vec<String>,
    /// The whole reply is in `sentences`.
    pub(crate) reply_complete: bool,
    /// The reply was closed before it was complete; what still comes of it is not said.
    muted: bool,
    /// The reply would be longer than it may be.
    endless: bool,
    text_bytes: usize,
    prompt_tokens: u32,
    counted: Option<Usage>,
}

impl Attempt {
    pub(crate) fn start(
        member: Arc<Member>,
        admission: Admission,
        request: &Arc<Request>,
        now: Instant,
    ) -> Self {
        member.called(now);
        let call = member.provider.speak(Arc::clone(request));
        Self {
            member,
            call: Some((call, admission)),
            started: now,
            first_token: None,
            last_text: None,
            finished: None,
            ended: None,
            error: None,
            extractor: matches!(request.output, Output::Json { .. }).then(ReplyExtractor::default),
            cutter: SentenceCutter::default(),
            said: String::new(),
            sentences: Vec::new(),
            reply_complete: false,
            muted: false,
            endless: false,
            text_bytes: 0,
            prompt_tokens: request.estimated_prompt_tokens(),
            counted: None,
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.call.is_some()
    }

    pub(crate) fn error(&self) -> Option<&ProviderError> {
        self.error.as_ref()
    }

    /// Ready whenever something came: look at the fields to see what.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some((call, _)) = &mut self.call else { return Poll::Pending };
        let chunk = std::task::ready!(call.poll_next_unpin(context));
        let now = Instant::now();
        match chunk {
            Some(Ok(Chunk::Text(text))) => self.hear(&text, now),
            Some(Ok(Chunk::Usage(usage))) => self.counted = Some(usage),
            Some(Ok(Chunk::Finished(finish))) => self.finish(finish, now),
            // What is not told after the last word is not missed.
            Some(Err(_)) | None if self.finished.is_some() => self.end(now),
            Some(Err(error)) => self.fail(error, now),
            None => self.fail(error(ProviderErrorKind::BrokenOff, "the answer ended in the middle"), now),
        }
        Poll::Ready(())
    }

    fn hear(&mut self, text: &str, now: Instant) {
        // White space alone is no life: some models drip it without end.
        if !text.trim().is_empty() {
            self.last_text = Some(now);
            if self.first_token.is_none() {
                self.first_token = Some(now);
                self.member.first_token(now - self.started);
            }
        }
        self.text_bytes += text.len();
        match self.extractor.take() {
            None => self.say(text),
            Some(mut extractor) => {
                let words = extractor.push(text);
                self.say(&words);
                if extractor.reply_ended() {
                    self.complete_reply();
                }
                let broken = extractor.broken();
                if extractor.closed() {
                    self.finished = self.finished.or(Some(now));
                }
                self.extractor = Some(extractor);
                if let Some(reason) = broken {
                    return self.fail(error(ProviderErrorKind::Malformed, reason), now);
                }
            }
        }
        if self.text_bytes > TEXT_LIMIT || self.endless {
            self.fail(
                error(ProviderErrorKind::TooLong, "the answer is longer than anyone would listen to"),
                now,
            );
        } else if self.reply_complete && self.sentences.is_empty() {
            self.fail(error(ProviderErrorKind::Empty, "the reply has no words"), now);
        }
    }

    fn say(&mut self, words: &str) {
        if self.muted || self.reply_complete {
            return;
        }
        // Word by word, so that not even one huge piece makes the reply longer than it may be. What a line's end adds
        // to a word is a full stop.
        for word in words.split_inclusive(char::is_whitespace) {
            if self.said.len() + word.len() + 1 > REPLY_LIMIT {
                self.endless = true;
                self.sentences.extend(word.chars().next().and_then(|next| self.cutter.stop_before(next)));
                return;
            }
            let cut = self.cutter.push(word);
            self.said.push_str(&cut.delta);
            self.sentences.extend(cut.sentences);
        }
    }

    fn complete_reply(&mut self) {
        // What was cut at the limit is not complete, although its end came in the same piece.
        if !self.muted && !self.reply_complete && !self.endless {
            self.sentences.extend(self.cutter.finish());
            self.reply_complete = true;
            if !self.said.contains(char::is_alphanumeric) {
                self.sentences.clear();
            }
        }
    }

    /// The provider says that it is done.
    fn finish(&mut self, finish: Finish, now: Instant) {
        self.finished = Some(now);
        let is_closed = self.extractor.as_ref().map(ReplyExtractor::closed);
        let (kind, message) = match (finish, is_closed) {
            (_, Some(true)) => return,
            (Finish::Length, _) => (ProviderErrorKind::TooLong, "the token limit cut the answer"),
            (Finish::Complete, Some(false)) if self.text_bytes > 0 => {
                (ProviderErrorKind::Malformed, "the answer is unfinished JSON")
            }
            (Finish::Complete, _) => {
                self.complete_reply();
                if self.muted || !self.sentences.is_empty() {
                    return;
                }
                (ProviderErrorKind::Empty, "the answer has no words")
            }
        };
        self.fail(error(kind, message), now);
    }

    /// Ends the call with an error. What was said as a whole sentence stays.
    pub(crate) fn fail(&mut self, error: ProviderError, now: Instant) {
        if self.error.is_none() {
            self.error = Some(error);
        }
        self.break_off();
        self.end(now);
    }

    /// Ends the call: its connection is free, or back in the pool if the answer was read to its end.
    pub(crate) fn end(&mut self, now: Instant) {
        self.call = None;
        self.ended = self.ended.or(Some(now));
    }

    /// Takes a last sentence that is whole, though nothing has come after it.
    pub(crate) fn break_off(&mut self) {
        if !self.muted && !self.reply_complete {
            self.sentences.extend(self.cutter.break_off());
        }
    }

    /// Closes the reply: it is the sentences so far.
    pub(crate) fn mute(&mut self) {
        self.break_off();
        self.muted = true;
    }

    pub(crate) fn rest(&self) -> Option<Value> {
        self.extractor.as_ref().and_then(ReplyExtractor::rest)
    }

    /// Whether the rest may still come.
    pub(crate) fn rest_pending(&self) -> bool {
        self.is_running() && self.extractor.as_ref().is_some_and(|extractor| !extractor.closed())
    }

    /// What the call cost: as counted by the provider, else estimated from what went over the wire.
    pub(crate) fn usage(&self) -> Usage {
        let estimated = estimate_tokens(self.text_bytes);
        match (self.counted, &self.error) {
            (Some(counted), _) if self.finished.is_some() => counted,
            // Gemini counts as it goes; its last count before a cut may be too low.
            (Some(counted), _) => Usage {
                completion_tokens: counted.completion_tokens.max(estimated),
                estimated: true,
                ..counted
            },
            (None, Some(error)) if error.kind.is_free() && self.text_bytes == 0 => Usage::default(),
            (None, _) => {
                Usage { prompt_tokens: self.prompt_tokens, completion_tokens: estimated, estimated: true }
            }
        }
    }

    pub(crate) fn record(&self, arrived: Instant, won: bool) -> AttemptRecord {
        let since_arrival = |at: Instant| milliseconds(at.saturating_duration_since(arrived));
        AttemptRecord {
            provider: self.member.provider.name().to_owned(),
            model: self.member.provider.model().to_owned(),
            started_ms: since_arrival(self.started),
            first_token_ms: self.first_token.map(since_arrival),
            ended_ms: self.ended.map(since_arrival),
            won,
            error: self.error.clone(),
            usage: self.usage(),
        }
    }

    pub(crate) fn ended(&self) -> Option<Instant> {
        self.ended
    }
}

fn error(kind: ProviderErrorKind, message: &str) -> ProviderError {
    ProviderError::new(kind, message)
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
