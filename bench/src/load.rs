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
#[derive(Clone)]
pub(crate) struct Load {
    request: Arc<[u8]>,
}

/// An answer that was read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// Whether it says when to come again.
    pub(crate) retry_after: bool,
}

impl Load {
    /// A GET.
    pub(crate) fn get(path: &str, token: &str) -> Self {
        Self::new("GET", path, token, "", "")
    }

    /// A GET with the admin's key.
    pub(crate) fn admin(path: &str, key: &str) -> Self {
        Self::new("GET", path, "", &format!("x-admin-key: {key}\r\n"), "")
    }

    /// A PUT of JSON.
    pub(crate) fn put(path: &str, token: &str, body: &Value) -> Self {
        Self::new("PUT", path, token, "", &body.to_string())
    }

    /// A POST of JSON.
    pub(crate) fn post(path: &str, token: &str, body: &Value) -> Self {
        Self::new("POST", path, token, "", &body.to_string())
    }

    /// A POST of JSON that is answered with a stream of events.
    pub(crate) fn streamed(path: &str, token: &str, body: &Value) -> Self {
        Self::new("POST", path, token, "accept: text/event-stream\r\n", &body.to_string())
    }

    fn new(method: &str, path: &str, token: &str, accept: &str, body: &str) -> Self {
        let authorization =
            if token.is_empty() { String::new() } else { format!("authorization: Bearer {token}\r\n") };
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: bench\r\n{accept}{authorization}\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        Self { request: request.into_bytes().into() }
    }

    /// Sends it once.
    pub(crate) async fn once(&self, server: SocketAddr) -> Value {
        self.run(server, 1, 1).await.pop().expect("one answer")
    }

    /// Sends it once, and returns the body as it came.
    pub(crate) async fn text(&self, server: SocketAddr) -> String {
        let answer = self.over(&mut connect(server).await).await;
        String::from_utf8_lossy(&answer.body).into_owned()
    }

    /// Sends it `requests` times over `connections` connections, and returns what came back; all must be well.
    pub(crate) async fn run(&self, server: SocketAddr, requests: usize, connections: usize) -> Vec<Value> {
        let left = Arc::new(AtomicUsize::new(requests));
        let mut workers = JoinSet::new();
        for _ in 0..connections {
            let (load, left) = (self.clone(), Arc::clone(&left));
            workers.spawn(async move {
                let mut connection = connect(server).await;
                let mut answers = Vec::new();
                while left
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                    .is_ok()
                {
                    answers.push(load.over(&mut connection).await.json());
                }
                answers
            });
        }
        workers.join_all().await.concat()
    }

    /// Sends it over a connection and reads the answer.
    pub(crate) async fn over(&self, connection: &mut TcpStream) -> Answer {
        self.send(connection).await;
        read_answer(connection).await
    }

    /// The same where a connection may break: none when it did.
    pub(crate) async fn attempt(&self, connection: &mut TcpStream) -> Option<Answer> {
        connection.write_all(&self.request).await.ok()?;
        let message = read_message(connection).await.ok()?;
        let status = message.head.split(' ').nth(1)?.parse().ok()?;
        Some(message.answer(status))
    }

    /// Sends it over a connection.
    pub(crate) async fn send(&self, connection: &mut TcpStream) {
        connection.write_all(&self.request).await.expect("the request is sent");
    }
}

impl Answer {
    /// The JSON of an answer that must be well.
    pub(crate) fn json(&self) -> Value {
        let Self { status, body, .. } = self;
        assert!((200..300).contains(status), "{status}: {}", String::from_utf8_lossy(body));
        serde_json::from_slice(body).unwrap_or_default()
    }
}

/// A connection that waits for nothing.
pub(crate) async fn connect(server: SocketAddr) -> TcpStream {
    let connection = TcpStream::connect(server).await.expect("the server accepts");
    connection.set_nodelay(true).expect("no delay");
    connection
}

async fn read_answer(connection: &mut TcpStream) -> Answer {
    let message = read_message(connection).await.expect("an answer");
    let status = message.head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    message.answer(status)
}

/// A request or an answer with a length, as it came.
pub(crate) struct Message {
    /// In lower case.
    pub(crate) head: String,
    pub(crate) bytes: Vec<u8>,
    body_at: usize,
}

impl Message {
    fn answer(&self, status: u16) -> Answer {
        let retry_after = self.head.contains("\nretry-after: ");
        Answer { status, body: self.bytes[self.body_at..].to_vec(), retry_after }
    }
}

/// Reads a request or an answer whole.
pub(crate) async fn read_message(connection: &mut TcpStream) -> std::io::Result<Message> {
    let mut bytes = Vec::new();
    loop {
        if connection.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let Some(head_end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..head_end]).to_lowercase();
        let length: usize = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.trim().parse().expect("a length"));
        if bytes.len() >= head_end + 4 + length {
            return Ok(Message { head, bytes, body_at: head_end + 4 });
        }
    }
}
