//! Openers that are ready. For what many want to talk about they were [written] beforehand. On any other topic a model
//! that writes one writes three more, and the next who want to begin in the same way need not wait for a model, nor pay
//! one.
//!
//! These lie under what they were made of, and of nothing else: the level, the age band, and the topic as somebody wrote
//! it. So whoever is given one has told the server all that is in it themselves.

mod lines;
mod written;

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use ella_llm::cut_sentences;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use super::{context::Learner, engine::Engine};
use crate::levels::CefrLevel;
pub(crate) use written::WRITTEN;

/// Shelves at most; then the oldest goes.
const MOST_SHELVES: usize = 500;
/// An opener grows stale after a day.
const FRESH: SignedDuration = SignedDuration::from_hours(24);
/// Openers on a shelf at most.
const MOST_OPENERS: usize = 4;
/// So many openers are remembered, over all students, to give nobody the same one twice in a row.
const MOST_GIVEN: usize = 10_000;
/// Characters and sentences of an opener at most.
const LONGEST: usize = 400;
const MOST_SENTENCES: usize = 3;

/// What openers have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    level: CefrLevel,
    age_band: &'static str,
    /// As it was written, case aside.
    topic: String,
}

/// A way to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Opener {
    pub(super) text: String,
    pub(super) topic: String,
}

/// The openers that are ready, and those that were given.
#[derive(Debug, Default)]
pub(super) struct Openers {
    shelves: Mutex<HashMap<Key, Shelf>>,
    /// Who was given which opener, the last one at the end.
    given: Mutex<VecDeque<(Uuid, String)>>,
}

#[derive(Debug)]
struct Shelf {
    openers: Vec<String>,
    /// The one that was given last.
    given: usize,
    /// Who wrote them.
    engine: Engine,
    made_at: Timestamp,
}

impl Key {
    pub(super) fn of(learner: Learner, topic: &str) -> Self {
        Self { level: learner.spoken_level(), age_band: learner.age_band(), topic: topic.to_lowercase() }
    }
}

impl Openers {
    fn shelves(&self) -> MutexGuard<'_, HashMap<Key, Shelf>> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a student what is found knowing what Zoe `said`: the opener that this student was given last, and what she
    /// said in this conversation, the newest first. One at a time, so that two requests at once get different ones.
    pub(super) fn give<T>(
        &self,
        student: Uuid,
        said: &[&str],
        find: impl FnOnce(&[&str]) -> T,
        text: impl FnOnce(&T) -> Option<&str>,
    ) -> T {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let last = given.iter().rev().find(|(whose, _)| *whose == student).map(|(_, text)| text.as_str());
        let lately: Vec<&str> = last.into_iter().chain(said.iter().copied()).collect();
        let found = find(&lately);
        if let Some(text) = text(&found) {
            if given.len() >= MOST_GIVEN {
                given.pop_front();
            }
            given.push_back((student, text.to_owned()));
        }
        found
    }

    /// An opener that needs no model, and who wrote it.
    pub(super) fn ready(
        &self,
        learner: Learner,
        topic: Option<&str>,
        said: &[&str],
        die: usize,
        now: Timestamp,
    ) -> Option<(Opener, Engine)> {
        if let Some(opener) = written::written(learner.spoken_level(), topic, said, die) {
            return Some((opener, written::engine()));
        }
        let topic = topic?;
        let (text, engine) = self.take(&Key::of(learner, topic), said, now)?;
        // The topic as this student wrote it.
        Some((Opener { text, topic: topic.to_owned() }, engine))
    }

    /// The next on the shelf after the one that was given last, and none of those that were `said`.
    fn take(&self, key: &Key, said: &[&str], now: Timestamp) -> Option<(String, Engine)> {
        let mut all = self.shelves();
        let on_it = all.get_mut(key)?;
        if now >= on_it.made_at + FRESH {
            all.remove(key);
            return None;
        }
        let count = on_it.openers.len();
        let mut others = (1..count).map(|step| (on_it.given + step) % count);
        let next = others
            .find(|index| on_it.openers.get(*index).is_some_and(|opener| !said.contains(&opener.as_str())))?;
        on_it.given = next;
        Some((on_it.openers.get(next)?.clone(), on_it.engine.clone()))
    }

    /// Keeps what a model wrote beside the opener that has been `given`.
    pub(super) fn keep(&self, key: Key, given: String, rest: &Value, engine: Engine, now: Timestamp) {
        let openers = with_more(given, rest);
        if openers.len() < 2 {
            return;
        }
        let mut shelves = self.shelves();
        if shelves.len() >= MOST_SHELVES && !shelves.contains_key(&key) {
            let oldest = shelves.iter().min_by_key(|(_, shelf)| shelf.made_at).map(|(key, _)| key.clone());
            if let Some(oldest) = oldest {
                shelves.remove(&oldest);
            }
        }
        shelves.insert(key, Shelf { openers, given: 0, engine, made_at: now });
    }
}

/// The openers that can be used, the given one first.
fn with_more(given: String, rest: &Value) -> Vec<String> {
    let mut openers = vec![given];
    for proposed in rest.get("more_openers").and_then(Value::as_array).into_iter().flatten() {
        let Some(text) = proposed.as_str().and_then(usable) else { continue };
        if openers.iter().all(|opener| bare(opener) != bare(&text)) {
            openers.push(text);
        }
        if openers.len() == MOST_OPENERS {
            break;
        }
    }
    openers
}

/// An opener as it can be spoken: one to three sentences, not too long, and no markup.
fn usable(text: &str) -> Option<String> {
    // Long ones are not even cut: a model may write anything.
    if text.len() > 8 * LONGEST {
        return None;
    }
    let sentences = cut_sentences(text);
    let fits = (1..=MOST_SENTENCES).contains(&sentences.len());
    let text = sentences.join(" ");
    let is_speech =
        text.contains(char::is_alphabetic) && !text.contains(['<', '>', '{', '}', '*', '#', '\0']);
    (fits && is_speech && text.chars().count() <= LONGEST).then_some(text)
}

fn bare(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::users::Focus;

    fn key(topic: &str) -> Key {
        let focus = Focus { grammar: true, vocab: true, fluency: true };
        Key::of(Learner::new(Some("B1"), focus, Some(15)), topic)
    }

    fn engine() -> Engine {
        let (provider, model) = ("openai".to_owned(), "m".to_owned());
        Engine { provider, model, degraded: false, truncated: false }
    }

    fn opener(text: &str) -> String {
        text.to_owned()
    }

    fn more(texts: &[&str]) -> Value {
        json!({"more_openers": texts})
    }

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn taken(openers: &Openers, key: &Key, said: &[&str]) -> Option<String> {
        openers.take(key, said, NOW).map(|(opener, _)| opener)
    }

    #[test]
    fn openers_go_round_and_none_comes_twice_in_a_row() {
        let openers = Openers::default();
        openers.keep(key("Tea"), opener("One."), &more(&["Two.", "Three.", "Four."]), engine(), NOW);
        let round: Vec<String> = (0..5).map(|_| taken(&openers, &key("tEA"), &[]).unwrap()).collect();
        assert_eq!(round, ["Two.", "Three.", "Four.", "One.", "Two."]);
        assert_eq!(taken(&openers, &key("tea"), &["Three.", "Four."]), Some("One.".to_owned()));
        assert_eq!(
            taken(&openers, &key("tea"), &["Two.", "Three.", "Four."]),
            None,
            "the last one stays where it is"
        );
        assert_eq!(taken(&openers, &key("coffee"), &[]), None);
    }

    #[test]
    fn only_what_can_be_spoken_is_kept() {
        let long = "word ".repeat(100);
        let proposed = more(&[
            "one!",
            "",
            "...",
            "Yes. Why? Go! Now.",
            &long,
            "<b>Two.</b>",
            " Two?  Three! ",
            "Four {x}.",
        ]);
        assert_eq!(with_more(opener("One."), &proposed), ["One.", "Two? Three!"]);
        let openers = Openers::default();
        openers.keep(key("tea"), opener("One."), &json!({"more_openers": "Two."}), engine(), NOW);
        assert_eq!(taken(&openers, &key("tea"), &[]), None, "one alone would come again and again");
    }

    #[test]
    fn a_student_is_given_no_opener_twice_in_a_row_whatever_others_are_given() {
        let openers = Openers::default();
        let (ana, ben) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let give = |student, lines: &[&str]| {
            let found =
                |said: &[&str]| lines.iter().find(|line| !said.contains(line)).map(|line| opener(line));
            openers.give(student, &["Three."], found, Option::as_deref)
        };
        let lines = ["Three.", "One.", "Two."];
        let given = [ana, ben, ana, ana, ben].map(|student| give(student, &lines).unwrap());
        assert_eq!(given, ["One.", "One.", "Two.", "One.", "Two."]);
        assert_eq!(give(ana, &["One."]), None);
        for student in 0..MOST_GIVEN {
            give(Uuid::from_u128(student.try_into().unwrap()), &lines);
        }
        assert_eq!(openers.given.lock().unwrap().len(), MOST_GIVEN);
    }

    #[test]
    fn they_grow_stale_and_are_never_too_many() {
        let openers = Openers::default();
        for index in 0..=MOST_SHELVES {
            let then = NOW + SignedDuration::from_secs(i64::try_from(index).unwrap());
            openers.keep(key(&index.to_string()), opener("One."), &more(&["Two."]), engine(), then);
        }
        assert_eq!(openers.shelves().len(), MOST_SHELVES);
        assert_eq!(taken(&openers, &key("0"), &[]), None, "the oldest has gone");
        assert!(taken(&openers, &key("1"), &[]).is_some());
        assert!(openers.take(&key("2"), &[], NOW + FRESH).is_some());
        assert!(openers.take(&key("2"), &[], NOW + FRESH + SignedDuration::from_secs(2)).is_none());
        assert_eq!(openers.shelves().len(), MOST_SHELVES - 1);
    }
}
