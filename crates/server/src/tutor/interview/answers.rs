//! What a student's answers show by themselves: how many there are, how much was said, and how hard the next question
//! may be.

use super::voice;
use crate::{levels::CefrLevel, words::count_words};

/// Words of an answer that are plenty at each level (api.md, "session-analysis").
const TARGETS: [i32; 6] = [4, 6, 9, 12, 15, 18];

/// Answers that say that there is none.
const NO_IDEA: &[&str] = &[
    "i dont know",
    "dont know",
    "i do not know",
    "idk",
    "no idea",
    "i have no idea",
    "i dont understand",
    "i do not understand",
    "i cant",
    "i cannot",
    "not sure",
    "im not sure",
    "what",
    "pass",
    "nothing",
    "sorry",
];

/// The commonest words of English: an answer of some length without any of them is in another language.
const ENGLISH: &[&str] = &[
    "a", "about", "after", "all", "also", "am", "an", "and", "are", "as", "at", "be", "because", "been",
    "but", "by", "can", "could", "did", "do", "does", "dont", "every", "for", "from", "go", "good", "had",
    "has", "have", "he", "her", "here", "him", "his", "how", "i", "if", "im", "in", "is", "it", "its",
    "like", "many", "more", "much", "my", "no", "not", "of", "on", "or", "our", "people", "she", "so",
    "some", "that", "the", "their", "them", "then", "there", "they", "think", "this", "time", "to", "very",
    "want", "was", "we", "well", "went", "were", "what", "when", "where", "which", "who", "will", "with",
    "would", "yes", "you", "your",
];
/// An answer of so many words is judged by them: at least one in five must be among those.
const JUDGED_FROM: usize = 6;
const ONE_IN: usize = 5;

/// How an answer came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strength {
    /// Silence, another language, "I don't know", or next to nothing.
    Weak,
    /// Something.
    Fair,
    /// As much as the question's level may hope for.
    Good,
}

/// The answers so far.
#[derive(Debug)]
pub(super) struct Answers<'a> {
    texts: Vec<&'a str>,
    /// How hard the question before each answer was, and the one that comes now: 0 is A1, 5 is C2.
    difficulties: Vec<usize>,
    last: Option<Strength>,
}

impl<'a> Answers<'a> {
    /// Goes through the answers: a good one makes the next question harder, a weak one easier.
    pub(super) fn of(texts: impl Iterator<Item = &'a str>) -> Self {
        let texts: Vec<&str> = texts.collect();
        let (mut difficulties, mut last, mut now) = (vec![0], None, 0_usize);
        for text in &texts {
            let strength = strength(text, now);
            now = match strength {
                Strength::Weak => now.saturating_sub(1),
                Strength::Fair => now,
                Strength::Good => (now + 1).min(TARGETS.len() - 1),
            };
            difficulties.push(now);
            last = Some(strength);
        }
        Self { texts, difficulties, last }
    }

    pub(super) fn count(&self) -> usize {
        self.texts.len()
    }

    /// How hard the next question may be.
    pub(super) fn difficulty(&self) -> usize {
        self.difficulties.last().copied().unwrap_or(0)
    }

    pub(super) fn last_difficulties(&self, count: usize) -> &[usize] {
        self.difficulties.get(self.difficulties.len().saturating_sub(count)..).unwrap_or_default()
    }

    /// Answers from which something can be told.
    pub(super) fn substantial(&self) -> usize {
        self.texts.iter().filter(|text| is_english(text)).count()
    }

    /// A level by how much was said in English, B1 at most. Silence counts as an answer.
    pub(super) fn guess(&self) -> CefrLevel {
        let words: i32 =
            self.texts.iter().filter(|text| is_english(text)).map(|text| count_words(text)).sum();
        let count = i32::try_from(self.texts.len()).unwrap_or(i32::MAX).max(1);
        voice::guess_level(f64::from(words) / f64::from(count))
    }

    /// What the built-in voice says before its next question. It does not pretend to have understood.
    pub(super) fn thanks(&self) -> &'static str {
        match self.last {
            None => "",
            Some(Strength::Weak) => "That is all right.",
            Some(_) if self.count().is_multiple_of(2) => "Thank you.",
            Some(_) => "Thanks for telling me.",
        }
    }
}

fn strength(answer: &str, difficulty: usize) -> Strength {
    let target = TARGETS.get(difficulty).copied().unwrap_or(18);
    match count_words(answer) {
        _ if !is_english(answer) => Strength::Weak,
        words if words >= target => Strength::Good,
        words if words * 3 >= target => Strength::Fair,
        _ => Strength::Weak,
    }
}

/// Whether an answer says something, and in English.
fn is_english(answer: &str) -> bool {
    let words: Vec<String> = answer.split_whitespace().map(bare).filter(|word| !word.is_empty()).collect();
    if words.is_empty() || NO_IDEA.contains(&words.join(" ").as_str()) {
        return false;
    }
    let letters = |ascii: bool| {
        answer
            .chars()
            .filter(|letter| letter.is_alphabetic() && letter.is_ascii_alphabetic() == ascii)
            .count()
    };
    if letters(true) < letters(false) {
        return false;
    }
    let known = words.iter().filter(|word| ENGLISH.contains(&word.as_str())).count();
    words.len() < JUDGED_FROM || known * ONE_IN >= words.len()
}

fn bare(word: &str) -> String {
    word.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_other_languages_and_no_idea_are_no_english() {
        for answer in [
            "...",
            "\u{2026}",
            "I don't know.",
            "No idea!",
            "\u{44f} \u{43d}\u{435} \u{43f}\u{43e}\u{43d}\u{438}\u{43c}\u{430}\u{44e}",
            "\u{6211}\u{4e0d}\u{77e5}\u{9053}",
            "No entiendo nada de lo que dices, por favor habla en espa\u{f1}ol",
            "Ich verstehe leider kein Wort und wei\u{df} nicht weiter",
        ] {
            assert!(!is_english(answer), "{answer}");
        }
        for answer in [
            "Pizza",
            "I like pizza",
            "yesterday I go in the beach",
            "My favourite caf\u{e9} is in M\u{fc}nchen",
            "Honestly, nothing compares to reading philosophy by the fireside",
            "I don't know much about it but I would try",
        ] {
            assert!(is_english(answer), "{answer}");
        }
    }

    #[test]
    fn good_answers_make_it_harder_and_weak_ones_easier() {
        let (good, weak) =
            ("I think that the best thing about it is that it never ends for anybody, you know", "...");
        let of = |answers: &[&str]| Answers::of(answers.iter().copied()).difficulty();
        assert_eq!(of(&[]), 0);
        assert_eq!(of(&[good, good, good]), 3);
        assert_eq!(of(&[good, good, weak]), 1);
        assert_eq!(of(&[weak, weak]), 0);
        assert_eq!(of(&[good; 20]), 5, "there is nothing harder");
        assert_eq!(of(&["I like it"]), 0, "fair");
    }
}
