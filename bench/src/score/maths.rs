//! Precision, recall and F0.5, by ERRANT type and overall, and how often a clean sentence is corrected.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    edits::{Edit, edits},
    set::{Correction, Utterance},
};
use crate::report::table;

/// Edits of one kind, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Made by both.
    pub(crate) right: usize,
    /// Made by the provider alone.
    pub(crate) wrong: usize,
    /// Made by the teacher alone.
    pub(crate) missed: usize,
}

/// A provider's work so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Score {
    by_type: BTreeMap<String, Counts>,
    clean: usize,
    over_corrected: usize,
    answered: usize,
    unanswered: usize,
}

impl Counts {
    /// Of what was corrected, the part that had to be; 1 when nothing was.
    pub(crate) fn precision(self) -> f64 {
        ratio(self.right, self.right + self.wrong)
    }

    /// Of what had to be corrected, the part that was; 1 when nothing had to be.
    pub(crate) fn recall(self) -> f64 {
        ratio(self.right, self.right + self.missed)
    }

    /// Precision counts twice as much as recall, as in the field's shared tasks: a wrong correction teaches a mistake.
    pub(crate) fn f_half(self) -> f64 {
        let (precision, recall) = (self.precision(), self.recall());
        if precision + recall == 0.0 { 0.0 } else { 1.25 * precision * recall / (0.25 * precision + recall) }
    }
}

impl Score {
    /// Adds one utterance with what was proposed; none when the provider did not answer.
    pub(crate) fn add(&mut self, utterance: &Utterance, proposed: Option<&[Correction]>) {
        let Some(proposed) = proposed else {
            self.unanswered += 1;
            return;
        };
        self.answered += 1;
        let wanted = typed(utterance, &utterance.corrections);
        let made = typed(utterance, proposed);
        for (edit, kind) in &wanted {
            let counts = self.by_type.entry(kind.clone()).or_default();
            *if made.contains_key(edit) { &mut counts.right } else { &mut counts.missed } += 1;
        }
        for (_, kind) in made.iter().filter(|(edit, _)| !wanted.contains_key(edit)) {
            self.by_type.entry(kind.clone()).or_default().wrong += 1;
        }
        if wanted.is_empty() {
            self.clean += 1;
            self.over_corrected += usize::from(!made.is_empty());
        }
    }

    /// All types together.
    pub(crate) fn overall(&self) -> Counts {
        self.by_type.values().fold(Counts::default(), |sum, counts| Counts {
            right: sum.right + counts.right,
            wrong: sum.wrong + counts.wrong,
            missed: sum.missed + counts.missed,
        })
    }

    /// Of the clean sentences, the part that was corrected nevertheless.
    pub(crate) fn over_correction(&self) -> f64 {
        if self.clean == 0 { 0.0 } else { ratio(self.over_corrected, self.clean) }
    }

    /// The figures as a table.
    pub(crate) fn table(&self) -> String {
        let row = |name: &str, counts: Counts| {
            let figures =
                [counts.precision(), counts.recall(), counts.f_half()].map(|figure| format!("{figure:.2}"));
            let counted = [counts.right, counts.wrong, counts.missed].map(|count| count.to_string());
            std::iter::once(name.to_owned()).chain(counted).chain(figures).collect::<Vec<_>>()
        };
        let mut rows = vec![row("**all**", self.overall())];
        rows.extend(self.by_type.iter().map(|(kind, counts)| row(kind, *counts)));
        format!(
            "{}\n{} utterances answered, {} not. Of {} clean ones {} were corrected: over-correction {:.2}.\n",
            table(&["type", "right", "wrong", "missed", "precision", "recall", "F0.5"], &rows),
            self.answered,
            self.unanswered,
            self.clean,
            self.over_corrected,
            self.over_correction()
        )
    }
}

/// All edits of some corrections with their type; the first correction of a place counts.
fn typed(utterance: &Utterance, corrections: &[Correction]) -> BTreeMap<Edit, String> {
    let mut typed = BTreeMap::new();
    let mut places = BTreeSet::new();
    for correction in corrections {
        for edit in edits(&utterance.text, correction) {
            if places.insert((edit.at, edit.words)) {
                typed.insert(edit, correction.kind.clone());
            }
        }
    }
    typed
}

fn ratio(part: usize, whole: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "hundreds")]
    let ratio = if whole == 0 { 1.0 } else { part as f64 / whole as f64 };
    ratio
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{moods::Mood, set};

    fn of(mood: Mood) -> Score {
        let mut score = Score::default();
        for utterance in set::read() {
            score.add(&utterance, Some(&mood.corrections(&utterance.text)));
        }
        score
    }

    fn close(left: f64, right: f64) -> bool {
        (left - right).abs() < 1e-9
    }

    #[test]
    fn a_perfect_teacher_scores_one_and_leaves_clean_sentences_alone() {
        let score = of(Mood::Perfect);
        let all = score.overall();
        assert_eq!((all.wrong, all.missed), (0, 0), "{score:?}");
        assert!(close(all.f_half(), 1.0) && close(score.over_correction(), 0.0));
        assert!(score.by_type.len() > 10, "{score:?}");
    }

    #[test]
    fn a_silent_one_makes_no_mistake_and_finds_none() {
        let score = of(Mood::Silent);
        let all = score.overall();
        assert_eq!((all.right, all.wrong), (0, 0));
        assert!(close(all.precision(), 1.0) && close(all.recall(), 0.0) && close(all.f_half(), 0.0));
    }

    #[test]
    fn an_eager_one_finds_all_and_corrects_what_was_right() {
        let score = of(Mood::Eager);
        let all = score.overall();
        // Where the teacher has something to say of the end as well, the first correction of a place counts.
        assert!(close(all.recall(), 1.0) && all.wrong > set::read().len() * 9 / 10, "{score:?}");
        assert!(close(score.over_correction(), 1.0));
    }

    #[test]
    fn the_formulas_are_those_of_the_books() {
        let counts = Counts { right: 6, wrong: 2, missed: 6 };
        assert!(close(counts.precision(), 0.75) && close(counts.recall(), 0.5));
        assert!(close(counts.f_half(), 1.25 * 0.75 * 0.5 / (0.25 * 0.75 + 0.5)));
        assert!(close(Counts { right: 0, wrong: 1, missed: 1 }.f_half(), 0.0));
    }

    #[test]
    fn who_does_not_answer_is_counted_apart() {
        let mut score = Score::default();
        score.add(&set::read()[0], None);
        assert_eq!((score.unanswered, score.answered, score.overall()), (1, 0, Counts::default()));
    }
}
