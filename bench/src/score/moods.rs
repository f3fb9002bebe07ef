//! Teachers out of a script, to see whether the scores are right.

use serde_json::json;

use super::set::{self, Correction};

/// How a scripted teacher corrects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Just what has to be corrected.
    Perfect,
    /// Nothing.
    Silent,
    /// What has to be corrected, and the last word of every sentence besides.
    Eager,
}

impl Mood {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "perfect" => Some(Self::Perfect),
            "silent" => Some(Self::Silent),
            "eager" => Some(Self::Eager),
            _ => None,
        }
    }

    /// What it corrects in the utterance that stands in `said`.
    pub(crate) fn corrections(self, said: &str) -> Vec<Correction> {
        let utterance = set::read().into_iter().find(|utterance| said.contains(&utterance.text));
        let Some(utterance) = utterance.filter(|_| self != Self::Silent) else { return Vec::new() };
        let mut corrections = utterance.corrections;
        if self == Self::Eager {
            let last = utterance.text.split_whitespace().next_back().unwrap_or_default();
            let last = last.trim_matches(|character: char| !character.is_alphanumeric()).to_owned();
            let corrected = format!("{last} indeed");
            let (category, kind) = ("fluency".to_owned(), "ADV".to_owned());
            corrections.push(Correction { original: last, corrected, category, kind });
        }
        corrections
    }

    /// Its answer to a turn.
    pub(crate) fn reply(self, said: &str) -> String {
        let corrections = self.corrections(said).into_iter().map(|correction| {
            json!({
                "original": correction.original, "corrected": correction.corrected, "explanation": "So it is said.",
                "category": correction.category, "type": correction.kind,
            })
        });
        let corrections: Vec<_> = corrections.collect();
        format!(
            "{{\"reply\": \"I see. And what did you do then?\", \"corrections\": {}}}",
            json!(corrections)
        )
    }
}
