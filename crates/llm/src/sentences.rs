//! Cuts growing text into sentences for speech.
//!
//! White space is folded on the way in, and a cut is only ever made at a space, so the sentences joined by one
//! space *are* the reply. Each cut depends on nothing but the sentence and the first character after it; therefore
//! it does not matter how the text was split on its way here, and cutting a stored reply again gives the same
//! sentences.

use crate::stops::{Stop, is_stopped, is_whole, judge};

/// A sentence longer than this many characters is cut, at a comma if there is one, else at a space.
const SOFT_LIMIT: usize = 300;
/// A comma before this many characters is no place to cut.
const SHORTEST_PART: usize = 100;

/// What came of a piece of text.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The piece with its white space folded. All of them in a row make up the reply.
    pub delta: String,
    /// The sentences it completed.
    pub sentences: Vec<String>,
}

/// Takes text as it comes and gives sentences as they are completed.
#[derive(Debug, Default)]
pub struct SentenceCutter {
    /// The sentence being written. Never begins or ends with a space.
    pending: String,
    /// Spaces before this place in `pending` have been judged: no cut there.
    judged: usize,
    gap: Gap,
    begun: bool,
}

/// The white space after `pending`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    #[default]
    None,
    Space,
    Line,
}

/// Cuts a whole text, such as a stored reply.
#[must_use]
pub fn cut_sentences(text: &str) -> Vec<String> {
    let mut cutter = SentenceCutter::default();
    let mut sentences = cutter.push(text).sentences;
    sentences.extend(cutter.finish());
    sentences
}

impl SentenceCutter {
    /// Takes more text.
    pub fn push(&mut self, text: &str) -> Cut {
        let mut cut = Cut::default();
        for character in text.chars() {
            if character.is_whitespace() {
                self.white_space(character, &mut cut);
            } else if !is_invisible(character) {
                self.character(character, &mut cut);
            }
        }
        cut
    }

    /// The text is over: what is left is the last sentence.
    pub fn finish(&mut self) -> Option<String> {
        self.judged = 0;
        Some(std::mem::take(&mut self.pending)).filter(|rest| !rest.is_empty())
    }

    /// The text broke off: what is left counts only if it is a whole sentence.
    pub fn break_off(&mut self) -> Option<String> {
        if is_whole(&self.pending, self.gap != Gap::None) { self.finish() } else { None }
    }

    /// The text is cut before this character: what is left counts only if the text could have ended there.
    pub(crate) fn stop_before(&mut self, next: char) -> Option<String> {
        let is_whole = if next.is_whitespace() {
            is_whole(&self.pending, true)
        } else {
            self.gap != Gap::None && judge(&self.pending, Some(next)) == Stop::Ends
        };
        self.finish().filter(|_| is_whole)
    }

    fn white_space(&mut self, character: char, cut: &mut Cut) {
        let first = self.gap == Gap::None;
        let is_line =
            matches!(character, '\n' | '\r' | '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}');
        self.gap = self.gap.max(if is_line { Gap::Line } else { Gap::Space });
        // Most stops are certain without the next word: say them at once.
        if first && judge(&self.pending, None) == Stop::Ends {
            cut.sentences.extend(self.finish());
        }
    }

    fn character(&mut self, character: char, cut: &mut Cut) {
        if self.gap != Gap::None && self.begun {
            // A line's end is a pause. It gets a full stop of its own, so that it survives the folding.
            if self.gap == Gap::Line && !is_stopped(&self.pending) && !character.is_lowercase() {
                cut.delta.push('.');
                self.pending.push('.');
            }
            cut.delta.push(' ');
            if !self.pending.is_empty() {
                self.pending.push(' ');
            }
        }
        self.begun = true;
        self.gap = Gap::None;
        cut.delta.push(character);
        self.pending.push(character);
        while let Some(sentence) = self.next_sentence() {
            cut.sentences.push(sentence);
        }
    }

    fn next_sentence(&mut self) -> Option<String> {
        while let Some(space) = self.pending.get(self.judged..)?.find(' ').map(|at| self.judged + at) {
            let (sentence, next) = self.pending.split_at_checked(space)?;
            if judge(sentence, next.chars().nth(1)) == Stop::Ends {
                return Some(self.cut_at(space));
            }
            self.judged = space + 1;
        }
        // Bytes are a cheap first look: most sentences are not even that long.
        if self.pending.len() > SOFT_LIMIT && self.pending.chars().count() > SOFT_LIMIT {
            return self.soft_cut().map(|space| self.cut_at(space));
        }
        None
    }

    fn soft_cut(&self) -> Option<usize> {
        let (mut comma, mut space, mut before) = (None, None, ' ');
        for (count, (at, character)) in self.pending.char_indices().enumerate() {
            if character == ' ' {
                if count > SOFT_LIMIT {
                    // One endless word: cut at the first chance.
                    return comma.or(space).or(Some(at));
                }
                space = Some(at);
                if count >= SHORTEST_PART && ",;:—–".contains(before) {
                    comma = Some(at);
                }
            }
            before = character;
        }
        comma.or(space)
    }

    fn cut_at(&mut self, space: usize) -> String {
        let rest = self.pending.split_off(space);
        self.judged = 0;
        std::mem::replace(&mut self.pending, rest.trim_start().to_owned())
    }
}

/// Control characters (PostgreSQL cannot even hold NUL), byte order marks and zero-width spaces say nothing.
fn is_invisible(character: char) -> bool {
    character.is_control() || matches!(character, '\u{FEFF}' | '\u{200B}' | '\u{2060}')
}
