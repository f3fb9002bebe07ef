//! The figures, for people.

use std::time::Duration;

/// Everything that was measured. Costs are microseconds of the server's CPU a request.
pub(crate) struct Report {
    /// An empty handler.
    pub(crate) empty_handler: f64,
    /// `GET /users/me`.
    pub(crate) users_me: f64,
    /// `POST /llm/conversation-turn`, answered by the built-in voice.
    pub(crate) turn: f64,
    /// The largest over the smallest round of each.
    pub(crate) spread: (f64, f64, f64),
    /// From `exec` to serving, in an empty folder.
    pub(crate) first_start_took: Duration,
    /// The same on an existing folder, PostgreSQL included.
    pub(crate) second_start_took: Duration,
    /// Memory of the idle program without PostgreSQL.
    pub(crate) idle_bytes: u64,
    /// The same after the load.
    pub(crate) busy_bytes: u64,
}

impl Report {
    /// Prints a table.
    pub(crate) fn print(&self) {
        let (handler, me, turn) = self.spread;
        println!("| what | measured | limit | over an empty handler | spread of rounds |");
        println!("| --- | --- | --- | --- | --- |");
        println!("| an empty handler | {:.0} µs of CPU | | 1.0 | {handler:.2} |", self.empty_handler);
        println!(
            "| GET /users/me | {:.0} µs of CPU | 80 µs | {:.1} | {me:.2} |",
            self.users_me,
            self.users_me / self.empty_handler
        );
        println!(
            "| POST /llm/conversation-turn, built-in voice | {:.0} µs of CPU | | {:.1} | {turn:.2} |",
            self.turn,
            self.turn / self.empty_handler
        );
        println!("| first start, to serving | {:.2} s | | | |", self.first_start_took.as_secs_f64());
        println!(
            "| start on an existing folder, to serving | {:.2} s | 1 s | | |",
            self.second_start_took.as_secs_f64()
        );
        println!("| memory when idle, without PostgreSQL | {} MB | 30 MB | | |", self.idle_bytes / 1_000_000);
        println!("| memory after the load | {} MB | | | |", self.busy_bytes / 1_000_000);
    }
}

/// The middle value.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
