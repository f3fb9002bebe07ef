//! `POST /llm/placement-turn`: an interview that finds out the student's level. Nothing is stored.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    ask::ask,
    budgets,
    engine::{Engine, TurnLatency},
    interview::Interview,
};
use crate::{
    app::App,
    auth::Student,
    body,
    conversations::Role,
    http::{
        ApiError, Json,
        body::LargeBody,
        context as request,
        openapi::problems::{Always, ForStudents, WithBody},
        parse::{List, Text},
    },
    levels::CefrLevel,
    placements::Scores,
};

body! {
    /// What was said so far, and what the student says now. With neither, Zoe opens the interview.
    #[example(serde_json::json!({
        "history": [{"role": "assistant", "content": "Hi! What is your favourite food?"}], "text": "I like pizza very much."
    }))]
    pub struct PlacementTurn {
        /// What was said so far, oldest first.
        pub history: Option<List<HistoryTurn, 0, 60>>,
        /// What the student says now.
        pub text: Option<Text<1, 4000>>,
    }
}

body! {
    /// One turn of an interview.
    #[example(serde_json::json!({"role": "assistant", "content": "Hi! What is your favourite food?"}))]
    pub struct HistoryTurn {
        /// Who spoke.
        pub role: Role,
        /// What was said.
        pub content: Text<1, 8000>,
    }
}

/// What Zoe asks next, and what she thinks so far.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlacementAnswer {
    #[schema(example = "Thank you! What do you do on a normal day?")]
    reply: String,
    assessment: Assessment,
    /// Whether the interview is over.
    finished: bool,
    engine: Engine,
    latency_ms: TurnLatency,
}

/// What Zoe thinks so far.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Assessment {
    /// Null while unknown.
    pub(super) cefr_level: Option<CefrLevel>,
    #[schema(minimum = 0, maximum = 1)]
    pub(super) confidence: f64,
    /// Each null while unknown.
    pub(super) scores: Scores,
}

/// Go on with a placement interview.
#[utoipa::path(
    post, path = "/llm/placement-turn", tag = "Voice AI orchestration", security(("student" = [])),
    request_body(content = PlacementTurn, description = "May be left out."),
    responses((status = 200, description = "The next question.", body = PlacementAnswer), ForStudents, WithBody, Always)
)]
pub async fn placement_turn(
    State(app): State<App>,
    student: Student,
    LargeBody(body): LargeBody<PlacementTurn>,
) -> Result<Json<PlacementAnswer>, ApiError> {
    let tokens_today = budgets::tokens_of(&app, student.id).await?;
    let arrived = request::arrived();
    let said_so_far = spoken(body);
    let interview = Interview::of(&said_so_far);
    let prompt = budgets::priced(&app, student.id, tokens_today, interview.prompt()).await;
    let said = ask(&app.tutor, prompt, arrived, app.tutor.reply_within()).await;
    budgets::note(&app, student.id, said.telemetry.usage);
    let latency_ms = said.telemetry.latency(arrived);
    let (reply, assessment, finished) = match said.reply {
        Some(reply) => {
            let (assessment, finished) = interview.heard(&said.rest.unwrap_or_default());
            (reply, assessment, finished)
        }
        None => interview.built_in(),
    };
    Ok(Json(PlacementAnswer { reply, assessment, finished, engine: said.engine, latency_ms }))
}

fn spoken(body: PlacementTurn) -> Vec<(Role, String)> {
    let history = body.history.map(|list| list.0).unwrap_or_default();
    let history = history.into_iter().map(|turn| (turn.role, turn.content.into_string()));
    history.chain(body.text.map(|text| (Role::User, text.into_string()))).collect()
}
