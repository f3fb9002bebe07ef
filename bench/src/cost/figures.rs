//! The figures, for people.

use std::time::Duration;

use crate::report::table;

/// Everything that was measured. Costs are microseconds of the server's CPU a request.
pub(crate) struct Figures {
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

impl Figures {
    /// The figures as a table.
    pub(crate) fn table(&self) -> String {
        let (handler, me, turn) = self.spread;
        let (me_over, turn_over) = (self.users_me / self.empty_handler, self.turn / self.empty_handler);
        let seconds = |time: Duration| format!("{:.2} s", time.as_secs_f64());
        let megabytes = |bytes: u64| format!("{} MB", bytes / 1_000_000);
        let micros = |cost: f64| format!("{cost:.0} µs of CPU");
        let rows = [
            ["an empty handler", &micros(self.empty_handler), "", "1.0", &format!("{handler:.2}")],
            ["GET /users/me", &micros(self.users_me), "80 µs", &format!("{me_over:.1}"), &format!("{me:.2}")],
            [
                "POST /llm/conversation-turn, built-in voice",
                &micros(self.turn),
                "",
                &format!("{turn_over:.1}"),
                &format!("{turn:.2}"),
            ],
            ["first start, to serving", &seconds(self.first_start_took), "", "", ""],
            ["start on an existing folder, to serving", &seconds(self.second_start_took), "1 s", "", ""],
            ["memory when idle, without PostgreSQL", &megabytes(self.idle_bytes), "30 MB", "", ""],
            ["memory after the load", &megabytes(self.busy_bytes), "", "", ""],
        ];
        let head = ["what", "measured", "limit", "over an empty handler", "spread of rounds"];
        table(&head, &rows.map(|row| row.map(str::to_owned).to_vec()))
    }
}

/// The middle value.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
