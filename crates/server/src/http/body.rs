//! Bodies: JSON of a bounded size, read into a type that cannot hold anything invalid, together with the
//! `Idempotency-Key` where there may be one, so that every fault is told at once.

use std::time::Duration;

use aws_lc_rs::digest;
use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    ApiError,
    parse::{FromJson, Reader, Step},
};

/// The most bytes that a body may have, unless its endpoint says otherwise.
pub const USUAL_LIMIT: usize = 256 * 1024;
/// The most bytes for bodies that carry whole transcripts.
pub const LARGE_LIMIT: usize = 1024 * 1024;
/// How long a client may take to send its body; a little less than a request may take by default, so that it hears why.
const PATIENCE: Duration = Duration::from_secs(9);

/// A body of the usual size, with an optional `Idempotency-Key`.
pub type KeyedBody<T> = SizedKeyedBody<T, USUAL_LIMIT>;
/// A body that carries a whole transcript, with an optional `Idempotency-Key`.
pub type LargeKeyedBody<T> = SizedKeyedBody<T, LARGE_LIMIT>;

/// A body of the usual size.
#[derive(Debug)]
pub struct Body<T>(pub T);

/// A body that carries a whole transcript.
#[derive(Debug)]
pub struct LargeBody<T>(pub T);

/// A request's body of at most `LIMIT` bytes, and its idempotency key.
#[derive(Debug)]
pub struct SizedKeyedBody<T, const LIMIT: usize> {
    /// The body.
    pub body: T,
    /// The key with the hash of the body, if a key was sent.
    pub key: Option<IdempotencyKey>,
}

/// A body with which something may be stored or not. Where nothing is stored, an `Idempotency-Key` is ignored, whatever
/// it is.
#[derive(Debug)]
pub struct MaybeKeyedBody<T> {
    /// The body.
    pub body: T,
    /// The key with the hash of the body, if a key was sent and something is stored.
    pub key: Option<IdempotencyKey>,
}

/// Says of a body whether something is stored with it.
pub trait MayStore {
    /// Whether something is.
    fn stores(&self) -> bool;
}

/// A client's `Idempotency-Key`, and what it was sent with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The key.
    pub key: Uuid,
    /// SHA-256 of the body as the server understood it: trimmed, null as left out, unknown fields not counted.
    pub body_hash: [u8; 32],
}

impl<S: Send + Sync, T: FromJson> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        whole(request, USUAL_LIMIT).await.map(Self)
    }
}

impl<S: Send + Sync, T: FromJson> FromRequest<S> for LargeBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        whole(request, LARGE_LIMIT).await.map(Self)
    }
}

async fn whole<T: FromJson>(request: Request, limit: usize) -> Result<T, ApiError> {
    let bytes = read(request, limit).await?;
    let mut reader = Reader::new("body");
    parse(&bytes, &mut reader).ok_or_else(|| ApiError::Invalid(reader.into_faults()))
}

impl<S: Send + Sync, T: FromJson + Serialize, const LIMIT: usize> FromRequest<S>
    for SizedKeyedBody<T, LIMIT>
{
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let (key, body) = keyed(request, LIMIT, |_| true).await?;
        Ok(Self { body, key })
    }
}

impl<S: Send + Sync, T: FromJson + Serialize + MayStore> FromRequest<S> for MaybeKeyedBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let (key, body) = keyed(request, USUAL_LIMIT, T::stores).await?;
        Ok(Self { body, key })
    }
}

/// The body with its key, if the key matters.
async fn keyed<T: FromJson + Serialize>(
    request: Request,
    limit: usize,
    matters: impl Fn(&T) -> bool,
) -> Result<(Option<IdempotencyKey>, T), ApiError> {
    let mut header_reader = Reader::new("header");
    let key = idempotency_key(request.headers(), &mut header_reader);
    // Boxed, so that what is waited for afterwards does not keep its place.
    let bytes = Box::pin(read(request, limit)).await?;
    let mut reader = Reader::new("body");
    match (key, parse(&bytes, &mut reader)) {
        (_, Some(body)) if !matters(&body) => Ok((None, body)),
        (Some(key), Some(body)) => Ok((key.map(|key| hashed(key, &body)).transpose()?, body)),
        _ => {
            let faults = header_reader.into_faults().into_iter().chain(reader.into_faults());
            Err(ApiError::Invalid(faults.collect()))
        }
    }
}

/// The key if one was sent; the outer none is a fault.
#[expect(clippy::option_option, reason = "no key and a bad key are different things, for two lines")]
fn idempotency_key(headers: &HeaderMap, reader: &mut Reader) -> Option<Option<Uuid>> {
    const NAME: &str = "idempotency-key";
    let mut values = headers.get_all(NAME).iter();
    let Some(value) = values.next() else { return Some(None) };
    let key = value.to_str().ok().and_then(|text| Uuid::try_parse(text.trim()).ok());
    match (key, values.next()) {
        (Some(key), None) => Some(Some(key)),
        _ => reader
            .at(Step::Name("Idempotency-Key"), |reader| reader.fault("uuid_parsing", "must be one UUID")),
    }
}

fn hashed(key: Uuid, body: &impl Serialize) -> Result<IdempotencyKey, ApiError> {
    let canonical = serde_json::to_vec(body)
        .map_err(|error| ApiError::Internal(format!("write the body again: {error}")))?;
    let mut body_hash = [0; 32];
    body_hash.copy_from_slice(digest::digest(&digest::SHA256, &canonical).as_ref());
    Ok(IdempotencyKey { key, body_hash })
}

/// Reads the bytes of a body. The content type is looked at before the size, and neither matters for an empty body.
async fn read(request: Request, limit: usize) -> Result<Bytes, ApiError> {
    let is_json = is_json(request.headers());
    let announced: Option<usize> = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse().ok());
    if let Some(length) = announced {
        if length > 0 && !is_json {
            return Err(ApiError::UnsupportedMediaType);
        }
        if length > limit {
            return Err(ApiError::TooLarge(limit));
        }
    }
    let collected = tokio::time::timeout(PATIENCE, Limited::new(request.into_body(), limit).collect())
        .await
        .map_err(|_| ApiError::BodyTooSlow)?;
    match collected {
        Ok(body) => {
            let bytes = body.to_bytes();
            if bytes.is_empty() || is_json { Ok(bytes) } else { Err(ApiError::UnsupportedMediaType) }
        }
        Err(_) if !is_json => Err(ApiError::UnsupportedMediaType),
        Err(error) if error.is::<LengthLimitError>() => Err(ApiError::TooLarge(limit)),
        // The client broke off: nobody is there to read this.
        Err(_) => Err(ApiError::BodyTooSlow),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
        value.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
    })
}

fn parse<T: FromJson>(bytes: &[u8], reader: &mut Reader) -> Option<T> {
    if bytes.is_empty() {
        return T::from_json(Value::Object(Map::new()), reader);
    }
    match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => T::from_json(value, reader),
        Err(error) => reader.fault(
            "json_invalid",
            format!("is not valid JSON: see line {}, column {}", error.line(), error.column()),
        ),
    }
}
