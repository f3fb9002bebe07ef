//! Openers that are ready, so that nobody waits for a model, nor pays one: those that were written by hand, and those
//! that models write for other topics. A model that writes one writes three more, for the next who want to begin in the
//! same way.
//!
//! A model's lie under what they were made of, and of nothing else: the level, the age band, and the topic as somebody wrote
//! it. So whoever is given one has told the server all that is in it themselves.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use ella_llm::cut_sentences;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use super::{
    context::Learner,
    engine::{Engine, PREPARED, PREPARED_MODEL},
};
use crate::levels::CefrLevel;

mod last;
mod prepared;

use last::LastSaid;

/// Shelves at most; then the oldest goes.
const MOST_SHELVES: usize = 500;
/// An opener grows stale after a day.
const FRESH: SignedDuration = SignedDuration::from_hours(24);
/// Openers on a shelf at most.
const MOST_OPENERS: usize = 4;
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

/// The openers that are ready.
#[derive(Debug, Default)]
pub(super) struct Openers {
    shelves: Mutex<HashMap<Key, Shelf>>,
    last: LastSaid,
}

#[derive(Debug)]
struct Shelf {
    openers: Vec<Opener>,
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

    /// What is chosen for this student by whoever knows what the last one was, with a conversation or without.
    pub(super) fn choose<T>(
        &self,
        student: Uuid,
        choose: impl FnOnce(Option<&str>) -> Option<(Opener, T)>,
    ) -> Option<(Opener, T)> {
        self.last.choose(student, choose)
    }

    /// An opener that was written by hand, about this topic or one of Zoe's choice; none that was `said`.
    pub(super) fn prepared(
        learner: Learner,
        topic: Option<&str>,
        said: &[&str],
        die: usize,
    ) -> Option<(Opener, Engine)> {
        let opener = prepared::opener(learner.spoken_level(), topic, said, die)?;
        let (provider, model) = (PREPARED.to_owned(), PREPARED_MODEL.to_owned());
        Some((opener, Engine { provider, model, degraded: false, truncated: false }))
    }

    /// An opener that a model has written before, and who wrote it: the next on the shelf after the one that was given last,
    /// and none that was `said`.
    pub(super) fn take(&self, key: &Key, said: &[&str], now: Timestamp) -> Option<(Opener, Engine)> {
        let mut all = self.shelves();
        let on_it = all.get_mut(key)?;
        if now >= on_it.made_at + FRESH {
            all.remove(key);
            return None;
        }
        let count = on_it.openers.len();
        let mut others = (1..=count).map(|step| (on_it.given + step) % count);
        let next = others.find(|index| {
            on_it.openers.get(*index).is_some_and(|opener| !said.contains(&opener.text.as_str()))
        })?;
        on_it.given = next;
        Some((on_it.openers.get(next)?.clone(), on_it.engine.clone()))
    }

    /// Keeps what a model wrote beside the opener that has been `given`.
    pub(super) fn keep(&self, key: Key, given: Opener, rest: &Value, engine: Engine, now: Timestamp) {
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
fn with_more(given: Opener, rest: &Value) -> Vec<Opener> {
    let topic = given.topic.clone();
    let mut openers = vec![given];
    for proposed in rest.get("more_openers").and_then(Value::as_array).into_iter().flatten() {
        let Some(text) = proposed.as_str().and_then(usable) else { continue };
        if openers.iter().all(|opener| bare(&opener.text) != bare(&text)) {
            openers.push(Opener { text, topic: topic.clone() });
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

/// Whether one of them is this opener, stops and case aside.
pub(super) fn is_among(text: &str, said: &[&str]) -> bool {
    let text = bare(text);
    said.iter().any(|earlier| bare(earlier) == text)
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

    fn opener(text: &str) -> Opener {
        Opener { text: text.to_owned(), topic: "tea".to_owned() }
    }

    fn more(texts: &[&str]) -> Value {
        json!({"more_openers": texts})
    }

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn taken(openers: &Openers, key: &Key, said: &[&str]) -> Option<String> {
        openers.take(key, said, NOW).map(|(opener, _)| opener.text)
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
            Some("One.".to_owned()),
            "to somebody else"
        );
        assert_eq!(taken(&openers, &key("tea"), &["One.", "Two.", "Three.", "Four."]), None);
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
        let texts: Vec<String> =
            with_more(opener("One."), &proposed).into_iter().map(|opener| opener.text).collect();
        assert_eq!(texts, ["One.", "Two? Three!"]);
        let openers = Openers::default();
        openers.keep(key("tea"), opener("One."), &json!({"more_openers": "Two."}), engine(), NOW);
        assert_eq!(taken(&openers, &key("tea"), &[]), None, "one alone would come again and again");
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
