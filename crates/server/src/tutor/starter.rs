//! `POST /llm/conversation-starter`: Zoe begins.

use std::time::Duration;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use ella_llm::{Output, Request};
use ella_sql::{
    client::Params,
    queries::{retries, tutor, users},
};
use futures::try_join;
use postgres_types::Json as SqlJson;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    ask::{Telemetry, ask},
    context::Learner,
    engine::{Engine, TurnLatency},
    prompts, voice,
};
use crate::{
    app::App,
    auth::Student,
    body,
    conversations::why_closed,
    http::{
        ApiError, Json,
        body::KeyedBody,
        context as request,
        openapi::problems::{Always, ForStudents, OfSomething, WithBody, WithState},
        parse::{Id, Text},
        retry::{Earlier, Retry},
    },
    users::Focus,
    words::count_words,
};

/// How often a copy of a request that is still at work looks whether it is done.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

body! {
    /// What Zoe is to begin.
    #[example(serde_json::json!({"topic": "my weekend"}))]
    pub struct NewStarter {
        /// With a conversation, what Zoe says is stored in it.
        pub conversation_id: Option<Id>,
        /// What it is to be about; if left out, the conversation's topic, or Zoe's choice.
        pub topic: Option<Text<1, 200>>,
    }
}

/// How Zoe begins.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Starter {
    #[schema(example = "Hi, I am Zoe! How was your weekend?")]
    text: String,
    #[schema(example = "my weekend")]
    topic: String,
    /// Null without a conversation.
    message_id: Option<Uuid>,
    engine: Engine,
    latency_ms: TurnLatency,
}

/// Let Zoe begin.
#[utoipa::path(
    post, path = "/llm/conversation-starter", tag = "Voice AI orchestration", security(("student" = [])),
    params(("Idempotency-Key" = Option<Uuid>, Header, description = "Makes a repeated request harmless. Without a conversation nothing is stored, and it is ignored.")),
    request_body(content = NewStarter, description = "May be left out."),
    responses((status = 200, description = "How Zoe begins.", body = Starter), ForStudents, WithBody, OfSomething, WithState, Always)
)]
pub async fn conversation_starter(
    State(app): State<App>,
    student: Student,
    KeyedBody { body, key }: KeyedBody<NewStarter>,
) -> Result<Response, ApiError> {
    let topic = body.topic.map(Text::into_string);
    let Some(Id(conversation_id)) = body.conversation_id else {
        let learner = learner(&app, student.id).await?;
        let (starter, _) = say(&app, learner, topic, None).await;
        return Ok(Json(starter).into_response());
    };
    let retry = Retry::new(student.id, key, || "/llm/conversation-starter".to_owned());
    let tasks = app.tasks.clone();
    let work = in_conversation(app, student.id, conversation_id, topic, retry);
    // On a task of its own: a client that hangs up does not lose what Zoe said.
    let work = tasks.spawn(request::carried(Box::pin(work)));
    work.await.map_err(|error| ApiError::Internal(format!("the starter broke off: {error}")))?
}

async fn learner(app: &App, student: Uuid) -> Result<Learner, ApiError> {
    let profile = app
        .database
        .read(|client| async move { users::profile().bind(&client, &student).opt().await })
        .await?
        .ok_or(ApiError::lost_student())?;
    let focus =
        Focus { grammar: profile.focus_grammar, vocab: profile.focus_vocab, fluency: profile.focus_fluency };
    Ok(Learner::new(profile.cefr_level.as_deref(), focus, profile.age))
}

async fn in_conversation(
    app: App,
    student: Uuid,
    conversation_id: Uuid,
    topic: Option<String>,
    retry: Option<Retry>,
) -> Result<Response, ApiError> {
    request::add_llm_time(Duration::ZERO);
    let claim = Retry::claim(retry.as_ref());
    let now = app.clock.now();
    let begin = tutor::BeginStarterParams {
        user_id: student,
        conversation_id,
        key: claim.key,
        path: claim.path,
        now,
        body_hash: claim.body_hash,
        claimed_until: claim.key.map(|_| now + app.tutor.claim_for()),
    };
    let begin = &begin;
    let (opened, context) = app
        .database
        .write_keyed(claim.key.is_some(), |client| async move {
            let (opened, context) = (tutor::begin_starter(), tutor::turn_context());
            let wanted = tutor::TurnContextParams { user_id: student, conversation_id };
            // In one round trip.
            try_join!(opened.params(&client, begin).opt(), context.params(&client, &wanted).opt())
        })
        .await?;
    let (Some(context), true) = (context, opened.is_some() || taken_over(&app, retry.as_ref()).await?) else {
        return match Retry::replay(retry.as_ref(), &app.database).await? {
            Some(earlier) => Ok(earlier),
            None => Err(why_closed(&app, student, conversation_id).await),
        };
    };
    let learner = Learner::from(&context);
    let (mut starter, telemetry) = say(&app, learner, topic.or(context.topic), Some(app.new_id())).await;
    starter.latency_ms = telemetry.latency(request::arrived());
    if let Err(error) = store(&app, student, conversation_id, retry.as_ref(), &starter, &telemetry).await {
        if let Some(retry) = &retry {
            retry.end_claim(&app.database, app.clock.now()).await;
        }
        return Err(error);
    }
    Ok(Json(starter).into_response())
}

/// Whether another request with this key was first and vanished, so that this one goes on in its place.
async fn taken_over(app: &App, retry: Option<&Retry>) -> Result<bool, ApiError> {
    let Some(retry) = retry else { return Ok(false) };
    while request::arrived().elapsed() < app.tutor.gives_up_after() {
        match retry.earlier(&app.database).await? {
            None | Some(Earlier::Answer(_)) => return Ok(false),
            Some(Earlier::AtWork { until, .. }) if until > app.clock.now() => {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            Some(Earlier::AtWork { .. }) => {
                let now = app.clock.now();
                let claim = retries::TakeOverRetryKeyParams {
                    claimed_until: now + app.tutor.claim_for(),
                    user_id: retry.student,
                    key: retry.key.key,
                    path: retry.path.as_str(),
                    now,
                };
                let claim = &claim;
                let taken = app
                    .database
                    .write(|client| async move {
                        retries::take_over_retry_key().params(&client, claim).opt().await
                    })
                    .await?;
                if taken.is_some() {
                    return Ok(true);
                }
            }
        }
    }
    Err(ApiError::DeadlinePassed)
}

/// Asks for a starter; the built-in voice has one ready.
async fn say(
    app: &App,
    learner: Learner,
    topic: Option<String>,
    message_id: Option<Uuid>,
) -> (Starter, Telemetry) {
    let arrived = request::arrived();
    let prompt = Request {
        system: prompts::starter(learner, topic.as_deref()),
        messages: Vec::new(),
        output: Output::json(
            "starter",
            json!({"type": "object", "properties": {"reply": {"type": "string"}, "topic": {"type": "string"}}}),
        ),
        max_output_tokens: 300,
        temperature: 0.9,
    };
    let mut said = ask(&app.tutor, prompt, arrived, app.tutor.reply_within()).await;
    // Ids are as good a die as any: their last bytes are random.
    let pick = usize::from(app.new_id().as_bytes().last().copied().unwrap_or(0));
    let (text, chosen) = match said.reply.take() {
        Some(reply) => {
            let named =
                said.rest.as_ref().and_then(|rest| rest.get("topic")).and_then(|topic| topic.as_str());
            let named = named.map(str::trim).filter(|topic| (1..=200).contains(&topic.chars().count()));
            (reply, named.unwrap_or("getting to know you").to_owned())
        }
        None => voice::starter(learner, topic.as_deref(), pick),
    };
    let starter = Starter {
        text,
        topic: topic.unwrap_or(chosen),
        message_id,
        engine: said.engine.clone(),
        latency_ms: said.telemetry.latency(arrived),
    };
    (starter, said.telemetry)
}

async fn store(
    app: &App,
    student: Uuid,
    conversation_id: Uuid,
    retry: Option<&Retry>,
    starter: &Starter,
    telemetry: &Telemetry,
) -> Result<(), ApiError> {
    let claim = Retry::claim(retry);
    let params = tutor::FinishStarterParams {
        now: app.clock.now(),
        user_id: student,
        conversation_id,
        response: claim.key.map(|_| SqlJson(starter)),
        key: claim.key,
        path: claim.path,
        word_count: count_words(&starter.text),
        id: starter.message_id.unwrap_or_default(),
        llm_ms: starter.latency_ms.llm,
        first_token_ms: starter.latency_ms.first_token,
        prompt_tokens: i32::try_from(telemetry.usage.prompt_tokens).ok(),
        completion_tokens: i32::try_from(telemetry.usage.completion_tokens).ok(),
        prompt_version: (!starter.engine.degraded).then_some(prompts::VERSION),
        degraded: starter.engine.degraded,
        truncated: starter.engine.truncated,
        provider: starter.engine.provider.as_str(),
        model: starter.engine.model.as_str(),
        content: starter.text.as_str(),
        attempts: telemetry.attempts.as_ref().map(SqlJson),
    };
    let params = &params;
    app.database
        .write(|client| async move { tutor::finish_starter().params(&client, params).opt().await })
        .await?
        .map(|_| ())
        .ok_or_else(|| ApiError::Internal("the conversation vanished during the starter".to_owned()))
}
