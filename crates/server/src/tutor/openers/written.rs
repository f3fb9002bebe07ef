//! Openers that lie in the program (`lines.rs`): for what many want to talk about, and for those who leave it to Zoe.
//! No model is asked for them.

use super::{Opener, lines::TOPICS};
use crate::{levels::CefrLevel, tutor::engine::Engine};

/// The name under which they are given.
pub(crate) const WRITTEN: &str = "ella";
/// The version of their lines.
const WRITTEN_MODEL: &str = "openers-1";

/// Who wrote them. It is not the built-in voice: nobody failed, and a model reads them in its history.
pub(in crate::tutor) fn engine() -> Engine {
    Engine {
        provider: WRITTEN.to_owned(),
        model: WRITTEN_MODEL.to_owned(),
        degraded: false,
        truncated: false,
    }
}

/// An opener on this topic, if it is one of those that many want to talk about, or on any of them. On a topic the next
/// one comes after the last of those that were `said`, and none of those comes again. The die chooses where to begin.
pub(super) fn written(level: CefrLevel, topic: Option<&str>, said: &[&str], die: usize) -> Option<Opener> {
    let of_level = CefrLevel::ALL.iter().position(|known| *known == level)?;
    let wanted = topic.map(as_it_is_called);
    let openers: Vec<(&str, &str)> = TOPICS
        .iter()
        .filter(|known| wanted.as_deref().is_none_or(|wanted| known.called.contains(&wanted)))
        .flat_map(|known| known.openers.get(of_level).into_iter().flatten().map(|text| (known.name, *text)))
        .collect();
    let last = said.first().and_then(|last| openers.iter().position(|(_, text)| text == last));
    let first = match (topic, last) {
        (Some(_), Some(last)) => last + 1,
        _ => die,
    };
    let in_turn = openers.iter().cycle().skip(first % openers.len().max(1)).take(openers.len());
    let (name, text) = in_turn.copied().find(|(_, text)| !said.contains(text))?;
    Some(Opener { text: text.to_owned(), topic: topic.unwrap_or(name).to_owned() })
}

/// A topic in lower case, without what stands around it.
fn as_it_is_called(topic: &str) -> String {
    let topic = topic.to_lowercase();
    let mut words: Vec<&str> = topic
        .split_whitespace()
        .map(|word| word.trim_matches(|letter: char| letter.is_ascii_punctuation()))
        .filter(|word| !word.is_empty())
        .collect();
    if words.len() > 1 && matches!(words.first(), Some(&("my" | "your" | "our" | "the"))) {
        words.remove(0);
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use ella_llm::cut_sentences;

    use super::*;

    #[test]
    fn each_topic_has_three_openers_for_each_level_and_all_differ() {
        let all: Vec<&str> =
            TOPICS.iter().flat_map(|topic| topic.openers.iter().flatten().copied()).collect();
        let different: HashSet<&str> = all.iter().copied().collect();
        assert_eq!((all.len(), different.len()), (216, 216));
        for topic in &TOPICS {
            for (level, openers) in topic.openers.iter().enumerate() {
                // A beginner hears short ones.
                let longest = [75, 90, 140, 180, 180, 180][level];
                for opener in openers {
                    assert!(opener.chars().count() <= longest, "{opener}");
                    assert!((2..=3).contains(&cut_sentences(opener).len()), "{opener}");
                    assert!(opener.contains('?') && opener.is_ascii(), "it hands over the turn: {opener}");
                }
            }
        }
    }

    #[test]
    fn a_name_leads_to_one_topic() {
        let mut names = HashSet::new();
        for topic in &TOPICS {
            for called in topic.called {
                assert_eq!(as_it_is_called(called), *called);
                assert!(names.insert(called), "{called}");
            }
            let of_its_own = written(CefrLevel::A1, Some(topic.name), &[], 0).map(|opener| opener.text);
            assert_eq!(of_its_own.as_deref(), Some(topic.openers[0][0]), "by the name that Zoe gives it");
        }
    }

    #[test]
    fn a_topic_is_known_however_it_is_written() {
        for topic in ["my weekend", "  The WEEKEND! ", "weekend", "Your weekend."] {
            let opener = written(CefrLevel::B1, Some(topic), &[], 0).unwrap();
            assert!(opener.text.contains("weekend"), "{}", opener.text);
            assert_eq!(opener.topic, topic);
        }
        for topic in ["my weekend job", "my", "the war", ""] {
            assert_eq!(written(CefrLevel::B1, Some(topic), &[], 0), None, "{topic}");
        }
    }

    #[test]
    fn a_topics_openers_come_in_turn_and_then_are_used_up() {
        let mut said: Vec<String> = Vec::new();
        for _ in 0..3 {
            let lately: Vec<&str> = said.iter().rev().map(String::as_str).collect();
            said.push(written(CefrLevel::C2, Some("music"), &lately, 7).unwrap().text);
        }
        let all: Vec<&str> = said.iter().map(String::as_str).collect();
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), 3);
        assert_eq!(written(CefrLevel::C2, Some("music"), &all, 7), None);
        let with_last_only = written(CefrLevel::C2, Some("music"), &[all[2]], 7).unwrap().text;
        assert_eq!(with_last_only, said[0]);
    }

    #[test]
    fn whoever_names_no_topic_gets_any_by_the_die() {
        let all: HashSet<String> =
            (0..256).map(|die| written(CefrLevel::A2, None, &[], die).unwrap().topic).collect();
        assert_eq!(all.len(), TOPICS.len());
    }
}
