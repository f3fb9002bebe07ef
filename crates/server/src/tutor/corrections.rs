//! What a model wants to correct, and what of it is believed.

use std::sync::LazyLock;

use ella_llm::Output;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{context::Learner, quotes::as_said};
use crate::conversations::{Category, CorrectionCounts};

mod minimal;

/// Corrections a turn at most: more would bury the conversation.
const MOST: usize = 3;

/// ERRANT's error types (Bryant, Felice and Briscoe, 2017), without those that do not exist in speech. A type that is not
/// on this list is left out, and the correction stays: what it changes is checked by itself.
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

/// The types that are about writing alone. A correction that says so of itself is dropped.
const WRITTEN_TYPES: &[&str] = &["ORTH", "PUNCT", "SPELL"];

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
/// in an area the student chose, as small as can be, and not too many.
pub(super) fn believed(rest: &Value, said: &str, learner: Learner) -> Vec<ZoesCorrection> {
    let proposed = rest.get("corrections").and_then(Value::as_array).into_iter().flatten();
    let mut believed: Vec<ZoesCorrection> = Vec::new();
    for correction in proposed.filter_map(|correction| check(correction, said, learner)) {
        // The same words cannot be wrong in two ways.
        if !believed.iter().any(|earlier| earlier.original == correction.original) {
            believed.push(correction);
        }
        if believed.len() == MOST {
            break;
        }
    }
    apart(believed, said)
}

/// Takes corrections apart that are about several places, as long as there is room for the pieces and each can be found.
/// Which of them the type is about is not known then, so a piece has none.
fn apart(corrections: Vec<ZoesCorrection>, said: &str) -> Vec<ZoesCorrection> {
    let mut room = MOST.saturating_sub(corrections.len());
    let mut pieces: Vec<ZoesCorrection> = Vec::new();
    for correction in corrections {
        let edits = minimal::edits(&correction.original, &correction.corrected);
        let more = edits.len().saturating_sub(1);
        let whole_at = said.find(&correction.original);
        let is_found = |(piece, _): &(&str, &str)| {
            let at = whole_at.zip(place(piece, &correction.original)).map(|(whole, inside)| whole + inside);
            said.find(piece) == at
        };
        if more > room || !edits.iter().all(is_found) {
            pieces.push(correction);
            continue;
        }
        room -= more;
        for (original, corrected) in edits {
            let (original, corrected) = (original.to_owned(), corrected.to_owned());
            if !pieces.iter().any(|earlier| earlier.original == original) {
                let kind = correction.kind.clone().filter(|_| more == 0);
                pieces.push(ZoesCorrection { original, corrected, kind, ..correction.clone() });
            }
        }
    }
    pieces
}

fn check(proposed: &Value, said: &str, learner: Learner) -> Option<ZoesCorrection> {
    let text = |name: &str, most: usize| {
        let text = proposed.get(name)?.as_str()?.trim();
        (!text.is_empty() && !text.contains('\0') && text.chars().count() <= most).then_some(text)
    };
    let category = proposed.get("category").and_then(Value::as_str).and_then(Category::from_word)?;
    let kind = text("type", 30).map(without_operation);
    let is_about_writing = kind.is_some_and(|kind| WRITTEN_TYPES.contains(&kind));
    if is_about_writing || !learner.wants(category) {
        return None;
    }
    let original = as_said(text("original", 500)?, said)?;
    // Who shows it looks for it from the beginning of what was said.
    let is_found = |piece: &str| said.find(piece) == place(piece, said);
    let (original, corrected) = minimal::smallest_edit(original, text("corrected", 500)?, is_found)?;
    Some(ZoesCorrection {
        original: original.to_owned(),
        corrected: corrected.to_owned(),
        explanation: text("explanation", 1000).map(str::to_owned),
        category,
        kind: kind.filter(|kind| ERRANT_TYPES.contains(kind)).map(str::to_owned),
    })
}

/// Where a piece of a text stands in it.
fn place(piece: &str, text: &str) -> Option<usize> {
    piece.as_ptr().addr().checked_sub(text.as_ptr().addr())
}

/// ERRANT's codes may begin with what is done to the words: replaced, missing, unnecessary.
fn without_operation(kind: &str) -> &str {
    ["R:", "M:", "U:"].iter().find_map(|operation| kind.strip_prefix(operation)).unwrap_or(kind)
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
        let many = ["a", "a", "b", "c", "d", "e"].map(|word| grammar(word, "the"));
        assert_eq!(believed_of(&json!(many), said), ["a -> the", "b -> the", "c -> the"]);
        for nonsense in [json!("no list"), json!([1, null, {}]), json!([{"original": "a"}])] {
            assert_eq!(believed_of(&nonsense, said), [""; 0]);
        }
    }

    #[test]
    fn the_original_is_what_was_said_to_the_letter_and_no_longer_than_it_must_be() {
        let said = "Yesterday I don\u{2019}t go to  school";
        let whole = grammar("I don't go to school", "I didn't go to school.");
        assert_eq!(believed_of(&json!([whole]), said), ["don\u{2019}t -> didn't"]);
        let anew = grammar("I don't go to school", "My parents kept me at home all day long");
        assert_eq!(believed_of(&json!([anew]), said), [""; 0]);
    }

    #[test]
    fn a_correction_of_several_places_becomes_several_when_there_is_room() {
        let said = "Yesterday I go to school with friends and I eat apple, it was old";
        let whole = grammar(
            "I go to school with friends and I eat apple",
            "I went to school with friends and I ate an apple",
        );
        let both = ["go -> went", "eat -> ate an"];
        assert_eq!(believed_of(&json!([whole]), said), both);
        assert_eq!(believed_of(&json!([grammar("go", "went"), whole]), said), both, "once each");
        let others = [whole, grammar("it", "they"), grammar("was", "were")];
        assert_eq!(
            believed_of(&json!(others), said),
            [
                "go to school with friends and I eat -> went to school with friends and I ate an",
                "it -> they",
                "was -> were"
            ],
            "nothing is lost for it"
        );
        let learner = Learner::new(None, Focus { grammar: true, vocab: true, fluency: true }, None);
        let kinds = |proposed: &Value| {
            let believed = believed(&json!({"corrections": [proposed]}), said, learner);
            believed.into_iter().map(|one| one.kind).collect::<Vec<_>>()
        };
        assert_eq!(kinds(&others[0]), [None, None], "which of them is the tense is not known");
        assert_eq!(kinds(&others[1]), [Some("VERB:TENSE".to_owned())]);
    }

    #[test]
    fn a_correction_is_found_where_it_belongs_and_not_at_the_same_words_before_it() {
        let said = "I have to go home, then I go home and eat a apple, and it is good and it are old";
        for (original, corrected, expected) in [
            ("then I go home", "then I went home", "I go home -> I went home"),
            ("eat a apple", "eat an apple", "a apple -> an apple"),
            (
                "eat a apple, and it is good and it are old",
                "ate an apple, and it is good and it is old",
                "eat a -> ate an; are -> is",
            ),
            ("I have to go home", "I had to go home", "have -> had"),
        ] {
            assert_eq!(believed_of(&json!([grammar(original, corrected)]), said).join("; "), expected);
        }
    }

    #[test]
    fn a_type_that_is_about_writing_ends_a_correction_and_an_unknown_one_is_left_out() {
        let learner = Learner::new(None, Focus { grammar: true, vocab: true, fluency: true }, None);
        for (kind, kept) in [
            ("VERB:TENSE", Some(Some("VERB:TENSE"))),
            ("R:VERB:TENSE", Some(Some("VERB:TENSE"))),
            ("M:DET", Some(Some("DET"))),
            ("VERB:MOOD", Some(None)),
            ("verb", Some(None)),
            ("R:SPELL", None),
            ("PUNCT", None),
            ("ORTH", None),
        ] {
            let mut proposed = grammar("go", "went");
            proposed["type"] = kind.into();
            let believed = believed(&json!({"corrections": [proposed]}), "I go home", learner);
            let found = believed.first().map(|correction| correction.kind.as_deref());
            assert_eq!(found, kept, "{kind}");
        }
    }

    #[test]
    fn nothing_that_a_teacher_corrects_is_lost_on_the_way() {
        // The recorded utterances of learners with the corrections that a teacher makes.
        let set = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bench/utterances.json");
        let set: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(set).unwrap()).unwrap();
        let learner = Learner::new(None, Focus { grammar: true, vocab: true, fluency: true }, None);
        let (mut proposed, mut kept) = (0, 0);
        for utterance in &set {
            let said = utterance["text"].as_str().unwrap();
            let teachers = utterance["corrections"].as_array().unwrap();
            let believed = believed(utterance, said, learner);
            assert!((teachers.len().min(MOST)..=MOST).contains(&believed.len()), "{said}: {believed:?}");
            let is_a_teachers = |ours: &ZoesCorrection| {
                teachers.iter().any(|one| one["original"].as_str().unwrap().contains(&ours.original))
            };
            assert!(believed.iter().all(is_a_teachers), "{said}: {believed:?}");
            for teachers in teachers {
                let original = teachers["original"].as_str().unwrap();
                proposed += crate::words::count_words(original);
                assert!(
                    believed.iter().any(|ours| original.contains(&ours.original)),
                    "{original}: {believed:?}"
                );
            }
            kept += believed.iter().map(|ours| crate::words::count_words(&ours.original)).sum::<i32>();
        }
        println!("{proposed} words of the originals were proposed, {kept} are shown");
        assert!(set.len() >= 60 && kept < proposed);
    }
}
