//! The smallest edit in a correction. Models like to say the whole sentence again; what is wrong in it is a word or two,
//! and that is all that a student should look at.

use std::ops::Range;

/// Edits of up to so many words may change all of them: "make a photo" is "take a picture".
const SHORT: usize = 4;

/// A word, where it stands, and how it sounds.
struct Word {
    at: Range<usize>,
    sound: String,
}

/// The piece of `original` that really changes, and what it becomes. None when nothing changes that can be heard, or
/// when so much is said anew that it is no correction any more.
pub(super) fn smallest_edit<'a>(original: &'a str, corrected: &'a str) -> Option<(&'a str, &'a str)> {
    let (before, after) = (words(original), words(corrected));
    let sound = |words: &[Word]| words.iter().map(|word| word.sound.as_str()).collect::<String>();
    if before.is_empty() || after.is_empty() || sound(&before) == sound(&after) {
        return None;
    }
    let same = |(one, other): &(&Word, &Word)| one.sound == other.sound;
    let first = before.iter().zip(&after).take_while(same).count();
    let shorter = before.len().min(after.len());
    let last = before.iter().rev().zip(after.iter().rev()).take(shorter - first).take_while(same).count();
    let (mut first, mut last) = (first, last);
    // A word that is put in or left out is shown with its neighbour: "teacher" becomes "a teacher".
    if first + last == shorter {
        if last > 0 {
            last -= 1;
        } else {
            first -= 1;
        }
    }
    let (before, after) = (before.get(first..before.len() - last)?, after.get(first..after.len() - last)?);
    if is_said_anew(before, after) {
        return None;
    }
    Some((piece(original, before)?, piece(corrected, after)?))
}

/// Whether fewer than half of the words of a longer piece stay.
fn is_said_anew(before: &[Word], after: &[Word]) -> bool {
    let longer = before.len().max(after.len());
    longer > SHORT && 2 * words_in_common(before, after) < longer
}

/// The length of the longest common subsequence.
fn words_in_common(before: &[Word], after: &[Word]) -> usize {
    let mut row = vec![0; after.len() + 1];
    for one in before {
        let mut diagonal = 0;
        for (index, other) in after.iter().enumerate() {
            let above = row.get(index + 1).copied().unwrap_or(0);
            let left = row.get(index).copied().unwrap_or(0);
            let best = if one.sound == other.sound { diagonal + 1 } else { above.max(left) };
            if let Some(cell) = row.get_mut(index + 1) {
                *cell = best;
            }
            diagonal = above;
        }
    }
    row.last().copied().unwrap_or(0)
}

fn piece<'a>(text: &'a str, words: &[Word]) -> Option<&'a str> {
    let piece = text.get(words.first()?.at.start..words.last()?.at.end)?;
    Some(piece.trim_matches(|character: char| ".,!?;:\"()\u{201c}\u{201d}\u{2026}".contains(character)))
}

fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut rest = text;
    let mut start = 0;
    while let Some(begin) = rest.find(|character: char| !character.is_whitespace()) {
        let (at, after) = (start + begin, rest.get(begin..).unwrap_or_default());
        let length = after.find(char::is_whitespace).unwrap_or(after.len());
        let sound = sound(after.get(..length).unwrap_or_default());
        if !sound.is_empty() {
            words.push(Word { at: at..at + length, sound });
        }
        start = at + length;
        rest = after.get(length..).unwrap_or_default();
    }
    words
}

/// How a word sounds: without punctuation and case, and written in one way of several that sound the same.
fn sound(word: &str) -> String {
    let letters: String =
        word.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let alike = SOUND_ALIKE.iter().find(|spellings| spellings.contains(&letters.as_str()));
    alike.and_then(|spellings| spellings.first()).map_or(letters, |first| (*first).to_owned())
}

/// Words that speech recognition may write in several ways, and that a student has said well in each of them.
const SOUND_ALIKE: &[&[&str]] = &[
    &["there", "their", "theyre"],
    &["your", "youre"],
    &["whose", "whos"],
    &["to", "too", "two"],
    &["hear", "here"],
    &["know", "no"],
    &["by", "buy", "bye"],
    &["write", "right"],
    &["weather", "whether"],
    &["piece", "peace"],
    &["week", "weak"],
    &["see", "sea"],
    &["meet", "meat"],
    &["son", "sun"],
    &["one", "won"],
    &["four", "for"],
    &["new", "knew"],
    &["hole", "whole"],
    &["wear", "where"],
    &["past", "passed"],
    &["brake", "break"],
    &["through", "threw"],
    &["principal", "principle"],
    &["colour", "color"],
    &["favourite", "favorite"],
    &["neighbour", "neighbor"],
    &["centre", "center"],
    &["theatre", "theater"],
    &["grey", "gray"],
    &["ok", "okay"],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changes_is_left() {
        for (original, corrected, edit) in [
            ("I go to school yesterday", "I went to school yesterday.", "go -> went"),
            ("go", "went", "go -> went"),
            ("He is teacher", "He is a teacher", "teacher -> a teacher"),
            ("I like the music", "I like music", "the music -> music"),
            ("I have seen him yesterday", "I saw him yesterday", "have seen -> saw"),
            ("She don't like it", "She doesn't like it!", "don't -> doesn't"),
            ("make a photo", "take a picture", "make a photo -> take a picture"),
            ("What you want", "What do you want?", "you -> do you"),
            ("I am agree, of course", "I agree, of course", "am agree -> agree"),
            ("the car red", "the red car", "car red -> red car"),
            (
                "I am here since two days",
                "I have been here for two days",
                "am here since -> have been here for",
            ),
            ("It depends of", "It depends", "depends of -> depends"),
        ] {
            let found = smallest_edit(original, corrected).map(|(one, other)| format!("{one} -> {other}"));
            assert_eq!(found.as_deref(), Some(edit), "{original}");
        }
    }

    #[test]
    fn what_cannot_be_heard_is_no_edit() {
        for (original, corrected) in [
            ("i go", "I go."),
            ("their house", "there house"),
            ("alot", "a lot"),
            ("its mine", "it's mine"),
            ("well known", "well-known"),
            ("my favourite colour", "my favorite color"),
            ("...", "went"),
            ("go", "?"),
        ] {
            assert_eq!(smallest_edit(original, corrected), None, "{original}");
        }
    }

    #[test]
    fn what_is_said_anew_is_no_correction() {
        let said = "yesterday me and the my friends we was going in the cinema for see one film";
        assert_eq!(
            smallest_edit(said, "My friends and I watched a movie last night at a theater downtown"),
            None
        );
        let mended = "yesterday me and my friends were going to the cinema to see a film";
        assert!(smallest_edit(said, mended).is_some(), "most of it stays");
    }
}
