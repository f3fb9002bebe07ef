//! Files that stay as they are while the program runs: sent once, and then only when another program has other ones.

use std::{io::Write as _, sync::OnceLock};

use aws_lc_rs::digest;
use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};

use crate::secrets::hex;

/// A file inside this program.
pub struct File {
    kind: HeaderValue,
    content: Bytes,
    version: String,
    zipped: OnceLock<Bytes>,
}

impl File {
    /// A file of this content type. A type that no header can carry becomes that of any bytes.
    #[must_use]
    pub fn new(kind: &str, content: impl Into<Bytes>) -> Self {
        let content = content.into();
        let hash = digest::digest(&digest::SHA256, &content);
        Self {
            kind: HeaderValue::from_str(kind).unwrap_or(HeaderValue::from_static("application/octet-stream")),
            version: hex(hash.as_ref().get(..8).unwrap_or_default()),
            content,
            zipped: OnceLock::new(),
        }
    }

    /// The file, compressed for whoever takes that, or a 304 for whoever has it already. `policy` says what it may do as
    /// a page.
    #[must_use]
    pub fn answer(&self, asked: &HeaderMap, policy: &'static str) -> Response {
        let zipped = accepts_gzip(asked);
        let tag = self.tag(zipped);
        let is_known = knows(asked, &tag);
        let mut response = if is_known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let bytes = if zipped { self.zipped() } else { self.content.clone() };
            ([(header::CONTENT_TYPE, self.kind.clone())], bytes).into_response()
        };
        let headers = response.headers_mut();
        if zipped && !is_known {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(header::ETAG, tag);
        }
        for (name, value) in [
            // Kept, but asked for each time: a new program brings new files, all of them at once.
            (header::CACHE_CONTROL, "no-cache"),
            (header::VARY, "accept-encoding"),
            (header::CONTENT_SECURITY_POLICY, policy),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }

    /// The bytes, compressed. That is done once, when they are first asked for, so that no start waits for it.
    fn zipped(&self) -> Bytes {
        let zip = || {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(&self.content).and_then(|()| encoder.finish()).map(Bytes::from)
        };
        // Writing to memory cannot fail; if it did, an empty file would be noticed.
        self.zipped.get_or_init(|| zip().unwrap_or_default()).clone()
    }

    /// The tag of this version in this encoding.
    fn tag(&self, zipped: bool) -> String {
        format!("\"{}{}\"", self.version, if zipped { "-gzip" } else { "" })
    }
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
fn listed(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &'static str) -> HeaderMap {
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
