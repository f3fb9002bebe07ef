//! A real S3-compatible server with TLS, which `setup/python.sh storage` has got.

use std::{
    fs,
    net::TcpListener as TcpListenerOfStd,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

const KEY: &str = "EllaTestKey";
const SECRET: &str = "EllaTestSecret";

/// The server and the way to it, which can be cut. Both end with the test.
pub struct Storage {
    folder: PathBuf,
    ports: Ports,
    server: Arc<Mutex<Child>>,
    looking_after: JoinHandle<()>,
    way: Option<JoinHandle<()>>,
}

/// Ports in a row, which nobody else is given while this lives: whoever holds the first has the others.
#[derive(Clone)]
struct Ports {
    first: Arc<TcpListenerOfStd>,
}

/// From here to there the kernel gives no port to anybody by itself: it begins at 32768.
const PORTS: std::ops::Range<u16> = 20_000..32_000;
/// The one that is held, and those of its servers and the way.
const IN_A_ROW: u16 = 11;

impl Ports {
    fn take() -> Self {
        let rows = (PORTS.end - PORTS.start) / IN_A_ROW;
        // Processes that begin at different places do not try the same ones in turn.
        let begin = u16::try_from(std::process::id() % u32::from(rows)).expect("it is less than the rows");
        (0..rows)
            .map(|row| PORTS.start + (begin + row) % rows * IN_A_ROW)
            .find_map(|port| {
                let first = TcpListenerOfStd::bind(("127.0.0.1", port)).ok()?;
                let is_free = |port| TcpListenerOfStd::bind(("127.0.0.1", port)).is_ok();
                (1..IN_A_ROW).all(|which| is_free(port + which)).then(|| Self { first: Arc::new(first) })
            })
            .expect("ports are free")
    }

    fn get(&self, which: u16) -> u16 {
        self.first.local_addr().expect("it is bound").port() + 1 + which
    }
}

/// Where the set-up has put it.
fn program() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.setup/storage/bin/weed")
}

impl Storage {
    /// Starts one with a bucket `ella` in a folder of its own below this one, if it is installed.
    pub async fn start(folder: &Path) -> Option<Self> {
        if !program().is_file() {
            return None;
        }
        let own = folder.join("storage");
        fs::create_dir(&own).expect("the storage can be set up");
        let certificate = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=localhost"])
            .args(["-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"])
            .current_dir(&own)
            .stderr(Stdio::null())
            .status();
        assert!(certificate.expect("the storage can be set up").success());
        let actions = r#"["Admin","Read","Write","List","Tagging"]"#;
        let config = format!(
            r#"{{"identities":[{{"name":"ella","credentials":[{{"accessKey":"{KEY}","secretKey":"{SECRET}"}}],"actions":{actions}}}]}}"#
        );
        fs::write(own.join("s3.json"), config).expect("the storage can be set up");
        fs::create_dir(own.join("data")).expect("the storage can be set up");
        let ports = Ports::take();
        let server = Arc::new(Mutex::new(serve(&own, &ports)));
        let looking_after = look_after(&server, &own, &ports);
        let mut storage = Self { folder: own, ports, server, looking_after, way: None };
        let client = reqwest::Client::new();
        let bucket = format!("http://127.0.0.1:{}/buckets/ella/", storage.ports.get(4));
        eventually("the storage takes a bucket", async || {
            client.post(&bucket).send().await.ok()?.status().is_success().then_some(())
        })
        .await;
        storage.come_back().await;
        Some(storage)
    }

    /// The server's certificate, which is its own authority. PostgreSQL's user must be able to read it.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.folder.join("cert.pem")
    }

    fn endpoint(&self) -> String {
        format!("localhost:{}", self.ports.get(9))
    }

    /// The value of `ELLA_BACKUP_S3` for it.
    #[must_use]
    pub fn setting(&self) -> String {
        let ca_file = self.authority();
        format!("s3://ella/some/prefix?endpoint=https://{}&ca_file={}", self.endpoint(), ca_file.display())
    }

    /// Whether a segment of WAL is in it, which is asked on its inner side.
    pub async fn has(&self, segment: &str) -> bool {
        let inside = segment.get(..16).unwrap_or(segment);
        let folder = format!("buckets/ella/some/prefix/archive/ella/15-1/{inside}");
        let list = format!("http://127.0.0.1:{}/{folder}/?limit=10000", self.ports.get(4));
        let asked = reqwest::Client::new().get(list).header("accept", "application/json").send().await;
        let Ok(answer) = asked else { return false };
        answer.text().await.is_ok_and(|text| text.contains(&format!("{segment}-")))
    }

    /// Loses everything that was put there.
    pub async fn lose_all(&self) {
        let all = format!("http://127.0.0.1:{}/buckets/ella/some?recursive=true", self.ports.get(4));
        let answer = reqwest::Client::new().delete(all).send().await.expect("the storage answers");
        assert!(answer.status().is_success(), "{answer:?}");
    }

    /// The settings that lead to it.
    #[must_use]
    pub fn environment(&self) -> [(&'static str, String); 3] {
        [
            ("ELLA_BACKUP_S3", self.setting()),
            ("AWS_ACCESS_KEY_ID", KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
        ]
    }

    /// Goes out of reach: connections are refused.
    pub fn go_away(&mut self) {
        if let Some(way) = self.way.take() {
            way.abort();
        }
    }

    /// Comes back with what it had, and answers.
    pub async fn come_back(&mut self) {
        // Where `localhost` leads first: pgBackRest tries no other address of it.
        let (here, there) = (("localhost", self.ports.get(9)), ("127.0.0.1", self.ports.get(7)));
        let listener =
            eventually("the way's port is free again", async || TcpListener::bind(here).await.ok()).await;
        #[expect(clippy::disallowed_methods, reason = "it is cut when the test says so")]
        let way = tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut server = TcpStream::connect(there).await?;
                    tokio::io::copy_bidirectional(&mut client, &mut server).await
                });
            }
        });
        self.way = Some(way);
        eventually("the storage answers", async || TcpStream::connect(there).await.ok().map(drop)).await;
    }
}

/// The ports are given for each of its many servers, so that runs do not get into each other's way.
fn serve(folder: &Path, ports: &Ports) -> Child {
    let port = |name: &str, which: u16| format!("-{name}={}", ports.get(which));
    let mut log = fs::OpenOptions::new();
    let log = log.create(true).append(true).open(folder.join("log")).expect("the storage can be set up");
    let server = Command::new(program())
        .args([
            "server",
            "-dir=data",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            "-volume.max=200",
            "-filer",
            "-s3",
        ])
        .args(["-master.volumeSizeLimitMB=64", "-s3.port.iceberg=0", "-s3.port.lance=0"])
        .args(["-s3.config=s3.json", "-s3.cert.file=cert.pem", "-s3.key.file=key.pem"])
        .args([port("master.port", 0), port("master.port.grpc", 1)])
        .args([port("volume.port", 2), port("volume.port.grpc", 3)])
        .args([port("filer.port", 4), port("filer.port.grpc", 5)])
        .args([port("s3.port", 6), port("s3.port.https", 7), port("s3.port.grpc", 8)])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("the storage can be set up"))
        .stderr(log)
        .spawn();
    server.expect("the storage can be set up")
}

/// How often it is looked whether the server lives.
const LOOK: Duration = Duration::from_millis(100);

/// Starts the server again when it ends by itself, as it has been seen to: it is the tests' surroundings and not what they
/// are about. What it had is in its folder.
fn look_after(server: &Arc<Mutex<Child>>, folder: &Path, ports: &Ports) -> JoinHandle<()> {
    let (server, folder, ports) = (Arc::clone(server), folder.to_owned(), ports.clone());
    #[expect(clippy::disallowed_methods, reason = "it ends with the server")]
    #[expect(clippy::print_stderr, reason = "who runs the tests should know what their surroundings did")]
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(LOOK).await;
            let mut server = server.lock().unwrap_or_else(PoisonError::into_inner);
            if let Ok(Some(status)) = server.try_wait() {
                eprintln!("the storage ended with {status}, and is started again");
                *server = serve(&folder, &ports);
            }
        }
    })
}

impl Drop for Storage {
    fn drop(&mut self) {
        self.go_away();
        self.looking_after.abort();
        let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        // It may have ended by itself.
        let _ = server.kill();
        let _ = server.wait();
    }
}

/// Asks again and again until there is an answer.
async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(began.elapsed() < Duration::from_mins(2), "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
