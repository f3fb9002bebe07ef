//! Turns that are answered as JSON, by a certain time.

use ella_test_support::provider::{Script, ScriptedProvider, reply_json};
use futures::StreamExt;
use serde_json::json;
use tokio::time::Instant;

use super::fakes::{Fake, Step, relay_of};
use super::gathering::*;
use crate::limits::REPLY_LIMIT;
use crate::*;

#[tokio::test]
async fn the_reply_is_streamed_out_of_the_json_and_the_rest_follows() {
    let provider = ScriptedProvider::start().unwrap();
    for spec in [provider.openai("model"), provider.gemini("gemini-2.5-flash")] {
        let script = Script::new()
            .text("{\"reply\": \"You we")
            .text("nt! W\\u0068")
            .text("ere?\", \"corr")
            .text("ections\": [\"went\"]}")
            .usage(40, 20);
        provider.next(script.finish());
        let relay = relay(&[spec], Settings::default());
        let (lines, outcome) = transcript(relay.speak(say_json(), json_within(3000))).await;
        assert_eq!(
            lines,
            [
                "delta \"You we\"",
                "delta \"nt! Wh\"",
                "sentence 0 \"You went!\"",
                "delta \"ere?\"",
                "sentence 1 \"Where?\"",
                "reply \"You went! Where?\"",
            ]
        );
        let spoken = spoken(&outcome);
        assert_eq!(spoken.rest, Some(json!({"corrections": ["went"]})));
        assert_eq!(
            (spoken.rest_pending, spoken.truncated, spoken.usage.completion_tokens),
            (false, false, 20)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn corrections_that_are_late_come_later() {
    let relay = relay_of(&[Fake(
        "late",
        vec![
            Step::Says(100, r#"{"reply": "Nice.", "corr"#),
            Step::Says(1900, r#"ections": [1]}"#),
            Step::Counts(5, 6),
            Step::Ends(0),
        ],
    )]);
    let began = Instant::now();
    let mut turn = relay.speak(say_json(), json_within(1500));
    let outcome = turn.answer().await;
    let now = spoken(&outcome);
    assert_eq!((now.reply.as_str(), now.rest_pending, now.truncated), ("Nice.", true, false));
    assert_eq!((began.elapsed(), relay.in_flight()), (1500 * MILLISECOND, 1));
    let outcome = turn.finish().await;
    let late = spoken(&outcome);
    assert_eq!((late.rest.clone(), late.rest_pending), (Some(json!({"corrections": [1]})), false));
    assert_eq!((late.reply.as_str(), late.usage.completion_tokens), ("Nice.", 6));
    assert_eq!(relay.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_the_rest_is_not_hurried_by_silence() {
    let steps = [
        Step::Says(100, r#"{"reply": "Nice.", "corr"#),
        Step::Says(9000, r#"ections": [1]}"#),
        Step::Ends(0),
    ];
    let relay = relay_of(&[Fake("silent", steps.to_vec())]);
    for (waits, rest) in [(true, Some(json!({"corrections": [1]}))), (false, None)] {
        let mut turn = relay.speak(say_json(), json_within(1500));
        assert!(spoken(&turn.answer().await).rest_pending);
        if waits {
            turn.wait_for_the_rest();
        }
        assert_eq!(spoken(&turn.finish().await).rest, rest, "waits: {waits}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_rest_is_waited_for_no_longer_than_a_turn_may_last() {
    let relay = relay_of(&[Fake("silent", vec![Step::Says(100, r#"{"reply": "Nice. And"#)])]);
    let began = Instant::now();
    let mut turn = relay.speak(say_json(), json_within(1500));
    assert!(spoken(&turn.answer().await).rest_pending);
    turn.wait_for_the_rest();
    assert_eq!(spoken(&turn.finish().await).rest, None);
    assert_eq!((began.elapsed(), relay.in_flight()), (20_000 * MILLISECOND, 0));
}

#[tokio::test(start_paused = true)]
async fn at_the_deadline_the_sentences_so_far_are_the_reply() {
    let steps = [
        Step::Says(100, r#"{"reply": "One. Two? Thr"#),
        Step::Says(2000, r#"ee. Four.", "corrections": []}"#),
        Step::Ends(0),
    ];
    let relay = relay_of(&[Fake("slow", steps.to_vec())]);
    let mut turn = relay.speak(say_json(), json_within(1500));
    let mut events = Vec::new();
    while let Some(event) = turn.next().await {
        events.push(event.clone());
        if event == Event::Due {
            break;
        }
    }
    assert!(
        events.contains(&Event::ReplyComplete { reply: "One. Two?".into(), truncated: true }),
        "{events:?}"
    );
    let outcome = turn.outcome();
    assert_eq!((spoken(&outcome).truncated, spoken(&outcome).rest_pending), (true, true));
    let rest = turn.collect::<Vec<_>>().await;
    let [Event::Finished(outcome)] = &rest[..] else { panic!("nothing more is said: {rest:?}") };
    let late = spoken(outcome);
    assert_eq!((late.reply.as_str(), late.rest.clone()), ("One. Two?", Some(json!({"corrections": []}))));
    assert!(late.truncated);
}

#[tokio::test]
async fn with_no_sentence_at_the_deadline_there_is_no_voice() {
    let provider = ScriptedProvider::start().unwrap();
    provider.next(Script::new().text("{\"reply\": \"One and").hang());
    let relay = relay(&[provider.openai("model")], Settings::default());
    let outcome = relay.speak(say_json(), json_within(150)).answer().await;
    let Outcome::NoVoice(silent) = outcome else { panic!("{outcome:?}") };
    assert_eq!(silent.reason, NoVoiceReason::TooLate);
    assert_eq!(relay.in_flight(), 0);
}

#[tokio::test]
async fn what_was_never_counted_is_estimated() {
    let provider = ScriptedProvider::start().unwrap();
    provider.next(Script::new().text(reply_json("Nice to meet you.", &json!([]))).finish());
    let relay = relay(&[provider.openai("model")], Settings::default());
    let outcome = relay.speak(say_json(), json_within(3000)).answer().await;
    let usage = outcome.usage();
    assert!(usage.estimated && usage.prompt_tokens > 5 && usage.completion_tokens > 5, "{usage:?}");
}

#[tokio::test]
async fn a_reply_that_is_cut_at_the_limit_ends_with_a_whole_sentence() {
    let provider = ScriptedProvider::start().unwrap();
    // The limit lies between the two words, and the reply's end comes in the same piece.
    let reply = format!("Oh no. {}", "Well then. ".repeat(800));
    let relay = relay(&[provider.openai("model")], Settings::default());
    provider.next(Script::answer(reply_json(&reply, &json!([]))));
    let (_, outcome) = transcript(relay.speak(say_json(), json_within(3000))).await;
    let spoken = spoken(&outcome);
    assert!(spoken.truncated && spoken.reply.ends_with(" Well then."), "{}", &spoken.reply[7900..]);
    assert_eq!(spoken.reply, spoken.sentences.join(" "));
    assert_eq!(fates(&outcome), ["too_long"]);
}

#[tokio::test]
async fn a_reply_that_is_cut_at_the_limit_in_a_word_does_not_end_with_its_beginning() {
    let provider = ScriptedProvider::start().unwrap();
    // What comes before the limit looks like a sentence, and is the beginning of an address.
    let beginning = "Look at example.";
    let filler = format!("A{} ", "h. Well then".repeat(664));
    let filler = format!("{filler}{}. ", "m".repeat(REPLY_LIMIT - 3 - filler.len() - beginning.len() - 2));
    let relay = relay(&[provider.openai("model")], Settings::default());
    let begun = Script::new().text(format!(r#"{{"reply": "{filler}{beginning}"#));
    provider.next(begun.text(r#"com is nice.", "corrections": []}"#).finish());
    let (_, outcome) = transcript(relay.speak(say_json(), json_within(3000))).await;
    let spoken = spoken(&outcome);
    assert!(spoken.truncated && spoken.reply.ends_with("mm."), "{}", &spoken.reply[7900..]);
}
