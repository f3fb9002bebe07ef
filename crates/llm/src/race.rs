//! The race: who speaks, and until when.
//!
//! ```text
//! Ready -> Racing -- the first whole sentence --> Speaking -- the reply is complete, or due --> Tail -> Over
//!             '-- nobody is left, or it is too late --------------------------------------------------^
//! ```
//!
//! *Racing*: providers are called, the next one when one fails (at once) or when all are silent (after the hedge time);
//! nobody has said a whole sentence. *Speaking*: someone has; the others are dropped, and nobody takes over any more.
//! *Tail*: the reply stands, and the rest of the JSON is still read.
//!
//! Everything runs inside the polling of the turn. There is no task and no channel: dropping the turn drops every
//! call.

mod report;

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::{FutureExt, Stream};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::attempt::Attempt;
use crate::deadlines::Deadlines;
use crate::error::{ProviderError, ProviderErrorKind};
use crate::limits::LINGER;
use crate::outcome::{Event, NoVoiceReason};
use crate::relay::{Member, Shared};
use crate::request::Request;

/// When there was no hedge left, look again this much later: one may have been earned, or the provider may have
/// been found to be down, and then calling the next one is no hedge.
const HEDGE_AGAIN: Duration = Duration::from_millis(100);

/// A turn that is running: a stream of [`Event`]s that ends with [`Event::Finished`].
///
/// Polling is cancel-safe: `next()` may be given up at any time and called again.
pub struct Turn {
    relay: Arc<Shared>,
    /// Until nobody is left to be asked.
    request: Option<Arc<Request>>,
    deadlines: Deadlines,
    /// Who has not been called yet.
    waiting: VecDeque<Arc<Member>>,
    attempts: Vec<Attempt>,
    phase: Phase,
    /// Whose words are passed on; in `Speaking` and `Tail` the winner.
    leader: Option<usize>,
    /// How much of the leader's words, and how many of its sentences, have been passed on.
    passed_on: (usize, usize),
    hedge_at: Instant,
    due_told: bool,
    truncated: bool,
    /// Nobody listens any longer ([`Turn::leave`]).
    unheard: bool,
    silent_because: NoVoiceReason,
    began: Instant,
    events: VecDeque<Event>,
    clock: Pin<Box<Sleep>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Ready,
    Racing,
    Speaking,
    Tail,
    Over,
}

impl Stream for Turn {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Poll::Ready(Some(event));
            }
            if self.phase == Phase::Over {
                return Poll::Ready(None);
            }
            if self.phase == Phase::Ready {
                self.begin(Instant::now());
            } else if let Some(heard) = self.listen(context) {
                self.consider(heard, Instant::now());
            } else if !self.keep_time(Instant::now()) {
                let wake = self.next_deadline();
                self.clock.as_mut().reset(wake);
                std::task::ready!(self.clock.poll_unpin(context));
            }
        }
    }
}

impl Turn {
    pub(crate) fn new(relay: Arc<Shared>, request: Request, deadlines: Deadlines) -> Self {
        let now = Instant::now();
        Self {
            waiting: relay.order(now),
            silent_because: if relay.is_empty() {
                NoVoiceReason::NoProvider
            } else {
                NoVoiceReason::AllFailed
            },
            relay,
            request: Some(Arc::new(request)),
            deadlines,
            // One is the rule.
            attempts: Vec::with_capacity(1),
            phase: Phase::Ready,
            leader: None,
            passed_on: (0, 0),
            hedge_at: now,
            due_told: false,
            truncated: false,
            unheard: false,
            began: now,
            events: VecDeque::new(),
            clock: Box::pin(sleep_until(deadlines.first_sentence)),
        }
    }

    /// Nobody listens any longer: the reply ends with the whole sentences so far, or with the first one as soon as it
    /// is there, and its call is ended. A reply that is complete already is still followed by its rest.
    pub fn leave(&mut self) {
        self.unheard = true;
        if self.phase == Phase::Speaking {
            self.follow(Instant::now());
        }
    }

    /// The reply has been given, and its rest is followed by somebody who is in no hurry: no silence ends the call any
    /// more, only the turn's whole time.
    pub fn wait_for_the_rest(&mut self) {
        self.deadlines.silence = self.deadlines.total;
    }

    fn winner(&self) -> Option<usize> {
        self.leader.filter(|_| self.leading().is_some_and(|attempt| !attempt.sentences.is_empty()))
    }

    fn leading(&self) -> Option<&Attempt> {
        self.leader.and_then(|leader| self.attempts.get(leader))
    }

    fn leader_runs(&self) -> bool {
        self.leading().is_some_and(Attempt::is_running)
    }

    fn leading_mut(&mut self) -> Option<&mut Attempt> {
        self.leader.and_then(|leader| self.attempts.get_mut(leader))
    }

    // ---- Racing ----

    fn begin(&mut self, now: Instant) {
        self.phase = Phase::Racing;
        self.began = now;
        self.relay.hedges.earn();
        self.call_next(now);
    }

    /// Calls the next provider that may be called. When there is none, and nobody called is left, nobody will speak.
    fn call_next(&mut self, now: Instant) {
        while let (Some(request), Some(member)) = (self.request.clone(), self.waiting.pop_front()) {
            if member.is_resting(now) {
                continue;
            }
            let Some(admission) = self.relay.admit(&*member.provider) else {
                if self.attempts.is_empty() {
                    self.silent_because = NoVoiceReason::Overloaded;
                }
                continue;
            };
            self.silent_because = NoVoiceReason::AllFailed;
            self.hedge_at = now + member.hedge(&self.relay.settings);
            self.attempts.push(Attempt::start(member, admission, &request, now));
            if self.waiting.is_empty() {
                self.request = None;
            }
            return;
        }
        if !self.attempts.iter().any(Attempt::is_running) {
            self.end();
        }
    }

    /// Whoever has something to say, or has ended.
    fn listen(&mut self, context: &mut Context<'_>) -> Option<usize> {
        self.attempts.iter_mut().position(|attempt| attempt.poll(context).is_ready())
    }

    /// Draws the conclusions from what an attempt has just said or done.
    fn consider(&mut self, index: usize, now: Instant) {
        let Some(attempt) = self.attempts.get(index) else { return };
        match self.phase {
            Phase::Racing if !attempt.sentences.is_empty() => self.choose(index, now),
            Phase::Racing if !attempt.is_running() => self.fall(index, now),
            Phase::Racing => self.be_patient(index),
            Phase::Speaking => {
                self.pass_on();
                self.follow(now);
            }
            Phase::Tail => self.follow(now),
            Phase::Ready | Phase::Over => {}
        }
    }

    /// An attempt has said something, but no whole sentence yet. Whoever speaks first leads. The silence begins anew; but
    /// words that drip and make no sentence put off the next provider no longer than for half of the time that there is.
    fn be_patient(&mut self, index: usize) {
        let Some(attempt) = self.attempts.get(index) else { return };
        if self.leader.is_none() && !attempt.said.is_empty() {
            self.leader = Some(index);
        }
        if let Some(heard) = attempt.last_text {
            let half = self.deadlines.first_sentence.saturating_duration_since(self.began) / 2;
            let again = heard + attempt.member.hedge(&self.relay.settings);
            self.hedge_at = self.hedge_at.max(again.min(self.began + half));
        }
        self.pass_on();
    }

    /// An attempt has failed: whoever else is speaking leads, and the next provider is called at once.
    fn fall(&mut self, index: usize, now: Instant) {
        if let Some(attempt) = self.attempts.get(index)
            && let Some(error) = attempt.error()
        {
            attempt.member.failed(error.kind, now);
        }
        if self.leader == Some(index) {
            let speaking = |attempt: &Attempt| attempt.is_running() && !attempt.said.is_empty();
            self.lead(self.attempts.iter().position(speaking));
        }
        self.call_next(now);
    }

    /// An attempt has said the first whole sentence: it speaks, and the others are dropped.
    fn choose(&mut self, index: usize, now: Instant) {
        for (other, attempt) in self.attempts.iter_mut().enumerate() {
            if other != index && attempt.is_running() {
                let waited = now.saturating_duration_since(attempt.started);
                if attempt.first_token.is_none() && waited >= attempt.member.hedge(&self.relay.settings) {
                    attempt.member.failed(ProviderErrorKind::Timeout, now);
                    attempt.member.first_token(waited);
                }
                attempt.end(now);
            }
        }
        self.waiting.clear();
        self.lead(Some(index));
        self.phase = Phase::Speaking;
        self.follow(now);
    }

    /// Passes on this one's words from now on; what was passed on of another's is taken back.
    fn lead(&mut self, leader: Option<usize>) {
        if self.leader != leader {
            if self.passed_on.0 > 0 {
                self.events.push_back(Event::Restart);
            }
            self.leader = leader;
            self.passed_on = (0, 0);
        }
        self.pass_on();
    }

    /// Passes on what is new of the leader's words and sentences.
    fn pass_on(&mut self) {
        let Some(attempt) = self.leader.and_then(|leader| self.attempts.get(leader)) else { return };
        let (words, sentences) = self.passed_on;
        if let Some(delta) = attempt.said.get(words..).filter(|delta| !delta.is_empty()) {
            self.events.push_back(Event::Delta(delta.to_owned()));
        }
        for (index, text) in attempt.sentences.iter().enumerate().skip(sentences) {
            self.events.push_back(Event::Sentence { index, text: text.clone() });
        }
        self.passed_on = (attempt.said.len(), attempt.sentences.len());
    }

    // ---- Speaking, and the tail ----

    /// Closes the reply when it is complete, broken off or for nobody, and the turn when the call has ended.
    fn follow(&mut self, now: Instant) {
        let unheard = self.unheard && self.phase == Phase::Speaking;
        let Some(winner) = self.leading_mut() else { return };
        let complete = winner.reply_complete;
        if unheard && !complete {
            winner.end(now);
        }
        if self.phase == Phase::Speaking && (complete || !self.leader_runs()) {
            self.close_reply(!complete);
        }
        if self.leader_runs() {
            return;
        }
        if let Some(winner) = self.leading() {
            match winner.error() {
                Some(error) => {
                    // Also behind a complete reply: what was to follow it is lost. Broken JSON is none of it: it came to
                    // its end.
                    let broke_off = error.kind != ProviderErrorKind::Malformed;
                    winner.member.failed(error.kind, now);
                    self.truncated |= broke_off;
                }
                None => winner.member.succeeded(),
            }
        }
        self.end();
    }

    /// The reply stands. When it is cut, it is the whole sentences so far.
    fn close_reply(&mut self, truncated: bool) {
        if truncated && let Some(winner) = self.leading_mut() {
            winner.mute();
        }
        self.pass_on();
        self.truncated = truncated;
        self.phase = Phase::Tail;
        if let Some(winner) = self.leading() {
            self.events.push_back(Event::ReplyComplete { reply: winner.sentences.join(" "), truncated });
        }
    }

    fn end(&mut self) {
        self.phase = Phase::Over;
        self.events.push_back(Event::Finished(Box::new(self.outcome())));
    }

    // ---- Time ----

    /// Does what is due by now; false if nothing is.
    fn keep_time(&mut self, now: Instant) -> bool {
        match self.phase {
            Phase::Racing if now >= self.deadlines.first_sentence => self.run_out(now),
            Phase::Racing if !self.waiting.is_empty() && now >= self.hedge_at => self.hedge(now),
            Phase::Speaking | Phase::Tail
                if self.deadlines.reply.is_some_and(|due| now >= due) && !self.due_told =>
            {
                if self.phase == Phase::Speaking {
                    self.close_reply(true);
                }
                self.due_told = true;
                self.events.push_back(Event::Due);
            }
            Phase::Speaking | Phase::Tail if now >= self.silent_at() => self.stop(now),
            _ => return false,
        }
        true
    }

    /// When something is due next.
    fn next_deadline(&self) -> Instant {
        match self.phase {
            Phase::Racing if self.waiting.is_empty() => self.deadlines.first_sentence,
            Phase::Racing => self.deadlines.first_sentence.min(self.hedge_at),
            _ => {
                let due = self.deadlines.reply.filter(|_| !self.due_told);
                due.map_or(self.silent_at(), |due| due.min(self.silent_at()))
            }
        }
    }

    /// When the winner is not listened to any longer: after too long a silence, a moment after it has said that it is
    /// done, and at the end of the turn's whole time.
    fn silent_at(&self) -> Instant {
        let limit = self.deadlines.arrived + self.deadlines.total;
        let Some(winner) = self.leading() else { return limit };
        let silence = winner.last_text.unwrap_or(winner.started) + self.deadlines.silence;
        let lingered = winner.finished.map(|finished| finished + LINGER);
        limit.min(silence).min(lingered.unwrap_or(limit))
    }

    /// All are silent: the next provider is called too, if there is a hedge left.
    fn hedge(&mut self, now: Instant) {
        let down = self.attempts.last().is_some_and(|attempt| attempt.member.is_failing(now));
        if down || self.relay.hedges.spend() {
            self.call_next(now);
        } else {
            self.hedge_at = now + HEDGE_AGAIN;
        }
    }

    /// Time is up for the first sentence. One that is whole but for the space after it counts.
    fn run_out(&mut self, now: Instant) {
        self.attempts.iter_mut().for_each(Attempt::break_off);
        let whole = |attempt: &Attempt| !attempt.sentences.is_empty();
        if let Some(index) = self.winner().or_else(|| self.attempts.iter().position(whole)) {
            return self.choose(index, now);
        }
        let patience = self.deadlines.first_sentence.saturating_duration_since(self.deadlines.arrived) / 2;
        for attempt in self.attempts.iter_mut().filter(|attempt| attempt.is_running()) {
            let waited = now.saturating_duration_since(attempt.started);
            if waited >= patience.min(attempt.member.hedge(&self.relay.settings)) {
                attempt.member.failed(ProviderErrorKind::Timeout, now);
                if attempt.first_token.is_none() {
                    attempt.member.first_token(waited);
                }
            }
            let message = "no whole sentence came in time";
            attempt.fail(ProviderError::new(ProviderErrorKind::Timeout, message), now);
        }
        self.silent_because = NoVoiceReason::TooLate;
        self.end();
    }

    /// The winner has fallen silent, or has said all that it will.
    fn stop(&mut self, now: Instant) {
        if let Some(winner) = self.leading_mut() {
            if winner.finished.is_some() {
                winner.end(now);
            } else {
                winner.fail(
                    ProviderError::new(ProviderErrorKind::Timeout, "the answer was not finished in time"),
                    now,
                );
            }
        }
        self.follow(now);
    }
}
