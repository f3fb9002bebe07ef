//! What each student was last begun with, so that nobody hears the same line twice in a row.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use uuid::Uuid;

use super::Opener;

/// Students that one of the two halves holds at most.
const HALF: usize = 5_000;

/// The last opener of each of the students who came lately.
#[derive(Debug, Default)]
pub(super) struct LastSaid(Mutex<Halves>);

/// When the newer half is full, it becomes the older one, and that is forgotten.
#[derive(Debug, Default)]
struct Halves {
    newer: HashMap<Uuid, String>,
    older: HashMap<Uuid, String>,
}

impl LastSaid {
    /// What is chosen for this student by whoever knows the last one, and that it is the last one now. Nobody else
    /// chooses meanwhile, so that two who begin at the same moment do not begin alike.
    pub(super) fn choose<T>(
        &self,
        student: Uuid,
        choose: impl FnOnce(Option<&str>) -> Option<(Opener, T)>,
    ) -> Option<(Opener, T)> {
        let mut halves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = halves.newer.get(&student).or_else(|| halves.older.get(&student));
        let chosen = choose(last.map(String::as_str))?;
        if halves.newer.len() >= HALF && !halves.newer.contains_key(&student) {
            halves.older = std::mem::take(&mut halves.newer);
        }
        halves.newer.insert(student, chosen.0.text.clone());
        Some(chosen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn student(number: usize) -> Uuid {
        Uuid::from_u128(u128::try_from(number).unwrap())
    }

    fn opener(text: &str) -> Opener {
        Opener { text: text.to_owned(), topic: "tea".to_owned() }
    }

    /// What was last said to a student.
    fn last(said: &LastSaid, to: Uuid) -> Option<String> {
        let mut known = None;
        let nothing = said.choose::<()>(to, |last| {
            known = last.map(str::to_owned);
            None
        });
        assert_eq!(nothing, None);
        known
    }

    #[test]
    fn the_newest_are_remembered_and_never_too_many() {
        let said = LastSaid::default();
        for number in 0..3 * HALF {
            for text in ["Hi!", "Hello!"] {
                said.choose(student(number), |_| Some((opener(text), ())));
            }
        }
        assert_eq!(last(&said, student(3 * HALF - 1)).as_deref(), Some("Hello!"));
        assert!(last(&said, student(2 * HALF)).is_some() && last(&said, student(0)).is_none());
        let halves = said.0.lock().unwrap();
        assert_eq!(halves.newer.len() + halves.older.len(), 2 * HALF);
    }

    #[test]
    fn of_many_who_begin_at_the_same_moment_none_begins_like_the_one_before() {
        let (said, order) = (LastSaid::default(), Mutex::new(Vec::new()));
        std::thread::scope(|threads| {
            for _ in 0..8 {
                threads.spawn(|| {
                    for _ in 0..200 {
                        said.choose(student(1), |last| {
                            let text = if last == Some("Hi!") { "Hello!" } else { "Hi!" };
                            // Time for others to choose the same.
                            std::thread::yield_now();
                            order.lock().unwrap().push(text);
                            Some((opener(text), ()))
                        });
                    }
                });
            }
        });
        let order = order.into_inner().unwrap();
        assert!(order.windows(2).all(|two| two[0] != two[1]), "{order:?}");
    }
}
