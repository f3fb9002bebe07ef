//! What is known of the student for a turn, and what was said so far.

use ella_llm::Message;
use ella_sql::queries::tutor::{TurnContext, TurnHistory};

use super::blocks::block;
use crate::{conversations::Category, levels::CefrLevel, users::Focus};

/// What a model may know of a student: level, focus and an age band. Never name, place, exact age or ids.
#[derive(Clone, Copy, Debug)]
pub(super) struct Learner {
    pub(super) level: Option<CefrLevel>,
    pub(super) focus: Focus,
    age: Option<i16>,
}

impl Learner {
    pub(super) fn new(level: Option<&str>, focus: Focus, age: Option<i16>) -> Self {
        Self { level: level.and_then(CefrLevel::from_word), focus, age }
    }

    pub(super) fn age_band(self) -> &'static str {
        match self.age {
            None => "not known; treat as a teenager",
            Some(..13) => "child",
            Some(13..18) => "teenager",
            Some(_) => "adult",
        }
    }

    /// The areas in which corrections are wanted, in words.
    pub(super) fn focus_words(self) -> String {
        let areas = [
            (self.focus.grammar, "grammar"),
            (self.focus.vocab, "vocab (word choice)"),
            (self.focus.fluency, "fluency (what sounds natural)"),
        ];
        let wanted: Vec<&str> = areas.into_iter().filter(|(on, _)| *on).map(|(_, area)| area).collect();
        if wanted.is_empty() { "nothing: give no corrections".to_owned() } else { wanted.join(", ") }
    }

    /// Whether corrections of this kind are wanted.
    pub(super) fn wants(self, category: Category) -> bool {
        match category {
            Category::Grammar => self.focus.grammar,
            Category::Vocab => self.focus.vocab,
            Category::Fluency => self.focus.fluency,
            // In speech there is no spelling, and a text does not tell how it was pronounced.
            Category::Spelling | Category::Pronunciation => false,
        }
    }
}

impl From<&TurnContext> for Learner {
    fn from(row: &TurnContext) -> Self {
        let focus = Focus { grammar: row.focus_grammar, vocab: row.focus_vocab, fluency: row.focus_fluency };
        Self::new(row.cefr_level.as_deref(), focus, row.age)
    }
}

/// Characters of history that a prompt holds at most: about 2,000 tokens at four characters each.
const HISTORY_CHARACTERS: usize = 8000;

/// The last things that were said, oldest first, the newest never left out. Rows come newest first.
pub(super) fn history(rows: &[TurnHistory]) -> Vec<Message> {
    let mut left = HISTORY_CHARACTERS;
    let mut messages: Vec<Message> = rows
        .iter()
        .filter(|row| !row.canned)
        .enumerate()
        .take_while(|(index, row)| {
            let length = row.content.chars().count();
            let fits = *index == 0 || length <= left;
            left = left.saturating_sub(length);
            fits
        })
        .map(|(_, row)| {
            if row.by_student {
                Message::user(block("student", &row.content))
            } else if row.by_model {
                Message::assistant(&row.content)
            } else {
                // An app can store whatever it likes as Zoe's words: they are data like the student's.
                Message::assistant(block("zoe", &row.content))
            }
        })
        .collect();
    messages.reverse();
    messages
}
