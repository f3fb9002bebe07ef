//! Accepting connections, and letting them end.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, extract::connect_info::ConnectInfo};
use futures::FutureExt;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use socket2::SockRef;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower_service::Service;

/// How long a client may take to send the head of a request, which is also how long an idle connection is kept.
const HEAD_PATIENCE: Duration = Duration::from_secs(75);
/// How long a client may leave what was sent to it unread before its connection is given up.
const READ_PATIENCE: Duration = Duration::from_secs(30);

/// Serves `router` until `stop` is cancelled, then lets requests in flight end, for at most `grace`. So many connections
/// are open at most (`open_files.rs`); more wait in the listener's backlog.
pub async fn serve(
    listener: TcpListener,
    most_connections: usize,
    router: Router,
    stop: CancellationToken,
    grace: Duration,
) {
    let graceful = GracefulShutdown::new();
    let connections = TaskTracker::new();
    let places = Arc::new(Semaphore::new(most_connections));
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = stop.cancelled() => break,
        };
        let Some((stream, peer, place)) = accepted else { continue };
        let router = router.clone();
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().call(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_PATIENCE)
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        // No async block: it would hold the connection's place twice, and there are thousands.
        connections.spawn(connection.map(move |ended| {
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection broke off");
            }
            drop(place);
        }));
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(grace, graceful.shutdown()).await.is_err() {
        tracing::warn!(open = connections.len(), "some requests did not end in time and were broken off");
    }
}

/// The next connection, once there is a place for it; none when accepting failed, which is worth another try.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            // Small writes must leave at once: a token that waits for the next one is a token late.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "could not switch off Nagle's algorithm");
            }
            // The kernel watches over writes: a client that takes nothing in must not keep its answer in memory.
            if let Err(error) = SockRef::from(&stream).set_tcp_user_timeout(Some(READ_PATIENCE)) {
                tracing::debug!(%error, "could not bound how long an answer may stay unread");
            }
            Some((stream, peer, place))
        }
        Err(error) => {
            // Out of file descriptors, most likely. Without a pause this loop would burn a core.
            tracing::warn!(%error, "could not accept a connection");
            tokio::time::sleep(Duration::from_millis(100)).await;
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_that_nobody_reads_is_given_up_by_the_kernel_and_small_writes_leave_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let places = Arc::new(Semaphore::new(1));
        let (client, accepted) = tokio::join!(TcpStream::connect(address), accept(&listener, &places));
        let (stream, peer, _place) = accepted.unwrap();
        assert_eq!(peer, client.unwrap().local_addr().unwrap());
        assert_eq!(SockRef::from(&stream).tcp_user_timeout().unwrap(), Some(READ_PATIENCE));
        assert!(stream.nodelay().unwrap());
        assert_eq!(places.available_permits(), 0);
    }
}
