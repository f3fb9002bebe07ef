//! A call as it was spoken, read a page at a time: everything is counted, and only its end is kept.

use std::collections::VecDeque;

use ella_llm::{Message, Output, Request};
use ella_sql::{
    client::Params,
    queries::tutor::{self, SpokenMessages, SpokenMessagesParams},
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    app::App,
    http::ApiError,
    tutor::{
        blocks::escape,
        context::{Learner, cut, tokens},
        courage::Counts,
        prompts,
    },
};

/// Messages that are read at once.
const PAGE: i64 = 1000;
/// Messages that a model is shown at most: the last ones.
const SHOWN: usize = 80;
/// Tokens of them that a prompt holds at most, and of each.
const SHOWN_TOKENS: usize = 6000;
const MESSAGE_TOKENS: usize = 400;

/// A call.
pub(super) struct Call {
    pub(super) counts: Counts,
    /// The last messages, oldest first, without the built-in voice's.
    pub(super) shown: VecDeque<SpokenMessages>,
    /// The student's message with the most words, the first of them; none when there are no words.
    pub(super) longest: Option<SpokenMessages>,
    pub(super) last_position: i32,
}

/// The messages after a position.
pub(super) fn page(user_id: Uuid, conversation_id: Uuid, after: i32) -> SpokenMessagesParams {
    SpokenMessagesParams { user_id, conversation_id, after, most: PAGE }
}

impl Call {
    /// Hears all that was said, beginning with a page that is there already.
    pub(super) async fn hear(
        app: &App,
        student: Uuid,
        conversation_id: Uuid,
        first_page: Vec<SpokenMessages>,
    ) -> Result<Self, ApiError> {
        let mut call =
            Self { counts: Counts::default(), shown: VecDeque::new(), longest: None, last_position: 0 };
        let mut messages = first_page;
        loop {
            let is_last = i64::try_from(messages.len()).unwrap_or(i64::MAX) < PAGE;
            for message in messages {
                call.add(message);
            }
            if is_last {
                return Ok(call);
            }
            let next = page(student, conversation_id, call.last_position);
            messages = app
                .database
                .read(|client| async move { tutor::spoken_messages().params(&client, &next).all().await })
                .await?;
        }
    }

    fn add(&mut self, message: SpokenMessages) {
        self.counts.hear(&message);
        self.last_position = message.position;
        let most = self.longest.as_ref().map_or(0, |longest| longest.word_count);
        if message.by_student && message.word_count > most {
            self.longest = Some(message.clone());
        }
        // The built-in voice's lines say nothing about the call.
        if message.canned {
            return;
        }
        if self.shown.len() == SHOWN {
            self.shown.pop_front();
        }
        self.shown.push_back(message);
    }

    /// What a model is asked about it.
    pub(super) fn prompt(&self, learner: Learner) -> Request {
        let mut left = SHOWN_TOKENS;
        let mut shown: Vec<String> = self
            .shown
            .iter()
            .rev()
            .map_while(|message| {
                let content = cut(&message.content, MESSAGE_TOKENS);
                left = left.checked_sub(tokens(&content))?;
                let name = if message.by_student { "student" } else { "zoe" };
                Some(format!("<{name} message=\"{}\">{}</{name}>", message.position, escape(&content)))
            })
            .collect();
        shown.reverse();
        Request {
            system: prompts::analysis(learner),
            messages: vec![Message::user(shown.join("\n"))],
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
}
