//! A network between Ella and her database, as bad as wanted: slow, uneven, broken or still. One end is a TCP address,
//! the other PostgreSQL's unix socket.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, UnixStream},
    sync::mpsc,
    task::{AbortHandle, JoinSet},
    time::{Instant, sleep_until},
};

use crate::worth::Random;

/// One answer in so many is later by the spike.
const SPIKE_ONE_IN: f64 = 200.0;
const SPIKE: Duration = Duration::from_millis(500);
/// The spread of the delays' logarithms.
const SIGMA: f64 = 0.4;

/// How the network is now.
#[derive(Default)]
struct Weather {
    delay_us: AtomicU64,
    uneven: AtomicBool,
    still: AtomicBool,
    connections: Mutex<Vec<AbortHandle>>,
}

/// A running proxy; it ends when dropped.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    weather: Arc<Weather>,
    _accepting: JoinSet<()>,
}

impl Proxy {
    /// A proxy to this socket, at first as fast as can be.
    pub(crate) async fn start(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let weather = Arc::new(Weather::default());
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, socket, Arc::clone(&weather)));
        Self { address, weather, _accepting: accepting }
    }

    /// From now on a round trip takes so much longer; unevenly: with this median, and a spike now and then.
    pub(crate) fn delay(&self, delay: Duration, uneven: bool) {
        let micros = u64::try_from(delay.as_micros()).expect("a short time");
        self.weather.delay_us.store(micros, Ordering::Relaxed);
        self.weather.uneven.store(uneven, Ordering::Relaxed);
    }

    /// Nothing goes through any more, and nobody is told; or it does again.
    pub(crate) fn still(&self, still: bool) {
        self.weather.still.store(still, Ordering::Relaxed);
    }

    /// Cuts one connection, if there is one.
    pub(crate) fn cut_one(&self, random: &mut Random) {
        let mut connections = self.weather.connections.lock().expect("nobody panicked");
        connections.retain(|connection| !connection.is_finished());
        let many = u64::try_from(connections.len()).expect("a few");
        if many > 0 {
            connections.swap_remove(random.one_of(many)).abort();
        }
    }
}

async fn accept(listener: TcpListener, socket: PathBuf, weather: Arc<Weather>) {
    let mut connections = JoinSet::new();
    for number in 0_u64.. {
        let Ok((client, _)) = listener.accept().await else { continue };
        let (socket, shared) = (socket.clone(), Arc::clone(&weather));
        let handle = connections.spawn(async move {
            // A database that is away ends the connection.
            let Ok(server) = UnixStream::connect(&socket).await else { return };
            client.set_nodelay(true).expect("no delay");
            let ((from_client, to_client), (from_server, to_server)) =
                (client.into_split(), server.into_split());
            tokio::select! {
                () = carry(from_client, to_server, Arc::clone(&shared), None) => {}
                () = carry(from_server, to_client, shared, Some(Random::of(1, number))) => {}
            }
        });
        weather.connections.lock().expect("nobody panicked").push(handle);
    }
}

/// Carries bytes one way. All of a round trip's delay lies on the way back, so that a timer's millisecond is lost once.
async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    weather: Arc<Weather>,
    mut delays: Option<Random>,
) {
    let (sender, mut under_way) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let shared = Arc::clone(&weather);
    let read = async move {
        let mut last = Instant::now();
        loop {
            let mut bytes = Vec::with_capacity(16 * 1024);
            if !matches!(from.read_buf(&mut bytes).await, Ok(1..)) {
                return;
            }
            let delay = delays.as_mut().map(|random| shared.next_delay(random)).unwrap_or_default();
            last = last.max(Instant::now() + delay);
            if sender.send((last, bytes)).is_err() {
                return;
            }
        }
    };
    let write = async move {
        while let Some((due, bytes)) = under_way.recv().await {
            if due > Instant::now() {
                sleep_until(due).await;
            }
            while weather.still.load(Ordering::Relaxed) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    };
    futures::join!(read, write);
}

impl Weather {
    fn next_delay(&self, random: &mut Random) -> Duration {
        let delay = Duration::from_micros(self.delay_us.load(Ordering::Relaxed));
        if !self.uneven.load(Ordering::Relaxed) {
            return delay;
        }
        let spike = if random.even() < 1.0 / SPIKE_ONE_IN { SPIKE } else { Duration::ZERO };
        delay.mul_f64((SIGMA * random.normal()).exp()) + spike
    }
}
