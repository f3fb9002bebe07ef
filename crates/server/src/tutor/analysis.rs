//! `POST /llm/session-analysis`: what a call was like. Counts are computed, words are asked of a model.

use std::time::Duration;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use ella_sql::{client::Params, queries::tutor};
use futures::try_join;
use postgres_types::Json as SqlJson;
use serde::Serialize;
use tokio::time::timeout_at;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    ask::ask,
    budgets,
    context::Learner,
    courage::Courage,
    engine::{Engine, TurnLatency, Tutor},
};
use crate::{
    app::App,
    auth::Student,
    body,
    clock::utc_day,
    conversations::{CorrectionCounts, NO_SUCH_CONVERSATION},
    http::{
        ApiError, Body, Json, context as request,
        openapi::problems::{Always, ForStudents, OfSomething, WithBody, WithState},
        parse::Id,
    },
};

mod at_work;
mod call;
mod words;

pub(super) use at_work::AtWork;
use call::Call;
use words::Words;

body! {
    /// Which call is looked at.
    #[example(serde_json::json!({"conversation_id": "0198c0de-1111-7000-8000-000000000000"}))]
    pub struct AnalysisRequest {
        /// The conversation.
        pub conversation_id: Id,
    }
}

/// What a call was like.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionAnalysis {
    conversation_id: Uuid,
    #[schema(example = "You talked about your weekend and told a whole story. Well done!", max_length = 700)]
    summary: String,
    courage: Courage,
    #[schema(max_items = 3)]
    best_moments: Vec<BestMoment>,
    corrections_by_category: CorrectionCounts,
    #[schema(min_items = 1, max_items = 3)]
    next_steps: Vec<String>,
    engine: Engine,
    latency_ms: TurnLatency,
}

/// Something the student said well.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BestMoment {
    message_id: Uuid,
    /// Word for word out of that message.
    #[schema(example = "If I had more time, I would learn to surf")]
    quote: String,
    #[schema(example = "A whole idea in one brave sentence.")]
    why: String,
}

/// Look back at a call.
///
/// The result is stored; asked again with no new message, it is returned as it is.
#[utoipa::path(
    post, path = "/llm/session-analysis", tag = "Voice AI orchestration", security(("student" = [])),
    request_body = AnalysisRequest,
    responses((status = 200, description = "The analysis.", body = SessionAnalysis), ForStudents, WithBody, OfSomething, WithState, Always)
)]
pub async fn session_analysis(
    State(app): State<App>,
    student: Student,
    Body(body): Body<AnalysisRequest>,
) -> Result<Response, ApiError> {
    let tasks = app.tasks.clone();
    let work = analyse(app, student.id, body.conversation_id.0);
    // On a task of its own: a client that hangs up finds the analysis when it comes back.
    let work = tasks.spawn(request::carried(Box::pin(work)));
    work.await.map_err(|error| ApiError::Internal(format!("the analysis broke off: {error}")))?
}

async fn analyse(app: App, student: Uuid, conversation_id: Uuid) -> Result<Response, ApiError> {
    let arrived = request::arrived();
    request::add_llm_time(Duration::ZERO);
    let within = Tutor::analysis_deadlines(arrived);
    let mut place = app.tutor.analyses().stand(student, conversation_id);
    // Whoever is at work on the same conversation came earlier, and so ends earlier. If not, the words are templates.
    let _ = timeout_at(within.first_sentence, place.pass()).await;
    let today = utc_day(app.clock.now());
    let (context, stored, first_page) = app
        .database
        .read(|client| async move {
            let (context, stored, messages) =
                (tutor::turn_context(), tutor::analysis(), tutor::spoken_messages());
            let whose = tutor::TurnContextParams { today, user_id: student, conversation_id };
            let earlier = tutor::AnalysisParams { user_id: student, conversation_id };
            let page = call::page(student, conversation_id, 0);
            // In one round trip.
            try_join!(
                context.params(&client, &whose).opt(),
                stored.params(&client, &earlier).map(|row| (row.is_current, row.result.0.to_owned())).opt(),
                messages.params(&client, &page).all(),
            )
        })
        .await?;
    let context = context.ok_or(ApiError::NotFound(NO_SUCH_CONVERSATION))?;
    if let Some((true, result)) = stored {
        return Ok(Json(result).into_response());
    }
    let learner = Learner::from(&context);
    let call = Call::hear(&app, student, conversation_id, first_page).await?;
    let courage = call.counts.courage(learner.level).ok_or(ApiError::Conflict(
        "The student has not said anything in this conversation yet; there is nothing to look back at.",
    ))?;
    let prompt = budgets::priced(&app, student, context.tokens_today, call.prompt(learner)).await;
    let said = ask(&app.tutor, prompt, within).await;
    budgets::note(&app, student, said.telemetry.usage);
    let latency_ms = said.telemetry.latency(arrived);
    let corrections_by_category = call.counts.corrections_by_category();
    // Half of one is worth saying, and not worth keeping.
    let is_whole = said.reply.is_some() && said.rest.is_some() && !said.engine.truncated;
    let Words { summary, best_moments, next_steps } = match said.reply {
        Some(summary) => {
            Words::believed(&summary, &said.rest.unwrap_or_default(), &call, &corrections_by_category)
        }
        None => Words::from_templates(&courage, &call, &corrections_by_category),
    };
    let analysis = SessionAnalysis {
        conversation_id,
        summary,
        courage,
        best_moments,
        corrections_by_category,
        next_steps,
        engine: said.engine,
        latency_ms,
    };
    if is_whole && let Err(error) = store(&app, student, call.last_position, &analysis).await {
        // It is only asked for once more then, which is no reason to withhold it now.
        tracing::warn!(%error, "an analysis could not be kept");
    }
    Ok(Json(analysis).into_response())
}

async fn store(
    app: &App,
    student: Uuid,
    up_to_position: i32,
    analysis: &SessionAnalysis,
) -> Result<(), ApiError> {
    let params = tutor::StoreAnalysisParams {
        user_id: student,
        conversation_id: analysis.conversation_id,
        now: app.clock.now(),
        up_to_position,
        result: SqlJson(analysis),
    };
    let params = &params;
    app.database
        .write_again(|client| async move { tutor::store_analysis().params(&client, params).await })
        .await?;
    Ok(())
}
