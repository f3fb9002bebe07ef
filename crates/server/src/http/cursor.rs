//! Cursors: opaque to the client, and worthless anywhere but in the list they came from.
//!
//! A cursor is the key of a page's last row behind a keyed hash over it, the list's name, its filter and its owner.
//! So it can be neither made up nor carried from one list, filter or student to another.

use aws_lc_rs::{constant_time, hmac};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Serialize;
use utoipa::ToSchema;

/// Bytes of the hash that a cursor carries.
const TAG_LENGTH: usize = 16;

/// Seals and opens cursors.
#[derive(Clone)]
pub struct Cursors {
    key: hmac::Key,
}

/// Which list a cursor belongs to: its name, its filter, and whose it is.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The list's name.
    pub list: &'a str,
    /// The filter, as the client gave it.
    pub filter: &'a str,
    /// The owner's id, or the parent's.
    pub owner: &'a [u8],
}

impl Cursors {
    /// Cursors under `key`, which should be derived for this alone.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, key) }
    }

    /// The cursor behind the row with `position`.
    #[must_use]
    pub fn seal(&self, scope: Scope<'_>, position: &[u8]) -> String {
        let mut bytes = self.tag(scope, position).to_vec();
        bytes.extend_from_slice(position);
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The position in a cursor that was sealed for `scope`; none for any other.
    #[must_use]
    pub fn open<const N: usize>(&self, scope: Scope<'_>, cursor: &str) -> Option<[u8; N]> {
        self.open_any(scope, cursor)?.try_into().ok()
    }

    /// The same for a position of any length.
    #[must_use]
    pub fn open_any(&self, scope: Scope<'_>, cursor: &str) -> Option<Vec<u8>> {
        let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (tag, position) = bytes.split_at_checked(TAG_LENGTH)?;
        constant_time::verify_slices_are_equal(tag, &self.tag(scope, position)).ok()?;
        bytes.drain(..TAG_LENGTH);
        Some(bytes)
    }

    fn tag(&self, scope: Scope<'_>, position: &[u8]) -> [u8; TAG_LENGTH] {
        let mut context = hmac::Context::with_key(&self.key);
        for part in [scope.list.as_bytes(), scope.filter.as_bytes(), scope.owner, position] {
            // Each part behind its length, so that two different scopes never run together into the same bytes.
            context.update(&part.len().to_be_bytes());
            context.update(part);
        }
        let mut tag = [0; TAG_LENGTH];
        tag.copy_from_slice(context.sign().as_ref().get(..TAG_LENGTH).unwrap_or(&[0; TAG_LENGTH]));
        tag
    }
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The rows of this page.
    pub items: Vec<T>,
    /// Hand it back as `?cursor=` for the next page; null on the last.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page of at most `limit` rows from rows that were read with one more to see whether a next page exists.
    #[must_use]
    pub fn of(mut items: Vec<T>, limit: usize, cursor: impl FnOnce(&T) -> String) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = if more { items.last().map(cursor) } else { None };
        Self { items, next_cursor }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_only_in_the_list_filter_and_for_the_owner_it_was_sealed_for() {
        let cursors = Cursors::new(b"key");
        let scope = Scope { list: "conversations", filter: "active", owner: b"one" };
        let cursor = cursors.seal(scope, b"1234");
        assert_eq!(cursors.open(scope, &cursor), Some(*b"1234"));
        for other in [
            Scope { list: "placements", ..scope },
            Scope { filter: "", ..scope },
            Scope { owner: b"two", ..scope },
            Scope { list: "conversationsactive", filter: "", ..scope },
        ] {
            assert_eq!(cursors.open::<4>(other, &cursor), None, "{other:?}");
        }
        assert_eq!(Cursors::new(b"another").open::<4>(scope, &cursor), None);
        for forged in ["", "AAAA", "not base64!", &cursor[1..]] {
            assert_eq!(cursors.open::<4>(scope, forged), None, "{forged}");
        }
    }
}
