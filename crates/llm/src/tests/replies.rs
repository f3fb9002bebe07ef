use serde_json::{Value, json};

use crate::reply::ReplyExtractor;

struct Read {
    reply: String,
    ended: bool,
    rest: Option<Value>,
    broken: Option<&'static str>,
}

fn read(pieces: &[&str]) -> Read {
    let mut extractor = ReplyExtractor::default();
    let reply = pieces.iter().map(|piece| extractor.push(piece)).collect();
    let (ended, rest, broken) = (extractor.reply_ended(), extractor.rest(), extractor.broken());
    Read { reply, ended, rest, broken }
}

#[test]
fn the_reply_is_read_however_the_json_is_split() {
    let corrections =
        json!([{"original": "I goed", "corrected": "I \"went\" {", "depth": [[1], {"reply": "not this"}]}]);
    for (text, reply) in [
        (format!("{{\"reply\": \"Hello!\", \"corrections\": {corrections}}}"), "Hello!"),
        (
            format!("  {{ \"reply\"\n:\t\"a\\\"b\\\\c\\/d\\n\\u00e9é\", \"corrections\": {corrections} }}  "),
            "a\"b\\c/d\néé",
        ),
        (format!("```json\n{{\"reply\":\"\\ud83c\\udf89 🎉\",\"corrections\":{corrections}}}\n```"), "🎉 🎉"),
        (format!("Here it is: {{\"corrections\": {corrections}, \"reply\": \"Last.\"}}"), "Last."),
        (
            format!("{{\"reply\":\"\\ud83c!\\udf89\\ud83c\\u0041\\ud83c\",\"corrections\":{corrections}}}"),
            "\u{FFFD}!\u{FFFD}\u{FFFD}A\u{FFFD}",
        ),
        (format!("{{\"reply\":\"raw\nline\",\"corrections\":{corrections}}}"), "raw\nline"),
    ] {
        let rest = Some(json!({"corrections": corrections}));
        let whole = read(&[&text]);
        assert_eq!((whole.reply.as_str(), whole.ended, &whole.rest), (reply, true, &rest), "{text}");
        for at in (0..text.len()).filter(|&at| text.is_char_boundary(at)) {
            let (head, tail) = text.split_at(at);
            let split = read(&[head, tail]);
            assert_eq!(
                (split.reply.as_str(), split.ended, &split.rest),
                (reply, true, &rest),
                "{head} | {tail}"
            );
        }
    }
}

#[test]
fn words_come_while_the_json_is_being_written() {
    let mut extractor = ReplyExtractor::default();
    let words: Vec<String> = ["{\"re", "ply\": \"Hel", "lo \\", "n\\u00", "e9", "\", \"x\": "]
        .iter()
        .map(|piece| extractor.push(piece))
        .collect();
    assert_eq!(words, ["", "Hel", "lo ", "\n", "é", ""]);
    assert!(extractor.reply_ended() && !extractor.closed() && extractor.rest().is_none());
    extractor.push("1}");
    assert_eq!(extractor.rest(), Some(json!({"x": 1})));
}

#[test]
fn a_broken_tail_leaves_the_reply_standing() {
    for tail in
        [", \"corrections\": [", ", \"corrections\": [}", ", nonsense}", ", \"corrections\": tru}", ""]
    {
        let read = read(&[&format!("{{\"reply\": \"Fine.\"{tail}")]);
        assert_eq!((read.reply.as_str(), read.ended, read.rest), ("Fine.", true, None), "{tail}");
    }
}

#[test]
fn an_answer_without_a_reply_is_recognised() {
    for (text, reason) in [
        ("{\"answer\": \"Hello\"}", Some("the object has no `reply`")),
        ("{}", Some("the object has no `reply`")),
        ("{\"reply\": 5}", Some("`reply` is no string")),
        ("{\"reply\": null}", Some("`reply` is no string")),
        ("{reply: \"Hello\"}", Some("the answer is broken JSON")),
        (&"prose ".repeat(60), Some("the answer is no JSON")),
        ("Sure! ", None),
        ("{\"reply\": \"half", None),
        ("{\"nested\": {\"reply\": \"no\"}", None),
    ] {
        let read = read(&[text]);
        assert_eq!((read.broken, read.ended), (reason, false), "{text}");
    }
}

#[test]
fn nul_never_gets_as_far_as_a_database() {
    let rest = read(&[r#"{"reply": "x", "why\u0000": "a\u0000b", "list": ["\u0000"]}"#]).rest.unwrap();
    assert_eq!(
        (&rest["list"], rest.as_object().unwrap().values().next().unwrap()),
        (&json!([""]), &json!("ab"))
    );
}

#[test]
fn no_text_makes_it_panic_or_loop() {
    let parts =
        ["{", "}", "[", "]", "\"", "\\", "u", "d83c", ":", ",", "reply", "\"reply\"", " ", "1", "🎉", "\n"];
    let mut seed = 7_usize;
    for _ in 0..20_000 {
        let mut extractor = ReplyExtractor::default();
        for _ in 0..30 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            extractor.push(parts[(seed >> 33) % parts.len()]);
        }
        let _ = (extractor.rest(), extractor.broken());
    }
}
