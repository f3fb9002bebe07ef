//! Numbers that bound a turn, and the counters that keep to them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

/// The most text read of one answer, reply and the rest together.
pub(crate) const TEXT_LIMIT: usize = 64 * 1024;
/// The longest reply, in bytes: minutes of speech, so something has gone wrong. Whoever stores replies may rely on it.
pub(crate) const REPLY_LIMIT: usize = 8_000;
/// How long to wait, once an answer is over, for its token counts and the end of its stream. They come with the
/// last packet as a rule; reading to the end is what keeps an HTTP/1.1 connection.
pub(crate) const LINGER: Duration = Duration::from_millis(50);

/// A call costs a hedge this many calls' worth of allowance: hedges are at most a tenth of calls.
const CALLS_PER_HEDGE: i64 = 10;
/// What a server starts with, and the most it can save up: ten hedges.
const ALLOWANCE: i64 = 10 * CALLS_PER_HEDGE;

/// Lets a tenth of the calls be hedges.
#[derive(Debug)]
pub(crate) struct HedgeBudget(AtomicI64);

impl Default for HedgeBudget {
    fn default() -> Self {
        Self(AtomicI64::new(ALLOWANCE))
    }
}

impl HedgeBudget {
    /// A turn has made its first call.
    pub(crate) fn earn(&self) {
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |balance| {
            (balance < ALLOWANCE).then_some(balance + 1)
        });
    }

    /// Takes one hedge, if there is one left.
    pub(crate) fn spend(&self) -> bool {
        let taken = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |balance| {
            (balance >= CALLS_PER_HEDGE).then_some(balance - CALLS_PER_HEDGE)
        });
        taken.is_ok()
    }
}

/// Counts what is in use: calls in flight, or connections of their own.
#[derive(Debug, Clone, Default)]
pub(crate) struct InUse(Arc<AtomicUsize>);

/// One of them; dropping it ends the count, however the call ended.
#[derive(Debug)]
pub(crate) struct Permit(InUse);

impl InUse {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// One more, unless there are `limit` already.
    pub(crate) fn enter(&self, limit: usize) -> Option<Permit> {
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| (count < limit).then_some(count + 1))
            .ok()?;
        Some(Permit(self.clone()))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hedges_are_at_most_a_tenth_of_calls_after_a_small_allowance() {
        let budget = HedgeBudget::default();
        let mut hedges = 0;
        for _ in 0..1000 {
            budget.earn();
            hedges += i32::from(budget.spend());
        }
        assert_eq!(hedges, 10 + 99);
    }

    #[test]
    fn a_permit_is_given_back_when_dropped() {
        let in_use = InUse::default();
        let first = in_use.enter(1);
        assert!(first.is_some() && in_use.enter(1).is_none());
        drop(first);
        assert_eq!(in_use.count(), 0);
    }
}
