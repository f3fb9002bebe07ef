//! `GET /`.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{Json, openapi::problems::Always};

/// This program's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Who answers here.
#[derive(Debug, Serialize, ToSchema)]
pub struct Root {
    #[schema(example = "ella")]
    name: &'static str,
    #[schema(example = "0.1.0")]
    version: &'static str,
    #[schema(example = "ok")]
    status: &'static str,
    #[schema(example = "/docs")]
    docs: &'static str,
}

/// Who answers here.
///
/// A browser is led to the documentation.
#[utoipa::path(
    get, path = "/", tag = "System", security(()),
    responses(
        (status = 200, description = "For programs.", body = Root),
        (status = 307, description = "For browsers: to the documentation.", headers(("Location" = String, description = "/docs"))),
        Always,
    )
)]
pub async fn root(headers: HeaderMap) -> Response {
    let mut response = if prefers_html(&headers) {
        (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, HeaderValue::from_static("/docs"))])
            .into_response()
    } else {
        Json(Root { name: "ella", version: VERSION, status: "ok", docs: "/docs" }).into_response()
    };
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept"));
    response
}

/// Whether `text/html` is named in `Accept` with more weight than JSON (RFC 9110, section 12.5.1); at the same weight
/// the more specific one and then the first one wins.
fn prefers_html(headers: &HeaderMap) -> bool {
    let ranges: Vec<(String, f32)> = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(range)
        .collect();
    let weight_of = |names: [&str; 3]| {
        names.iter().enumerate().find_map(|(specificity, name)| {
            let (position, (_, weight)) = ranges.iter().enumerate().find(|(_, (range, _))| range == name)?;
            Some((*weight, specificity, position))
        })
    };
    let html = weight_of(["text/html", "text/*", "*/*"]);
    let json = weight_of(["application/json", "application/*", "*/*"]);
    match (html, json) {
        (Some((html, 0 | 1, _)), None) => html > 0.0,
        (Some((html, html_specificity, html_position)), Some((json, json_specificity, json_position))) => {
            html > json
                || html > 0.0
                    && (html - json).abs() < f32::EPSILON
                    && (html_specificity, html_position) < (json_specificity, json_position)
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

    #[test]
    fn browsers_prefer_html_and_programs_do_not() {
        let prefers = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().unwrap());
            prefers_html(&headers)
        };
        assert!(prefers("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
        assert!(prefers("text/html"));
        assert!(prefers("text/html, application/json"));
        assert!(prefers("application/json;q=0.5, text/html"));
        assert!(!prefers("application/json, text/html"));
        assert!(!prefers("application/json"));
        assert!(!prefers("*/*"));
        assert!(!prefers("text/html;q=0.2, application/json"));
        assert!(!prefers("text/html;q=0"));
        assert!(!prefers_html(&HeaderMap::new()));
    }
}
