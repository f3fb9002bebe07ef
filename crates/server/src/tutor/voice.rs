//! The built-in voice: what Zoe says when no model answers. It is levelled and keeps to the topic, it never pretends to
//! have understood, and it corrects nothing. So its lines fit whatever was said, sad things too.

mod lines;

use super::context::Learner;
use crate::levels::CefrLevel;
use lines::{STARTERS, TOPICS, TURNS, TURNS_ON_A_TOPIC};

/// How hard a line is.
#[derive(Clone, Copy)]
enum Band {
    Easy,
    Middle,
    Hard,
}

impl Band {
    fn of(level: CefrLevel) -> Self {
        match level {
            CefrLevel::A1 | CefrLevel::A2 => Self::Easy,
            CefrLevel::B1 | CefrLevel::B2 => Self::Middle,
            CefrLevel::C1 | CefrLevel::C2 => Self::Hard,
        }
    }

    fn choose<T: Copy>(self, [easy, middle, hard]: [T; 3]) -> T {
        match self {
            Self::Easy => easy,
            Self::Middle => middle,
            Self::Hard => hard,
        }
    }
}

/// A longer topic is not said again in the middle of a conversation.
const LONGEST_TOPIC: usize = 60;

/// A line for a turn. `said` are the lines that were said here, the newest first; none of the last ones comes again.
pub(super) fn turn(learner: Learner, topic: Option<&str>, said: &[&str], pick: usize) -> String {
    let band = Band::of(learner.spoken_level());
    let mut lines: Vec<String> = band.choose(TURNS).iter().map(|line| (*line).to_owned()).collect();
    if let Some(topic) = topic.filter(|topic| topic.chars().count() <= LONGEST_TOPIC) {
        lines.extend(about(band.choose(TURNS_ON_A_TOPIC), topic));
    }
    choose(lines, said, pick)
}

/// A line that opens a conversation, and its topic.
pub(super) fn starter(learner: Learner, topic: Option<&str>, said: &[&str], pick: usize) -> (String, String) {
    let level = learner.spoken_level();
    let topics = Band::of(level).choose(TOPICS);
    let topic = topic.map_or_else(|| one_of(topics, pick).to_owned(), str::to_owned);
    let lines = CefrLevel::ALL
        .iter()
        .zip(STARTERS)
        .find(|(of, _)| **of == level)
        .map_or(STARTERS[0], |(_, lines)| lines);
    (choose(about(lines, &topic).collect(), said, pick / 7), topic)
}

/// A guess at a level by how much somebody says: words an answer. It is a guess, and its confidence says so. Who only
/// counts words places nobody above B1.
pub(super) fn guess_level(words_per_answer: f64) -> CefrLevel {
    // The targets of the session analysis (api.md, "session-analysis"), each level up to the middle to the next.
    const UP_TO: [(f64, CefrLevel); 2] = [(5.0, CefrLevel::A1), (7.5, CefrLevel::A2)];
    UP_TO.iter().find(|(words, _)| words_per_answer < *words).map_or(CefrLevel::B1, |(_, level)| *level)
}

/// Lines with the topic in them. It is somebody's words, so it is put in once and not searched for place holders.
fn about(lines: &'static [&'static str], topic: &str) -> impl Iterator<Item = String> {
    let topic = as_zoe_says(topic);
    lines.iter().map(move |line| line.replace("{topic}", &topic))
}

/// A student's "my weekend" is "your weekend" when Zoe says it.
fn as_zoe_says(topic: &str) -> String {
    const TURNED: [(&str, &str); 6] = [
        ("my", "your"),
        ("mine", "yours"),
        ("me", "you"),
        ("myself", "yourself"),
        ("our", "your"),
        ("ours", "yours"),
    ];
    let turned = topic.split(' ').map(|word| {
        TURNED.iter().find(|(own, _)| word.eq_ignore_ascii_case(own)).map_or(word, |(_, turned)| turned)
    });
    turned.collect::<Vec<_>>().join(" ")
}

/// One of the lines that have not been said lately: not among as many of the last ones as half of the lines.
fn choose(lines: Vec<String>, said: &[&str], pick: usize) -> String {
    let lately = said.get(..lines.len() / 2).unwrap_or(said);
    let mut fresh: Vec<String> = lines.into_iter().filter(|line| !lately.contains(&line.as_str())).collect();
    if fresh.is_empty() { "Please go on.".to_owned() } else { fresh.swap_remove(pick % fresh.len()) }
}

fn one_of(lines: &[&'static str], pick: usize) -> &'static str {
    lines.get(pick % lines.len().max(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::users::Focus;

    fn learner(level: Option<&str>) -> Learner {
        Learner::new(level, Focus { grammar: true, vocab: true, fluency: true }, None)
    }

    const LEVELS: [Option<&str>; 7] =
        [None, Some("A1"), Some("A2"), Some("B1"), Some("B2"), Some("C1"), Some("C2")];

    #[test]
    fn no_line_comes_again_soon_whatever_the_die_says() {
        for level in LEVELS {
            for topic in [None, Some("my dog"), Some("x".repeat(200).as_str())] {
                for die in 0..3 {
                    let mut said: Vec<String> = Vec::new();
                    for turns in 0..50 {
                        let lately: Vec<&str> = said.iter().rev().map(String::as_str).collect();
                        let line = turn(learner(level), topic, &lately, turns * die);
                        assert!(!lately.iter().take(5).any(|earlier| *earlier == line), "{line}");
                        said.push(line);
                    }
                    said.sort();
                    said.dedup();
                    assert!(said.len() > 5, "{said:?}");
                }
            }
        }
    }

    #[test]
    fn each_band_has_ten_lines_for_any_topic_and_three_for_one() {
        for (any, one) in TURNS.iter().zip(TURNS_ON_A_TOPIC) {
            assert!(any.len() >= 10 && one.len() >= 3);
            assert!(
                !any.iter().any(|line| line.contains('{')) && one.iter().all(|line| line.contains("{topic}"))
            );
        }
    }

    #[test]
    fn each_level_has_three_openers_of_its_own_and_hands_over_the_turn() {
        let mut all: Vec<&str> = STARTERS.iter().flat_map(|lines| lines.iter().copied()).collect();
        assert!(STARTERS.iter().all(|lines| lines.len() >= 3));
        assert!(all.iter().all(|line| line.contains("{topic}") && line.ends_with(['?', '.'])), "{all:?}");
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count, "none is another level's as well");
    }

    #[test]
    fn an_opener_that_was_said_here_is_not_said_again() {
        for level in LEVELS {
            let (first, topic) = starter(learner(level), Some("my {topic} dog"), &[], 0);
            assert!(first.contains("your {topic} dog") && topic == "my {topic} dog", "{first}");
            let (second, _) = starter(learner(level), Some("my {topic} dog"), &[&first], 0);
            assert_ne!(first, second);
        }
    }

    #[test]
    fn the_students_own_things_are_the_students() {
        assert_eq!(as_zoe_says("My weekend and my myth"), "your weekend and your myth");
        assert_eq!(as_zoe_says("me and our dog"), "you and your dog");
    }
}
