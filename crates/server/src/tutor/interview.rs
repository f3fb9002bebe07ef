//! The placement interview: what is asked next, when it is over, and what is believed of a level. It knows nothing but
//! what was said in it, for nothing of it is stored.

mod answers;
mod questions;

use ella_llm::{Message, Output, Request};
use serde_json::{Value, json};

use super::{
    blocks::block,
    context::{cut, tokens},
    placement::Assessment,
    prompts, voice,
};
use crate::{conversations::Role, levels::CefrLevel};
use answers::Answers;
use questions::{END, OPENING, QUESTIONS};

/// An interview has at least and at most so many answers, whatever a model thinks.
const FEWEST: usize = 6;
const MOST: usize = 12;
/// The built-in voice is done when its questions have been equally hard for so long, and after so many in any case.
const STEADY: usize = 4;
const MOST_BUILT_IN: usize = 10;
/// How sure the server is of a level that it guesses from how much somebody says.
const CONFIDENCE_OF_A_GUESS: f64 = 0.2;
/// How sure anybody can be who has heard fewer than three answers of some length.
const CONFIDENCE_IN_LITTLE: f64 = 0.5;
/// Tokens of what was said that a prompt holds at most; the newest stay.
const HISTORY_TOKENS: usize = 3000;
/// Tokens that each message keeps, the newest aside.
const MESSAGE_TOKENS: usize = 300;

/// What was said so far.
pub(super) struct Interview<'a> {
    said: &'a [(Role, String)],
    answers: Answers<'a>,
}

impl<'a> Interview<'a> {
    pub(super) fn of(said: &'a [(Role, String)]) -> Self {
        let answers = said.iter().filter(|(role, _)| *role == Role::User).map(|(_, text)| text.as_str());
        Self { said, answers: Answers::of(answers) }
    }

    /// What a model is asked.
    pub(super) fn prompt(&self) -> Request {
        let number = json!({"type": ["number", "null"]});
        Request {
            system: prompts::placement(self.answers.count(), &self.stage()),
            messages: self.messages(),
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

    /// What there is to do now.
    fn stage(&self) -> String {
        let level = CefrLevel::ALL.get(self.answers.difficulty()).map_or("A1", |level| level.word());
        match self.answers.count() {
            0 => "Greet the student and ask one very easy question.".to_owned(),
            count if count >= MOST => {
                "That was the last answer: thank the student, ask nothing more, and set `finished` to true."
                    .to_owned()
            }
            count => {
                let end = if count < FEWEST {
                    "do not end yet"
                } else {
                    "if you are sure of the level, thank the student instead, ask nothing, and set `finished` to true"
                };
                format!(
                    "Ask the next question, by the length of the answers at about {level} (trust what you hear more); {end}."
                )
            }
        }
    }

    /// A client's history is not to be trusted either: both sides of it stand in data blocks.
    fn messages(&self) -> Vec<Message> {
        let mut left = HISTORY_TOKENS;
        let mut messages = Vec::new();
        for (index, (role, text)) in self.said.iter().rev().enumerate() {
            let text = if index == 0 { text.clone() } else { cut(text, MESSAGE_TOKENS) };
            let cost = tokens(&text);
            if index > 0 && cost > left {
                break;
            }
            left = left.saturating_sub(cost);
            messages.push(match role {
                Role::User if index == 0 => Message::user(block("newest", &text)),
                Role::User => Message::user(block("student", &text)),
                Role::Assistant => Message::assistant(block("zoe", &text)),
            });
        }
        messages.reverse();
        messages
    }

    /// What is believed of a model's answer, and whether the interview is over.
    pub(super) fn heard(&self, rest: &Value) -> (Assessment, bool) {
        let count = self.answers.count();
        let wants_to_end = rest.get("finished").and_then(Value::as_bool).unwrap_or(false);
        let finished = count >= MOST || (wants_to_end && count >= FEWEST);
        let mut assessment = assessment(rest);
        self.weigh(&mut assessment);
        if finished {
            self.conclude(&mut assessment);
        }
        (assessment, finished)
    }

    /// The built-in voice's next question, and at the end its guess.
    pub(super) fn built_in(&self) -> (String, Assessment, bool) {
        let mut assessment = Assessment::default();
        if self.is_steady() {
            self.conclude(&mut assessment);
            return (END.to_owned(), assessment, true);
        }
        (self.next_question(), assessment, false)
    }

    /// Whether the built-in voice has found its level: its questions have been about equally hard for a while.
    fn is_steady(&self) -> bool {
        let count = self.answers.count();
        let last = self.answers.last_difficulties(STEADY);
        let spread = last.iter().max().zip(last.iter().min()).map_or(0, |(most, least)| most - least);
        count >= MOST_BUILT_IN || (count >= FEWEST && spread <= 1)
    }

    fn next_question(&self) -> String {
        if self.answers.count() == 0 {
            return OPENING.to_owned();
        }
        let was_asked = |question: &&&str| {
            self.said.iter().any(|(role, text)| *role == Role::Assistant && text.contains(**question))
        };
        // At this level, else the nearest easier one that has a question left, else whatever is left.
        let easier = QUESTIONS.get(..=self.answers.difficulty()).unwrap_or(&QUESTIONS);
        let mut left = easier.iter().rev().chain(&QUESTIONS).flat_map(|questions| questions.iter());
        let question = left.find(|question| !was_asked(question)).unwrap_or(&"What else can you tell me?");
        format!("{} {question}", self.answers.thanks())
    }

    /// Nobody is sure of what they could not hear.
    fn weigh(&self, assessment: &mut Assessment) {
        match self.answers.substantial() {
            // Silence, another language or "I don't know" all along: a level from that is made up.
            0 => *assessment = Assessment::default(),
            1 | 2 => assessment.confidence = assessment.confidence.min(CONFIDENCE_IN_LITTLE),
            _ => {}
        }
    }

    /// At the end there is a level, and a score for each part. What nobody told is guessed from how much was said.
    fn conclude(&self, assessment: &mut Assessment) {
        let guess = self.answers.guess();
        let level = assessment.cefr_level.unwrap_or(guess);
        if assessment.cefr_level.is_none() {
            (assessment.cefr_level, assessment.confidence) = (Some(guess), CONFIDENCE_OF_A_GUESS);
        }
        let scores = &mut assessment.scores;
        for score in [&mut scores.grammar, &mut scores.vocab, &mut scores.fluency] {
            score.get_or_insert(middle_of(level));
        }
    }
}

/// The score in the middle of a level, when the six of them share the way from 0 to 1.
fn middle_of(level: CefrLevel) -> f64 {
    match level {
        CefrLevel::A1 => 0.08,
        CefrLevel::A2 => 0.25,
        CefrLevel::B1 => 0.42,
        CefrLevel::B2 => 0.58,
        CefrLevel::C1 => 0.75,
        CefrLevel::C2 => 0.92,
    }
}

/// A model's words as an assessment: what is out of range is moved into it, what is no number or level is left out.
fn assessment(rest: &Value) -> Assessment {
    let score = |name: &str| rest.get(name).and_then(Value::as_f64).map(|score| score.clamp(0.0, 1.0));
    let level = |text: &str| CefrLevel::from_word(text.trim().trim_end_matches('+').to_uppercase().as_str());
    let cefr_level = rest.get("cefr_level").and_then(Value::as_str).and_then(level);
    Assessment {
        cefr_level,
        confidence: if cefr_level.is_some() { score("confidence").unwrap_or(0.0) } else { 0.0 },
        scores: crate::placements::Scores {
            grammar: score("grammar"),
            vocab: score("vocab"),
            fluency: score("fluency"),
        },
    }
}

#[cfg(test)]
mod tests;
