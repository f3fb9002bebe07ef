//! How answers are written.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::ApiError;

/// A 200 with a JSON body.
#[derive(Debug)]
pub struct Json<T>(pub T);

/// A 201 with a JSON body.
#[derive(Debug)]
pub struct Created<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        write(StatusCode::OK, &self.0)
    }
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        write(StatusCode::CREATED, &self.0)
    }
}

fn write(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => (status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes)
            .into_response(),
        Err(error) => ApiError::Internal(format!("write the answer: {error}")).into_response(),
    }
}

/// Times on the wire: RFC 3339 in UTC, to the microsecond that PostgreSQL keeps, ending in `Z`.
pub mod moment {
    use jiff::Timestamp;
    use serde::Serializer;

    /// Writes a time.
    ///
    /// # Errors
    /// Only those of the serializer.
    pub fn serialize<S: Serializer>(moment: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{moment:.6}"))
    }

    /// The same for a time that may be missing.
    pub mod option {
        use super::{Serializer, Timestamp};

        /// Writes a time or null.
        ///
        /// # Errors
        /// Only those of the serializer.
        pub fn serialize<S: Serializer>(
            moment: &Option<Timestamp>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            match moment {
                Some(moment) => super::serialize(moment, serializer),
                None => serializer.serialize_none(),
            }
        }
    }
}
