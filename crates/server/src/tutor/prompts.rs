//! What Zoe is told. The texts lie in `prompts/`, one a job.

use super::{blocks::escape, context::Learner};

/// The version of the prompts, stored with every turn that used them. Whoever changes a text counts it up.
pub(super) const VERSION: i16 = 3;

const TURN: &str = include_str!("prompts/turn.md");
const STARTER: &str = include_str!("prompts/starter.md");
const PLACEMENT: &str = include_str!("prompts/placement.md");
const ANALYSIS: &str = include_str!("prompts/analysis.md");

pub(super) fn turn(learner: Learner, topic: Option<&str>) -> String {
    with_learner(TURN, learner).replace("{topic}", &escape(topic.unwrap_or("anything the student likes")))
}

pub(super) fn starter(learner: Learner, topic: &str) -> String {
    with_learner(STARTER, learner).replace("{topic}", &escape(topic))
}

pub(super) fn placement(answers: usize, stage: &str) -> String {
    PLACEMENT.replace("{answers}", &answers.to_string()).replace("{stage}", stage)
}

pub(super) fn analysis(learner: Learner) -> String {
    with_learner(ANALYSIS, learner)
}

/// The topic is put in last: it is somebody's words, and must not be searched for place holders.
fn with_learner(prompt: &str, learner: Learner) -> String {
    let level = learner.level.map_or("not known yet, so keep it simple (A2)", crate::levels::CefrLevel::word);
    prompt
        .replace("{level}", level)
        .replace("{age_band}", learner.age_band())
        .replace("{focus}", &learner.focus_words())
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest;

    use super::*;

    #[test]
    fn a_changed_text_is_a_new_version() {
        let texts = [TURN, STARTER, PLACEMENT, ANALYSIS].concat();
        let digest = crate::secrets::hex(digest::digest(&digest::SHA256, texts.as_bytes()).as_ref());
        assert_eq!((VERSION, &digest[..16]), (3, "34e325a4caf824c2"), "count VERSION up, and note both here");
    }

    #[test]
    fn prompts_are_lean() {
        for text in [TURN, STARTER, PLACEMENT, ANALYSIS] {
            let tokens = crate::tutor::context::tokens(text);
            assert!(tokens < 500, "{tokens} tokens: {text}");
        }
    }
}
