//! Days in a row.

use std::collections::BTreeSet;

use jiff::civil::Date;

/// The current and the longest run of days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Streaks {
    /// Days in a row up to today, or up to yesterday while today has none.
    pub(super) current: i64,
    /// The longest run there ever was.
    pub(super) longest: i64,
}

impl Streaks {
    /// The streaks over days on which a conversation was started.
    #[must_use]
    pub(super) fn of(days: &BTreeSet<Date>, today: Date) -> Self {
        let yesterday = |day: Date| day.yesterday().ok();
        let mut longest = 0;
        let mut run = 0;
        let mut previous = None;
        for &day in days {
            run = if previous.is_some() && yesterday(day) == previous { run + 1 } else { 1 };
            longest = longest.max(run);
            previous = Some(day);
        }
        let mut current = 0;
        let mut day = if days.contains(&today) { Some(today) } else { yesterday(today) };
        while let Some(counted) = day.filter(|day| days.contains(day)) {
            current += 1;
            day = yesterday(counted);
        }
        Self { current, longest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streaks(days: &[&str], today: &str) -> (i64, i64) {
        let days = days.iter().map(|day| day.parse().unwrap()).collect();
        let Streaks { current, longest } = Streaks::of(&days, today.parse().unwrap());
        (current, longest)
    }

    #[test]
    fn a_streak_is_counted_back_from_today_or_from_yesterday_while_today_has_none() {
        assert_eq!(streaks(&[], "2026-11-22"), (0, 0));
        assert_eq!(streaks(&["2026-11-22"], "2026-11-22"), (1, 1));
        assert_eq!(streaks(&["2026-11-20", "2026-11-21"], "2026-11-22"), (2, 2));
        assert_eq!(streaks(&["2026-11-19", "2026-11-20"], "2026-11-22"), (0, 2));
        assert_eq!(streaks(&["2026-11-01", "2026-11-02", "2026-11-03", "2026-11-22"], "2026-11-22"), (1, 3));
        assert_eq!(streaks(&["2026-02-28", "2026-03-01"], "2026-03-01"), (2, 2));
    }
}
