//! The words of an analysis: a model's, as far as they can be believed, else ones that are made of the counts.

use ella_llm::cut_sentences;
use serde_json::Value;

use super::{BestMoment, Courage, call::Call};
use crate::{conversations::CorrectionCounts, tutor::quotes::as_said};

/// Characters and sentences of a summary at most. The first sentence is kept in any case, cut if need be.
const LONGEST_SUMMARY: usize = 700;
const MOST_SENTENCES: usize = 5;
/// How many there are at most of moments and of steps, and characters in each of their parts.
const MOST: usize = 3;
const LONGEST_QUOTE: usize = 300;
const LONGEST_WHY: usize = 300;
const LONGEST_STEP: usize = 200;

/// What is said about a call.
pub(super) struct Words {
    pub(super) summary: String,
    pub(super) best_moments: Vec<BestMoment>,
    pub(super) next_steps: Vec<String>,
}

impl Words {
    /// A model's words.
    pub(super) fn believed(summary: &str, rest: &Value, call: &Call, counts: &CorrectionCounts) -> Self {
        let steps = next_steps(rest);
        Self {
            summary: short(summary),
            best_moments: best_moments(rest, call),
            next_steps: if steps.is_empty() { template_steps(counts) } else { steps },
        }
    }

    /// Words for when no model has any: true ones, made of the counts.
    pub(super) fn from_templates(courage: &Courage, call: &Call, counts: &CorrectionCounts) -> Self {
        let times = if courage.turns == 1 { "once".to_owned() } else { format!("{} times", courage.turns) };
        let words = if courage.longest_turn_words == 1 { "word" } else { "words" };
        let moment = call.longest.as_ref().map(|message| BestMoment {
            message_id: message.id,
            quote: beginning(&message.content, LONGEST_QUOTE).to_owned(),
            why: "This was your longest turn.".to_owned(),
        });
        Self {
            summary: format!(
                "You spoke {times} in this call. Your longest turn had {} {words}. Every sentence you say makes the next one easier.",
                courage.longest_turn_words
            ),
            best_moments: moment.into_iter().collect(),
            next_steps: template_steps(counts),
        }
    }
}

/// As many whole sentences as a summary may have.
fn short(summary: &str) -> String {
    let mut sentences = cut_sentences(summary);
    sentences.truncate(MOST_SENTENCES);
    while sentences.len() > 1 && sentences.join(" ").chars().count() > LONGEST_SUMMARY {
        sentences.pop();
    }
    beginning(&sentences.join(" "), LONGEST_SUMMARY).to_owned()
}

/// So many characters of a text at most, whole words if there are any.
fn beginning(text: &str, most: usize) -> &str {
    let Some((end, _)) = text.char_indices().nth(most) else { return text };
    let head = text.get(..end).unwrap_or(text);
    match head.rfind(char::is_whitespace) {
        Some(space) if !text.get(end..).unwrap_or_default().starts_with(char::is_whitespace) => {
            head.get(..space).unwrap_or(head).trim_end()
        }
        _ => head.trim_end(),
    }
}

/// Those moments of a model's answer whose quote stands in the student's message that it names; typography aside, and
/// then in the student's own spelling. None says what another has said.
fn best_moments(rest: &Value, call: &Call) -> Vec<BestMoment> {
    let proposed = rest.get("best_moments").and_then(Value::as_array).into_iter().flatten();
    let mut moments: Vec<BestMoment> = Vec::new();
    for moment in proposed.filter_map(|moment| checked(moment, call)) {
        let repeats = |earlier: &BestMoment| {
            earlier.message_id == moment.message_id
                && (earlier.quote.contains(&moment.quote) || moment.quote.contains(&earlier.quote))
                || earlier.quote == moment.quote
        };
        if moments.len() < MOST && !moments.iter().any(repeats) {
            moments.push(moment);
        }
    }
    moments
}

fn checked(moment: &Value, call: &Call) -> Option<BestMoment> {
    let position = moment.get("message")?.as_i64()?;
    let quote = moment.get("quote")?.as_str()?.trim();
    let message =
        call.shown.iter().find(|message| i64::from(message.position) == position && message.by_student)?;
    let why = moment.get("why")?.as_str()?.trim();
    let quote = as_said(beginning(quote, LONGEST_QUOTE), &message.content)?;
    (1..=LONGEST_WHY).contains(&why.chars().count()).then(|| BestMoment {
        message_id: message.id,
        quote: quote.to_owned(),
        why: why.to_owned(),
    })
}

fn next_steps(rest: &Value) -> Vec<String> {
    let proposed = rest.get("next_steps").and_then(Value::as_array).into_iter().flatten();
    let mut steps: Vec<String> = Vec::new();
    for step in proposed.filter_map(|step| step.as_str().map(str::trim)) {
        let fits = (1..=LONGEST_STEP).contains(&step.chars().count());
        if steps.len() < MOST && fits && !steps.iter().any(|earlier| earlier == step) {
            steps.push(step.to_owned());
        }
    }
    steps
}

fn template_steps(counts: &CorrectionCounts) -> Vec<String> {
    let by_count = [
        (counts.grammar, "Say the corrected sentences of this call aloud, twice each."),
        (counts.vocab, "Use each new word of this call in a sentence of your own."),
        (counts.fluency, "Tell the same story again, a little faster."),
        (counts.spelling, "Write down the words that were corrected."),
        (counts.pronunciation, "Listen to the difficult words and say them slowly."),
    ];
    let mut steps: Vec<String> =
        by_count.iter().filter(|(count, _)| *count > 0).map(|(_, step)| (*step).to_owned()).take(2).collect();
    steps.push("Talk with Zoe again tomorrow, and ask her one question more than today.".to_owned());
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_ends_with_a_sentence_and_is_never_long() {
        assert_eq!(short("One. Two! Three? Four. Five. Six. Seven."), "One. Two! Three? Four. Five.");
        let long = format!("{}. And more.", "word ".repeat(139).trim_end());
        assert_eq!(short(&long).chars().count(), long.chars().count() - 10);
        assert!(short(&"word ".repeat(1000)).chars().count() <= LONGEST_SUMMARY);
        assert!(short(&"w".repeat(9000)).chars().count() <= LONGEST_SUMMARY);
    }

    #[test]
    fn a_beginning_is_cut_between_words() {
        assert_eq!(beginning("one two three", 20), "one two three");
        assert_eq!(beginning("one two three", 9), "one two");
        assert_eq!(beginning("one two three", 7), "one two");
        assert_eq!(beginning("onetwothree", 5), "onetw");
    }

    #[test]
    fn steps_are_few_short_and_different() {
        let long = "s".repeat(LONGEST_STEP + 1);
        let rest =
            serde_json::json!({"next_steps": ["One.", " One. ", "", long, 7, "Two.", "Three.", "Four."]});
        assert_eq!(next_steps(&rest), ["One.", "Two.", "Three."]);
    }
}
