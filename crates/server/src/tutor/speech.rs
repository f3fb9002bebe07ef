//! What a client hears of a reply while it is being made. With nobody listening all of it is silence, so that an answer
//! in one piece and a stream are made by the same steps.

use ella_llm::cut_sentences;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{context, stream::Listener};

/// Declares the events of a stream that ends with this answer, for the documentation. Sent they are one by one.
macro_rules! speech_event {
    ($(#[doc = $doc:literal])+ pub enum $name:ident ends with $answer:ident) => {
        $(#[doc = $doc])+
        #[derive(serde::Serialize, utoipa::ToSchema)]
        #[serde(tag = "event", content = "data", rename_all = "snake_case")]
        pub enum $name {
            /// More of the reply, as the model's words come. What follows the last `restart` counts. May be left out.
            Delta($crate::tutor::Delta),
            /// A sentence is complete and ready for speech. All of them, joined by one space, are the reply.
            Sentence($crate::tutor::Sentence),
            /// Somebody else speaks now: forget the deltas so far. Never after a sentence.
            Restart($crate::tutor::Restart),
            /// The last event: the whole answer, as JSON gives it. What it says is the truth.
            Done($answer),
            /// The last event in place of `done`, when the server or its database failed.
            Error($crate::http::error::Problem),
        }
    };
}
pub(super) use speech_event;

/// More of the reply.
#[derive(Serialize, ToSchema)]
pub struct Delta {
    #[schema(example = "You went to")]
    text: String,
}

/// A sentence that is ready for speech.
#[derive(Serialize, ToSchema)]
pub struct Sentence {
    /// Its place in the reply, from 0.
    #[schema(example = 0, minimum = 0)]
    index: usize,
    #[schema(example = "You went to school!")]
    text: String,
}

/// Nothing more to say.
#[derive(Serialize, ToSchema)]
pub struct Restart {}

/// A reply on its way to whoever listens.
pub(super) struct Speech<'a> {
    listener: &'a mut Listener,
    /// Words were told that no sentence has confirmed yet.
    unsettled: bool,
}

impl<'a> Speech<'a> {
    pub(super) fn to(listener: &'a mut Listener) -> Self {
        Self { listener, unsettled: false }
    }

    /// Whether the reply is wanted as it comes.
    pub(super) fn is_streamed(&self) -> bool {
        self.listener.is_streamed()
    }

    /// What can be refused has been: from here on a stream is open.
    pub(super) fn begin(&mut self) {
        self.listener.begin();
    }

    pub(super) fn delta(&mut self, text: String) {
        self.unsettled = true;
        self.listener.tell("delta", &Delta { text });
    }

    pub(super) fn sentence(&mut self, index: usize, text: String) {
        self.unsettled = false;
        if self.is_streamed() {
            context::note_sentence();
        }
        self.listener.tell("sentence", &Sentence { index, text });
    }

    pub(super) fn restart(&mut self) {
        self.unsettled = false;
        self.listener.tell("restart", &Restart {});
    }

    /// A reply that is there already: a stored one, or a line of the built-in voice.
    pub(super) fn whole(&mut self, reply: &str) {
        if self.unsettled {
            self.restart();
        }
        for (index, text) in cut_sentences(reply).into_iter().enumerate() {
            self.sentence(index, text);
        }
    }

    /// Comes when whoever listened has hung up.
    pub(super) async fn unheard(&self) {
        self.listener.hung_up().await;
    }
}
