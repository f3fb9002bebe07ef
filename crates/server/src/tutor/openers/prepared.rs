//! Openers that were written by hand, for topics that many choose: three at each level, in `prepared.txt`. They cost
//! nothing, and they are there before anybody asks. Whoever changes a line counts up `PREPARED_MODEL` in
//! `tutor/engine.rs`.

use std::sync::LazyLock;

use super::Opener;
use crate::levels::CefrLevel;

static TOPICS: LazyLock<Vec<Topic>> = LazyLock::new(|| read(include_str!("prepared.txt")));

/// What can be talked about.
struct Topic {
    /// As Zoe names it, and then as others may write it.
    names: Vec<&'static str>,
    lines: Vec<(CefrLevel, &'static str)>,
}

/// The file: a topic is `# its name | other names`, and a line of it is `A1 What is said.`
fn read(file: &'static str) -> Vec<Topic> {
    let mut topics: Vec<Topic> = Vec::new();
    for line in file.lines() {
        if let Some(names) = line.strip_prefix("# ") {
            let names = names.split([',', '|']).map(str::trim).collect();
            topics.push(Topic { names, lines: Vec::new() });
        } else if let (Some(topic), Some((level, text))) = (topics.last_mut(), line.split_once(' '))
            && let Some(level) = CefrLevel::from_word(level)
        {
            topic.lines.push((level, text));
        }
    }
    topics
}

/// An opener at this level, about this topic or one of Zoe's choice; none that was `said`. The die chooses.
pub(super) fn opener(level: CefrLevel, wanted: Option<&str>, said: &[&str], die: usize) -> Option<Opener> {
    let wanted = wanted.map(bare);
    let is_wanted = |topic: &&Topic| {
        wanted.as_ref().is_none_or(|wanted| topic.names.iter().any(|name| bare(name) == *wanted))
    };
    let fresh: Vec<(&Topic, &str)> = TOPICS
        .iter()
        .filter(is_wanted)
        .flat_map(|topic| topic.lines.iter().map(move |line| (topic, line)))
        .filter(|(_, (of, text))| *of == level && !said.contains(text))
        .map(|(topic, (_, text))| (topic, *text))
        .collect();
    let (topic, text) = fresh.get(die % fresh.len().max(1))?;
    Some(Opener { text: (*text).to_owned(), topic: (*topic.names.first()?).to_owned() })
}

/// A topic's name without what does not matter: case, and stops and spaces around it.
fn bare(topic: &str) -> String {
    topic.trim_matches(|letter: char| !letter.is_alphanumeric()).to_lowercase()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::tutor::openers::usable;

    #[test]
    fn there_are_three_for_each_level_and_topic_and_all_of_them_can_be_spoken() {
        let (mut names, mut texts, mut count) = (HashSet::new(), HashSet::new(), 0);
        assert_eq!(TOPICS.len(), 10);
        for topic in TOPICS.iter() {
            for name in &topic.names {
                assert!(!name.is_empty() && names.insert(bare(name)), "{name} is named twice");
            }
            for level in CefrLevel::ALL {
                let lines = || topic.lines.iter().filter(|(of, _)| *of == *level).map(|(_, text)| *text);
                assert!(lines().count() >= 3, "{} at {level:?}", topic.names[0]);
                for line in lines() {
                    count += 1;
                    assert_eq!(usable(line).as_deref(), Some(line));
                    assert!(line.ends_with(['?', '.']) && texts.insert(line), "{line}");
                }
            }
        }
        let written = include_str!("prepared.txt").lines().filter(|line| !line.is_empty());
        assert_eq!(written.count(), TOPICS.len() + count, "no line of the file is left out");
    }

    #[test]
    fn easy_levels_have_short_lines() {
        for (level, most) in [(CefrLevel::A1, 14), (CefrLevel::A2, 19), (CefrLevel::B1, 24)] {
            for (_, line) in TOPICS.iter().flat_map(|topic| &topic.lines).filter(|(of, _)| *of == level) {
                assert!(line.split(' ').count() <= most, "{line}");
            }
        }
    }

    #[test]
    fn a_topic_is_known_however_it_is_written_and_none_comes_that_was_said() {
        let given = |topic: &str, said: &[&str]| opener(CefrLevel::B1, Some(topic), said, 7);
        let first = given(" My WEEKEND! ", &[]).unwrap();
        assert_eq!(first.topic, "your weekend");
        let second = given("the weekend", &[&first.text]).unwrap();
        let third = given("weekend", &[&first.text, &second.text]).unwrap();
        assert!(first.text != second.text && second.text != third.text && third.text != first.text);
        assert_eq!(given("weekend", &[&first.text, &second.text, &third.text]), None);
        assert_eq!(given("the price of tea", &[]), None);
        assert_eq!(given("?", &[]), None);
        let choices: HashSet<String> = (0..30)
            .filter_map(|die| opener(CefrLevel::A1, None, &[], die))
            .map(|opener| opener.topic)
            .collect();
        assert_eq!(choices.len(), TOPICS.len(), "Zoe has many to choose from");
    }
}
