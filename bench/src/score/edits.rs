//! Corrections as edits of words, so that "I go -> I went" and "go -> went" are the same.

use super::set::Correction;

/// Some words of an utterance and what is to stand there, in lower case and without punctuation: in speech there is
/// neither.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Edit {
    /// The first word that goes, counted from 0; where nothing goes, the word before which something comes.
    pub(crate) at: usize,
    /// How many go.
    pub(crate) words: usize,
    /// What comes.
    pub(crate) instead: Vec<String>,
}

/// The smallest edits that make a correction; none if its original was not said, or nothing changes.
pub(crate) fn edits(said: &str, correction: &Correction) -> Vec<Edit> {
    let (said, original) = (words(said), words(&correction.original));
    let place = said.windows(original.len().max(1)).position(|window| window == original);
    let Some(place) = place.filter(|_| !original.is_empty()) else { return Vec::new() };
    difference(&original, &words(&correction.corrected))
        .into_iter()
        .map(|edit| Edit { at: edit.at + place, ..edit })
        .collect()
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace()
        .map(|word| word.trim_matches(|character: char| !character.is_alphanumeric()).to_lowercase())
        .filter(|word| !word.is_empty())
        .collect()
}

/// What changes from one list of words to another, along their longest common subsequence; changes that touch are one.
fn difference(before: &[String], after: &[String]) -> Vec<Edit> {
    let mut common = vec![vec![0_usize; after.len() + 1]; before.len() + 1];
    for (i, old) in before.iter().enumerate().rev() {
        for (j, new) in after.iter().enumerate().rev() {
            common[i][j] =
                if old == new { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut edits, mut i, mut j): (Vec<Edit>, usize, usize) = (Vec::new(), 0, 0);
    let mut open = false;
    while i < before.len() || j < after.len() {
        if i < before.len() && j < after.len() && before[i] == after[j] {
            (i, j, open) = (i + 1, j + 1, false);
            continue;
        }
        if !open {
            edits.push(Edit { at: i, words: 0, instead: Vec::new() });
            open = true;
        }
        let Some(edit) = edits.last_mut() else { break };
        if j < after.len() && (i == before.len() || common[i][j + 1] > common[i + 1][j]) {
            edit.instead.push(after[j].clone());
            j += 1;
        } else {
            edit.words += 1;
            i += 1;
        }
    }
    edits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(said: &str, original: &str, corrected: &str) -> Vec<(usize, usize, String)> {
        let correction = Correction {
            original: original.to_owned(),
            corrected: corrected.to_owned(),
            category: "grammar".to_owned(),
            kind: "OTHER".to_owned(),
        };
        edits(said, &correction)
            .into_iter()
            .map(|edit| (edit.at, edit.words, edit.instead.join(" ")))
            .collect()
    }

    #[test]
    fn the_same_change_is_the_same_edit_however_much_is_quoted() {
        let said = "Yesterday I go to school by bus.";
        let expected = vec![(2, 1, "went".to_owned())];
        for (original, corrected) in [
            ("go", "went"),
            ("I go", "I went"),
            ("I go to school", "I went to school"),
            (said, "Yesterday, I went to school by bus"),
        ] {
            assert_eq!(of(said, original, corrected), expected, "{original}");
        }
    }

    #[test]
    fn several_changes_are_several_edits_and_missing_words_go_in() {
        let said = "She have two brother";
        assert_eq!(
            of(said, said, "She has two brothers"),
            [(1, 1, "has".to_owned()), (3, 1, "brothers".to_owned())]
        );
        assert_eq!(of("she is nurse", "is nurse", "is a nurse"), [(2, 0, "a".to_owned())]);
        assert_eq!(of("I went to home", "to home", "home"), [(2, 1, String::new())]);
    }

    #[test]
    fn what_was_not_said_or_does_not_change_is_no_edit() {
        assert_eq!(of("I go", "goes", "went"), []);
        assert_eq!(of("I go", "", "went"), []);
        assert_eq!(of("I go", "i go", "I go."), []);
    }
}
