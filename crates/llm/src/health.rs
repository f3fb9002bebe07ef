//! Who is fit to be called first, and how long to wait for them.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::ProviderErrorKind;

/// This many failures in a row move a provider to the end of the order.
const FAILURES_TO_DEMOTE: u32 = 3;
const FIRST_PENALTY: Duration = Duration::from_secs(30);
const LONGEST_PENALTY: Duration = Duration::from_mins(5);
/// While one turn tries a demoted provider again, the others leave it alone for this long.
const PROBE: Duration = Duration::from_secs(5);
/// However long a provider wants to be left alone, we ask again after this.
const LONGEST_REST: Duration = Duration::from_hours(1);

/// How a provider is doing, for the health page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderState {
    /// Its last calls were answered.
    Ok,
    /// It failed several times in a row, or asked to be left alone.
    Failing,
    /// It has not been called yet, or too little is known.
    Unknown,
}

impl ProviderState {
    /// `ok`, `failing` or `unknown`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failing => "failing",
            Self::Unknown => "unknown",
        }
    }
}

/// Where a provider stands in the order now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// In its configured place.
    InPlace,
    /// Behind those in their place.
    Last,
    /// Not to be called at all: it said when to come back.
    Resting,
}

/// The memory of a provider's successes and failures.
#[derive(Debug, Default)]
pub(crate) struct Health {
    answered: bool,
    failures_in_a_row: u32,
    demoted: Option<Demotion>,
    resting_until: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Demotion {
    until: Instant,
    penalty: Duration,
    probing_until: Option<Instant>,
}

impl Health {
    pub(crate) fn standing(&self, now: Instant) -> Standing {
        if self.resting_until.is_some_and(|until| now < until) {
            return Standing::Resting;
        }
        match self.demoted {
            Some(demotion) if now < demotion.until => Standing::Last,
            Some(demotion) if demotion.probing_until.is_some_and(|until| now < until) => Standing::Last,
            _ => Standing::InPlace,
        }
    }

    pub(crate) fn state(&self, now: Instant) -> ProviderState {
        if self.demoted.is_some() || self.standing(now) == Standing::Resting {
            ProviderState::Failing
        } else if self.answered && self.failures_in_a_row == 0 {
            ProviderState::Ok
        } else {
            ProviderState::Unknown
        }
    }

    /// A call begins. The first one after a penalty is the probe.
    pub(crate) fn called(&mut self, now: Instant) {
        if let Some(demotion) = &mut self.demoted
            && now >= demotion.until
        {
            demotion.probing_until = Some(now + PROBE);
        }
    }

    pub(crate) fn succeeded(&mut self) {
        // An answer to one call does not lift what was asked of us in another.
        *self = Self { answered: true, resting_until: self.resting_until, ..Self::default() };
    }

    pub(crate) fn failed(&mut self, kind: ProviderErrorKind, now: Instant) {
        if !kind.is_providers_fault() {
            return;
        }
        if let ProviderErrorKind::RateLimited { retry_after: Some(wait) } = kind
            && !wait.is_zero()
        {
            let until = now + wait.min(LONGEST_REST);
            self.resting_until = Some(self.resting_until.map_or(until, |earlier| earlier.max(until)));
            return;
        }
        self.failures_in_a_row = self.failures_in_a_row.saturating_add(1);
        let penalty = match self.demoted {
            // Many calls may fail at once; they are one failure.
            Some(demotion) if now < demotion.until => return,
            Some(demotion) => (demotion.penalty * 2).min(LONGEST_PENALTY),
            None if self.failures_in_a_row < FAILURES_TO_DEMOTE => return,
            None => FIRST_PENALTY,
        };
        self.demoted = Some(Demotion { until: now + penalty, penalty, probing_until: None });
    }
}

/// Without experience, wait this long for the first token (design.md, `ELLA_HEDGE_MS`).
const HEDGE_DEFAULT: Duration = Duration::from_millis(800);
const HEDGE_LEAST: Duration = Duration::from_millis(500);
const HEDGE_MOST: Duration = Duration::from_millis(1200);
/// Whose median is beyond this misses the budget of 2.0 s every other time; hedges cannot make up for that.
pub(crate) const TOO_SLOW: Duration = HEDGE_MOST;
/// One turn in so long tries a provider that was too slow in its place again.
pub(crate) const TRY_SLOW_EVERY: Duration = Duration::from_secs(30);
const CALLS_TO_LEARN: usize = 50;
const CALLS_REMEMBERED: usize = 200;
/// The calls that tell how quick a provider is just now, and how many of them are needed to tell.
const LATEST: usize = 20;
const LATEST_LEAST: usize = 10;

/// The last times a provider took to its first token.
#[derive(Debug, Default)]
pub(crate) struct FirstTokens {
    recent: Vec<Duration>,
    next: usize,
}

impl FirstTokens {
    pub(crate) fn record(&mut self, time: Duration) {
        if self.recent.len() < CALLS_REMEMBERED {
            self.recent.push(time);
        } else if let Some(oldest) = self.recent.get_mut(self.next) {
            *oldest = time;
            self.next = (self.next + 1) % CALLS_REMEMBERED;
        }
    }

    /// The median of the latest times; none while too little is known.
    pub(crate) fn pace(&self) -> Option<Duration> {
        let end = if self.recent.len() < CALLS_REMEMBERED { self.recent.len() } else { self.next };
        let (older, newer) = (self.recent.get(end..)?, self.recent.get(..end)?);
        let mut latest: Vec<Duration> =
            newer.iter().rev().chain(older.iter().rev()).take(LATEST).copied().collect();
        if latest.len() < LATEST_LEAST {
            return None;
        }
        let place = latest.len() / 2;
        Some(*latest.select_nth_unstable(place).1)
    }

    /// When to call the next provider too: the ninth decile, within limits, once enough calls are known.
    pub(crate) fn hedge(&self) -> Duration {
        if self.recent.len() < CALLS_TO_LEARN {
            return HEDGE_DEFAULT;
        }
        let mut times = self.recent.clone();
        let place = times.len() * 9 / 10;
        let (_, ninth, _) = times.select_nth_unstable(place);
        (*ninth).clamp(HEDGE_LEAST, HEDGE_MOST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ProviderErrorKind::{OutOfFiles, Refused, Server, TooLong};

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn three_failures_in_a_row_demote_for_30_s_doubling_to_5_min() {
        let mut health = Health::default();
        let mut now = Instant::now();
        assert_eq!(health.state(now), ProviderState::Unknown);
        health.failed(Server(500), now);
        health.failed(Server(500), now);
        health.succeeded();
        assert_eq!(health.state(now), ProviderState::Ok);
        for _ in 0..2 {
            health.failed(Server(500), now);
            assert_eq!(health.standing(now), Standing::InPlace);
        }
        health.failed(Server(500), now);
        for penalty in [30, 60, 120, 240, 300, 300] {
            assert_eq!(health.state(now), ProviderState::Failing);
            assert_eq!(health.standing(now + SECOND * penalty - SECOND), Standing::Last, "{penalty}");
            now += SECOND * penalty;
            assert_eq!(health.standing(now), Standing::InPlace, "{penalty}");
            health.called(now);
            assert_eq!(health.standing(now), Standing::Last, "one probe at a time");
            now += SECOND;
            health.failed(Server(500), now);
            health.failed(Server(500), now);
        }
        now += SECOND * 300;
        health.called(now);
        health.succeeded();
        assert_eq!((health.standing(now), health.state(now)), (Standing::InPlace, ProviderState::Ok));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_nobodys_fault_and_what_this_machine_lacks_is_not_the_providers() {
        let (mut health, now) = (Health::default(), Instant::now());
        for _ in 0..10 {
            health.failed(Refused, now);
            health.failed(TooLong, now);
            health.failed(OutOfFiles, now);
        }
        assert_eq!(health.standing(now), Standing::InPlace);
    }

    #[tokio::test(start_paused = true)]
    async fn retry_after_is_respected() {
        let (mut health, now) = (Health::default(), Instant::now());
        health.failed(ProviderErrorKind::RateLimited { retry_after: Some(SECOND * 7) }, now);
        assert_eq!(health.standing(now + SECOND * 6), Standing::Resting);
        assert_eq!(health.state(now), ProviderState::Failing);
        assert_eq!(health.standing(now + SECOND * 7), Standing::InPlace);
    }

    #[test]
    fn the_pace_is_the_median_of_the_latest_calls() {
        let mut times = FirstTokens::default();
        (0..9).for_each(|_| times.record(SECOND));
        assert_eq!(times.pace(), None, "too little is known");
        (0..250).for_each(|_| times.record(SECOND * 2));
        assert_eq!(times.pace(), Some(SECOND * 2));
        (0..9).for_each(|_| times.record(SECOND));
        assert_eq!(times.pace(), Some(SECOND * 2), "nine of twenty");
        (0..2).for_each(|_| times.record(SECOND));
        assert_eq!(times.pace(), Some(SECOND));
    }

    #[test]
    fn the_hedge_follows_the_ninth_decile_within_limits() {
        let mut times = FirstTokens::default();
        (0..49).for_each(|_| times.record(Duration::from_millis(600)));
        assert_eq!(times.hedge(), HEDGE_DEFAULT);
        times.record(Duration::from_millis(600));
        assert_eq!(times.hedge(), Duration::from_millis(600));
        (0..200).for_each(|_| times.record(Duration::from_millis(90)));
        assert_eq!(times.hedge(), HEDGE_LEAST);
        (0..200).for_each(|_| times.record(SECOND * 4));
        assert_eq!(times.hedge(), HEDGE_MOST);
        (0..200).for_each(|number| times.record(Duration::from_millis(number * 5)));
        assert_eq!(times.hedge(), Duration::from_millis(900));
    }
}
