//! The examples in `deploy/`, with the real nginx and Caddy in front of a real server.

use std::{
    fs,
    net::{IpAddr, TcpListener as StdListener},
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use axum::{Router, body::Body, response::IntoResponse, routing::get};
use bytes::Bytes;
use ella::http::serve::serve;
use futures::stream;
use reqwest::Certificate;
use serde_json::json;
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    sync::Notify,
    time::{Instant, sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use crate::support::{Ella, find_program};

const CADDYFILE: &str = include_str!("../../../../deploy/Caddyfile");
const NGINX: &str = include_str!("../../../../deploy/nginx.conf");
/// A proxy that is not up by then will not come up.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn caddy_speaks_tls_and_tells_clients_apart() {
    tells_clients_apart(Kind::Caddy).await;
}

#[tokio::test]
async fn nginx_speaks_tls_and_tells_clients_apart() {
    tells_clients_apart(Kind::Nginx).await;
}

#[tokio::test]
async fn caddy_passes_on_every_piece_at_once() {
    passes_on_every_piece_at_once(Kind::Caddy).await;
}

#[tokio::test]
async fn nginx_passes_on_every_piece_at_once() {
    passes_on_every_piece_at_once(Kind::Nginx).await;
}

/// Two clients behind one proxy have a limit each, and none gets a second one by claiming to be someone else.
async fn tells_clients_apart(kind: Kind) {
    let ella =
        Ella::with().flag("--sign-ins-per-minute", 1).flag("--trusted-proxies", "127.0.0.1/32").start().await;
    let Some(proxy) = Proxy::start(kind, ella.address.port()).await else { return };
    let (ana, ben) = (proxy.client("127.0.0.2"), proxy.client("127.0.0.3"));

    let sign_in = async |client: &reqwest::Client, claim: &str| {
        let request = client
            .post(proxy.url("/auth/anonymous"))
            .header("x-forwarded-for", claim)
            .json(&json!({"device_id": ella.app.new_id()}));
        request.send().await.expect("an answer").status().as_u16()
    };
    // One a minute, after a burst of twice as many.
    assert_eq!(sign_in(&ana, "198.51.100.1").await, 200);
    assert_eq!(sign_in(&ana, "198.51.100.2").await, 200);
    assert_eq!(sign_in(&ana, "198.51.100.3").await, 429);
    assert_eq!(sign_in(&ben, "198.51.100.3").await, 200);
}

/// The second piece is not sent before the client has the first, so a proxy that waits for the whole fails.
async fn passes_on_every_piece_at_once(kind: Kind) {
    let upstream = Upstream::start().await;
    let Some(proxy) = Proxy::start(kind, upstream.port).await else { return };
    let mut answer = proxy.client("127.0.0.1").get(proxy.url("/stream")).send().await.expect("an answer");
    for (piece, arrived) in [("data: one\n\n", 1), ("data: two\n\n", 2), ("data: three\n\n", 3)] {
        let chunk = timeout(PATIENCE, answer.chunk()).await.expect("a piece before the next is sent");
        let chunk = chunk.expect("no fault").expect("not the end");
        assert_eq!(chunk, piece.as_bytes(), "piece {arrived}");
        upstream.next.notify_one();
    }
    assert_eq!(answer.bytes().await.expect("a proper end"), Bytes::new());
}

/// A server of the test's own that sends three pieces, each when it is told to.
struct Upstream {
    port: u16,
    next: Arc<Notify>,
    _stop: tokio_util::sync::DropGuard,
}

impl Upstream {
    async fn start() -> Self {
        let next = Arc::new(Notify::new());
        let told = Arc::clone(&next);
        let answer = move || {
            let pieces = stream::unfold((0, Arc::clone(&told)), |(sent, told)| async move {
                let piece = *["data: one\n\n", "data: two\n\n", "data: three\n\n"].get(sent)?;
                if sent > 0 {
                    told.notified().await;
                }
                Some((Ok::<_, std::io::Error>(Bytes::from_static(piece.as_bytes())), (sent + 1, told)))
            });
            async { ([("content-type", "text/event-stream")], Body::from_stream(pieces)).into_response() }
        };
        let router = Router::new().route("/stream", get(answer)).fallback(|| async { "here" });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let stop = CancellationToken::new();
        TaskTracker::new().spawn(serve(listener, 100, router, stop.clone(), Duration::ZERO));
        Self { port, next, _stop: stop.drop_guard() }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Caddy,
    Nginx,
}

/// A proxy with the example's configuration, on a free port, in a folder of its own. It ends when it is dropped.
struct Proxy {
    port: u16,
    root: Certificate,
    folder: Folder,
    _child: Child,
}

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Proxy {
    /// None, with a word on it, where the program is not installed. CI has to have it.
    async fn start(kind: Kind, upstream: u16) -> Option<Self> {
        let name = match kind {
            Kind::Caddy => "caddy",
            Kind::Nginx => "nginx",
        };
        let program = find_program(name)?;
        let folder = Folder(std::env::temp_dir().join(format!("ella-test-{name}-{}", any_id())));
        fs::create_dir_all(&folder.0).unwrap();
        let port = free_port();
        let (command, root) = match kind {
            Kind::Caddy => caddy(&program, &folder.0, port, upstream),
            Kind::Nginx => nginx(&program, &folder.0, port, upstream),
        };
        let log = fs::File::create(folder.0.join("log")).unwrap();
        let mut command = Command::from(command);
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).kill_on_drop(true);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", program.display()));

        let until = Instant::now() + PATIENCE;
        loop {
            let up = root.is_file() && tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok();
            if up {
                break;
            }
            let ended = child.try_wait().unwrap();
            let said = || fs::read_to_string(folder.0.join("log")).unwrap();
            assert!(ended.is_none() && Instant::now() < until, "{name} does not come up: {}", said());
            sleep(Duration::from_millis(20)).await;
        }
        let root = Certificate::from_pem(&fs::read(&root).unwrap()).unwrap();
        let proxy = Self { port, root, folder, _child: child };
        proxy.wait_for_tls().await;
        Some(proxy)
    }

    /// The port may be open before the certificate is there.
    async fn wait_for_tls(&self) {
        let client = self.client("127.0.0.1");
        let until = Instant::now() + PATIENCE;
        while let Err(error) = client.get(self.url("/")).send().await {
            let log = fs::read_to_string(self.folder.0.join("log")).unwrap();
            assert!(Instant::now() < until, "no TLS: {error:?}\n{log}");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// A client at an address of this machine's own, which trusts this proxy's certificate and no other.
    fn client(&self, address: &str) -> reqwest::Client {
        let address: IpAddr = address.parse().unwrap();
        reqwest::Client::builder()
            .https_only(true)
            .tls_certs_only([self.root.clone()])
            .resolve("localhost", ([127, 0, 0, 1], self.port).into())
            .local_address(address)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .unwrap()
    }

    fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port)
    }
}

/// The example as it is, named by the variables it asks for; certificates come from an authority of Caddy's own.
fn caddy(program: &Path, folder: &Path, port: u16, upstream: u16) -> (std::process::Command, PathBuf) {
    // No control socket, no port 80, and no word to the machine's list of authorities.
    let options = "{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}\n";
    let config = folder.join("Caddyfile");
    fs::write(&config, format!("{options}{CADDYFILE}")).unwrap();
    let mut command = std::process::Command::new(program);
    command
        .args(["run", "--adapter", "caddyfile", "--config"])
        .arg(config)
        .env("HOME", folder)
        .env("XDG_DATA_HOME", folder)
        .env("XDG_CONFIG_HOME", folder)
        .env("ELLA_SITE", format!("https://localhost:{port}"))
        .env("ELLA_LISTEN", format!("127.0.0.1:{upstream}"));
    (command, folder.join("caddy/pki/authorities/local/root.crt"))
}

/// The example with its name, addresses and certificate changed, as it tells its readers to.
fn nginx(program: &Path, folder: &Path, port: u16, upstream: u16) -> (std::process::Command, PathBuf) {
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    let made = std::process::Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args([Path::new("-keyout"), &key, Path::new("-out"), &certificate])
        .output()
        .expect("openssl is installed: setup/install.sh test gets it");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));

    let mut example = NGINX.to_owned();
    for (from, to) in [
        ("listen 443 ssl;", format!("listen 127.0.0.1:{port} ssl;")),
        ("server 127.0.0.1:8000;", format!("server 127.0.0.1:{upstream};")),
        ("server_name ella.example.com;", "server_name localhost;".to_owned()),
        ("/etc/letsencrypt/live/ella.example.com/fullchain.pem", certificate.display().to_string()),
        ("/etc/letsencrypt/live/ella.example.com/privkey.pem", key.display().to_string()),
    ] {
        assert_eq!(example.matches(from).count(), 1, "the example has {from:?} once");
        example = example.replace(from, &to);
    }
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("    {kind}_temp_path {kind};\n"))
        .concat();
    let config = format!(
        "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n    access_log off;\n{temporary}{example}\n}}\n"
    );
    fs::write(folder.join("nginx.conf"), config).unwrap();
    let mut command = std::process::Command::new(program);
    command.args(["-e", "stderr", "-c", "nginx.conf", "-p"]).arg(folder);
    (command, certificate)
}

fn free_port() -> u16 {
    StdListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[expect(clippy::disallowed_methods, reason = "only a name that no other run has")]
fn any_id() -> Uuid {
    Uuid::now_v7()
}
