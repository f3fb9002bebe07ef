//! The pages for people: `/dashboard` and `/practice`, and what they are made of under `/assets`.
//!
//! They are static files of this program, use the public API like anyone else, and stand outside its description.

mod files;

use axum::{
    Router,
    extract::{Path, rejection::PathRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

pub use files::File;

use crate::http::ApiError;

/// What a page may do: load from this server, and nothing else. No style or script may stand in a page's text, and no
/// text may become HTML (trusted types).
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";

/// The pages' routes.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/dashboard", get(|headers: HeaderMap| async move { answer("dashboard.html", &headers) }))
        .route("/practice", get(|headers: HeaderMap| async move { answer("practice.html", &headers) }))
        .route(
            "/assets/{*file}",
            // A name that is no UTF-8 is the name of no file.
            get(|name: Result<Path<String>, PathRejection>, headers: HeaderMap| async move {
                match name {
                    Ok(Path(name)) => answer(&format!("assets/{name}"), &headers),
                    Err(_) => ApiError::NoRoute.into_response(),
                }
            }),
        )
}

/// The file `name`, compressed for whoever takes that, or a 304 for whoever has it already.
fn answer(name: &str, asked: &HeaderMap) -> Response {
    let Some(file) = File::find(name) else { return ApiError::NoRoute.into_response() };
    let zipped = accepts_gzip(asked);
    let tag = file.tag(zipped);
    let mut response = if knows(asked, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let bytes = if zipped { file.zipped() } else { file.bytes() };
        ([(header::CONTENT_TYPE, HeaderValue::from_static(file.kind()))], bytes).into_response()
    };
    let has_body = response.status() == StatusCode::OK;
    let headers = response.headers_mut();
    if zipped && has_body {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    for (name, value) in [
        // Kept, but asked for each time: a new program brings new pages, all of them at once.
        (header::CACHE_CONTROL, "no-cache"),
        (header::VARY, "accept-encoding"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Whether `gzip` is named in `Accept-Encoding`, and not refused there.
fn accepts_gzip(asked: &HeaderMap) -> bool {
    listed(asked, header::ACCEPT_ENCODING).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let names_it = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Ok(1.0), str::parse::<f32>);
        names_it && weight.is_ok_and(|weight| weight > 0.0)
    })
}

/// Whether the client has this version (RFC 9110, section 13.1.2: weak comparison).
fn knows(asked: &HeaderMap, tag: &str) -> bool {
    listed(asked, header::IF_NONE_MATCH)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// The parts of a header that is a list.
fn listed(headers: &HeaderMap, name: header::HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn a_client_is_sent_what_it_takes() {
        let takes = |value| accepts_gzip(&headers(header::ACCEPT_ENCODING, value));
        assert!(takes("gzip") && takes("br, GZIP;q=0.5") && takes("gzip;q=1.0, identity"));
        assert!(!takes("") && !takes("br") && !takes("gzip;q=0") && !takes("gzip;q=x") && !takes("xgzip"));
    }

    #[test]
    fn a_client_is_not_sent_what_it_has() {
        let knows = |value| knows(&headers(header::IF_NONE_MATCH, value), "\"a\"");
        assert!(knows("\"a\"") && knows("\"b\", W/\"a\"") && knows("*"));
        assert!(!knows("") && !knows("a") && !knows("\"b\""));
    }
}
