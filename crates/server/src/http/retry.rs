//! Repeated requests: the first result again, for the same key with the same body.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use ella_sql::{client::Params, queries::retries};
use jiff::Timestamp;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{ApiError, Json, body::IdempotencyKey};
use crate::{
    app::App,
    database::{Database, DatabaseError},
};

/// Claims expire by themselves after half a minute; until then somebody tries to end one that failed.
const TRIES_TO_END: u32 = 60;
const BETWEEN_TRIES: Duration = Duration::from_millis(500);

/// How long a key is kept. The contract asks for a day.
pub const KEPT_HOURS: i64 = 48;

/// A request's idempotency key in its place: whose it is, and on which path.
#[derive(Clone, Debug)]
pub struct Retry {
    /// Whose request it is.
    pub student: Uuid,
    /// The key with the hash of the body.
    pub key: IdempotencyKey,
    /// The path, its ids spelled in the one canonical way.
    pub path: String,
}

/// The columns that a claim writes; all none without a key.
#[derive(Clone, Copy, Debug, Default)]
pub struct Claim<'a> {
    /// The key.
    pub key: Option<Uuid>,
    /// The path.
    pub path: Option<&'a str>,
    /// The hash of the body.
    pub body_hash: Option<&'a [u8]>,
}

/// What an earlier request with the same key has left.
#[derive(Debug)]
pub enum Earlier {
    /// Its answer.
    Answer(Box<RawValue>),
    /// It is still at work, at most until then; the student's message is stored under this id.
    AtWork {
        /// Until when nobody else may take over.
        until: Timestamp,
        /// The student's message of a turn.
        message_id: Option<Uuid>,
    },
}

impl Retry {
    /// The retry of a request that may carry a key.
    #[must_use]
    pub fn new(student: Uuid, key: Option<IdempotencyKey>, path: impl FnOnce() -> String) -> Option<Self> {
        key.map(|key| Self { student, key, path: path() })
    }

    /// What earlier request there was with this key; another body under the same key is a conflict.
    pub async fn earlier(&self, database: &Database) -> Result<Option<Earlier>, ApiError> {
        let found = database
            .read(|client| async move {
                retries::retry_key()
                    .params(
                        &client,
                        &retries::RetryKeyParams {
                            user_id: self.student,
                            key: self.key.key,
                            path: self.path.as_str(),
                        },
                    )
                    .map(|row| {
                        let answer = row.response.map(|answer| answer.0.to_owned());
                        (row.body_hash.to_vec(), row.claimed_until, row.message_id, answer)
                    })
                    .opt()
                    .await
            })
            .await?;
        let Some((body_hash, claimed_until, message_id, answer)) = found else { return Ok(None) };
        if body_hash != self.key.body_hash {
            return Err(ApiError::Conflict(
                "This Idempotency-Key was used with another body; make a new key.",
            ));
        }
        Ok(match (answer, claimed_until) {
            (Some(answer), _) => Some(Earlier::Answer(answer)),
            (None, Some(until)) => Some(Earlier::AtWork { until, message_id }),
            (None, None) => None,
        })
    }

    /// The earlier answer of a request that is stored in one step.
    pub async fn replay(retry: Option<&Self>, database: &Database) -> Result<Option<Response>, ApiError> {
        let Some(retry) = retry else { return Ok(None) };
        Ok(match retry.earlier(database).await? {
            Some(Earlier::Answer(answer)) => Some(Json(answer).into_response()),
            Some(Earlier::AtWork { .. }) => {
                return Err(ApiError::Unavailable(
                    "the first request with this key is still at work".to_owned(),
                ));
            }
            None => None,
        })
    }

    /// Ends the claim of a request that failed, so that a repeated one need not wait until it expires. While the
    /// database is away, which is why requests fail, somebody goes on trying.
    pub async fn end_claim(&self, app: &App) {
        if let Err(error) = self.try_to_end_claim(app).await {
            tracing::warn!(%error, "the claim on a retry key is ended when the database is back");
            let (retry, later) = (self.clone(), app.clone());
            app.tasks.spawn(async move {
                for _ in 0..TRIES_TO_END {
                    tokio::select! {
                        () = tokio::time::sleep(BETWEEN_TRIES) => {}
                        () = later.tasks.ending() => return,
                    }
                    if retry.try_to_end_claim(&later).await.is_ok() {
                        return;
                    }
                }
            });
        }
    }

    async fn try_to_end_claim(&self, app: &App) -> Result<(), DatabaseError> {
        let now = app.clock.now();
        let params = retries::EndClaimParams {
            now,
            user_id: self.student,
            key: self.key.key,
            path: self.path.as_str(),
        };
        let params = &params;
        let ended = app
            .database
            .write_again(|client| async move { retries::end_claim().params(&client, params).await });
        ended.await.map(|_| ())
    }

    /// The columns that a claim writes.
    #[must_use]
    pub fn claim(retry: Option<&Self>) -> Claim<'_> {
        retry.map_or_else(Claim::default, |retry| Claim {
            key: Some(retry.key.key),
            path: Some(&retry.path),
            body_hash: Some(&retry.key.body_hash),
        })
    }
}
