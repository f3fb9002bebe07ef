//! Finding a model's quote in what was really said. Models straighten quotes, fold white space and change dashes; what
//! is found is always the exact words as they were stored.

use std::ops::Range;

/// The exact words of `text` that `quote` repeats, typography aside; whole words only.
pub(super) fn as_said<'a>(quote: &str, text: &'a str) -> Option<&'a str> {
    let (wanted, plain) = (plain(quote), plain(text));
    let wanted: Vec<char> = trimmed(&wanted).iter().map(|(character, _)| *character).collect();
    if !wanted.iter().any(|character| character.is_alphanumeric()) {
        return None;
    }
    let found = plain.windows(wanted.len()).enumerate().find(|(at, window)| {
        let same = window.iter().map(|(character, _)| character).eq(&wanted);
        same && !splits_a_word(&plain, *at, wanted.len())
    });
    let (_, window) = found?;
    text.get(window.first()?.1.start..window.last()?.1.end)
}

/// Characters as they are compared, each with its place in the text.
type Plain = Vec<(char, Range<usize>)>;

fn plain(text: &str) -> Plain {
    let mut plain = Plain::new();
    for (start, character) in text.char_indices() {
        let place = start..start + character.len_utf8();
        match character {
            '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}' | '\u{2bc}' | '\u{2032}' | '`' | '\u{b4}' => {
                plain.push(('\'', place));
            }
            '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}' | '\u{2033}' => plain.push(('"', place)),
            '\u{2010}'..='\u{2015}' | '\u{2212}' => plain.push(('-', place)),
            '\u{2026}' => plain.extend(std::iter::repeat_n(('.', place), 3)),
            // Joiners and marks without width.
            '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => {}
            space if space.is_whitespace() => match plain.last_mut() {
                Some((' ', before)) => before.end = place.end,
                _ => plain.push((' ', place)),
            },
            other => plain.push((other, place)),
        }
    }
    plain
}

fn trimmed(plain: &[(char, Range<usize>)]) -> &[(char, Range<usize>)] {
    let is_word = |(character, _): &&(char, Range<usize>)| *character != ' ';
    let start = plain.iter().take_while(|one| !is_word(one)).count();
    let end = plain.iter().rev().take_while(|one| !is_word(one)).count();
    plain.get(start..plain.len().saturating_sub(end)).unwrap_or_default()
}

/// Whether a piece begins or ends in the middle of a word.
fn splits_a_word(plain: &[(char, Range<usize>)], at: usize, length: usize) -> bool {
    let letter = |index: Option<usize>| {
        index.and_then(|index| plain.get(index)).is_some_and(|(character, _)| character.is_alphanumeric())
    };
    let (first, last) = (Some(at), Some(at + length - 1));
    letter(at.checked_sub(1)) && letter(first) || letter(last) && letter(Some(at + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typography_does_not_matter_and_the_exact_words_are_found() {
        let said = "He said:  \u{201c}I don\u{2019}t\u{a0}know\u{2026}\u{201d} \u{2014} and left";
        for (quote, found) in [
            ("I don't know", "I don\u{2019}t\u{a0}know"),
            (" \"I don't know...\" - and ", "\u{201c}I don\u{2019}t\u{a0}know\u{2026}\u{201d} \u{2014} and"),
            ("said: \"I", "said:  \u{201c}I"),
            ("left", "left"),
        ] {
            assert_eq!(as_said(quote, said), Some(found), "{quote}");
        }
    }

    #[test]
    fn other_words_and_halves_of_words_are_not_found() {
        for quote in ["I do know", "i don't", "lef", "eft", "", " ", "...", "I don't know and left"] {
            assert_eq!(as_said(quote, "I don't know... and left"), None, "{quote}");
        }
        assert_eq!(as_said("art", "The start of art"), Some("art"), "a later place that is whole");
    }
}
