//! What a model writes when its opener has been said already: more openers, for whoever begins in the same way next.

use ella_llm::{Turn, Usage};
use ella_sql::client::Params;
use serde_json::{Value, json};

use super::{App, Engine, SqlJson, Timestamp, Uuid, tutor, utc_day};
use crate::tutor::{
    openers::{Key, Opener},
    rest::to_its_end,
};

/// Where they will lie.
pub(super) struct Tail {
    pub(super) key: Key,
    pub(super) given: Opener,
    pub(super) engine: Engine,
}

/// A starter that is stored already, and what is stored of its cost.
pub(super) struct Stored {
    pub(super) student: Uuid,
    pub(super) conversation_id: Uuid,
    pub(super) id: Option<Uuid>,
    pub(super) usage: Usage,
    pub(super) at: Timestamp,
}

impl Tail {
    /// Listens to the end; returns what all of it cost.
    pub(super) async fn follow(self, app: &App, turn: Turn) -> Usage {
        let outcome = to_its_end(app, turn).await;
        if let Some(rest) = outcome.spoken().and_then(|spoken| spoken.rest.as_ref()) {
            self.keep(app, rest);
        }
        outcome.usage()
    }

    /// What was broken off is no opener for others.
    pub(super) fn keep(self, app: &App, rest: &Value) {
        if !self.engine.truncated {
            app.tutor.openers().keep(self.key, self.given, rest, self.engine, app.clock.now());
        }
    }
}

impl Stored {
    /// Listens to the end, and stores what the starter cost in all.
    pub(super) async fn follow(self, app: App, turn: Turn, tail: Tail) {
        let usage = tail.follow(&app, turn).await;
        if usage == self.usage {
            return;
        }
        let day = utc_day(self.at);
        app.tutor.budgets().count_more(day, self.usage, usage);
        let tokens = |tokens: u32| i32::try_from(tokens).unwrap_or(i32::MAX);
        let params = tutor::FinishTurnLateParams {
            corrections: SqlJson(json!([])),
            has_corrections: false,
            user_id: self.student,
            conversation_id: self.conversation_id,
            answers_position: 0,
            corrections_grammar: 0,
            corrections_vocab: 0,
            corrections_fluency: 0,
            reply_id: self.id.unwrap_or_default(),
            prompt_tokens: tokens(usage.prompt_tokens),
            completion_tokens: tokens(usage.completion_tokens),
            day,
        };
        let params = &params;
        let stored = app
            .database
            .write_again(|client| async move { tutor::finish_turn_late().params(&client, params).await });
        if let Err(error) = stored.await {
            tracing::warn!(%error, "what a starter cost in the end could not be stored");
        }
    }
}
