//! What is known of the student for a turn, and what was said so far.

use ella_llm::Message;
use ella_sql::queries::tutor::{TurnContext, TurnHistory};

use super::blocks::{block, escape_brackets};
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

    /// The level to speak at.
    pub(super) fn spoken_level(self) -> CefrLevel {
        self.level.unwrap_or(CefrLevel::A2)
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

/// The first so many messages are the opening, which is never left out: it says what the call is about.
pub(super) const OPENING: i32 = 2;
/// Tokens of history that a prompt holds at most, the newest words aside when they alone are more.
const HISTORY_TOKENS: usize = 2200;
/// Tokens that each message of the opening keeps when the history is full.
const OPENING_TOKENS: usize = 120;
/// Tokens that a message costs beside its words: its role and its block.
const PER_MESSAGE: usize = 8;

/// Tokens in a text, roughly: four letters of English each, one for anything else.
pub(super) fn tokens(text: &str) -> usize {
    let ascii = text.bytes().filter(u8::is_ascii).count();
    let others = text.chars().count() - ascii;
    ascii.div_ceil(4) + others + PER_MESSAGE
}

/// So much of a text as has about so many tokens.
pub(super) fn cut(text: &str, most: usize) -> String {
    if tokens(text) <= most {
        return text.to_owned();
    }
    let mut quarters = 4 * most.saturating_sub(PER_MESSAGE);
    let fits = |character: &char| {
        let cost = if character.is_ascii() { 1 } else { 4 };
        let fits = cost <= quarters;
        quarters = quarters.saturating_sub(cost);
        fits
    };
    let mut cut: String = text.chars().take_while(fits).collect();
    cut.push('\u{2026}');
    cut
}

/// What was said so far, oldest first: the opening, as much of the newest as fits, and the words that are answered now,
/// which are marked and never left out: they stand at position `newest`, which may not have been read yet. Rows come
/// newest first.
pub(super) fn history(rows: &[TurnHistory], newest: i32, words: &str, learner: Learner) -> Vec<Message> {
    let cost = |row: &&TurnHistory| tokens(&row.content);
    let others = || rows.iter().filter(|row| !row.canned && row.position < newest);
    let opening: Vec<&TurnHistory> = others().filter(|row| row.position <= OPENING).collect();
    let reserved = |row: &&TurnHistory| cost(row).min(OPENING_TOKENS);

    let mut left = HISTORY_TOKENS.saturating_sub(tokens(words));
    left = left.saturating_sub(opening.iter().map(reserved).sum());
    let mut messages = vec![now(words, learner)];
    messages.extend(others().filter(|row| row.position > OPENING).map_while(|row| {
        left = left.checked_sub(cost(&row))?;
        Some(message(row, &row.content))
    }));
    for row in opening {
        let most = left + reserved(&row);
        left = most.saturating_sub(cost(&row));
        messages.push(message(row, &cut(&row.content, most)));
    }
    messages.reverse();
    messages
}

/// The words that are answered now. How to answer is said once more beside them, because it wears off over a long
/// history (arXiv 2505.08351).
pub(super) fn now(words: &str, learner: Learner) -> Message {
    let level = learner.spoken_level().word();
    Message::user(format!("{}\n(Level {level}, one to three short sentences.)", block("newest", words)))
}

fn message(row: &TurnHistory, content: &str) -> Message {
    if row.by_student {
        Message::user(block("student", content))
    } else if row.by_model {
        // A model may have repeated what a student told it to say.
        Message::assistant(escape_brackets(content))
    } else {
        // An app can store whatever it likes as Zoe's words: they are data like the student's.
        Message::assistant(block("zoe", content))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A conversation in which Zoe begins; the newest message first.
    fn conversation(messages: &[&str]) -> Vec<TurnHistory> {
        let rows = messages.iter().zip(1..).map(|(content, position)| TurnHistory {
            position,
            by_student: position % 2 == 0,
            by_model: position % 2 == 1,
            content: (*content).to_owned(),
            canned: content.starts_with("canned"),
        });
        let mut rows: Vec<TurnHistory> = rows.collect();
        rows.reverse();
        rows
    }

    fn told(messages: &[&str]) -> Vec<String> {
        let rows = conversation(messages);
        let newest = rows.first().unwrap();
        let learner = Learner::new(Some("B1"), Focus { grammar: true, vocab: true, fluency: true }, None);
        history(&rows, newest.position, &newest.content, learner)
            .into_iter()
            .map(|message| message.text)
            .collect()
    }

    #[test]
    fn the_newest_words_are_marked_and_the_level_is_said_beside_them() {
        assert_eq!(
            told(&["Hi!", "Hello", "canned line", "I like <b>"]),
            [
                "Hi!",
                "<student>Hello</student>",
                "<newest>I like &lt;b&gt;</newest>\n(Level B1, one to three short sentences.)"
            ]
        );
    }

    #[test]
    fn the_opening_and_the_newest_stay_when_a_history_is_full() {
        let long = "word ".repeat(200);
        let mut messages = vec!["Hi, I am Zoe! What did you do?", "I went to the sea"];
        messages.extend(std::iter::repeat_n(long.as_str(), 30));
        let told = told(&messages);
        assert_eq!(told[0], messages[0]);
        assert_eq!(told[1], "<student>I went to the sea</student>");
        let cost: usize = told.iter().map(|text| tokens(text)).sum();
        assert!(told.len() > 6 && cost <= HISTORY_TOKENS + 100, "{} messages, {cost} tokens", told.len());
    }

    #[test]
    fn a_long_opening_is_cut_only_when_there_is_no_room() {
        let long = "a".repeat(4000);
        let whole = told(&["Hi!", &long, "I see.", "Yes"]);
        assert_eq!(whole[1], format!("<student>{long}</student>"));
        let full = told(&["Hi!", &long, &"b".repeat(8000), "Yes"]);
        assert!(full[1].len() < 700 && full[1].ends_with("\u{2026}</student>"), "{}", full[1]);
        assert_eq!(full.len(), 4);
    }

    #[test]
    fn what_is_not_english_letters_counts_more() {
        assert_eq!(tokens(&"a".repeat(400)), 100 + PER_MESSAGE);
        assert_eq!(tokens(&"\u{4f60}".repeat(100)), 100 + PER_MESSAGE);
        assert_eq!(cut(&"\u{4f60}".repeat(100), 18), format!("{}\u{2026}", "\u{4f60}".repeat(10)));
    }
}
