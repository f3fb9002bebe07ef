//! What a turn was, or is so far.

use futures::StreamExt;
use tokio::time::Instant;

use super::Turn;
use crate::outcome::{Event, NoVoice, Outcome, Spoken, Usage};

impl Turn {
    /// Runs until the reply is due, or until all is said: what a JSON answer waits for. If
    /// [`Spoken::rest_pending`] is set then, [`Turn::finish`] brings the rest later.
    pub async fn answer(&mut self) -> Outcome {
        loop {
            match self.next().await {
                Some(Event::Finished(outcome)) => return *outcome,
                Some(Event::Due) | None => return self.outcome(),
                Some(_) => {}
            }
        }
    }

    /// Whether nothing will come any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.phase == super::Phase::Over
    }

    /// Runs to the end.
    pub async fn finish(mut self) -> Outcome {
        while self.next().await.is_some() {}
        self.outcome()
    }

    /// The turn as it stands now.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let records = self.attempts.iter().enumerate();
        let attempts = records
            .map(|(index, attempt)| attempt.record(self.deadlines.arrived, self.winner() == Some(index)))
            .collect();
        let mut usage = Usage::default();
        self.attempts.iter().for_each(|attempt| usage.include(attempt.usage()));
        let ended = self.attempts.iter().map(|attempt| attempt.ended().unwrap_or_else(Instant::now)).max();
        let llm = ended.map(|ended| ended.saturating_duration_since(self.began)).unwrap_or_default();
        let Some(winner) = self.leading().filter(|_| self.winner().is_some()) else {
            return Outcome::NoVoice(NoVoice { reason: self.silent_because, llm, usage, attempts });
        };
        let first_token = winner.first_token.unwrap_or(winner.started);
        Outcome::Spoken(Spoken {
            provider: winner.member.provider.name().to_owned(),
            model: winner.member.provider.model().to_owned(),
            reply: winner.sentences.join(" "),
            sentences: winner.sentences.clone(),
            rest: winner.rest(),
            rest_pending: winner.rest_pending(),
            truncated: self.truncated,
            first_token: first_token.saturating_duration_since(self.began),
            first_token_since_arrival: first_token.saturating_duration_since(self.deadlines.arrived),
            llm,
            usage,
            attempts,
        })
    }
}
