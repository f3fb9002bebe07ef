//! `POST /llm/placement-turn`: an interview that finds out the student's level. Nothing is stored.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use ella_llm::{Message, Output, Request};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::Instant;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    ask::tell,
    blocks::block,
    engine::{Engine, TurnLatency},
    prompts,
    speech::{Speech, speech_event},
    voice,
};
use crate::{
    app::App,
    auth::Student,
    body,
    conversations::Role,
    http::{
        ApiError, Json,
        accept::Form,
        body::LargeBody,
        context as request,
        openapi::problems::{Always, ForStudents, WithBody},
        parse::{List, Text},
        stream::{Listener, streamed},
    },
    levels::CefrLevel,
    placements::Scores,
    users,
    words::count_words,
};

/// An interview has at least and at most so many questions, whatever a model thinks.
const ANSWERS: std::ops::RangeInclusive<usize> = 6..=12;
/// How sure the server is of a level that it guesses from how much somebody says.
const CONFIDENCE_OF_A_GUESS: f64 = 0.2;

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
    cefr_level: Option<CefrLevel>,
    #[schema(minimum = 0, maximum = 1)]
    confidence: f64,
    /// Each null while unknown.
    scores: Scores,
}

impl Assessment {
    /// An interview that is over has a level: if nobody else knows, one that goes by how much the student says.
    fn guess(&mut self, answers: &[&str]) {
        let words: i32 = answers.iter().map(|answer| count_words(answer)).sum();
        let answered = i32::try_from(answers.len()).unwrap_or(i32::MAX).max(1);
        self.cefr_level = Some(voice::guess_level(f64::from(words) / f64::from(answered)));
        self.confidence = CONFIDENCE_OF_A_GUESS;
    }
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
        Form::Whole => {
            let answer = go_on(app, student.id, said, arrived, &mut Listener::nobody()).await?;
            Ok(Json(answer).into_response())
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
    users::confirm(&app, student).await?;
    speech.begin();
    let answers: Vec<&str> =
        said_so_far.iter().filter(|(role, _)| *role == Role::User).map(|(_, text)| text.as_str()).collect();
    let prompt = prompt(&said_so_far, answers.len());
    // The assessment is the point of it, and nothing can follow later: it is waited for as long as a stream may last.
    let said = tell(&app.tutor, prompt, arrived, &mut speech, None).await;
    let (reply, assessment, finished) = match said.reply {
        Some(reply) => {
            let rest = said.rest.unwrap_or_default();
            let finished = rest.get("finished").and_then(Value::as_bool).unwrap_or(false);
            let finished = answers.len() >= *ANSWERS.end() || (finished && ANSWERS.contains(&answers.len()));
            let mut assessment = assessment(&rest);
            if finished && assessment.cefr_level.is_none() {
                assessment.guess(&answers);
            }
            (reply, assessment, finished)
        }
        None => {
            let built_in = built_in(&answers);
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

fn prompt(said: &[(Role, String)], answers: usize) -> Request {
    // A client's history is not to be trusted either: both sides of it stand in data blocks.
    let messages = said.iter().map(|(role, text)| match role {
        Role::User => Message::user(block("student", text)),
        Role::Assistant => Message::assistant(block("zoe", text)),
    });
    let number = json!({"type": ["number", "null"]});
    Request {
        system: prompts::placement(answers),
        messages: messages.collect(),
        output: Output::json(
            "placement",
            json!({"type": "object", "properties": {
                "reply": {"type": "string"},
                "cefr_level": {"type": ["string", "null"], "enum": ["A1", "A2", "B1", "B2", "C1", "C2", null]},
                "confidence": {"type": "number"},
                "grammar": number, "vocab": number, "fluency": number,
                "finished": {"type": "boolean"},
            }}),
        ),
        max_output_tokens: 400,
        temperature: 0.5,
    }
}

fn assessment(rest: &Value) -> Assessment {
    let score = |name: &str| rest.get(name).and_then(Value::as_f64).map(|score| score.clamp(0.0, 1.0));
    let cefr_level = rest.get("cefr_level").and_then(Value::as_str).and_then(CefrLevel::from_word);
    Assessment {
        cefr_level,
        confidence: if cefr_level.is_some() { score("confidence").unwrap_or(0.0) } else { 0.0 },
        scores: Scores { grammar: score("grammar"), vocab: score("vocab"), fluency: score("fluency") },
    }
}

/// The built-in voice asks its questions in order. What it knows at the end is how much the student says, so its level
/// is a guess with little confidence and no scores.
fn built_in(answers: &[&str]) -> (String, Assessment, bool) {
    let (reply, finished) = voice::placement(answers.len());
    let mut assessment = Assessment::default();
    if finished {
        assessment.guess(answers);
    }
    (reply.to_owned(), assessment, finished)
}
