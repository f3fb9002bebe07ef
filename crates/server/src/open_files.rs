//! Open files: how many this process may have, and for whom they are. Every connection is one, a client's as well as a
//! provider's. When the last one is taken, connections fail at random, the database's too; so they are shared out
//! beforehand, and whoever finds no more in their own share is answered in another way.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What is open beside connections of clients and to providers, the database's aside: the log, backups with their
/// pipes, look-ups of names, and the like.
const BESIDE: usize = 256;
/// More clients than one machine can serve.
const MOST_CLIENTS: usize = 20_000;

/// How many files this process may have open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenFiles(usize);

/// Who may have how many connections at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    /// Clients, a scraper of the metrics aside.
    pub clients: usize,
    /// Calls of providers, of those that take a connection for each call.
    pub calls: usize,
}

impl OpenFiles {
    /// As many.
    #[must_use]
    pub fn limited_to(most: usize) -> Self {
        Self(most)
    }

    /// Raises the limit as far as it may be. The usual one, 1,024, would be met by the first thousand students.
    #[must_use]
    pub fn raise() -> Self {
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        let mut limit = current;
        if current != maximum {
            match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
                Ok(()) => limit = maximum,
                Err(error) => tracing::warn!(%error, ?current, "could not raise the limit of open files"),
            }
        }
        Self(limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX))
    }

    /// Shares them out, after what the database's connections and other matters need.
    #[must_use]
    pub fn shares(self, database_connections: usize) -> Shares {
        let beside = BESIDE.min(self.0 / 2) + database_connections;
        let left = self.0.saturating_sub(beside);
        // Each call has its client, and some clients only keep their connection: they get a little more than half.
        let clients = (left / 20 * 11).clamp(1, MOST_CLIENTS);
        // A fifth of the rest is for connections that are idle while calls go to another provider.
        let calls = ((left - clients.min(left)) / 5 * 4).max(1);
        Shares { clients, calls }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_shares_together_leave_room_for_the_rest() {
        for most in [64, 256, 1024, 4096, 20_000, 65_536, 1_048_576, usize::MAX] {
            let Shares { clients, calls } = OpenFiles::limited_to(most).shares(10);
            let room = most - clients - calls;
            assert!(room >= BESIDE.min(most / 2), "{clients} clients and {calls} calls of {most}");
            assert!((1..=MOST_CLIENTS).contains(&clients) && calls >= 1);
        }
    }

    #[test]
    fn ten_thousand_turns_that_wait_have_their_clients_at_twenty_thousand_files() {
        let shares = OpenFiles::limited_to(20_000).shares(10);
        assert_eq!(shares, Shares { clients: 10_846, calls: 7_108 });
        assert_eq!(OpenFiles::limited_to(65_536).shares(10).clients, MOST_CLIENTS);
    }
}
