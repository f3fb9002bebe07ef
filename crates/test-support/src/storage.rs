//! A real S3-compatible server with TLS, which `setup/python.sh storage` has got.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
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
    ports: Vec<u16>,
    server: Child,
    way: Option<JoinHandle<()>>,
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
        // Taken together and given back: nothing tells the ports otherwise.
        let listeners: Vec<_> = (0..10)
            .map(|_| std::net::TcpListener::bind("127.0.0.1:0").expect("the storage can be set up"))
            .collect();
        let ports: Vec<u16> = listeners
            .iter()
            .map(|listener| listener.local_addr().expect("the storage can be set up").port())
            .collect();
        drop(listeners);
        let server = serve(&own, &ports);
        let mut storage = Self { folder: own, ports, server, way: None };
        let client = reqwest::Client::new();
        let bucket = format!("http://127.0.0.1:{}/buckets/ella/", storage.ports[4]);
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
        format!("localhost:{}", self.ports[9])
    }

    /// The value of `ELLA_BACKUP_S3` for it.
    #[must_use]
    pub fn setting(&self) -> String {
        let ca_file = self.authority();
        format!("s3://ella/some/prefix?endpoint=https://{}&ca_file={}", self.endpoint(), ca_file.display())
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
        let (here, there) = (("localhost", self.ports[9]), ("127.0.0.1", self.ports[7]));
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
fn serve(folder: &Path, ports: &[u16]) -> Child {
    let port = |name: &str, which: usize| format!("-{name}={}", ports[which]);
    let log = fs::File::create(folder.join("log")).expect("the storage can be set up");
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

impl Drop for Storage {
    fn drop(&mut self) {
        self.go_away();
        // It may have ended by itself.
        let _ = self.server.kill();
        let _ = self.server.wait();
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
