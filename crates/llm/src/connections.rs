//! Connections that stay warm, and enough of them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::{Client, ClientBuilder, redirect, retry};

use crate::spec::SpecError;

/// Longer than [`crate::WARM_EVERY`], so that a warm connection is still there at the next warming.
const KEEP_IDLE: Duration = Duration::from_mins(5);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// RFC 9113, 6.5.2 advises servers to allow at least 100 streams on a connection; calls beyond a server's limit
/// would queue unseen. So a lane takes well fewer.
const CALLS_A_LANE: usize = 64;
const LANES: usize = 32;

/// The connections of all providers.
///
/// A client keeps one HTTP/2 connection to a host, so there are several clients: the first lane serves a quiet
/// server, the others are opened as calls pile up. What goes beyond all lanes gets an HTTP/1.1 connection a call.
#[derive(Clone, Debug)]
pub(crate) struct Connections {
    first: Client,
    lanes: Arc<[Lane; LANES]>,
    overflow: Client,
}

#[derive(Debug, Default)]
struct Lane {
    client: OnceLock<Client>,
    calls: AtomicUsize,
}

/// A place on a lane, given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    lanes: Arc<[Lane; LANES]>,
    index: Option<usize>,
}

impl Connections {
    pub(crate) fn new() -> Result<Self, SpecError> {
        let failed = |error: reqwest::Error| SpecError::Client { reason: error.to_string() };
        let first = lane().build().map_err(failed)?;
        let lanes: Arc<[Lane; LANES]> = Arc::default();
        if let Some(lane) = lanes.first() {
            let _ = lane.client.set(first.clone());
        }
        Ok(Self { first, lanes, overflow: builder().http1_only().build().map_err(failed)? })
    }

    /// The client whose connections are kept warm.
    pub(crate) fn first(&self) -> &Client {
        &self.first
    }

    /// The client for the next call, and its place there.
    pub(crate) fn take(&self) -> (Client, Place) {
        let enter = |lane: &Lane| {
            let one_more = |calls| (calls < CALLS_A_LANE).then_some(calls + 1);
            lane.calls.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_ok()
        };
        let index = self.lanes.iter().position(enter);
        let client = index.and_then(|index| self.lanes.get(index)).and_then(Lane::client);
        let client = client.unwrap_or(&self.overflow).clone();
        (client, Place { lanes: Arc::clone(&self.lanes), index })
    }
}

impl Lane {
    /// Making a client takes some 10 to 25 ms of reading root certificates, once for each lane.
    fn client(&self) -> Option<&Client> {
        if self.client.get().is_none() {
            let _ = self.client.set(lane().build().ok()?);
        }
        self.client.get()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(lane) = self.index.and_then(|index| self.lanes.get(index)) {
            lane.calls.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

fn lane() -> ClientBuilder {
    builder()
        .http2_keep_alive_interval(Duration::from_secs(20))
        .http2_keep_alive_timeout(Duration::from_secs(5))
        .http2_keep_alive_while_idle(true)
}

fn builder() -> ClientBuilder {
    Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(KEEP_IDLE)
        .tcp_nodelay(true)
        .tcp_keepalive(Duration::from_secs(30))
        // A redirect would carry the key and the student's words to an address nobody configured.
        .redirect(redirect::Policy::none())
        // Whether to try again, and where, is decided by the race.
        .retry(retry::never())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_fill_one_lane_after_the_other_and_give_their_places_back() {
        let connections = Connections::new().unwrap();
        let mut places: Vec<Place> = (0..=CALLS_A_LANE * 2).map(|_| connections.take().1).collect();
        assert_eq!(places.last().and_then(|place| place.index), Some(2));
        assert!(places.iter().take(CALLS_A_LANE).all(|place| place.index == Some(0)));
        places.remove(0);
        assert_eq!(connections.take().1.index, Some(0), "the warm lane first");
        places.extend((0..CALLS_A_LANE * LANES).map(|_| connections.take().1));
        assert_eq!(places.last().map(|place| place.index), Some(None));
        places.clear();
        assert!(connections.lanes.iter().all(|lane| lane.calls.load(Ordering::Relaxed) == 0));
    }
}
