//! What comes after the answer: the corrections that were not there when the reply was due, and the whole turn's cost.

use ella_llm::{Turn, Usage};
use ella_sql::client::Params;

use super::{
    App, Exchange, Known, Learner, SqlJson, Timestamp, TurnAnswer, Uuid, corrections, tutor, utc_day,
};
use crate::{database::DatabaseError, tutor::rest::to_its_end};

/// A turn that was answered, while its model goes on writing.
pub(super) struct Late {
    pub(super) exchange: Exchange,
    pub(super) known: Known,
    pub(super) learner: Learner,
    reply_id: Uuid,
    counted: Usage,
    answered_at: Timestamp,
}

impl Late {
    pub(super) fn new(
        exchange: Exchange,
        known: Known,
        learner: Learner,
        answer: &TurnAnswer,
        (counted, answered_at): (Usage, Timestamp),
    ) -> Self {
        Self { exchange, known, learner, reply_id: answer.reply_message_id, counted, answered_at }
    }

    /// Listens to the end. Corrections are checked like the others and stored with the student's words.
    pub(super) async fn follow(self, app: App, turn: Turn) {
        let outcome = to_its_end(&app, turn).await;
        let corrections = outcome
            .spoken()
            .and_then(|spoken| spoken.rest.as_ref())
            .map(|rest| corrections::believed(rest, &self.exchange.text, self.learner))
            .unwrap_or_default();
        let usage = outcome.usage();
        if corrections.is_empty() && usage == self.counted {
            return;
        }
        app.tutor.budgets().count_more(utc_day(self.answered_at), self.counted, usage);
        if let Err(error) = self.store(&app, &corrections, usage).await {
            tracing::warn!(%error, "corrections that came late could not be stored");
        }
    }

    async fn store(
        &self,
        app: &App,
        corrections: &[corrections::ZoesCorrection],
        usage: Usage,
    ) -> Result<(), DatabaseError> {
        let counts = corrections::count(corrections);
        let count = |count: i64| i32::try_from(count).unwrap_or(i32::MAX);
        let tokens = |tokens: u32| i32::try_from(tokens).unwrap_or(i32::MAX);
        let params = tutor::FinishTurnLateParams {
            corrections: SqlJson(corrections),
            has_corrections: !corrections.is_empty(),
            user_id: self.exchange.student,
            conversation_id: self.exchange.conversation_id,
            answers_position: self.known.position,
            corrections_grammar: count(counts.grammar),
            corrections_vocab: count(counts.vocab),
            corrections_fluency: count(counts.fluency),
            reply_id: self.reply_id,
            prompt_tokens: tokens(usage.prompt_tokens),
            completion_tokens: tokens(usage.completion_tokens),
            day: utc_day(self.answered_at),
        };
        let params = &params;
        app.database
            .write_again(|client| async move { tutor::finish_turn_late().params(&client, params).await })
            .await?;
        Ok(())
    }
}
