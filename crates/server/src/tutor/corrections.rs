//! What a model wants to correct, and what of it is believed.

use std::sync::LazyLock;

use ella_llm::Output;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::context::Learner;
use crate::conversations::{Category, CorrectionCounts};

/// Corrections a turn at most: more would bury the conversation.
const MOST: usize = 3;

/// ERRANT's error types (Bryant, Felice and Briscoe, 2017), without those that do not exist in speech.
const ERRANT_TYPES: &[&str] = &[
    "ADJ",
    "ADJ:FORM",
    "ADV",
    "CONJ",
    "CONTR",
    "DET",
    "MORPH",
    "NOUN",
    "NOUN:INFL",
    "NOUN:NUM",
    "NOUN:POSS",
    "PART",
    "PREP",
    "PRON",
    "VERB",
    "VERB:FORM",
    "VERB:INFL",
    "VERB:SVA",
    "VERB:TENSE",
    "WO",
    "OTHER",
];

/// A correction that Zoe made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ZoesCorrection {
    /// The student's own words.
    #[schema(example = "go", min_length = 1, max_length = 500)]
    pub original: String,
    /// The same, said well.
    #[schema(example = "went", min_length = 1, max_length = 500)]
    pub corrected: String,
    /// Why, in words that the student understands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "Yesterday is past, so: went.", max_length = 1000)]
    pub explanation: Option<String>,
    /// What it is about.
    pub category: Category,
    /// An ERRANT code.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    #[schema(example = "VERB:TENSE", pattern = "^[A-Z:]+$", min_length = 1, max_length = 30)]
    pub kind: Option<String>,
}

/// The form in which a model answers a turn; made once, because it is the same for all.
pub(super) fn output() -> Output {
    static OUTPUT: LazyLock<Output> = LazyLock::new(form);
    OUTPUT.clone()
}

fn form() -> Output {
    Output::json(
        "turn",
        json!({"type": "object", "properties": {
            "reply": {"type": "string"},
            "corrections": {"type": "array", "items": {"type": "object", "properties": {
                "original": {"type": "string"},
                "corrected": {"type": "string"},
                "explanation": {"type": "string"},
                "category": {"type": "string", "enum": ["grammar", "vocab", "fluency"]},
                "type": {"type": "string", "enum": ERRANT_TYPES},
            }}},
        }}),
    )
}

/// Those corrections of a model's answer that can be believed: about something the student really said, a real change,
/// in an area the student chose, and not too many.
pub(super) fn believed(rest: &Value, said: &str, learner: Learner) -> Vec<ZoesCorrection> {
    let Some(proposed) = rest.get("corrections").and_then(Value::as_array) else { return Vec::new() };
    proposed.iter().filter_map(|correction| check(correction, said, learner)).take(MOST).collect()
}

fn check(proposed: &Value, said: &str, learner: Learner) -> Option<ZoesCorrection> {
    let text = |name: &str, most: usize| {
        let text = proposed.get(name)?.as_str()?.trim();
        (!text.is_empty() && !text.contains('\0') && text.chars().count() <= most).then(|| text.to_owned())
    };
    let (original, corrected) = (text("original", 500)?, text("corrected", 500)?);
    let category = proposed.get("category").and_then(Value::as_str).and_then(Category::from_word)?;
    let really_said = stands_in(&original, said);
    let changes_a_word = spoken(&original) != spoken(&corrected);
    if !really_said || !changes_a_word || !learner.wants(category) {
        return None;
    }
    let kind = text("type", 30).filter(|kind| ERRANT_TYPES.contains(&kind.as_str()));
    Some(ZoesCorrection { original, corrected, explanation: text("explanation", 1000), category, kind })
}

/// Whether `original` stands in what was said as whole words.
fn stands_in(original: &str, said: &str) -> bool {
    let is_inside_a_word = |neighbour: Option<char>| neighbour.is_some_and(char::is_alphanumeric);
    said.match_indices(original).any(|(start, found)| {
        let before = said.get(..start).and_then(|before| before.chars().next_back());
        let after = said.get(start + found.len()..).and_then(|after| after.chars().next());
        !is_inside_a_word(before) && !is_inside_a_word(after)
    })
}

/// The words as they sound: without punctuation, case and spaces, which do not exist in speech.
fn spoken(text: &str) -> String {
    text.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// How many there are of each category.
pub(super) fn count(corrections: &[ZoesCorrection]) -> CorrectionCounts {
    CorrectionCounts::of(corrections.iter().map(|correction| correction.category))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::users::Focus;

    fn believed_of(proposed: &Value, said: &str) -> Vec<String> {
        let learner = Learner::new(None, Focus { grammar: true, vocab: false, fluency: true }, None);
        believed(&json!({"corrections": proposed}), said, learner)
            .into_iter()
            .map(|correction| format!("{} -> {}", correction.original, correction.corrected))
            .collect()
    }

    fn grammar(original: &str, corrected: &str) -> Value {
        json!({"original": original, "corrected": corrected, "explanation": "So.", "category": "grammar", "type": "VERB:TENSE"})
    }

    #[test]
    fn only_real_changes_of_what_was_said_in_the_chosen_areas_are_believed() {
        let said = "I go to school yesterday";
        assert_eq!(believed_of(&json!([grammar("go", "went")]), said), ["go -> went"]);
        assert_eq!(believed_of(&json!([grammar("goes", "went")]), said), [""; 0]);
        assert_eq!(believed_of(&json!([grammar("schoo", "shop")]), said), [""; 0], "half a word");
        assert_eq!(
            believed_of(&json!([grammar("I go", "i, go.")]), said),
            [""; 0],
            "only punctuation and case"
        );
        let mut vocab = grammar("school", "class");
        vocab["category"] = "vocab".into();
        assert_eq!(believed_of(&json!([vocab]), said), [""; 0], "not in the focus");
    }

    #[test]
    fn no_more_than_three_a_turn_and_nonsense_is_dropped() {
        let said = "a b c d e";
        let many = ["a", "b", "c", "d", "e"].map(|word| grammar(word, "the"));
        assert_eq!(believed_of(&json!(many), said).len(), 3);
        for nonsense in [json!("no list"), json!([1, null, {}]), json!([{"original": "a"}])] {
            assert_eq!(believed_of(&nonsense, said), [""; 0]);
        }
    }
}
