//! Ages, sizes and backups in words, for people.

use ella_keeper::Backup;
use jiff::Timestamp;

/// How long ago, for people.
#[must_use]
pub fn age(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(then).as_secs().max(0);
    let (count, unit) = match seconds {
        0..=119 => (seconds, "second"),
        120..=7199 => (seconds / 60, "minute"),
        7200..=172_799 => (seconds / 3600, "hour"),
        _ => (seconds / 86400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// A size, for people.
#[must_use]
pub fn size(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..=999_999 => (1_000, "kB"),
        1_000_000..=999_999_999 => (1_000_000, "MB"),
        _ => (1_000_000_000, "GB"),
    };
    format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit)
}

/// A backup in one line, for people.
#[must_use]
pub fn line(backup: &Backup, now: Timestamp) -> String {
    let took = backup.ended_at.duration_since(backup.started_at).as_secs();
    format!(
        "{:<34} {:<5} {:>12} ago  {took:>5} s  {:>10} of {:>10}",
        backup.label,
        backup.kind,
        age(backup.ended_at, now),
        size(backup.repository_bytes),
        size(backup.database_bytes),
    )
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn ages_and_sizes_are_for_people() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let ages =
            [1, 90, 150, 7200, 200_000].map(|seconds| age(now - SignedDuration::from_secs(seconds), now));
        assert_eq!(ages, ["1 second", "90 seconds", "2 minutes", "2 hours", "2 days"]);
        assert_eq!([size(700), size(54_000_000), size(2_150_000_000)], ["0.7 kB", "54.0 MB", "2.1 GB"]);
    }
}
