//! `POST /llm/conversation-turn`: the student says something, and Zoe answers.

use std::time::Duration;

use axum::{extract::State, response::Response};
use ella_llm::{Request, cut_sentences};
use ella_sql::queries::tutor;
use futures::try_join;
use jiff::Timestamp;
use postgres_types::Json as SqlJson;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::time::Instant;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    ask::{REST_PATIENCE, Rest, Said, Telemetry, tell},
    budgets,
    context::{Learner, OPENING, history},
    corrections::{self, ZoesCorrection},
    engine::{Engine, TurnLatency},
    prompts,
    speech::{Speech, speech_event},
    voice,
};
use crate::{
    app::App,
    auth::Student,
    body,
    clock::utc_day,
    conversations::{NO_SUCH_CONVERSATION, why_closed},
    http::{
        ApiError,
        accept::Form,
        body::KeyedBody,
        context as request,
        openapi::problems::{Always, ForStudents, OfSomething, WithBody, WithState},
        parse::{Id, Text, Whole},
        retry::Retry,
        stream::{Listener, streamed, whole},
    },
    words::count_words,
};

mod claim;
mod late;
mod store;

use claim::Begun;
use store::Stored;

body! {
    /// What the student said.
    #[example(serde_json::json!({
        "conversation_id": "0198c0de-1111-7000-8000-000000000000", "text": "I go to school yesterday.", "latency_ms": {"stt": 210}
    }))]
    pub struct NewTurn {
        /// The conversation that goes on.
        pub conversation_id: Id,
        /// What was said.
        pub text: Text<1, 4000>,
        /// How long things took on the device.
        pub latency_ms: Option<DeviceLatency>,
    }
}

body! {
    /// Milliseconds, measured on the device.
    #[example(serde_json::json!({"stt": 210, "tts": 180}))]
    pub struct DeviceLatency {
        /// Speech to text, of these words.
        pub stt: Option<Whole<0, 600_000>>,
        /// Text to speech, of Zoe's previous reply.
        pub tts: Option<Whole<0, 600_000>>,
    }
}

/// What Zoe answers.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TurnAnswer {
    #[schema(example = "You went to school! What did you do there?")]
    pub(super) reply: String,
    /// What the student said, said well; at most three.
    pub(super) corrections: Vec<ZoesCorrection>,
    /// Whether that is all. If not, the rest follows into the stored message.
    pub(super) corrections_complete: bool,
    pub(super) user_message_id: Uuid,
    pub(super) reply_message_id: Uuid,
    pub(super) engine: Engine,
    pub(super) latency_ms: TurnLatency,
}

speech_event! {
    /// An event of a streamed turn; on the wire its name and its data are lines of their own.
    pub enum TurnEvent ends with TurnAnswer
}

const STREAMED_TURN: &str = include_str!("examples/turn.txt");

const STREAMED_RESTART: &str = include_str!("examples/restart.txt");

/// A turn on its way.
pub(super) struct Exchange {
    pub(super) student: Uuid,
    pub(super) conversation_id: Uuid,
    pub(super) text: String,
    pub(super) stt_ms: Option<i32>,
    pub(super) tts_ms: Option<i32>,
    pub(super) retry: Option<Retry>,
    pub(super) arrived: Instant,
}

/// What the first round trip to the database brought.
pub(super) struct Known {
    pub(super) user_message_id: Uuid,
    pub(super) position: i32,
    pub(super) stt_ms: Option<i32>,
    pub(super) context: tutor::TurnContext,
    pub(super) history: Vec<tutor::TurnHistory>,
}

/// What a turn is answered with.
#[derive(Serialize)]
#[serde(untagged)]
enum Told {
    Now(Box<TurnAnswer>),
    /// What an earlier request with the same key was told.
    Before(Box<RawValue>),
}

/// Say something to Zoe.
///
/// The words are stored before a model is asked, and the answer comes within the turn's budget whatever the models do.
///
/// With `Accept: text/event-stream` Zoe is heard while she speaks: see the events of `TurnEvent`. The sentences joined
/// by one space are the reply. Comments keep the connection open while nothing is said. When the stream ends without
/// `done` or `error`, the connection was lost: send the request again with the same `Idempotency-Key`, and the sentences
/// come again, then `done`, without a second turn. A client that hangs up does not lose the turn: what was said is stored.
#[utoipa::path(
    post, path = "/llm/conversation-turn", tag = "Voice AI orchestration", security(("student" = [])),
    params(("Idempotency-Key" = Option<Uuid>, Header, description = "Makes a repeated request harmless.")),
    request_body = NewTurn,
    responses(
        (status = 200, description = "Zoe's answer: whole, or as a stream of events.", content(
            (TurnAnswer = "application/json"),
            (TurnEvent = "text/event-stream", examples(
                ("turn" = (summary = "A turn with a correction", value = json!(STREAMED_TURN))),
                ("restart" = (summary = "The second model takes over before the first sentence", value = json!(STREAMED_RESTART))),
            )),
        )),
        ForStudents, WithBody, OfSomething, WithState, Always,
    )
)]
pub async fn conversation_turn(
    State(app): State<App>,
    student: Student,
    form: Form,
    KeyedBody { body, key }: KeyedBody<NewTurn>,
) -> Result<Response, ApiError> {
    let latency = body.latency_ms.as_ref();
    // Boxed, like all that thousands of waiting turns would hold several times over.
    let exchange = Box::new(Exchange {
        student: student.id,
        conversation_id: body.conversation_id.0,
        text: body.text.into_string(),
        stt_ms: latency.and_then(|latency| latency.stt).map(Whole::get),
        tts_ms: latency.and_then(|latency| latency.tts).map(Whole::get),
        retry: Retry::new(student.id, key, || "/llm/conversation-turn".to_owned()),
        arrived: request::arrived(),
    });
    // On a task of its own: a client that hangs up does not lose the turn.
    let tasks = app.tasks.clone();
    match form {
        Form::Streamed => streamed(&tasks, |listener| Box::pin(take_turn(app, exchange, listener))).await,
        Form::Whole => {
            request::add_llm_time(Duration::ZERO);
            whole(&tasks, |listener| Box::pin(take_turn(app, exchange, listener))).await
        }
    }
}

async fn take_turn(app: App, exchange: Box<Exchange>, listener: &mut Listener) -> Result<Told, ApiError> {
    let mut speech = Speech::to(listener);
    // What goes on before and after the wait is boxed: thousands of turns wait at once, and none is to be as large
    // meanwhile as a query is.
    let known = match Box::pin(claim::begin(&app, &exchange, &mut speech)).await? {
        Begun::Fresh(known) => known,
        Begun::Earlier(answer) => {
            speech.whole(&reply_of(&answer)?);
            return Ok(Told::Before(answer));
        }
        Begun::Closed => {
            return Err(Box::pin(why_closed(&app, exchange.student, exchange.conversation_id)).await);
        }
    };
    speech.begin();
    let learner = Learner::from(&known.context);
    let prompt = prompt(&exchange, &known, learner);
    let prompt = Box::pin(budgets::priced(&app, exchange.student, known.context.tokens_today, prompt)).await;
    let mut said =
        tell(&app.tutor, prompt, exchange.arrived, &mut speech, Rest::MayFollow(REST_PATIENCE)).await;
    let reply = said.reply.take().unwrap_or_else(|| {
        // Folded like a model's words: what is heard is what is stored, white space in a topic or not.
        let line = cut_sentences(&built_in_line(&known, learner)).join(" ");
        speech.whole(&line);
        line
    });
    let stored = Box::pin(store::reply(&app, &exchange, &known, learner, reply, said)).await;
    let answered = match stored {
        Ok(Stored::Ours(answered)) => answered,
        Ok(Stored::ByAnother(answer)) => return Ok(Told::Before(answer)),
        Err(error) => {
            if let Some(retry) = &exchange.retry {
                Box::pin(retry.end_claim(&app)).await;
            }
            return Err(error);
        }
    };
    if let Some(turn) = answered.still_running {
        let late = late::Late::new(*exchange, *known, learner, &answered.answer, answered.counted);
        let tasks = app.tasks.clone();
        tasks.spawn(Box::pin(late.follow(app, turn)));
    }
    Ok(Told::Now(Box::new(answered.answer)))
}

/// The words of an answer that was stored.
fn reply_of(answer: &RawValue) -> Result<String, ApiError> {
    #[derive(Deserialize)]
    struct Stored {
        reply: String,
    }
    serde_json::from_str(answer.get())
        .map(|Stored { reply }| reply)
        .map_err(|error| ApiError::Internal(format!("read a stored answer: {error}")))
}

fn prompt(exchange: &Exchange, known: &Known, learner: Learner) -> Request {
    Request {
        system: prompts::turn(learner, known.context.topic.as_deref()),
        messages: history(&known.history, known.position, &exchange.text, learner),
        output: corrections::output(),
        max_output_tokens: 500,
        temperature: 0.7,
    }
}

/// The built-in voice's line for this turn; none that it said here lately, also when a model spoke between.
fn built_in_line(known: &Known, learner: Learner) -> String {
    let said: Vec<&str> =
        known.history.iter().filter(|said| said.canned).map(|said| said.content.as_str()).collect();
    let pick = usize::try_from(known.position).unwrap_or(0) / 2;
    voice::turn(learner, known.context.topic.as_deref(), &said, pick)
}
