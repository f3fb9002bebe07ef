//! How long a turn may take.

use std::time::Duration;

use tokio::time::Instant;

/// From `arrived`, unless more was asked for: the longest that a turn takes (api.md, fine print, "Turns").
const TOTAL: Duration = Duration::from_secs(20);

/// When what has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// When the request arrived. All times of the [`crate::Outcome`] count from here.
    pub arrived: Instant,
    /// Without a whole sentence by then, the turn ends without a voice.
    pub first_sentence: Instant,
    /// When a JSON answer wants the reply; the sentences so far are it then. None for a stream.
    pub reply: Option<Instant>,
    /// After its first sentence, a call that brings no text for this long is ended.
    pub silence: Duration,
    /// From `arrived`: the turn ends then in any case.
    pub total: Duration,
}

impl Deadlines {
    /// A streamed turn: its first sentence within `first_sentence` of the arrival, then no silence over 3 s, and
    /// 20 s in all (api.md, fine print, "Turns"); whoever waits longer for the first sentence has that long in all.
    #[must_use]
    pub fn streamed(arrived: Instant, first_sentence: Duration) -> Self {
        Self {
            arrived,
            first_sentence: arrived + first_sentence,
            reply: None,
            silence: Duration::from_secs(3),
            total: TOTAL.max(first_sentence),
        }
    }

    /// A JSON turn: the reply is due within `budget` of the arrival. The rest may come later, within the limits of
    /// a stream.
    #[must_use]
    pub fn json(arrived: Instant, budget: Duration) -> Self {
        Self { reply: Some(arrived + budget), ..Self::streamed(arrived, budget) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_over_the_usual_limit_is_kept_to() {
        let total = |seconds| Deadlines::json(Instant::now(), Duration::from_secs(seconds)).total.as_secs();
        assert_eq!((total(2), total(60)), (20, 60));
    }
}
