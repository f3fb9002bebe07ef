//! The smallest edit in a correction. Models like to say the whole sentence again; what is wrong in it is a word or two,
//! and that is all that a student should look at.

use std::ops::Range;

/// Edits of up to so many words may change all of them: "make a photo" is "take a picture".
const SHORT: usize = 4;
/// Changes with so many words between them that stay are edits of their own.
const APART: usize = 2;

/// A word, where it stands, and how it sounds.
struct Word {
    at: Range<usize>,
    sound: String,
}

/// The piece of `original` that really changes, and what it becomes; with as much of what stands around it as it takes to
/// be `found`. None when nothing changes that can be heard, or when so much is said anew that it is no correction any more.
pub(super) fn smallest_edit<'a>(
    original: &'a str,
    corrected: &'a str,
    found: impl Fn(&str) -> bool,
) -> Option<(&'a str, &'a str)> {
    let (before, after) = (words(original), words(corrected));
    if before.is_empty() || after.is_empty() || together(&before) == together(&after) {
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
    let (one, other) = (before.get(first..before.len() - last)?, after.get(first..after.len() - last)?);
    if is_said_anew(one, other) {
        return None;
    }
    loop {
        let (one, other) = (before.get(first..before.len() - last)?, after.get(first..after.len() - last)?);
        let edit = (piece(original, one)?, piece(corrected, other)?);
        if found(edit.0) || first + last == 0 {
            return Some(edit);
        }
        if last > 0 {
            last -= 1;
        } else {
            first -= 1;
        }
    }
}

/// The edits in a correction, when it is about several places: "go to school and eat apple" is "go" and "eat". One that
/// puts words elsewhere stays whole, and so does one that says a part of it anew.
pub(super) fn edits<'a>(original: &'a str, corrected: &'a str) -> Vec<(&'a str, &'a str)> {
    let (before, after) = (words(original), words(corrected));
    let places = places(&before, &after);
    let edits: Option<Vec<_>> = places
        .iter()
        .map(|(from, to)| {
            let (before, after) = (before.get(from.clone())?, after.get(to.clone())?);
            Some((before, after)).filter(|_| !is_said_anew(before, after))
        })
        .collect();
    let edits = edits.unwrap_or_default();
    if edits.len() < 2 || is_moved(&edits) {
        return vec![(original, corrected)];
    }
    let is_heard = |(before, after): &(&[Word], &[Word])| together(before) != together(after);
    let pieces = edits.into_iter().filter(is_heard);
    pieces.filter_map(|(before, after)| Some((piece(original, before)?, piece(corrected, after)?))).collect()
}

/// Where the two differ. A word that is put in or left out comes with its neighbour.
fn places(before: &[Word], after: &[Word]) -> Vec<(Range<usize>, Range<usize>)> {
    let mut places: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    // What stays, and the end.
    let mut stays = staying(before, after);
    stays.push((before.len(), after.len()));
    let (mut from, mut to) = (0, 0);
    for (one, other) in stays {
        if one > from || other > to {
            match places.last_mut() {
                Some((last_from, last_to)) if from - last_from.end < APART => {
                    (last_from.end, last_to.end) = (one, other);
                }
                _ => places.push((from..one, to..other)),
            }
        }
        (from, to) = (one + 1, other + 1);
    }
    for (from, to) in &mut places {
        if from.start < from.end && to.start < to.end {
            continue;
        }
        if from.end < before.len() {
            (from.end, to.end) = (from.end + 1, to.end + 1);
        } else {
            (from.start, to.start) = (from.start.saturating_sub(1), to.start.saturating_sub(1));
        }
    }
    places
}

/// Whether a word goes from one of the places to another.
fn is_moved(edits: &[(&[Word], &[Word])]) -> bool {
    let has = |words: &[Word], sought: &Word| words.iter().any(|word| word.sound == sought.sound);
    edits.iter().enumerate().any(|(index, (before, after))| {
        let leaves = |word: &&Word| !has(after, word);
        before.iter().filter(leaves).any(|word| {
            let mut others = edits.iter().enumerate().filter(|(other, _)| *other != index);
            others.any(|(_, (before, after))| has(after, word) && !has(before, word))
        })
    })
}

/// The words that stay, each with its place before and after: a longest common subsequence.
fn staying(before: &[Word], after: &[Word]) -> Vec<(usize, usize)> {
    // How many stay of what begins at each pair of places.
    let mut rows = vec![vec![0; after.len() + 1]; before.len() + 1];
    let count = |rows: &[Vec<usize>], one: usize, other: usize| {
        rows.get(one).and_then(|row| row.get(other)).copied().unwrap_or(0)
    };
    for (one, word) in before.iter().enumerate().rev() {
        for (other, same) in after.iter().enumerate().rev() {
            let most = if word.sound == same.sound {
                count(&rows, one + 1, other + 1) + 1
            } else {
                count(&rows, one + 1, other).max(count(&rows, one, other + 1))
            };
            if let Some(cell) = rows.get_mut(one).and_then(|row| row.get_mut(other)) {
                *cell = most;
            }
        }
    }
    let (mut stays, mut one, mut other) = (Vec::new(), 0, 0);
    while let (Some(word), Some(same)) = (before.get(one), after.get(other)) {
        if word.sound == same.sound {
            stays.push((one, other));
            (one, other) = (one + 1, other + 1);
        } else if count(&rows, one + 1, other) >= count(&rows, one, other + 1) {
            one += 1;
        } else {
            other += 1;
        }
    }
    stays
}

/// Whether fewer than half of the words of a longer piece stay.
fn is_said_anew(before: &[Word], after: &[Word]) -> bool {
    let longer = before.len().max(after.len());
    longer > SHORT && 2 * staying(before, after).len() < longer
}

/// How the words sound without the spaces between them.
fn together(words: &[Word]) -> String {
    words.iter().map(|word| word.sound.as_str()).collect()
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
            let found =
                smallest_edit(original, corrected, |_| true).map(|(one, other)| format!("{one} -> {other}"));
            assert_eq!(found.as_deref(), Some(edit), "{original}");
        }
    }

    #[test]
    fn as_much_is_shown_as_it_takes_to_be_found() {
        let widened = |wanted: usize| {
            let long_enough = |piece: &str| piece.split(' ').count() >= wanted;
            smallest_edit("then I go home", "then I went home", long_enough).unwrap()
        };
        assert_eq!(widened(1), ("go", "went"));
        assert_eq!(widened(2), ("go home", "went home"));
        assert_eq!(widened(3), ("I go home", "I went home"));
        assert_eq!(widened(9), ("then I go home", "then I went home"));
    }

    #[test]
    fn changes_in_several_places_are_edits_of_their_own() {
        for (original, corrected, expected) in [
            ("go to school and eat apple", "went to school and ate an apple", "go -> went; eat -> ate an"),
            (
                "am here since two days and he like it",
                "have been here for two days and he likes it",
                "am here since -> have been here for; like -> likes",
            ),
            (
                "He have big dog and it like bone",
                "He has a big dog and it likes a bone",
                "have -> has a; like -> likes a",
            ),
            (
                "is teacher since ten years ago",
                "is a teacher since ten years",
                "teacher -> a teacher; years ago -> years",
            ),
            ("go home with alot of friends there", "went home with a lot of friends their", "go -> went"),
            ("go there", "went there", "go there -> went there"),
            ("have seen him", "saw him", "have seen him -> saw him"),
            (
                "yesterday went to school",
                "went to school yesterday",
                "yesterday went to school -> went to school yesterday",
            ),
            (
                "like very much the old music",
                "like the old music very much",
                "like very much the old music -> like the old music very much",
            ),
        ] {
            let found: Vec<String> =
                edits(original, corrected).iter().map(|(one, other)| format!("{one} -> {other}")).collect();
            assert_eq!(found.join("; "), expected, "{original}");
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
            assert_eq!(smallest_edit(original, corrected, |_| true), None, "{original}");
        }
    }

    #[test]
    fn what_is_said_anew_is_no_correction() {
        let said = "yesterday me and the my friends we was going in the cinema for see one film";
        assert_eq!(
            smallest_edit(said, "My friends and I watched a movie last night at a theater downtown", |_| {
                true
            }),
            None
        );
        let mended = "yesterday me and my friends were going to the cinema to see a film";
        assert!(smallest_edit(said, mended, |_| true).is_some(), "most of it stays");
    }
}
