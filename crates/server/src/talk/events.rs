//! The events of a streamed turn, as they come over the wire.

use serde::Deserialize;
use serde_json::Value;

use super::answers::{Problem, Turn};

/// What the server tells while a turn is being answered.
#[derive(Deserialize)]
#[serde(tag = "event", content = "data", rename_all = "snake_case")]
pub(super) enum Event {
    Delta { text: String },
    Sentence { text: String },
    Restart {},
    Done(Box<Turn>),
    Error(Problem),
}

/// Puts events together again, however they were split on their way.
#[derive(Default)]
pub(super) struct Events {
    unread: Vec<u8>,
}

impl Events {
    /// Takes more bytes; the events that they complete. Comments, and what is not understood, are passed over.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.unread.extend_from_slice(bytes);
        let mut events = Vec::new();
        while let Some(end) = self.unread.windows(2).position(|pair| pair == b"\n\n") {
            let block: Vec<u8> = self.unread.drain(..end + 2).collect();
            events.extend(event(&String::from_utf8_lossy(&block)));
        }
        events
    }
}

fn event(block: &str) -> Option<Event> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
    let data: Value = serde_json::from_str(field("data: ")?).ok()?;
    serde_json::from_value(serde_json::json!({"event": field("event: ")?, "data": data})).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_however_they_were_split() {
        let wire = ": still here\n\nevent: delta\ndata: {\"text\":\"é\\n\"}\n\nevent: mood\ndata: 1\n\nevent: restart\ndata: {}\n\n";
        for size in [1, 7, wire.len()] {
            let mut events = Events::default();
            let read: Vec<Event> =
                wire.as_bytes().chunks(size).flat_map(|bytes| events.read(bytes)).collect();
            let [Event::Delta { text }, Event::Restart {}] = &read[..] else { panic!("{}", read.len()) };
            assert_eq!(text, "é\n");
        }
    }
}
