//! Pulls the `reply` out of a JSON object that is still being written.

use serde_json::Value;

/// Prose and code fences before the object are skipped up to this many characters.
const PREAMBLE_LIMIT: usize = 256;

/// An incremental, forgiving reader of `{"reply": "...", ...}`.
///
/// It gives the decoded words of the first top-level property `reply` as they come, wherever in the object it
/// stands, and keeps everything else for [`ReplyExtractor::rest`].
#[derive(Debug, Default)]
pub struct ReplyExtractor {
    state: State,
    skipped: usize,
    /// The object without the words of its reply.
    shell: String,
    key: String,
    found: bool,
    ended: bool,
    /// The first half of a surrogate pair whose second half has not come.
    high_surrogate: Option<u16>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Preamble,
    BeforeKey,
    Key {
        escaped: bool,
    },
    AfterKey,
    BeforeValue,
    Reply(Escape),
    Other {
        depth: usize,
        quoted: bool,
        escaped: bool,
    },
    AfterValue,
    Closed,
    Broken(&'static str),
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Escape {
    #[default]
    None,
    Backslash,
    Unicode {
        digits: u8,
        code: u16,
    },
}

impl ReplyExtractor {
    /// Takes more of the JSON and gives the words of the reply in it.
    pub fn push(&mut self, text: &str) -> String {
        let mut words = String::new();
        for character in text.chars() {
            self.step(character, &mut words);
        }
        words
    }

    /// Whether the reply's last quote has come.
    #[must_use]
    pub fn reply_ended(&self) -> bool {
        self.ended
    }

    /// Whether the object's last brace has come.
    #[must_use]
    pub fn closed(&self) -> bool {
        self.state == State::Closed
    }

    /// Why no reply can come any more, if so.
    #[must_use]
    pub fn broken(&self) -> Option<&'static str> {
        match self.state {
            State::Broken(reason) => Some(reason),
            State::Closed if !self.found => Some("the object has no `reply`"),
            _ => None,
        }
    }

    /// The object without `reply`; none when it is not complete or no JSON. NUL, which no database text can hold,
    /// is taken out of its strings.
    #[must_use]
    pub fn rest(&self) -> Option<Value> {
        if !self.closed() {
            return None;
        }
        let mut rest: Value = serde_json::from_str(&self.shell).ok()?;
        rest.as_object_mut()?.shift_remove("reply");
        remove_nul(&mut rest);
        Some(rest)
    }

    fn step(&mut self, character: char, words: &mut String) {
        if let State::Reply(escape) = self.state {
            return self.step_in_reply(escape, character, words);
        }
        if !matches!(self.state, State::Preamble | State::Closed | State::Broken(_)) {
            self.shell.push(character);
        }
        self.state = match (self.state, character) {
            (State::Preamble, '{') => {
                self.shell.push('{');
                State::BeforeKey
            }
            (State::Preamble, _) => {
                self.skipped += 1;
                if self.skipped > PREAMBLE_LIMIT {
                    State::Broken("the answer is no JSON")
                } else {
                    State::Preamble
                }
            }
            (State::Key { escaped: false }, '"') => State::AfterKey,
            (State::Key { escaped }, _) => {
                self.key.push(character);
                State::Key { escaped: !escaped && character == '\\' }
            }
            (State::Other { depth, quoted, escaped }, _) => other(depth, quoted, escaped, character),
            (state @ (State::Closed | State::Broken(_)), _) => state,
            (state, _) if character.is_whitespace() => state,
            (State::BeforeKey, '"') => {
                self.key.clear();
                State::Key { escaped: false }
            }
            (State::BeforeKey | State::AfterValue, '}') => State::Closed,
            (State::AfterKey, ':') => State::BeforeValue,
            (State::BeforeValue, '"') if self.key == "reply" && !self.found => {
                self.found = true;
                State::Reply(Escape::None)
            }
            (State::BeforeValue, _) if self.key == "reply" && !self.found => {
                State::Broken("`reply` is no string")
            }
            (State::BeforeValue, _) => other(0, false, false, character),
            (State::AfterValue, ',') => State::BeforeKey,
            _ => State::Broken("the answer is broken JSON"),
        };
    }

    fn step_in_reply(&mut self, escape: Escape, character: char, words: &mut String) {
        self.state = State::Reply(match (escape, character) {
            (Escape::Unicode { digits, code }, _) => {
                let Some(digit) = character.to_digit(16).and_then(|digit| u16::try_from(digit).ok()) else {
                    words.push(char::REPLACEMENT_CHARACTER);
                    return self.step_in_reply(Escape::None, character, words);
                };
                self.hexadecimal(digits, code, digit, words)
            }
            (Escape::Backslash, 'u') => Escape::Unicode { digits: 0, code: 0 },
            (Escape::None, '\\') => Escape::Backslash,
            (Escape::Backslash, _) => {
                self.lone_surrogate(words);
                words.push(match character {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    other => other,
                });
                Escape::None
            }
            (Escape::None, '"') => {
                self.lone_surrogate(words);
                self.ended = true;
                self.shell.push('"');
                self.state = State::AfterValue;
                return;
            }
            (Escape::None, _) => {
                self.lone_surrogate(words);
                words.push(character);
                Escape::None
            }
        });
    }

    /// One hexadecimal digit of a `\u` escape; the fourth completes a UTF-16 unit.
    fn hexadecimal(&mut self, digits: u8, code: u16, digit: u16, words: &mut String) -> Escape {
        let code = code << 4 | digit;
        if digits < 3 {
            return Escape::Unicode { digits: digits + 1, code };
        }
        let is_low = (0xDC00..0xE000).contains(&code);
        match self.high_surrogate.take() {
            Some(high) if is_low => words.extend(char::decode_utf16([high, code]).flatten()),
            earlier => {
                if earlier.is_some() {
                    words.push(char::REPLACEMENT_CHARACTER);
                }
                if (0xD800..0xDC00).contains(&code) {
                    self.high_surrogate = Some(code);
                } else {
                    words.push(char::from_u32(u32::from(code)).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
            }
        }
        Escape::None
    }

    fn lone_surrogate(&mut self, words: &mut String) {
        if self.high_surrogate.take().is_some() {
            words.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

/// A step through a value that is not the reply; it ends where its last bracket, its quote or a comma does.
fn other(depth: usize, quoted: bool, escaped: bool, character: char) -> State {
    if quoted {
        let still = escaped || character != '"';
        return if !still && depth == 0 {
            State::AfterValue
        } else {
            State::Other { depth, quoted: still, escaped: !escaped && character == '\\' }
        };
    }
    match character {
        '"' => State::Other { depth, quoted: true, escaped: false },
        '{' | '[' => State::Other { depth: depth + 1, quoted, escaped },
        '}' if depth == 0 => State::Closed,
        '}' | ']' if depth <= 1 => State::AfterValue,
        '}' | ']' => State::Other { depth: depth - 1, quoted, escaped },
        ',' if depth == 0 => State::BeforeKey,
        _ => State::Other { depth, quoted, escaped },
    }
}

fn remove_nul(value: &mut Value) {
    match value {
        Value::String(text) => text.retain(|character| character != '\0'),
        Value::Array(items) => items.iter_mut().for_each(remove_nul),
        Value::Object(fields) => fields.values_mut().for_each(remove_nul),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
