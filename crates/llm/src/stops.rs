//! Does a sentence end here? The rules, and the English words they know.

/// The answer to that question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It ends, whatever follows.
    Ends,
    /// It goes on, whatever follows.
    GoesOn,
    /// It depends on the next word, which has not come.
    Depends,
}

use Stop::{Depends, Ends, GoesOn};

/// Never the end of a sentence: a name or an explanation follows.
const BEFORE_A_NAME: [&str; 23] = [
    "mr", "mrs", "ms", "mx", "dr", "prof", "rev", "capt", "sgt", "lt", "col", "mt", "ste", "messrs", "vs",
    "approx", "dept", "eg", "ie", "cf", "viz", "e.g", "i.e",
];
/// The end only if a capital follows.
const BEFORE_ANYTHING: [&str; 11] =
    ["etc", "a.m", "p.m", "jr", "sr", "inc", "ltd", "co", "corp", "al", "bros"];
/// The end unless a number follows: "No. 5", but also "No. Try again."
const BEFORE_A_NUMBER: [&str; 15] =
    ["No", "no", "Nos", "p", "pp", "vol", "ch", "Fig", "fig", "Jan", "Feb", "Aug", "Sept", "Oct", "Dec"];

/// Judges the end of `sentence` (no white space at its end), before `next`, the first character after the white
/// space that follows it, or `None` when that has not come.
///
/// `Ends` without `next` means `Ends` with any `next`: that is what makes cutting independent of how text is split.
pub(crate) fn judge(sentence: &str, next: Option<char>) -> Stop {
    let core = sentence.trim_end_matches(is_closer);
    if !core.contains(char::is_alphanumeric) {
        return GoesOn;
    }
    match core.chars().next_back() {
        Some('!' | '?' | '‽' | '！' | '？' | '。') => Ends,
        Some('…') => if_capital(next),
        Some('.') if core.ends_with("..") => if_capital(next),
        Some('.') => {
            let start = core.rfind(' ').map_or(0, |space| space + 1);
            let word = core.get(start..core.len() - 1).unwrap_or_default();
            judge_word(word.trim_start_matches(is_opener), start == 0, next)
        }
        _ => GoesOn,
    }
}

/// Whether the text ends in a way that the end of a line adds nothing to.
pub(crate) fn is_stopped(text: &str) -> bool {
    let core = text.trim_end_matches(is_closer).trim_end();
    match core.chars().next_back() {
        None => true,
        Some(last) => ".!?…‽！？。,;:-–—(".contains(last),
    }
}

/// Whether a broken-off text ends with a whole sentence. "It costs 3." may have been about to become "3.50".
pub(crate) fn is_whole(text: &str, followed_by_space: bool) -> bool {
    let number =
        text.strip_suffix('.').is_some_and(|text| text.ends_with(|last: char| last.is_ascii_digit()));
    judge(text, None) == Ends && (followed_by_space || !number)
}

fn judge_word(word: &str, first: bool, next: Option<char>) -> Stop {
    let mut letters = word.chars();
    let single = letters.next().filter(|letter| letter.is_alphabetic() && letters.next().is_none());
    let number = !word.is_empty() && word.len() <= 3 && word.bytes().all(|byte| byte.is_ascii_digit());
    if first && (number || single.is_some()) {
        return GoesOn; // "1. Tea", "a. Tea"
    }
    if single.is_some_and(|letter| letter != 'I') && !BEFORE_A_NUMBER.contains(&word) {
        return GoesOn; // "J. K. Rowling", but "So do I. And you?"
    }
    let lower = word.to_lowercase();
    if BEFORE_A_NAME.contains(&lower.as_str()) || word == "St" {
        return GoesOn;
    }
    if BEFORE_ANYTHING.contains(&lower.as_str()) {
        return if_capital(next);
    }
    if BEFORE_A_NUMBER.contains(&word) {
        return match next {
            None => Depends,
            Some(next) if next.is_numeric() => GoesOn,
            Some(_) => Ends,
        };
    }
    let dotted = word.contains('.')
        && word.split('.').all(|part| {
            let mut letters = part.chars();
            letters.next().is_some_and(char::is_alphabetic) && (letters.next().is_none() || part == "Ph")
        });
    if dotted { GoesOn } else { Ends } // "U.S. Army", "Ph.D. student"; "example.com. Then"
}

fn if_capital(next: Option<char>) -> Stop {
    match next {
        None => Depends,
        Some(next) if next.is_uppercase() || is_opener(next) => Ends,
        Some(_) => GoesOn,
    }
}

fn is_opener(character: char) -> bool {
    "\"'“‘«([{*_¿¡".contains(character)
}

/// What may stand between a stop and the space after it: quotes, brackets, markup and emoji.
fn is_closer(character: char) -> bool {
    "\"'”’»)]}*_".contains(character) || is_emoji(character)
}

/// Symbols and pictographs, and what joins and colours them (Unicode blocks; no table needed for this use).
fn is_emoji(character: char) -> bool {
    matches!(
        u32::from(character),
        0x200D | 0x20E3 | 0x2600..=0x27BF | 0x2B00..=0x2BFF | 0xFE0E | 0xFE0F | 0x1_F000..=0x1_FAFF
            | 0xE_0020..=0xE_007F
    )
}
