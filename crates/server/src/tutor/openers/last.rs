//! What each student was last begun with, so that nobody hears the same line twice in a row.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use uuid::Uuid;

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
    pub(super) fn to(&self, student: Uuid) -> Option<String> {
        let halves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        halves.newer.get(&student).or_else(|| halves.older.get(&student)).cloned()
    }

    pub(super) fn note(&self, student: Uuid, text: &str) {
        let mut halves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if halves.newer.len() >= HALF && !halves.newer.contains_key(&student) {
            halves.older = std::mem::take(&mut halves.newer);
        }
        halves.newer.insert(student, text.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_remembered_and_never_too_many() {
        let last = LastSaid::default();
        let student = |number: usize| Uuid::from_u128(u128::try_from(number).unwrap());
        for number in 0..3 * HALF {
            last.note(student(number), "Hi!");
            last.note(student(number), "Hello!");
        }
        assert_eq!(last.to(student(3 * HALF - 1)).as_deref(), Some("Hello!"));
        assert!(last.to(student(2 * HALF)).is_some() && last.to(student(0)).is_none());
        let halves = last.0.lock().unwrap();
        assert_eq!(halves.newer.len() + halves.older.len(), 2 * HALF);
    }
}
