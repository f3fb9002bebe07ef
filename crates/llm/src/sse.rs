//! Server-sent events (WHATWG HTML, "Parsing an event stream"), read as the bytes come.

use crate::error::{ProviderError, ProviderErrorKind};

/// The most one event may hold. A token takes a few hundred bytes, a whole long answer some thousands.
const EVENT_LIMIT: usize = 256 * 1024;

/// Cuts bytes into the `data` of events. Comments (keep-alives) and other fields vanish.
#[derive(Debug, Default)]
pub(crate) struct EventReader {
    line: Vec<u8>,
    data: String,
    has_data: bool,
    after_return: bool,
}

impl EventReader {
    /// Takes bytes as they come and hands each complete event's data to `each`.
    pub(crate) fn push(
        &mut self,
        bytes: &[u8],
        mut each: impl FnMut(&str) -> Result<(), ProviderError>,
    ) -> Result<(), ProviderError> {
        for &byte in bytes {
            let ends_line = byte == b'\r' || byte == b'\n';
            if byte == b'\n' && self.after_return {
                self.after_return = false;
                continue;
            }
            self.after_return = byte == b'\r';
            if ends_line {
                self.end_line(&mut each)?;
            } else {
                self.line.push(byte);
                if self.line.len() + self.data.len() > EVENT_LIMIT {
                    return Err(ProviderError::new(ProviderErrorKind::TooLong, "one event is over 256 KiB"));
                }
            }
        }
        Ok(())
    }

    /// The stream is over: the last event counts even if its blank line is missing.
    pub(crate) fn finish(
        &mut self,
        mut each: impl FnMut(&str) -> Result<(), ProviderError>,
    ) -> Result<(), ProviderError> {
        if !self.line.is_empty() {
            self.end_line(&mut each)?;
        }
        self.end_line(&mut each)
    }

    fn end_line(
        &mut self,
        each: &mut impl FnMut(&str) -> Result<(), ProviderError>,
    ) -> Result<(), ProviderError> {
        if self.line.is_empty() {
            let dispatch = std::mem::take(&mut self.has_data);
            let data = std::mem::take(&mut self.data);
            return if dispatch { each(&data) } else { Ok(()) };
        }
        if let Some(value) = self.line.strip_prefix(b"data:") {
            let value = value.strip_prefix(b" ").unwrap_or(value);
            if self.has_data {
                self.data.push('\n');
            }
            self.data.push_str(&String::from_utf8_lossy(value));
            self.has_data = true;
        }
        self.line.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parts: &[&[u8]]) -> Vec<String> {
        let mut reader = EventReader::default();
        let mut events = Vec::new();
        for part in parts {
            reader
                .push(part, |data| {
                    events.push(data.to_owned());
                    Ok(())
                })
                .unwrap();
        }
        reader
            .finish(|data| {
                events.push(data.to_owned());
                Ok(())
            })
            .unwrap();
        events
    }

    #[test]
    fn events_are_found_however_the_bytes_are_split() {
        let stream =
            ": keep-alive\r\n\r\ndata: {\"a\":1}\r\n\r\nevent: x\ndata:zwei\ndata: 🎉\n\n\rdata: [DONE]"
                .as_bytes();
        let expected = ["{\"a\":1}", "zwei\n🎉", "[DONE]"];
        assert_eq!(read(&[stream]), expected);
        for at in 0..stream.len() {
            let (head, tail) = stream.split_at(at);
            assert_eq!(read(&[head, tail]), expected, "split at {at}");
        }
    }

    #[test]
    fn an_endless_event_is_refused() {
        let mut reader = EventReader::default();
        let error = reader.push(&vec![b'x'; EVENT_LIMIT + 1], |_| Ok(())).unwrap_err();
        assert_eq!(error.kind, ProviderErrorKind::TooLong);
    }
}
