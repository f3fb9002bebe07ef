//! Who dies.

use std::time::Duration;

use super::{
    chance::Chance,
    server::{Server, signal},
};

/// One death, and what is needed to live on after it; its kind.
pub(super) async fn one(server: &mut Server, chance: &mut Chance) -> &'static str {
    // Not always right after an acknowledgement.
    tokio::time::sleep(Duration::from_millis(chance.between(0, 40))).await;
    let (kind, choice) = (chance.between(0, 8), chance.next());
    match (kind, server.postmaster()) {
        (0..=1, _) | (_, None) => {
            signal(server.pid(), "KILL");
            server.live_again().await;
            "kills of the server"
        }
        (2..=3, _) => {
            signal(server.pid(), "TERM");
            server.live_again().await;
            "stops of the server"
        }
        (4..=5, Some(postmaster)) => {
            signal(postmaster, "KILL");
            "kills of PostgreSQL"
        }
        (_, Some(postmaster)) => {
            let processes = Server::children(postmaster);
            // The kernel makes a number from a choice as good as any.
            let count = u64::try_from(processes.len()).unwrap_or(1).max(1);
            let place = usize::try_from(choice % count).unwrap_or(0);
            if let Some(pid) = processes.get(place) {
                signal(*pid, "KILL");
            }
            "kills of one process of PostgreSQL"
        }
    }
}
