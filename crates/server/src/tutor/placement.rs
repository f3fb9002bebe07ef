//! `POST /llm/placement-turn`: an interview that finds out the student's level. Nothing is stored.

use axum::{extract::State, response::Response};
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    ask::{Rest, tell},
    budgets,
    engine::{Engine, TurnLatency},
    interview::Interview,
    speech::{Speech, speech_event},
};
use crate::{
    app::App,
    auth::Student,
    body,
    conversations::Role,
    http::{
        ApiError,
        accept::Form,
        body::LargeBody,
        context as request,
        openapi::problems::{Always, ForStudents, WithBody},
        parse::{List, Text},
        stream::{Listener, streamed, whole},
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

const STREAMED_QUESTION: &str = include_str!("examples/question.txt");

speech_event! {
    /// An event of a streamed interview; on the wire its name and its data are lines of their own.
    pub enum PlacementEvent ends with PlacementAnswer
}

/// Go on with a placement interview.
///
/// With `Accept: text/event-stream` Zoe is heard while she speaks: see the events of `PlacementEvent`. The sentences
/// joined by one space are the reply.
#[utoipa::path(
    post, path = "/llm/placement-turn", tag = "Voice AI orchestration", security(("student" = [])),
    request_body(content = PlacementTurn, description = "May be left out."),
    responses(
        (status = 200, description = "The next question: whole, or as a stream of events.", content(
            (PlacementAnswer = "application/json"),
            (PlacementEvent = "text/event-stream", examples(
                ("question" = (summary = "A question", value = json!(STREAMED_QUESTION))),
            )),
        )),
        ForStudents, WithBody, Always,
    )
)]
pub async fn placement_turn(
    State(app): State<App>,
    student: Student,
    form: Form,
    LargeBody(body): LargeBody<PlacementTurn>,
) -> Result<Response, ApiError> {
    let (tasks, said, arrived) = (app.tasks.clone(), spoken(body), request::arrived());
    match form {
        Form::Streamed => {
            streamed(&tasks, move |listener| Box::pin(go_on(app, student.id, said, arrived, listener))).await
        }
        // On a task of its own: what a client costs that hangs up is noted all the same.
        Form::Whole => {
            whole(&tasks, move |listener| Box::pin(go_on(app, student.id, said, arrived, listener))).await
        }
    }
}

async fn go_on(
    app: App,
    student: Uuid,
    said_so_far: Vec<(Role, String)>,
    arrived: Instant,
    listener: &mut Listener,
) -> Result<PlacementAnswer, ApiError> {
    let mut speech = Speech::to(listener);
    let tokens_today = budgets::tokens_of(&app, student).await?;
    speech.begin();
    let interview = Interview::of(&said_so_far);
    let prompt = budgets::priced(&app, student, tokens_today, interview.prompt()).await;
    // The assessment is the point of it, and nothing can follow later: it is waited for as long as a stream may last.
    let said = tell(&app.tutor, prompt, arrived, &mut speech, Rest::Needed).await;
    budgets::note(&app, student, said.telemetry.usage);
    let (reply, assessment, finished) = match said.reply {
        Some(reply) => {
            let (assessment, finished) = interview.heard(&said.rest.unwrap_or_default());
            (reply, assessment, finished)
        }
        None => {
            let built_in = interview.built_in();
            speech.whole(&built_in.0);
            built_in
        }
    };
    let latency_ms = said.telemetry.latency(arrived);
    Ok(PlacementAnswer { reply, assessment, finished, engine: said.engine, latency_ms })
}

fn spoken(body: PlacementTurn) -> Vec<(Role, String)> {
    let history = body.history.map(|list| list.0).unwrap_or_default();
    let history = history.into_iter().map(|turn| (turn.role, turn.content.into_string()));
    history.chain(body.text.map(|text| (Role::User, text.into_string()))).collect()
}
