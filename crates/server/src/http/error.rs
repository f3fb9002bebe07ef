//! Every way a request can fail, as the client sees it (RFC 9457) and as the log does.

use std::borrow::Cow;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{context, parse::Fault};

/// Why a request was not served.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// 401: the student's token is missing or not good.
    #[error("unauthorized: {0}")]
    Unauthorized(&'static str),
    /// 401: the admin key is missing.
    #[error("the admin key is missing")]
    AdminKeyMissing,
    /// 403: the admin key is wrong, or none is configured.
    #[error("the admin key is wrong")]
    Forbidden,
    /// 404: nothing there that this caller may see.
    #[error("not found: {0}")]
    NotFound(&'static str),
    /// 404: no such route.
    #[error("no such route")]
    NoRoute,
    /// 405: the route exists, the method does not.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// 408: the body did not arrive in time.
    #[error("the body did not arrive in time")]
    BodyTooSlow,
    /// 409: the state does not allow it.
    #[error("conflict: {0}")]
    Conflict(&'static str),
    /// 413, with the limit in bytes.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// 415.
    #[error("the content type is not application/json")]
    UnsupportedMediaType,
    /// 422, with every fault that was found.
    #[error("{} faults in the request", .0.len())]
    Invalid(Vec<Fault>),
    /// 429, with the seconds to wait.
    #[error("too many requests")]
    TooManyRequests(u64),
    /// 503: cannot be served now, with the cause for the log.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// 503: the request ran out of time.
    #[error("the deadline passed")]
    DeadlinePassed,
    /// 500, with the cause for the log.
    #[error("internal: {0}")]
    Internal(String),
}

/// The seconds after which a refused client may come again, when nothing better is known.
const RETRY_AFTER_SECONDS: u64 = 1;

/// An error, as `application/problem+json`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "type": "urn:ella:problem:not-found", "title": "Not Found", "status": 404,
    "detail": "There is no such conversation of yours.", "request_id": "0198c0de-1111-7000-8000-000000000000"
}))]
pub struct Problem {
    /// What kind of problem this is; stable, for programs to tell apart.
    #[serde(rename = "type")]
    #[schema(example = "urn:ella:problem:not-found")]
    kind: Cow<'static, str>,
    /// The status in words.
    title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// A sentence that a developer can act on.
    detail: Cow<'static, str>,
    /// The `x-request-id` of this answer, to be quoted when asking for help.
    request_id: String,
    /// With 422: every fault that was found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<Fault>,
}

impl ApiError {
    /// The status, the kind's name and the public sentence. Nothing internal may appear in the latter.
    fn public(&self) -> (StatusCode, &'static str, Cow<'static, str>) {
        use StatusCode as S;
        match self {
            Self::Unauthorized(detail) => (S::UNAUTHORIZED, "unauthorized", (*detail).into()),
            Self::AdminKeyMissing => {
                (S::UNAUTHORIZED, "unauthorized", "Send the admin key in the X-Admin-Key header.".into())
            }
            Self::Forbidden => (
                S::FORBIDDEN,
                "forbidden",
                "This admin key is not the right one, or the server has none configured.".into(),
            ),
            Self::NotFound(detail) => (S::NOT_FOUND, "not-found", (*detail).into()),
            Self::NoRoute => (
                S::NOT_FOUND,
                "no-such-route",
                "There is no such address here; GET /docs shows those there are.".into(),
            ),
            Self::MethodNotAllowed => (
                S::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "This address does not know this method; the Allow header names those it does.".into(),
            ),
            Self::BodyTooSlow => (
                S::REQUEST_TIMEOUT,
                "body-too-slow",
                "The body did not arrive in time; send the request again.".into(),
            ),
            Self::Conflict(detail) => (S::CONFLICT, "conflict", (*detail).into()),
            Self::TooLarge(limit) => (
                S::PAYLOAD_TOO_LARGE,
                "too-large",
                format!("The body may have at most {} KiB.", limit / 1024).into(),
            ),
            Self::UnsupportedMediaType => (
                S::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media-type",
                "Send the body as JSON, with Content-Type: application/json.".into(),
            ),
            Self::Invalid(faults) => (S::UNPROCESSABLE_ENTITY, "invalid", summary(faults).into()),
            Self::TooManyRequests(seconds) => (
                S::TOO_MANY_REQUESTS,
                "too-many-requests",
                format!("Too many requests from this address; come again in {seconds} s.").into(),
            ),
            Self::Unavailable(_) => (
                S::SERVICE_UNAVAILABLE,
                "unavailable",
                "The server or its database cannot take this request now; send it again shortly.".into(),
            ),
            Self::DeadlinePassed => (
                S::SERVICE_UNAVAILABLE,
                "deadline-passed",
                "The request could not be served in time; send it again shortly.".into(),
            ),
            Self::Internal(_) => (
                S::INTERNAL_SERVER_ERROR,
                "internal",
                "Something went wrong on the server; the request id helps to find out what.".into(),
            ),
        }
    }

    /// The token is good, but its student is not there any more.
    #[must_use]
    pub const fn lost_student() -> Self {
        Self::Unauthorized(
            "This token's student is no longer there; sign in again with POST /auth/anonymous.",
        )
    }

    /// The status that the client gets.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.public().0
    }

    /// The error as the client sees it; the current request's id is put in.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let (status, kind, detail) = self.public();
        Problem {
            kind: format!("urn:ella:problem:{kind}").into(),
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail,
            request_id: context::request_id(),
            errors: if let Self::Invalid(faults) = self { faults.clone() } else { Vec::new() },
        }
    }

    /// Tells the log the cause. Called where the error leaves the program's hands, and nowhere else.
    pub fn log(&self) {
        match self {
            Self::Internal(cause) => tracing::error!(error = %cause, "the request failed"),
            Self::Unavailable(cause) => tracing::warn!(error = %cause, "the request was refused"),
            _ => {}
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooManyRequests(seconds) => Some(*seconds),
            Self::Unavailable(_) | Self::DeadlinePassed => Some(RETRY_AFTER_SECONDS),
            _ => None,
        }
    }
}

/// One sentence over all faults: the first one, and how many more there are.
fn summary(faults: &[Fault]) -> String {
    let Some(first) = faults.first() else { return "The request is not valid.".to_owned() };
    let more = match faults.len() - 1 {
        0 => String::new(),
        1 => " (and 1 more fault, see errors)".to_owned(),
        more => format!(" (and {more} more faults, see errors)"),
    };
    format!("{}: {}{more}.", first.place(), first.msg)
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.log();
        let mut response = (self.status(), axum::Json(self.problem())).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Self::Unauthorized(_) = self {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
