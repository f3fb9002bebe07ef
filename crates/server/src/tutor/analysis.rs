//! `POST /llm/session-analysis`: what a call was like. Counts are computed, words are asked of a model.

use std::time::Duration;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use ella_llm::{Message, Output, Request};
use ella_sql::{client::Params, queries::tutor};
use futures::try_join;
use postgres_types::Json as SqlJson;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    ask::ask,
    blocks::escape,
    context::Learner,
    courage::{Courage, corrections_by_category},
    engine::{ANALYSIS_BUDGET, Engine, TurnLatency},
    prompts,
};
use crate::{
    app::App,
    auth::Student,
    body,
    conversations::{CorrectionCounts, NO_SUCH_CONVERSATION},
    http::{
        ApiError, Body, Json, context as request,
        openapi::problems::{Always, ForStudents, OfSomething, WithBody, WithState},
        parse::Id,
    },
};

/// Time that is kept back for reading and storing.
const WRITE_RESERVE: Duration = Duration::from_millis(300);
/// Messages of a conversation that are looked at.
const LONGEST: i64 = 10_000;
/// Messages that a model is shown: the last ones.
const SHOWN: usize = 80;

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
    #[schema(example = "You talked about your weekend and told a whole story. Well done!")]
    summary: String,
    courage: Courage,
    #[schema(max_items = 3)]
    best_moments: Vec<BestMoment>,
    corrections_by_category: CorrectionCounts,
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
    let (context, stored, messages) = app
        .database
        .read(|client| async move {
            let (context, stored, messages) =
                (tutor::turn_context(), tutor::analysis(), tutor::spoken_messages());
            let whose = tutor::TurnContextParams { user_id: student, conversation_id };
            let earlier = tutor::AnalysisParams { user_id: student, conversation_id };
            let all = tutor::SpokenMessagesParams { user_id: student, conversation_id, most: LONGEST };
            // In one round trip.
            try_join!(
                context.params(&client, &whose).opt(),
                stored
                    .params(&client, &earlier)
                    .map(|row| (row.up_to_position, row.result.0.to_owned()))
                    .opt(),
                messages.params(&client, &all).all(),
            )
        })
        .await?;
    let context = context.ok_or(ApiError::NotFound(NO_SUCH_CONVERSATION))?;
    let last_position = messages.last().map_or(0, |message| message.position);
    if let Some((up_to, result)) = stored
        && up_to == last_position
    {
        return Ok(Json(result).into_response());
    }
    let learner = Learner::from(&context);
    let courage = Courage::of(&messages, learner.level).ok_or(ApiError::Conflict(
        "The student has not said anything in this conversation yet; there is nothing to look back at.",
    ))?;
    let corrections_by_category = corrections_by_category(&messages);
    let said =
        ask(&app.tutor, prompt(learner, &messages), arrived, ANALYSIS_BUDGET.saturating_sub(WRITE_RESERVE))
            .await;
    let latency_ms = said.telemetry.latency(arrived);
    let rest = said.rest.unwrap_or_default();
    let (summary, best_moments, next_steps) = match said.reply {
        Some(summary) => {
            (summary, best_moments(&rest, &messages), next_steps(&rest, &corrections_by_category))
        }
        None => from_templates(&courage, &messages, &corrections_by_category),
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
    if !analysis.engine.degraded
        && let Err(error) = store(&app, student, last_position, &analysis).await
    {
        // It is only asked for once more then, which is no reason to withhold it now.
        tracing::warn!(%error, "an analysis could not be kept");
    }
    Ok(Json(analysis).into_response())
}

fn prompt(learner: Learner, messages: &[tutor::SpokenMessages]) -> Request {
    let first = messages.len().saturating_sub(SHOWN);
    let shown = messages.iter().skip(first).map(|message| {
        let name = if message.by_student { "student" } else { "zoe" };
        format!("<{name} message=\"{}\">{}</{name}>", message.position, escape(&message.content))
    });
    Request {
        system: prompts::analysis(learner),
        messages: vec![Message::user(shown.collect::<Vec<_>>().join("\n"))],
        output: Output::json(
            "analysis",
            json!({"type": "object", "properties": {
                "reply": {"type": "string"},
                "best_moments": {"type": "array", "items": {"type": "object", "properties": {
                    "message": {"type": "integer"}, "quote": {"type": "string"}, "why": {"type": "string"},
                }}},
                "next_steps": {"type": "array", "items": {"type": "string"}},
            }}),
        ),
        max_output_tokens: 900,
        temperature: 0.4,
    }
}

/// Those moments of a model's answer whose quote stands word for word in the student's message that it names.
fn best_moments(rest: &Value, messages: &[tutor::SpokenMessages]) -> Vec<BestMoment> {
    let proposed = rest.get("best_moments").and_then(Value::as_array).into_iter().flatten();
    let checked = proposed.filter_map(|moment| {
        let position = moment.get("message")?.as_i64()?;
        let quote = moment.get("quote")?.as_str()?.trim();
        let message =
            messages.iter().find(|message| i64::from(message.position) == position && message.by_student)?;
        let why = moment.get("why").and_then(Value::as_str).map(str::trim).filter(|why| !why.is_empty())?;
        (!quote.is_empty() && message.content.contains(quote)).then(|| BestMoment {
            message_id: message.id,
            quote: quote.to_owned(),
            why: why.to_owned(),
        })
    });
    checked.take(3).collect()
}

fn next_steps(rest: &Value, counts: &CorrectionCounts) -> Vec<String> {
    let proposed = rest.get("next_steps").and_then(Value::as_array).into_iter().flatten();
    let steps: Vec<String> = proposed
        .filter_map(|step| step.as_str().map(str::trim).filter(|step| !step.is_empty()).map(str::to_owned))
        .take(3)
        .collect();
    if steps.is_empty() { template_steps(counts) } else { steps }
}

/// Words for when no model has any: true ones, made of the counts.
fn from_templates(
    courage: &Courage,
    messages: &[tutor::SpokenMessages],
    counts: &CorrectionCounts,
) -> (String, Vec<BestMoment>, Vec<String>) {
    let times = if courage.turns == 1 { "once".to_owned() } else { format!("{} times", courage.turns) };
    let summary = format!(
        "You spoke {times} in this call. Your longest turn had {} words. Every sentence you say makes the next one easier.",
        courage.longest_turn_words
    );
    let longest = messages.iter().filter(|message| message.by_student && message.word_count > 0);
    let longest = longest.max_by_key(|message| (message.word_count, std::cmp::Reverse(message.position)));
    let moments = longest.map(|message| BestMoment {
        message_id: message.id,
        quote: message.content.clone(),
        why: "This was your longest turn.".to_owned(),
    });
    (summary, moments.into_iter().collect(), template_steps(counts))
}

fn template_steps(counts: &CorrectionCounts) -> Vec<String> {
    let by_count = [
        (counts.grammar, "Say the corrected sentences of this call aloud, twice each."),
        (counts.vocab, "Use each new word of this call in a sentence of your own."),
        (counts.fluency, "Tell the same story again, a little faster."),
        (counts.spelling, "Write down the words that were corrected."),
        (counts.pronunciation, "Listen to the difficult words and say them slowly."),
    ];
    let mut steps: Vec<String> =
        by_count.iter().filter(|(count, _)| *count > 0).map(|(_, step)| (*step).to_owned()).take(2).collect();
    steps.push("Talk with Zoe again tomorrow, and ask her one question more than today.".to_owned());
    steps
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
