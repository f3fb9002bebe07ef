//! One analysis of a conversation at a time: who asks meanwhile waits, and finds its result.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Mutex as Turnstile, OwnedMutexGuard};
use uuid::Uuid;

/// Whose conversation.
type Key = (Uuid, Uuid);

/// The conversations that are being looked back at in this program.
#[derive(Clone, Debug, Default)]
pub(in crate::tutor) struct AtWork(Arc<Mutex<HashMap<Key, Arc<Turnstile<()>>>>>);

/// A place in the row; whoever comes next has its turn when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    all: AtWork,
    key: Key,
    turnstile: Option<Arc<Turnstile<()>>>,
    passed: Option<OwnedMutexGuard<()>>,
}

impl AtWork {
    fn all(&self) -> MutexGuard<'_, HashMap<Key, Arc<Turnstile<()>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stands in the row. Nothing is waited for yet.
    pub(super) fn stand(&self, student: Uuid, conversation: Uuid) -> Place {
        let key = (student, conversation);
        let turnstile = Arc::clone(self.all().entry(key).or_default());
        Place { all: self.clone(), key, turnstile: Some(turnstile), passed: None }
    }
}

impl Place {
    /// Waits until those who came before have gone.
    pub(super) async fn pass(&mut self) {
        if let Some(turnstile) = &self.turnstile {
            self.passed = Some(Arc::clone(turnstile).lock_owned().await);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        (self.passed, self.turnstile) = (None, None);
        let mut all = self.all.all();
        // The last one closes the row.
        if all.get(&self.key).is_some_and(|turnstile| Arc::strong_count(turnstile) == 1) {
            all.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn one_after_the_other_for_each_conversation_and_nothing_is_left() {
        let (at_work, ana, call) = (AtWork::default(), Uuid::from_u128(1), Uuid::from_u128(2));
        let mut first = at_work.stand(ana, call);
        first.pass().await;
        let (mut second, mut third) = (at_work.stand(ana, call), at_work.stand(ana, call));
        assert!(second.pass().now_or_never().is_none());
        assert!(at_work.stand(ana, Uuid::from_u128(3)).pass().now_or_never().is_some(), "another call");
        // One who waits no longer is in nobody's way.
        drop(second);
        drop(first);
        assert!(third.pass().now_or_never().is_some());
        assert_eq!(at_work.all().len(), 1);
        drop(third);
        assert_eq!(at_work.all().len(), 0);
    }
}
