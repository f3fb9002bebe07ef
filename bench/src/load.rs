//! Requests over connections that stay open, and answers that are read whole.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

/// One request, to be sent many times.
pub(crate) struct Load {
    request: Arc<[u8]>,
}

impl Load {
    /// A GET.
    pub(crate) fn get(path: &str, token: &str) -> Self {
        Self::new("GET", path, token, "")
    }

    /// A POST of JSON.
    pub(crate) fn post(path: &str, token: &str, body: &Value) -> Self {
        Self::new("POST", path, token, &body.to_string())
    }

    fn new(method: &str, path: &str, token: &str, body: &str) -> Self {
        let authorization =
            if token.is_empty() { String::new() } else { format!("authorization: Bearer {token}\r\n") };
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: bench\r\n{authorization}content-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
        Self { request: request.into_bytes().into() }
    }

    /// Sends it once.
    pub(crate) async fn once(&self, server: SocketAddr) -> Value {
        self.run(server, 1, 1).await.pop().expect("one answer")
    }

    /// Sends it `requests` times over `connections` connections, and returns what came back.
    pub(crate) async fn run(&self, server: SocketAddr, requests: usize, connections: usize) -> Vec<Value> {
        let left = Arc::new(AtomicUsize::new(requests));
        let mut workers = JoinSet::new();
        for _ in 0..connections {
            let (request, left) = (Arc::clone(&self.request), Arc::clone(&left));
            workers.spawn(async move {
                let mut connection = TcpStream::connect(server).await.expect("the server accepts");
                connection.set_nodelay(true).expect("no delay");
                let (mut answers, mut buffer) = (Vec::new(), Vec::new());
                while left
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                    .is_ok()
                {
                    connection.write_all(&request).await.expect("the request is sent");
                    answers.push(read_answer(&mut connection, &mut buffer).await);
                }
                answers
            });
        }
        workers.join_all().await.concat()
    }
}

async fn read_answer(connection: &mut TcpStream, buffer: &mut Vec<u8>) -> Value {
    buffer.clear();
    loop {
        assert!(connection.read_buf(buffer).await.expect("an answer") > 0, "the server hung up");
        let Some(head_end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&buffer[..head_end]).to_lowercase();
        let length: usize = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.trim().parse().expect("a length"));
        if buffer.len() < head_end + 4 + length {
            continue;
        }
        assert!(head.starts_with("http/1.1 20"), "{head}");
        return serde_json::from_slice(&buffer[head_end + 4..]).unwrap_or_default();
    }
}
