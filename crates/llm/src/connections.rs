//! Connections that stay warm, and enough of them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::{Client, ClientBuilder, redirect, retry};
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};

use crate::spec::SpecError;

/// Longer than [`crate::WARM_EVERY`], so that a warm connection is still there at the next warming.
const KEEP_IDLE: Duration = Duration::from_mins(5);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// RFC 9113, 6.5.2 advises servers to allow at least 100 streams on a connection; calls beyond a server's limit
/// would queue unseen. So a lane takes well fewer.
const CALLS_A_LANE: usize = 64;
/// Idle connections that a lane but the first keeps to a provider that does not share them. It opened one for each of
/// its calls; a moment later they are open files that serve nobody.
const IDLE_A_LANE: usize = 8;
/// Far more calls than one machine can hold; what goes beyond gets a connection a call.
const MOST_LANES: usize = 1024;

/// The connections of all providers.
///
/// A client keeps one HTTP/2 connection to a host, so there are several clients: the first lane serves a quiet
/// server, the others are opened as calls pile up, as many as the calls that may be in flight need. A call that waits
/// on a lane costs some hundred bytes; on a connection of its own, with its buffers and its TLS, it would cost some
/// ten thousand.
#[derive(Clone, Debug)]
pub(crate) struct Connections {
    first: Client,
    lanes: Arc<[Lane]>,
    overflow: Client,
    tls: Arc<ClientConfig>,
}

#[derive(Debug, Default)]
struct Lane {
    client: OnceLock<Client>,
    calls: AtomicUsize,
}

/// A place on a lane, given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    lanes: Arc<[Lane]>,
    index: Option<usize>,
}

impl Connections {
    /// Connections for so many calls at once. None is opened yet.
    pub(crate) fn new(most_calls: usize) -> Result<Self, SpecError> {
        let failed = |error: reqwest::Error| SpecError::Client { reason: error.to_string() };
        let tls = Arc::new(tls()?);
        let first = lane(&tls).pool_max_idle_per_host(CALLS_A_LANE).build().map_err(failed)?;
        let count = most_calls.div_ceil(CALLS_A_LANE).clamp(1, MOST_LANES);
        let lanes: Arc<[Lane]> = std::iter::repeat_with(Lane::default).take(count).collect();
        if let Some(lane) = lanes.first() {
            let _ = lane.client.set(first.clone());
        }
        let overflow = builder(&tls, &[b"http/1.1"]).http1_only().build().map_err(failed)?;
        Ok(Self { first, lanes, overflow, tls })
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
        let client = index.and_then(|index| self.lanes.get(index)).and_then(|lane| lane.client(&self.tls));
        let client = client.unwrap_or(&self.overflow).clone();
        (client, Place { lanes: Arc::clone(&self.lanes), index })
    }
}

impl Lane {
    fn client(&self, tls: &ClientConfig) -> Option<&Client> {
        if self.client.get().is_none() {
            let _ = self.client.set(lane(tls).build().ok()?);
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

/// How all lanes speak TLS, with the machine's own root certificates. They are read once, because reading them takes
/// some 10 to 25 ms; and sessions are shared, so that a further lane is opened with a shorter handshake.
fn tls() -> Result<ClientConfig, SpecError> {
    let failed = |reason: String| SpecError::Client { reason };
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    if roots.add_parsable_certificates(found.certs).0 == 0 {
        let why = found.errors.first().map_or_else(String::new, |error| format!(" ({error})"));
        return Err(failed(format!("the machine has no root certificates{why}; install ca-certificates")));
    }
    ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map(|builder| builder.with_root_certificates(roots).with_no_client_auth())
        .map_err(|error| failed(error.to_string()))
}

fn lane(tls: &ClientConfig) -> ClientBuilder {
    builder(tls, &[b"h2", b"http/1.1"])
        .http2_keep_alive_interval(Duration::from_secs(20))
        .http2_keep_alive_timeout(Duration::from_secs(5))
        .http2_keep_alive_while_idle(true)
}

/// A client that offers these protocols (ALPN), best first.
fn builder(tls: &ClientConfig, protocols: &[&[u8]]) -> ClientBuilder {
    let mut tls = tls.clone();
    tls.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(KEEP_IDLE)
        .pool_max_idle_per_host(IDLE_A_LANE)
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
        let connections = Connections::new(CALLS_A_LANE * 3).unwrap();
        let mut places: Vec<Place> = (0..=CALLS_A_LANE * 2).map(|_| connections.take().1).collect();
        assert_eq!(places.last().and_then(|place| place.index), Some(2));
        assert!(places.iter().take(CALLS_A_LANE).all(|place| place.index == Some(0)));
        places.remove(0);
        assert_eq!(connections.take().1.index, Some(0), "the warm lane first");
        places.extend((0..=CALLS_A_LANE).map(|_| connections.take().1));
        assert_eq!(places.last().map(|place| place.index), Some(None));
        places.clear();
        assert!(connections.lanes.iter().all(|lane| lane.calls.load(Ordering::Relaxed) == 0));
    }

    #[test]
    fn a_warm_connection_is_still_there_when_it_is_next_warmed() {
        assert!(KEEP_IDLE > crate::WARM_EVERY * 2, "one warming may fail");
    }

    #[test]
    fn there_are_lanes_for_every_call_that_may_be_in_flight() {
        for (most_calls, lanes) in [(1, 1), (12_000, 188), (usize::MAX, MOST_LANES)] {
            assert_eq!(Connections::new(most_calls).unwrap().lanes.len(), lanes, "{most_calls} calls");
        }
    }
}
