use crate::sentences::{SentenceCutter, cut_sentences};

/// A text, and its sentences separated by `|`.
const CASES: &[(&str, &str)] = &[
    ("", ""),
    ("   \n ", ""),
    ("Hello", "Hello"),
    ("Hello there. How are you?", "Hello there.|How are you?"),
    ("  Hello   there.\tHow\n\nare you?  ", "Hello there.|How are you?"),
    ("Wow! Really?! Yes.", "Wow!|Really?!|Yes."),
    // Abbreviations.
    (
        "Mr. Brown met Mrs. Green and Dr. White. They talked.",
        "Mr. Brown met Mrs. Green and Dr. White.|They talked.",
    ),
    (
        "Bring fruit, e.g. apples, i.e. something sweet. OK?",
        "Bring fruit, e.g. apples, i.e. something sweet.|OK?",
    ),
    ("I like cats, dogs, etc. and birds.", "I like cats, dogs, etc. and birds."),
    ("I like cats, dogs, etc. Do you?", "I like cats, dogs, etc.|Do you?"),
    (
        "It opens at 9 a.m. and closes at 5 p.m. Come early.",
        "It opens at 9 a.m. and closes at 5 p.m.|Come early.",
    ),
    ("She works for the U.S. Army. Cool!", "She works for the U.S. Army.|Cool!"),
    ("St. Paul is a city. It is cold.", "St. Paul is a city.|It is cold."),
    ("J. K. Rowling wrote it. I read it.", "J. K. Rowling wrote it.|I read it."),
    ("So do I. And you?", "So do I.|And you?"),
    ("The answer is no. Try again.", "The answer is no.|Try again."),
    ("It is No. 5 in the list. Good.", "It is No. 5 in the list.|Good."),
    ("On Aug. 5 we left. In Aug. We left.", "On Aug. 5 we left.|In Aug.|We left."),
    // Numbers.
    ("It costs 3.5 dollars. Cheap!", "It costs 3.5 dollars.|Cheap!"),
    ("I am 12. And you?", "I am 12.|And you?"),
    ("1. Tea 2. Coffee", "1. Tea 2.|Coffee"),
    ("1. Tea", "1. Tea"),
    ("3.5", "3.5"),
    ("Go to example.com. Then log in.", "Go to example.com.|Then log in."),
    // Ellipses.
    ("Well... maybe not. OK.", "Well... maybe not.|OK."),
    ("Hmm... Let me think… Yes.", "Hmm...|Let me think…|Yes."),
    ("Hmm… let me think.", "Hmm… let me think."),
    // Quotes, brackets, markup, emoji.
    ("She said \"Hello.\" Then she left.", "She said \"Hello.\"|Then she left."),
    ("“Great!” he said. (It was.) Fine.", "“Great!”|he said.|(It was.)|Fine."),
    ("**Well done!** Next one.", "**Well done!**|Next one."),
    ("Great job!🎉 Next one.", "Great job!🎉|Next one."),
    ("Great job!👍🏽 Next.", "Great job!👍🏽|Next."),
    ("Great job 🎉 Next one.", "Great job 🎉 Next one."),
    ("Super! 🎉 Next one.", "Super!|🎉 Next one."),
    // Lines.
    ("Hello\nHow are you?", "Hello.|How are you?"),
    ("I went to the\nshop.", "I went to the shop."),
    ("Two things:\n- tea\n- coffee", "Two things: - tea.|- coffee"),
    ("Hello!\n\nGood.\r\nBye", "Hello!|Good.|Bye"),
    ("Hello\n", "Hello"),
    // Others.
    ("No stop.Here none either", "No stop.Here none either"),
    ("... . !", "... . !"),
    ("¿Qué? Sí. Ça va?", "¿Qué?|Sí.|Ça va?"),
    ("Nul\u{0}l and\u{FEFF} void.", "Null and void."),
];

fn in_pieces<'a>(pieces: impl IntoIterator<Item = &'a str>) -> (String, Vec<String>) {
    let mut cutter = SentenceCutter::default();
    let (mut said, mut sentences) = (String::new(), Vec::new());
    for piece in pieces {
        let cut = cutter.push(piece);
        said.push_str(&cut.delta);
        sentences.extend(cut.sentences);
    }
    sentences.extend(cutter.finish());
    (said, sentences)
}

/// What holds for any text.
fn check(text: &str) -> Vec<String> {
    let sentences = cut_sentences(text);
    let reply = sentences.join(" ");
    assert!(
        sentences.iter().all(|sentence| !sentence.is_empty() && sentence.trim() == sentence),
        "{sentences:?}"
    );
    assert_eq!(cut_sentences(&reply), sentences, "cutting the reply to {text:?} again");
    let (said, by_character) = in_pieces(text.split_inclusive(|_| true));
    assert_eq!((&said, &by_character), (&reply, &sentences), "{text:?} character by character");
    sentences
}

#[test]
fn sentences_are_cut_where_a_reader_would() {
    for (text, expected) in CASES {
        assert_eq!(check(text).join("|"), *expected, "{text:?}");
    }
}

#[test]
fn a_stop_followed_by_white_space_is_said_at_once() {
    let mut cutter = SentenceCutter::default();
    assert_eq!(cutter.push("Hello the").sentences, Vec::<String>::new());
    assert_eq!(cutter.push("re!").sentences, Vec::<String>::new());
    assert_eq!(cutter.push(" ").sentences, ["Hello there!"]);
    assert_eq!(cutter.push("\"Fine.\" ").sentences, ["\"Fine.\""]);
    assert_eq!(cutter.push("It costs 3.").sentences, Vec::<String>::new());
    assert_eq!(cutter.push("5. ").sentences, ["It costs 3.5."]);
    assert_eq!(cutter.push("Milk, etc. ").sentences, Vec::<String>::new());
    assert_eq!(cutter.push("And").sentences, ["Milk, etc."]);
}

#[test]
fn of_a_broken_off_text_only_whole_sentences_count() {
    for (text, expected) in [
        ("Hi. How are", None),
        ("Hi. How are you?", Some("How are you?")),
        ("Hi. \"How are you?\"", Some("\"How are you?\"")),
        ("It costs 3.", None),
        ("It costs 3. ", None),
        ("Ask Mr.", None),
        ("Well...", None),
        ("Hello", None),
    ] {
        let mut cutter = SentenceCutter::default();
        cutter.push(text);
        assert_eq!(cutter.break_off().as_deref(), expected, "{text:?}");
    }
}

#[test]
fn an_endless_sentence_is_cut_at_a_comma_or_a_space() {
    let sentences = check(&"and then we went to the shop ".repeat(30));
    assert!(sentences.len() > 2 && sentences.iter().all(|sentence| sentence.chars().count() <= 300));
    let sentences = check(&"and then, as every day, we went to the old shop ".repeat(30));
    assert!(sentences[..sentences.len() - 1].iter().all(|sentence| sentence.ends_with(',')), "{sentences:?}");
    let word = "a".repeat(500);
    assert_eq!(check(&format!("{word} {word} end")), [word.as_str(), word.as_str(), "end"]);
}

/// Thousands of texts made of everything that could matter, in any order.
#[test]
fn cutting_is_deterministic_however_the_text_is_split() {
    const PARTS: &[&str] = &[
        "Hello",
        "I",
        "no",
        "No",
        "Mr",
        "e.g",
        "etc",
        "a.m",
        "U.S",
        "3",
        "12",
        "5",
        "J",
        "word",
        "é",
        "中文",
        "and",
        "etc.",
        ".",
        ".",
        "!",
        "?",
        "…",
        "...",
        ",",
        ":",
        "-",
        "\"",
        "”",
        "'",
        "(",
        ")",
        "*",
        "🎉",
        "👍🏽",
        "\u{FE0F}",
        " ",
        " ",
        " ",
        "\n",
        "\r\n",
        "\t",
        "\u{A0}",
        "\u{0}",
        "a long stretch of words without any end, ",
        "aaaaaaaaaaaaaaaaaaaa",
    ];
    let mut random = Random(42);
    for _ in 0..20_000 {
        let count = random.below(60);
        let text: String = (0..count).map(|_| PARTS[random.below(PARTS.len())]).collect();
        let sentences = check(&text);
        let mut pieces = Vec::new();
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let mut at = 1 + random.below(12);
            while !rest.is_char_boundary(at.min(rest.len())) {
                at += 1;
            }
            let (piece, after) = rest.split_at(at.min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        assert_eq!(in_pieces(pieces).1, sentences, "{text:?}");
        // A truncated reply, too, is cut the same way again.
        let end = random.below(sentences.len() + 1);
        assert_eq!(cut_sentences(&sentences[..end].join(" ")), sentences[..end], "{text:?}");
    }
}

/// Knuth's MMIX generator: enough to shuffle with, the same every time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

#[test]
fn a_text_that_is_cut_in_a_word_or_a_number_does_not_end_there() {
    for (text, next, whole) in [
        ("I ran. We ran 3.", '5', false),
        ("Look at example.", 'c', false),
        ("Well", 't', false),
        ("Ask Dr. ", 'B', false),
        ("We met at 5 p.m. ", 'a', false),
        ("So it was", ' ', false),
        ("So it was.", ' ', true),
    ] {
        let mut cutter = SentenceCutter::default();
        cutter.push(text);
        assert_eq!(cutter.stop_before(next).is_some(), whole, "{text} | {next}");
        assert_eq!(cutter.break_off(), None, "nothing is left of {text}");
    }
}
