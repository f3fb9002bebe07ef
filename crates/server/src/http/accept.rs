//! Which form of an answer a client would rather have (RFC 9110, section 12.5.1).

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};

/// The two forms of an answer that can be given while it is being made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// In one piece, as JSON. Who says nothing else gets this.
    Whole,
    /// As `text/event-stream`.
    Streamed,
}

impl<S: Send + Sync> FromRequestParts<S> for Form {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let streamed = prefers(&parts.headers, "text/event-stream", "application/json");
        Ok(if streamed { Self::Streamed } else { Self::Whole })
    }
}

/// Whether `Accept` gives `other` more weight than `usual`; at the same weight the more specific range and then the
/// first one wins. Who accepts neither gets the usual.
#[must_use]
pub fn prefers(headers: &HeaderMap, other: &str, usual: &str) -> bool {
    let ranges: Vec<(String, f32)> = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(range)
        .collect();
    let weight_of = |kind: &str| {
        let family = kind.split_once('/').map_or_else(String::new, |(family, _)| format!("{family}/*"));
        [kind, &family, "*/*"].iter().enumerate().find_map(|(specificity, name)| {
            let (position, (_, weight)) = ranges.iter().enumerate().find(|(_, (range, _))| range == name)?;
            Some((*weight, specificity, position))
        })
    };
    match (weight_of(other), weight_of(usual)) {
        (Some((weight, 0 | 1, _)), None) => weight > 0.0,
        (Some((weight, specificity, position)), Some((usual, usual_specificity, usual_position))) => {
            weight > usual
                || weight > 0.0
                    && (weight - usual).abs() < f32::EPSILON
                    && (specificity, position) < (usual_specificity, usual_position)
        }
        _ => false,
    }
}

fn range(text: &str) -> (String, f32) {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let weight = parts
        .find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")))
        .map_or(1.0, |weight| weight.parse().unwrap_or(0.0));
    (name, weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefers_in(accept: &[&'static str], other: &str) -> bool {
        let mut headers = HeaderMap::new();
        for value in accept {
            headers.append(header::ACCEPT, value.parse().unwrap());
        }
        prefers(&headers, other, "application/json")
    }

    #[test]
    fn browsers_prefer_html_and_programs_do_not() {
        let prefers = |accept| prefers_in(&[accept], "text/html");
        assert!(prefers("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
        assert!(prefers("text/html"));
        assert!(prefers("text/html, application/json"));
        assert!(prefers("application/json;q=0.5, text/html"));
        assert!(!prefers("application/json, text/html"));
        assert!(!prefers("application/json"));
        assert!(!prefers("*/*"));
        assert!(!prefers("text/html;q=0.2, application/json"));
        assert!(!prefers("text/html;q=0"));
        assert!(!prefers_in(&[], "text/html"));
    }

    #[test]
    fn a_stream_is_for_those_who_ask_for_one() {
        let streamed = |accept: &[&'static str]| prefers_in(accept, "text/event-stream");
        for accept in [
            &["text/event-stream"][..],
            &["Text/Event-Stream; charset=utf-8"],
            &["text/event-stream, */*"],
            &["text/event-stream, application/json"],
            &["application/json;q=0.9, text/event-stream"],
            &["application/json;q=0.9", "text/event-stream"],
            &["text/event-stream;q=0.1"],
            &["text/event-stream;q=0.1, application/json;q=0"],
            &["text/*"],
        ] {
            assert!(streamed(accept), "{accept:?}");
        }
        for accept in [
            &[][..],
            &["*/*"],
            &["application/json"],
            &["application/json, text/event-stream"],
            &["application/*, text/*;q=0.9"],
            &["text/event-stream;q=0.5, application/json"],
            &["text/event-stream;q=0, */*"],
            &["text/event-stream;q=0"],
            &["text/event-stream;q=much, application/json;q=0.1"],
            &["text/html"],
            &["no media type at all"],
        ] {
            assert!(!streamed(accept), "{accept:?}");
        }
    }
}
