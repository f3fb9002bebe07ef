//! How bravely the student spoke, computed from the stored messages as the contract defines it.

use ella_sql::queries::tutor::SpokenMessages;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    conversations::{Category, CorrectionCounts},
    levels::CefrLevel,
};

/// Words with which a question may begin (api.md, "session-analysis").
const QUESTION_WORDS: &[&str] = &[
    "who", "what", "when", "where", "why", "which", "whose", "how", "do", "does", "did", "is", "are", "was",
    "were", "can", "could", "will", "would", "shall", "should", "may", "have", "has",
];

/// How bravely the student spoke.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Courage {
    /// All of the below in one number.
    #[schema(minimum = 0, maximum = 100, example = 72)]
    pub score: i64,
    /// The student's words over all words.
    #[schema(minimum = 0, maximum = 1, example = 0.46)]
    pub speaking_share: f64,
    /// The student's messages.
    #[schema(minimum = 1, example = 12)]
    pub turns: i64,
    /// Words in one of the student's messages, on average.
    #[schema(minimum = 0, example = 8.5)]
    pub words_per_turn: f64,
    /// Words in the student's longest message.
    #[schema(minimum = 0, example = 21)]
    pub longest_turn_words: i64,
    /// The student's messages that ask something.
    #[schema(minimum = 0, example = 3)]
    pub questions_asked: i64,
    /// The student's messages that follow one which drew a correction, and are no shorter.
    #[schema(minimum = 0, example = 2)]
    pub recoveries: i64,
}

/// Counts over a conversation's messages, however many they are: each is heard once, in order, and none is kept.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    turns: i64,
    spoken: i64,
    all: i64,
    longest: i64,
    questions: i64,
    /// Corrected messages that another followed, and how many of those were no shorter.
    corrected: i64,
    recovered: i64,
    /// The student's last message: its words, and whether it drew a correction.
    last: Option<(i64, bool)>,
    by_category: CorrectionCounts,
}

impl Counts {
    pub(crate) fn hear(&mut self, message: &SpokenMessages) {
        let words = i64::from(message.word_count);
        self.all += words;
        if !message.by_student {
            return;
        }
        self.turns += 1;
        self.spoken += words;
        self.longest = self.longest.max(words);
        self.questions += i64::from(asks(&message.content));
        if let Some((before, true)) = self.last {
            self.corrected += 1;
            self.recovered += i64::from(words >= before);
        }
        let corrections = message.corrections.as_array().map_or(&[] as &[_], Vec::as_slice);
        self.last = Some((words, !corrections.is_empty()));
        for correction in corrections {
            let category = correction.get("category").and_then(serde_json::Value::as_str);
            if let Some(category) = category.and_then(Category::from_word) {
                self.by_category.add(category);
            }
        }
    }

    /// Corrections of the student's messages, by category.
    pub(crate) fn corrections_by_category(&self) -> CorrectionCounts {
        self.by_category
    }

    /// None when the student said nothing.
    pub(crate) fn courage(&self, level: Option<CefrLevel>) -> Option<Courage> {
        if self.turns == 0 {
            return None;
        }
        let speaking_share = ratio(self.spoken, self.all);
        let words_per_turn = ratio(self.spoken, self.turns);
        let recovery = if self.corrected == 0 { 1.0 } else { ratio(self.recovered, self.corrected) };
        let asking = f64_of(self.questions) / (0.2 * f64_of(self.turns));
        let score = 100.0
            * (0.35 * (speaking_share / 0.5).min(1.0)
                + 0.25 * (words_per_turn / target(level)).min(1.0)
                + 0.20 * asking.min(1.0)
                + 0.20 * recovery);
        Some(Courage {
            score: round_half_up(score),
            speaking_share,
            turns: self.turns,
            words_per_turn,
            longest_turn_words: self.longest,
            questions_asked: self.questions,
            recoveries: self.recovered,
        })
    }
}

/// Whether a message holds a `?` or begins with a question word or an inverted auxiliary.
fn asks(content: &str) -> bool {
    if content.contains('?') {
        return true;
    }
    let is_mark = |character: char| !character.is_alphanumeric();
    // A dash or an ellipsis that stands alone is no word.
    let first = content.split_whitespace().find(|run| !run.chars().all(is_mark)).unwrap_or_default();
    let first = first.trim_start_matches(is_mark);
    // Up to an apostrophe, and without what stands behind the word: "What's" and "What," are "what".
    let word =
        first.split(['\'', '\u{2019}', '\u{02BC}']).next().unwrap_or_default().trim_end_matches(is_mark);
    QUESTION_WORDS.contains(&word.to_lowercase().as_str())
}

/// Words a turn that are plenty at a level (api.md, "session-analysis").
fn target(level: Option<CefrLevel>) -> f64 {
    match level {
        Some(CefrLevel::A1) => 4.0,
        Some(CefrLevel::A2) => 6.0,
        None => 8.0,
        Some(CefrLevel::B1) => 9.0,
        Some(CefrLevel::B2) => 12.0,
        Some(CefrLevel::C1) => 15.0,
        Some(CefrLevel::C2) => 18.0,
    }
}

/// No words at all: the ratio is 0.
fn ratio(part: i64, whole: i64) -> f64 {
    if whole == 0 { 0.0 } else { f64_of(part) / f64_of(whole) }
}

#[expect(clippy::cast_precision_loss, reason = "counts of words stay far below 2^52")]
fn f64_of(count: i64) -> f64 {
    count as f64
}

#[expect(clippy::cast_possible_truncation, reason = "a score lies between 0 and 100")]
fn round_half_up(score: f64) -> i64 {
    // The sums of decimal weights miss their halves by a few units in the last place: 72.49999999999999 is 72.5.
    (score + 0.5 + 1e-9).floor() as i64
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::words::count_words;

    fn said(by_student: bool, content: &str, corrected: bool) -> SpokenMessages {
        let corrections = if corrected { json!([{"category": "grammar"}]) } else { json!([]) };
        SpokenMessages {
            id: Uuid::nil(),
            position: 1,
            by_student,
            content: content.to_owned(),
            corrections,
            word_count: count_words(content),
            canned: false,
        }
    }

    fn courage_of(messages: &[SpokenMessages], level: Option<CefrLevel>) -> Option<Courage> {
        let mut counts = Counts::default();
        for message in messages {
            counts.hear(message);
        }
        counts.courage(level)
    }

    #[test]
    fn the_score_is_what_the_contract_says() {
        let messages = [
            said(false, "Hello, what do you like?", false),
            said(true, "I like play football", true),
            said(false, "Great! Where do you play?", false),
            said(true, "I play in the park with my friends", false),
            said(true, "What's your favourite sport", true),
            said(true, "ok", false),
        ];
        let courage = courage_of(&messages, Some(CefrLevel::B1)).unwrap();
        // 4 + 8 + 4 + 1 of the student's words, 10 of Zoe's.
        assert_eq!((courage.turns, courage.longest_turn_words), (4, 8));
        assert!((courage.speaking_share - 17.0 / 27.0).abs() < 1e-12);
        assert!((courage.words_per_turn - 4.25).abs() < 1e-12);
        assert_eq!((courage.questions_asked, courage.recoveries), (1, 1));
        // 35 + 25 x 4.25 / 9 + 20 (one question of the 0.8 wanted) + 20 x 1 / 2 = 76.8
        assert_eq!(courage.score, 77);
    }

    #[test]
    fn plenty_of_words_at_each_level_is_a_full_quarter_of_the_score() {
        let levels = CefrLevel::ALL.iter().map(|level| Some(*level)).chain([None]);
        for (level, target) in levels.zip([4, 6, 9, 12, 15, 18, 8]) {
            // Half of all words, nothing asked, nothing to recover from: 35 + 0 + 20.
            let score = |words: usize| {
                let content = "word ".repeat(words);
                courage_of(&[said(false, &content, false), said(true, &content, false)], level).unwrap().score
            };
            assert_eq!((score(target), score(target + 9)), (80, 80), "{level:?}");
            assert!(score(target - 1) < 80, "{level:?}");
        }
    }

    #[test]
    fn one_that_is_as_long_as_the_corrected_one_recovers_and_a_shorter_one_does_not() {
        let recoveries = |words: &str| {
            let messages =
                [said(true, "one two three", true), said(false, "Yes", false), said(true, words, false)];
            courage_of(&messages, None).unwrap().recoveries
        };
        assert_eq!((recoveries("one two three"), recoveries("one two")), (1, 0));
    }

    #[test]
    fn halves_round_up_also_when_floating_point_just_misses_them() {
        for (score, rounded) in [(72.5, 73), (72.499_999_999_999_99, 73), (72.49, 72), (0.0, 0), (100.0, 100)]
        {
            assert_eq!(round_half_up(score), rounded, "{score}");
        }
    }

    #[test]
    fn nothing_said_is_no_courage_and_no_words_are_no_ratio() {
        assert_eq!(courage_of(&[said(false, "Hello", false)], None), None);
        let silent = courage_of(&[said(true, "...", false)], None).unwrap();
        assert_eq!((silent.speaking_share, silent.words_per_turn, silent.score), (0.0, 0.0, 20));
    }

    #[test]
    fn every_question_word_of_the_contract_begins_a_question() {
        let words = "who, what, when, where, why, which, whose, how, do, does, did, is, are, was, were, can, could, will, \
            would, shall, should, may, have, has";
        for word in words.split(", ") {
            assert!(asks(&format!("{word} so")), "{word}");
        }
        assert_eq!(words.split(", ").count(), QUESTION_WORDS.len());
    }

    #[test]
    fn questions_are_known_by_their_mark_or_their_first_word() {
        for question in [
            "You like it?",
            "Where is it",
            "\u{201c}What's that",
            "\u{bf}Does he",
            "HOW so",
            "Can\u{2019}t we",
            "... Have you been there",
            "\u{2013} where is it",
            "What, you too",
        ] {
            assert!(asks(question), "{question}");
        }
        for statement in
            ["I know what you mean", "Whatever", "Doing well", "", "...", "Was-it good", "are/were"]
        {
            assert!(!asks(statement), "{statement}");
        }
    }
}
