//! Query strings of lists: `limit`, `cursor` and at most one filter.

use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
};

use super::{
    ApiError,
    cursor::{Cursors, Scope},
    parse::{Reader, Step},
};

/// Rows on a page when the client does not say.
const USUAL_PAGE: usize = 20;
/// The most rows on a page.
const LARGEST_PAGE: usize = 100;

/// A query string as it came: names and values, decoded, in order.
#[derive(Clone, Debug, Default)]
pub struct QueryString(Vec<(String, String)>);

impl QueryString {
    /// The last value under `name`, as FastAPI takes it; others are ignored.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for QueryString {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        // Bytes that are no UTF-8 are replaced, so that the value they stand in is refused by name.
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).map(|Query(pairs)| pairs);
        Ok(Self(pairs.unwrap_or_default()))
    }
}

/// Which page of a list is wanted.
#[derive(Clone, Copy, Debug)]
pub struct PageRequest<const N: usize> {
    /// The most rows on the page.
    pub limit: usize,
    /// The key of the row that the page begins after; none for the first page.
    pub after: Option<[u8; N]>,
}

impl<const N: usize> PageRequest<N> {
    /// One row more than the page holds, which tells whether there is a next page.
    #[must_use]
    pub fn rows_to_read(&self) -> i64 {
        i64::try_from(self.limit + 1).unwrap_or(i64::MAX)
    }

    /// Reads `limit` and `cursor`; faults are noted in `reader`.
    pub fn read(
        query: &QueryString,
        cursors: &Cursors,
        scope: Scope<'_>,
        reader: &mut Reader,
    ) -> Option<Self> {
        let limit = read_limit(query, reader);
        let after = read_position(query, reader, |cursor| cursors.open(scope, cursor));
        Some(Self { limit: limit?, after: after? })
    }
}

/// Reads `limit`; a fault is noted in `reader`.
pub fn read_limit(query: &QueryString, reader: &mut Reader) -> Option<usize> {
    reader.at(Step::Name("limit"), |reader| match query.get("limit") {
        None => Some(USUAL_PAGE),
        Some(text) => match whole_number(text) {
            None => reader.fault("int_parsing", "must be a whole number"),
            Some(limit) if (1..=LARGEST_PAGE).contains(&limit) => Some(limit),
            Some(_) => reader.fault("out_of_range", format!("must be between 1 and {LARGEST_PAGE}")),
        },
    })
}

/// Reads `cursor`; none within when there is none. A fault is noted in `reader`.
pub fn read_position<P>(
    query: &QueryString,
    reader: &mut Reader,
    open: impl FnOnce(&str) -> Option<P>,
) -> Option<Option<P>> {
    reader.at(Step::Name("cursor"), |reader| match query.get("cursor") {
        None => Some(None),
        Some(cursor) => match open(cursor) {
            Some(position) => Some(Some(position)),
            None => reader.fault("cursor", "must be the next_cursor of this very list"),
        },
    })
}

/// Digits only, with a sign at most: `+5`, ` 5` and `5.0` are no whole numbers here.
fn whole_number(text: &str) -> Option<usize> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Negative or too large to count: certainly out of range.
    Some(if text.starts_with('-') { 0 } else { digits.parse().unwrap_or(usize::MAX) })
}

/// Makes the error out of what a reader found.
#[must_use]
pub fn invalid(reader: Reader) -> ApiError {
    ApiError::Invalid(reader.into_faults())
}
