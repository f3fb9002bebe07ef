//! How the provider is reached: plainly, or with TLS, on one and the same port.

use std::{fs::File, io::BufReader, path::Path, sync::Arc};

use axum::Router;
use hyper::server::conn::{http1, http2};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    service::TowerToHyperService,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio::net::TcpSocket;
use tokio_rustls::TlsAcceptor;

use super::Settings;

/// Thousands may connect at once.
const BACKLOG: u32 = 8192;

/// Serves `router`: HTTP/1.1 without TLS, HTTP/2 with it.
pub(super) async fn serve(router: Router, settings: Settings) {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    let listener = socket.listen(BACKLOG).expect("a listener");
    let acceptor = settings.tls.as_deref().map(acceptor);
    println!("The provider serves on http://{}", listener.local_addr().expect("an address"));
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        stream.set_nodelay(true).expect("no delay");
        let (service, acceptor) = (TowerToHyperService::new(router.clone()), acceptor.clone());
        let connection = async move {
            // A handshake begins with a record of type 22 (RFC 8446, 5.1); an HTTP method never does.
            let mut first = [0];
            let is_handshake = matches!(stream.peek(&mut first).await, Ok(1)) && first == [22];
            let Some(acceptor) = acceptor.filter(|_| is_handshake) else {
                return http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            };
            // A client that leaves in the middle of a handshake is none.
            let Ok(stream) = acceptor.accept(stream).await else { return Ok(()) };
            let mut http = http2::Builder::new(TokioExecutor::new());
            http.max_concurrent_streams(100).serve_connection(TokioIo::new(stream), service).await
        };
        #[expect(clippy::disallowed_methods, reason = "this program is ended, never drained")]
        tokio::spawn(connection);
    }
}

fn acceptor(folder: &Path) -> TlsAcceptor {
    let open = |name: &str| BufReader::new(File::open(folder.join(name)).expect("a certificate's file"));
    let chain: Vec<_> =
        CertificateDer::pem_reader_iter(open("server.pem")).map(|part| part.expect("PEM")).collect();
    let key = PrivateKeyDer::from_pem_reader(open("server.key")).expect("a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .expect("a usable certificate");
    config.alpn_protocols = vec![b"h2".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}
