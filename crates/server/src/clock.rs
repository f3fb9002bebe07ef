//! Time and ids, passed in: one request has one time, and tests can turn the clock.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use uuid::{ContextV7, Uuid};

/// Tells the time: the machine's, or one that a test turns.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's own clock.
    #[default]
    System,
    /// Stands still until it is set.
    Manual(Arc<Mutex<Timestamp>>),
}

impl Clock {
    /// A clock that stands still at `now`.
    #[must_use]
    pub fn manual(now: Timestamp) -> Self {
        Self::Manual(Arc::new(Mutex::new(now)))
    }

    /// The time, to the microsecond: what PostgreSQL keeps, so that an answer and what is read back are the same.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match self {
            #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
            Self::System => whole_microseconds(Timestamp::now()),
            Self::Manual(now) => *now.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// The UTC day of [`Clock::now`].
    #[must_use]
    pub fn today(&self) -> Date {
        utc_day(self.now())
    }

    /// Turns a manual clock; the machine's is left alone.
    pub fn set(&self, to: Timestamp) {
        if let Self::Manual(now) = self {
            *now.lock().unwrap_or_else(PoisonError::into_inner) = to;
        }
    }
}

/// The UTC day that a moment belongs to.
#[must_use]
pub fn utc_day(moment: Timestamp) -> Date {
    moment.to_zoned(TimeZone::UTC).date()
}

fn whole_microseconds(moment: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(moment.as_microsecond()).unwrap_or(moment)
}

/// Makes ids: UUIDv7, which sort by the time they were made, also within one millisecond.
#[derive(Clone, Debug, Default)]
pub struct Ids {
    context: Arc<Mutex<ContextV7>>,
}

impl Ids {
    /// A new id, made at `now`.
    #[must_use]
    pub fn next(&self, now: Timestamp) -> Uuid {
        let (seconds, nanoseconds) = unix(now);
        Uuid::new_v7(uuid::Timestamp::from_unix(&*self.context, seconds, nanoseconds))
    }
}

/// The smallest id that could be made at `moment`: the lower bound of a range of times in a list of ids.
#[must_use]
pub fn first_id_at(moment: Timestamp) -> Uuid {
    let milliseconds = u64::try_from(moment.as_millisecond()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(milliseconds, &[0; 10]).into_uuid()
}

fn unix(moment: Timestamp) -> (u64, u32) {
    let nanoseconds = moment.subsec_nanosecond();
    (u64::try_from(moment.as_second()).unwrap_or(0), u32::try_from(nanoseconds).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_the_time_they_were_made_also_within_a_millisecond() {
        let ids = Ids::default();
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let made: Vec<Uuid> = (0..1000).map(|_| ids.next(now)).collect();
        assert!(made.is_sorted());
        assert!(first_id_at(now) <= made[0]);
        assert!(made[999] < first_id_at(now + jiff::SignedDuration::from_millis(1)));
    }
}
