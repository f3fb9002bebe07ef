use std::fmt;

use serde_json::Value;

use super::Answer;

/// A stream that is being listened to.
#[derive(Debug)]
pub struct Stream {
    pub response: reqwest::Response,
    unread: Vec<u8>,
    told: Told,
}

/// What came out of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    Event(String, Value),
    Comment(String),
}

impl fmt::Display for Heard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(name, data) => {
                let text = |field: &str| data[field].as_str().unwrap_or_default();
                match name.as_str() {
                    "delta" => write!(formatter, "delta {}", text("text")),
                    "sentence" => write!(formatter, "sentence {} {}", data["index"], text("text")),
                    "restart" => formatter.write_str("restart"),
                    "done" => write!(formatter, "done {}", text("reply")),
                    _ => write!(formatter, "{name} {data}"),
                }
            }
            Self::Comment(text) => write!(formatter, ": {text}"),
        }
    }
}

impl Stream {
    /// Sends the request, and asserts that what comes back is a stream.
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let response =
            request.header("accept", "text/event-stream").send().await.expect("the server answers");
        if response.headers()["content-type"] != "text/event-stream" {
            let status = response.status();
            unreachable!("no stream but {status}: {}", response.text().await.unwrap_or_default());
        }
        assert_eq!(response.status(), 200);
        Self { response, unread: Vec::new(), told: Told::default() }
    }

    /// The next event or comment; none at the end.
    ///
    /// # Panics
    /// When the connection breaks, or what comes is no event.
    pub async fn next(&mut self) -> Option<Heard> {
        loop {
            if let Some(end) = self.unread.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = self.unread.drain(..end + 2).collect();
                let heard = heard(std::str::from_utf8(&block[..end]).expect("events are UTF-8"));
                self.told.note(&heard);
                return Some(heard);
            }
            match self.response.chunk().await.expect("the connection holds") {
                Some(bytes) => self.unread.extend_from_slice(&bytes),
                None => {
                    assert!(self.unread.is_empty(), "the last event is whole: {:?}", self.unread);
                    return None;
                }
            }
        }
    }

    /// The next event as one line.
    pub async fn line(&mut self) -> String {
        self.next().await.map_or_else(|| "(the end)".to_owned(), |heard| heard.to_string())
    }

    /// So many events as lines.
    pub async fn lines(&mut self, count: usize) -> Vec<String> {
        let mut lines = Vec::new();
        for _ in 0..count {
            lines.push(self.line().await);
        }
        lines
    }

    /// Listens to the end; all that was told from the beginning.
    pub async fn rest(mut self) -> Told {
        while self.next().await.is_some() {}
        self.told
    }
}

/// A stream from its beginning to its end.
#[derive(Debug, Default)]
pub struct Told {
    pub lines: Vec<String>,
    pub sentences: Vec<String>,
    /// Those since the last restart.
    pub deltas: String,
    /// The data of its last event.
    pub last: Value,
}

impl Told {
    fn note(&mut self, heard: &Heard) {
        self.lines.push(heard.to_string());
        let Heard::Event(name, data) = heard else { return };
        let text = || data["text"].as_str().unwrap();
        match name.as_str() {
            "delta" => self.deltas.push_str(text()),
            "restart" => self.deltas.clear(),
            "sentence" => {
                assert_eq!(data["index"], self.sentences.len(), "sentences are counted");
                self.sentences.push(text().to_owned());
            }
            _ => self.last = data.clone(),
        }
    }

    /// Asserts that it ended with `done` and that its sentences are the reply; the answer.
    #[track_caller]
    pub fn assert_done(&self) -> &Value {
        let last = self.lines.last().map_or("", String::as_str);
        assert!(last.starts_with("done "), "{:#?}", self.lines);
        assert_eq!(self.lines.iter().filter(|line| line.starts_with("done ")).count(), 1);
        assert_eq!(self.sentences.join(" "), self.last["reply"], "{:#?}", self.lines);
        &self.last
    }
}

fn heard(block: &str) -> Heard {
    if let Some(comment) = block.strip_prefix(": ") {
        return Heard::Comment(comment.to_owned());
    }
    let (name, data) = block.split_once('\n').unwrap_or_else(|| panic!("an event has two lines: {block:?}"));
    let name = name.strip_prefix("event: ").unwrap_or_else(|| panic!("an event has a name: {block:?}"));
    let data = data.strip_prefix("data: ").unwrap_or_else(|| panic!("an event has data: {block:?}"));
    Heard::Event(
        name.to_owned(),
        serde_json::from_str(data).unwrap_or_else(|error| panic!("{error}: {data}")),
    )
}

/// A request that wants a stream but is refused with a problem.
pub async fn refused(request: reqwest::RequestBuilder) -> Answer {
    Answer::of(request.header("accept", "text/event-stream")).await
}
