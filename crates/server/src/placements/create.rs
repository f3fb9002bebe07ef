//! `POST /placements`.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use ella_sql::{client::Params, queries::placements};
use postgres_types::Json as SqlJson;

use super::{NewScores, Placement, Scores, TranscriptTurn};
use crate::{
    app::App,
    auth::Student,
    body,
    http::{
        ApiError, Created,
        body::LargeKeyedBody,
        openapi::problems::{Always, ForStudents, WithBody, WithState},
        parse::{Fraction, List, Whole},
        retry::Retry,
    },
    levels::CefrLevel,
};

body! {
    /// The outcome of a placement test.
    #[example(serde_json::json!({
        "cefr_level": "B1", "confidence": 0.8, "scores": {"grammar": 0.5, "vocab": 0.6, "fluency": 0.7},
        "transcript": [{"role": "assistant", "content": "What do you like to do?"}, {"role": "user", "content": "I like play football."}],
        "duration_seconds": 240
    }))]
    pub struct NewPlacement {
        /// The level, which becomes the student's.
        pub cefr_level: CefrLevel,
        /// How sure the test is.
        pub confidence: Fraction,
        /// How well each part went.
        pub scores: Option<NewScores>,
        /// What was said, oldest first.
        pub transcript: List<TranscriptTurn, 0, 200>,
        /// How long it took.
        pub duration_seconds: Option<Whole<0, 86400>>,
    }
}

/// Save a placement test.
///
/// In the same step it becomes the student's level.
#[utoipa::path(
    post, path = "/placements", tag = "Placement screening", security(("student" = [])),
    params(("Idempotency-Key" = Option<uuid::Uuid>, Header, description = "Makes a repeated request harmless.")),
    request_body = NewPlacement,
    responses(
        (status = 201, description = "Saved.", body = Placement),
        (status = 200, description = "Saved before, with the same Idempotency-Key.", body = Placement),
        ForStudents, WithBody, WithState, Always,
    )
)]
pub async fn create_placement(
    State(app): State<App>,
    student: Student,
    LargeKeyedBody { body, key }: LargeKeyedBody<NewPlacement>,
) -> Result<Response, ApiError> {
    let retry = Retry::new(student.id, key, || "/placements".to_owned());
    let placement = answer(&app, &body)?;
    let claim = Retry::claim(retry.as_ref());
    let scores = placement.scores.unwrap_or_default();
    let response = claim.key.map(|_| SqlJson(&placement));
    let params = placements::CreatePlacementParams {
        user_id: student.id,
        key: claim.key,
        path: claim.path,
        now: placement.created_at,
        body_hash: claim.body_hash,
        response,
        cefr_level: body.cefr_level.word(),
        id: placement.id,
        confidence: placement.confidence,
        score_grammar: scores.grammar,
        score_vocab: scores.vocab,
        score_fluency: scores.fluency,
        duration_seconds: placement.duration_seconds,
        turn_count: i16::try_from(body.transcript.0.len()).unwrap_or(i16::MAX),
        scored: placement.scores.is_some(),
        transcript: SqlJson(&placement.transcript),
    };
    let params = &params;
    let stored = app
        .database
        .write_keyed(claim.key.is_some(), |client| async move {
            placements::create_placement().params(&client, params).await
        })
        .await?;
    if stored == 1 {
        return Ok(Created(placement).into_response());
    }
    // Nothing was stored: the key was used, or the student is gone.
    Retry::replay(retry.as_ref(), &app.database).await?.ok_or(ApiError::lost_student())
}

/// The answer is known before anything is stored, because the server makes ids and times.
fn answer(app: &App, body: &NewPlacement) -> Result<Placement, ApiError> {
    let transcript = serde_json::value::to_raw_value(&body.transcript)
        .map_err(|error| ApiError::Internal(format!("write the transcript: {error}")))?;
    let fraction = |score: Option<Fraction>| score.map(Fraction::get);
    Ok(Placement {
        id: app.new_id(),
        cefr_level: body.cefr_level.word().to_owned(),
        confidence: body.confidence.get(),
        scores: body.scores.as_ref().map(|scores| Scores {
            grammar: fraction(scores.grammar),
            vocab: fraction(scores.vocab),
            fluency: fraction(scores.fluency),
        }),
        transcript,
        duration_seconds: body.duration_seconds.map(Whole::get),
        created_at: app.clock.now(),
    })
}
