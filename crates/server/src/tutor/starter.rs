//! `POST /llm/conversation-starter`: Zoe begins.

use std::time::Duration;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use ella_llm::Turn;
use ella_sql::{
    client::Params,
    queries::{budgets as tokens, retries, tutor, users},
};
use futures::{future::BoxFuture, try_join};
use jiff::Timestamp;
use postgres_types::Json as SqlJson;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    ask::Telemetry,
    budgets,
    context::{Learner, OPENING},
    engine::{Engine, PREPARED, TurnLatency},
    prompts,
};
use crate::{
    app::App,
    auth::Student,
    body,
    clock::utc_day,
    conversations::why_closed,
    http::{
        ApiError, Json,
        body::{MayStore, MaybeKeyedBody},
        context as request,
        openapi::problems::{Always, ForStudents, OfSomething, WithBody, WithState},
        parse::{Id, Text},
        retry::{Earlier, Retry},
    },
    users::Focus,
    words::count_words,
};

mod begin;
mod tail;

use begin::{Begun, Wish};
use tail::Tail;

/// How often a copy of a request that is still at work looks whether it is done.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// Messages that are looked at for openers that were said already.
const SAID_BEFORE: i32 = 20;

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

impl MayStore for NewStarter {
    fn stores(&self) -> bool {
        self.conversation_id.is_some()
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
///
/// For topics that many choose, and without one, she has openers at every level that were written beforehand: no model
/// is asked. No student hears the same one twice in a row.
#[utoipa::path(
    post, path = "/llm/conversation-starter", tag = "Voice AI orchestration", security(("student" = [])),
    params(("Idempotency-Key" = Option<Uuid>, Header, description = "Makes a repeated request harmless. Without a conversation nothing is stored, and it is ignored.")),
    request_body(content = NewStarter, description = "May be left out."),
    responses((status = 200, description = "How Zoe begins.", body = Starter), ForStudents, WithBody, OfSomething, WithState, Always)
)]
pub async fn conversation_starter(
    State(app): State<App>,
    student: Student,
    MaybeKeyedBody { body, key }: MaybeKeyedBody<NewStarter>,
) -> Result<Response, ApiError> {
    let topic = body.topic.map(Text::into_string);
    let tasks = app.tasks.clone();
    let work: BoxFuture<'static, Result<Response, ApiError>> = match body.conversation_id {
        None => Box::pin(on_its_own(app, student.id, topic)),
        Some(Id(conversation_id)) => {
            let retry = Retry::new(student.id, key, || "/llm/conversation-starter".to_owned());
            Box::pin(in_conversation(app, student.id, conversation_id, topic, retry))
        }
    };
    // On a task of its own: of a client that hangs up neither what Zoe said is lost nor what it cost.
    let work = tasks.spawn(request::carried(work));
    work.await.map_err(|error| ApiError::Internal(format!("the starter broke off: {error}")))?
}

async fn on_its_own(app: App, student: Uuid, topic: Option<String>) -> Result<Response, ApiError> {
    let (learner, tokens_today) = learner(&app, student).await?;
    let begun = begin::begin(&app, Wish { student, learner, topic, said: &[], tokens_today }).await;
    Ok(Json(without_conversation(app, student, begun)).into_response())
}

/// What the student gets; what it cost is written afterwards.
fn without_conversation(app: App, student: Uuid, begun: Begun) -> Starter {
    let starter = begun.starter(None);
    match begun.tail {
        Some((turn, tail)) => {
            let (tasks, hold) = (app.tasks.clone(), begun.hold);
            tasks.spawn(async move {
                let usage = tail.follow(&app, turn).await;
                budgets::note(&app, student, usage);
                drop(hold);
            });
        }
        None => budgets::note(&app, student, begun.telemetry.usage),
    }
    starter
}

async fn learner(app: &App, student: Uuid) -> Result<(Learner, i64), ApiError> {
    let whose = tokens::TokensOfStudentParams { today: app.clock.today(), user_id: student };
    let (profile, tokens_today) = app
        .database
        .read(|client| async move {
            let (profile, tokens) = (users::profile(), tokens::tokens_of_student());
            let profile = profile.bind(&client, &student);
            // In one round trip.
            try_join!(profile.opt(), tokens.params(&client, &whose).opt())
        })
        .await?;
    let profile = profile.ok_or(ApiError::lost_student())?;
    let focus =
        Focus { grammar: profile.focus_grammar, vocab: profile.focus_vocab, fluency: profile.focus_fluency };
    let learner = Learner::new(profile.cefr_level.as_deref(), focus, profile.age);
    Ok((learner, tokens_today.unwrap_or(0)))
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
    let (claimed, context, history) = app
        .database
        .write_keyed(claim.key.is_some(), |client| async move {
            let (opened, context, history) =
                (tutor::begin_starter(), tutor::turn_context(), tutor::turn_history());
            let today = utc_day(now);
            let wanted = tutor::TurnContextParams { today, user_id: student, conversation_id };
            let (most, opening) = (SAID_BEFORE, OPENING);
            let last = tutor::TurnHistoryParams { user_id: student, conversation_id, most, opening };
            // In one round trip.
            try_join!(
                opened.params(&client, begin).opt(),
                context.params(&client, &wanted).opt(),
                history.params(&client, &last).all(),
            )
        })
        .await?;
    let (Some(context), true) = (context, claimed.is_some() || taken_over(&app, retry.as_ref()).await?)
    else {
        return match Retry::replay(retry.as_ref(), &app.database).await? {
            Some(earlier) => Ok(earlier),
            None => Err(why_closed(&app, student, conversation_id).await),
        };
    };
    let said: Vec<&str> =
        history.iter().filter(|said| !said.by_student).map(|said| said.content.as_str()).collect();
    let (learner, tokens_today) = (Learner::from(&context), context.tokens_today);
    let topic = topic.or(context.topic);
    let opened = begin::begin(&app, Wish { student, learner, topic, said: &said, tokens_today }).await;
    let starter = opened.starter(Some(app.new_id()));
    let now = app.clock.now();
    match store(&app, student, conversation_id, retry.as_ref(), &starter, &opened.telemetry, now).await {
        Ok(true) => app.tutor.budgets().count(utc_day(now), opened.telemetry.usage),
        // Somebody who took this starter over was first, or the conversation is gone.
        Ok(false) => {
            budgets::note(&app, student, opened.telemetry.usage);
            return match Retry::replay(retry.as_ref(), &app.database).await? {
                Some(earlier) => Ok(earlier),
                None => Err(why_closed(&app, student, conversation_id).await),
            };
        }
        Err(error) => {
            budgets::note(&app, student, opened.telemetry.usage);
            if let Some(retry) = &retry {
                retry.end_claim(&app).await;
            }
            return Err(error);
        }
    }
    if let Some((turn, tail)) = opened.tail {
        let usage = opened.telemetry.usage;
        let reply = tail::Stored { student, conversation_id, id: starter.message_id, usage, at: now };
        let tasks = app.tasks.clone();
        tasks.spawn(Box::pin(reply.follow(app, turn, tail)));
    }
    Ok(Json(starter).into_response())
}

/// Whether another request with this key was first and vanished, so that this one goes on in its place.
async fn taken_over(app: &App, retry: Option<&Retry>) -> Result<bool, ApiError> {
    let Some(retry) = retry else { return Ok(false) };
    while request::arrived().elapsed() < app.tutor.copy_gives_up_after() {
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

/// Whether it was stored.
async fn store(
    app: &App,
    student: Uuid,
    conversation_id: Uuid,
    retry: Option<&Retry>,
    starter: &Starter,
    telemetry: &Telemetry,
    now: Timestamp,
) -> Result<bool, ApiError> {
    let claim = Retry::claim(retry);
    let params = tutor::FinishStarterParams {
        now,
        today: utc_day(now),
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
        prompt_version: (!starter.engine.degraded && starter.engine.provider != PREPARED)
            .then_some(prompts::VERSION),
        degraded: starter.engine.degraded,
        truncated: starter.engine.truncated,
        provider: starter.engine.provider.as_str(),
        model: starter.engine.model.as_str(),
        content: starter.text.as_str(),
        attempts: telemetry.attempts.as_ref().map(SqlJson),
    };
    let params = &params;
    let stored = app
        .database
        .write(|client| async move { tutor::finish_starter().params(&client, params).opt().await })
        .await?;
    Ok(stored.is_some())
}
