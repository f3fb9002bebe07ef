//! The recorded utterances, and what a teacher says of each.

use serde_json::Value;

/// Something a learner said.
#[derive(Clone, Debug)]
pub(crate) struct Utterance {
    pub(crate) level: String,
    pub(crate) text: String,
    pub(crate) corrections: Vec<Correction>,
}

/// A correction, by a teacher or by a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Correction {
    pub(crate) original: String,
    pub(crate) corrected: String,
    pub(crate) category: String,
    /// An ERRANT type; `OTHER` where none was given.
    pub(crate) kind: String,
}

impl Correction {
    pub(crate) fn read(value: &Value) -> Option<Self> {
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        Some(Self {
            original: text("original")?,
            corrected: text("corrected")?,
            category: text("category")?,
            kind: text("type").unwrap_or_else(|| "OTHER".to_owned()),
        })
    }
}

/// The whole set, easiest first.
pub(crate) fn read() -> Vec<Utterance> {
    let set: Vec<Value> =
        serde_json::from_str(include_str!("../../utterances.json")).expect("utterances.json");
    let utterance = |value: &Value| Utterance {
        level: value["level"].as_str().expect("a level").to_owned(),
        text: value["text"].as_str().expect("a text").to_owned(),
        corrections: value["corrections"]
            .as_array()
            .expect("corrections")
            .iter()
            .map(|correction| Correction::read(correction).expect("a correction"))
            .collect(),
    };
    set.iter().map(utterance).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::edits::edits;

    #[test]
    fn the_set_is_large_enough_and_every_correction_can_be_made() {
        let set = read();
        assert!(set.len() >= 60, "{}", set.len());
        assert!(set.iter().filter(|utterance| utterance.corrections.is_empty()).count() >= 15);
        for level in ["A1", "A2", "B1", "B2", "C1", "C2"] {
            assert!(set.iter().filter(|utterance| utterance.level == level).count() >= 10, "{level}");
        }
        for utterance in &set {
            assert!(utterance.corrections.len() <= 3, "{}", utterance.text);
            for correction in &utterance.corrections {
                assert!(!edits(&utterance.text, correction).is_empty(), "{}: {correction:?}", utterance.text);
                assert!(
                    ["grammar", "vocab", "fluency"].contains(&correction.category.as_str()),
                    "{correction:?}"
                );
            }
        }
    }
}
