//! How long a turn may take.

use std::time::Duration;

use tokio::time::Instant;

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
    /// 20 s in all (api.md, fine print, "Turns").
    #[must_use]
    pub fn streamed(arrived: Instant, first_sentence: Duration) -> Self {
        Self {
            arrived,
            first_sentence: arrived + first_sentence,
            reply: None,
            silence: Duration::from_secs(3),
            total: Duration::from_secs(20),
        }
    }

    /// A JSON turn: the reply is due within `budget` of the arrival. The rest may come later, within the limits of
    /// a stream.
    #[must_use]
    pub fn json(arrived: Instant, budget: Duration) -> Self {
        Self { reply: Some(arrived + budget), ..Self::streamed(arrived, budget) }
    }
}
