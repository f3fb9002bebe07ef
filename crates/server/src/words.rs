//! Counting words, the one way that Ella counts them.

/// How many words a text has: runs of non-space characters with at least one letter or digit.
#[must_use]
pub fn count_words(text: &str) -> i32 {
    let words = text.split_whitespace().filter(|run| run.chars().any(char::is_alphanumeric)).count();
    i32::try_from(words).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_a_run_of_non_space_characters_with_a_letter_or_digit() {
        assert_eq!(count_words("I go — to school , every day!"), 6);
        assert_eq!(count_words("well-known 3.5 don't …"), 3);
        assert_eq!(count_words("  \u{3000}…?! "), 0);
        assert_eq!(count_words("ça va，你好"), 2);
    }
}
