//! The first round trip of a turn: the retry key is claimed, the student's words are stored, and what the model needs
//! is read. No model is asked before that is committed.

use std::time::Duration;

use serde_json::value::RawValue;

use super::{
    ApiError, App, Exchange, Known, NO_SUCH_CONVERSATION, OPENING, Retry, Speech, Timestamp, Uuid,
    count_words, try_join, tutor, utc_day,
};
use crate::http::retry::Earlier;
use ella_sql::{client::Params, queries::retries};

/// How often a copy of a request that is still at work looks whether it is done. It holds no connection meanwhile.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// Messages that are read for the prompt, beside the opening.
const HISTORY: i32 = 40;

/// How a turn begins.
pub(super) enum Begun {
    /// The words are stored; a model may be asked.
    Fresh(Box<Known>),
    /// An earlier request with this key has the answer.
    Earlier(Box<RawValue>),
    /// The conversation is not there, or is completed.
    Closed,
}

pub(super) async fn begin(
    app: &App,
    exchange: &Exchange,
    speech: &mut Speech<'_>,
) -> Result<Begun, ApiError> {
    let message_id = app.new_id();
    let claim = Retry::claim(exchange.retry.as_ref());
    let now = app.clock.now();
    let store = tutor::BeginTurnParams {
        user_id: exchange.student,
        conversation_id: exchange.conversation_id,
        key: claim.key,
        path: claim.path,
        now,
        body_hash: claim.body_hash,
        claimed_until: claim.key.map(|_| now + app.tutor.claim_for()),
        message_id,
        word_count: count_words(&exchange.text),
        today: utc_day(now),
        tts_ms: exchange.tts_ms,
        stt_ms: exchange.stt_ms,
        content: exchange.text.as_str(),
    };
    let store = &store;
    let (position, context, history) = app
        .database
        .write_keyed(claim.key.is_some(), |client| async move {
            let (begin, context, history) =
                (tutor::begin_turn(), tutor::turn_context(), tutor::turn_history());
            let (whose, last) = (context_of(exchange, now), history_of(exchange));
            // In one round trip; a new connection may read before it writes, because it prepares what it does not know.
            try_join!(
                begin.params(&client, store).opt(),
                context.params(&client, &whose).opt(),
                history.params(&client, &last).all(),
            )
        })
        .await?;
    match (position, context) {
        (Some(position), Some(context)) => {
            let message = tutor::MessagePosition { position, stt_ms: exchange.stt_ms };
            Ok(Begun::Fresh(Box::new(known(message_id, &message, context, history))))
        }
        _ => match &exchange.retry {
            Some(retry) => wait_for_earlier(app, exchange, speech, retry, message_id).await,
            None => Ok(Begun::Closed),
        },
    }
}

/// Another request with this key was first: its answer is waited for, or, if it vanished, its turn taken over.
async fn wait_for_earlier(
    app: &App,
    exchange: &Exchange,
    speech: &mut Speech<'_>,
    retry: &Retry,
    own_message: Uuid,
) -> Result<Begun, ApiError> {
    while exchange.arrived.elapsed() < app.tutor.copy_gives_up_after() {
        match retry.earlier(&app.database).await? {
            None => return Ok(Begun::Closed),
            Some(Earlier::Answer(answer)) => return Ok(Begun::Earlier(answer)),
            // This very request's: its connection was lost after the words had been stored.
            Some(Earlier::AtWork { message_id: Some(message_id), .. }) if message_id == own_message => {
                return Ok(Begun::Fresh(Box::new(stored(app, exchange, message_id).await?)));
            }
            Some(Earlier::AtWork { until, .. }) if until > app.clock.now() => {
                // The wait may be long. A stream is opened now, so that comments keep its connection.
                speech.begin();
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            Some(Earlier::AtWork { .. }) => {
                if let Some(known) = take_over(app, exchange, retry).await? {
                    return Ok(Begun::Fresh(Box::new(known)));
                }
            }
        }
    }
    Err(ApiError::DeadlinePassed)
}

/// Takes over a turn whose owner vanished, with the words that it stored; none when somebody else was first.
async fn take_over(app: &App, exchange: &Exchange, retry: &Retry) -> Result<Option<Known>, ApiError> {
    let now = app.clock.now();
    let claim = retries::TakeOverRetryKeyParams {
        claimed_until: now + app.tutor.claim_for(),
        user_id: exchange.student,
        key: retry.key.key,
        path: retry.path.as_str(),
        now,
    };
    let claim = &claim;
    let taken = app
        .database
        .write(|client| async move { retries::take_over_retry_key().params(&client, claim).opt().await })
        .await?;
    let Some(Some(message_id)) = taken else { return Ok(None) };
    stored(app, exchange, message_id).await.map(Some)
}

/// What is known of a turn whose words are stored already.
async fn stored(app: &App, exchange: &Exchange, message_id: Uuid) -> Result<Known, ApiError> {
    let now = app.clock.now();
    let stored = tutor::MessagePositionParams {
        user_id: exchange.student,
        conversation_id: exchange.conversation_id,
        id: message_id,
    };
    let (message, context, history) = app
        .database
        .read(|client| async move {
            let (message, context, history) =
                (tutor::message_position(), tutor::turn_context(), tutor::turn_history());
            let (whose, last) = (context_of(exchange, now), history_of(exchange));
            try_join!(
                message.params(&client, &stored).opt(),
                context.params(&client, &whose).opt(),
                history.params(&client, &last).all(),
            )
        })
        .await?;
    let (Some(message), Some(context)) = (message, context) else {
        return Err(ApiError::NotFound(NO_SUCH_CONVERSATION));
    };
    Ok(known(message_id, &message, context, history))
}

fn known(
    user_message_id: Uuid,
    message: &tutor::MessagePosition,
    context: tutor::TurnContext,
    history: Vec<tutor::TurnHistory>,
) -> Known {
    // What was said after these words belongs to later turns; and whether they themselves were read already must not
    // matter.
    let oldest = message.position - HISTORY;
    let belongs = |said: &tutor::TurnHistory| {
        said.position < message.position && (said.position > oldest || said.position <= OPENING)
    };
    let history = history.into_iter().filter(belongs).collect();
    Known { user_message_id, position: message.position, stt_ms: message.stt_ms, context, history }
}

fn context_of(exchange: &Exchange, now: Timestamp) -> tutor::TurnContextParams {
    tutor::TurnContextParams {
        today: utc_day(now),
        user_id: exchange.student,
        conversation_id: exchange.conversation_id,
    }
}

fn history_of(exchange: &Exchange) -> tutor::TurnHistoryParams {
    tutor::TurnHistoryParams {
        user_id: exchange.student,
        conversation_id: exchange.conversation_id,
        most: HISTORY,
        opening: OPENING,
    }
}
