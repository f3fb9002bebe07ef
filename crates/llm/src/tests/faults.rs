//! The fault table: each fault at each moment, in both protocols.

use std::time::Duration;

use ella_test_support::provider::{Script, ScriptedProvider, reply_json};
use futures::{StreamExt, stream};
use serde_json::{Value, json};

use super::gathering::*;
use crate::*;

/// When the fault strikes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Moment {
    BeforeFirstToken,
    BeforeFirstSentence,
    AfterFirstSentence,
}

use Moment::{AfterFirstSentence, BeforeFirstSentence, BeforeFirstToken};

const MOMENTS: [Moment; 3] = [BeforeFirstToken, BeforeFirstSentence, AfterFirstSentence];

/// A fault: its name, what the provider does, and the word it is recorded with.
type Fault = (&'static str, fn(Script) -> Script, &'static str);

const FAULTS: &[Fault] = &[
    ("silence", Script::hang, "timeout"),
    ("silence after keep-alives", |script| script.keep_alive().empty_chunk().keep_alive().hang(), "timeout"),
    ("dropped", Script::disconnect, "broken_off"),
    ("ended in the middle", |script| script, "broken_off"),
    ("malformed event", |script| script.malformed_json().hang(), "malformed"),
    ("no event stream at all", |script| script.raw("<html>Bad gateway</html>\n\n"), "broken_off"),
    ("blocked by a safety filter", |script| script.safety_block().hang(), "refused"),
    ("declined by the model", |script| script.refusal().hang(), "refused"),
    ("cut by the length limit", |script| script.usage(9, 9).length_cut(), "too_long"),
    ("10 MB of output", |script| script.flood(10_000_000).finish(), "too_long"),
    (
        "10 MB in one event",
        |script| script.raw(format!("data: {}", "x".repeat(10_000_000))).hang(),
        "too_long",
    ),
    (
        "error in the stream",
        |script| script.raw("data: {\"error\":{\"code\":503,\"message\":\"x\"}}\n\n").hang(),
        "server",
    ),
];

fn specs(provider: &ScriptedProvider) -> [String; 2] {
    [provider.openai("model"), provider.gemini("gemini-2.5-flash")]
}

/// The words before the fault, as text and as JSON.
fn begin(moment: Moment, is_json: bool) -> Script {
    let words = match moment {
        BeforeFirstToken => return Script::new(),
        BeforeFirstSentence => "Hello the",
        AfterFirstSentence => "Hello there! How are",
    };
    if is_json { Script::new().text(format!("{{\"reply\": \"{words}")) } else { Script::new().text(words) }
}

#[tokio::test]
async fn whatever_goes_wrong_the_next_provider_speaks_or_the_sentences_stand() {
    let cases = FAULTS.iter().flat_map(|fault| MOMENTS.map(|moment| (fault, moment)));
    let cases = cases.flat_map(|(fault, moment)| [false, true].map(|is_json| (fault, moment, is_json)));
    // A few at a time: most of it is waiting.
    let play = |(fault, moment, is_json)| play(fault, moment, is_json);
    stream::iter(cases).for_each_concurrent(8, play).await;
}

async fn play((name, strike, word): &Fault, moment: Moment, is_json: bool) {
    let provider = ScriptedProvider::start().unwrap();
    let backup = ScriptedProvider::start().unwrap();
    let better = if is_json { reply_json("I am better.", &json!([])) } else { "I am better.".to_owned() };
    backup.always(Script::answer(better));
    for spec in specs(&provider) {
        let row = format!("{name}, {moment:?}, JSON {is_json}, {spec}");
        provider.next(strike(begin(moment, is_json)));
        // Only silence is answered with a hedge; elsewhere one would merely disturb.
        let hedge = if *word == "timeout" && moment != AfterFirstSentence { 60 } else { 5000 };
        let relay = relay(&[spec, backup.openai("backup")], hedge_after(hedge));
        let request = if is_json { say_json() } else { say() };
        // Nobody waits for silence but where it is the fault.
        let silence = if *word == "timeout" { 150 * MILLISECOND } else { 5000 * MILLISECOND };
        let deadlines = Deadlines { silence, ..within(8000) };
        let (lines, outcome) = transcript(relay.speak(request, deadlines)).await;
        check(&row, moment, word, &lines, &outcome);
        drop(outcome);
        assert_eq!(relay.in_flight(), 0, "{row}");
    }
    provider.wait_for_endings(2).await.unwrap();
}

fn check(row: &str, moment: Moment, word: &str, lines: &[String], outcome: &Outcome) {
    let spoken = outcome.spoken().unwrap_or_else(|| panic!("{row}: {outcome:?}"));
    let said_before = lines.contains(&"delta \"Hello the\"".to_owned());
    let restarts = lines.iter().filter(|line| *line == "restart").count();
    if moment == AfterFirstSentence {
        assert_eq!(fates(outcome), [word], "{row}: nobody takes over");
        assert!(spoken.truncated && spoken.rest.is_none(), "{row}");
        assert!(spoken.reply.starts_with("Hello there!"), "{row}: {}", spoken.reply);
        assert!(lines.contains(&"sentence 0 \"Hello there!\"".to_owned()), "{row}: {lines:?}");
        assert_eq!(spoken.sentences, cut_sentences(&spoken.reply), "{row}");
        assert!(spoken.reply.len() <= crate::limits::REPLY_LIMIT, "{row}: {}", spoken.reply.len());
    } else {
        let expected = match (word, fates(outcome)[0]) {
            // A flood of words may hold a sentence of its own, cut at the soft limit.
            ("too_long", "won" | "too_long") if spoken.reply.contains("word") => return,
            // Silence is what hedges are for: the first attempt is merely the loser.
            ("timeout", _) => "lost",
            // Words where JSON was promised are found out long before there are too many.
            ("too_long", "malformed") if moment == BeforeFirstToken => "malformed",
            _ => word,
        };
        assert_eq!(fates(outcome), [expected, "won"], "{row}");
        assert_eq!((spoken.reply.as_str(), spoken.truncated), ("I am better.", false), "{row}");
        assert_eq!(restarts, usize::from(said_before), "{row}: {lines:?}");
        assert!(!lines.iter().any(|line| line.starts_with("sentence 0 \"Hello")), "{row}: {lines:?}");
    }
}

#[tokio::test]
async fn an_error_right_behind_a_sentence_does_not_swallow_it() {
    let (provider, backup) = (ScriptedProvider::start().unwrap(), ScriptedProvider::start().unwrap());
    let words = json!({"choices": [{"delta": {"content": "One is here. Two is a bit lon"}}]});
    let error = json!({"error": {"code": 503, "message": "x"}});
    // In one packet, as a busy provider may send it.
    provider.next(Script::new().raw(format!("data: {words}\n\ndata: {error}\n\n")).hang());
    let relay = relay(&[provider.openai("model"), backup.openai("backup")], hedge_after(5000));
    let (_, outcome) = transcript(relay.speak(say(), within(8000))).await;
    let spoken = spoken(&outcome);
    assert_eq!((spoken.reply.as_str(), spoken.truncated), ("One is here.", true));
    assert_eq!(fates(&outcome), ["server"], "nobody takes over");
}

fn detail(detail: &Value) -> Value {
    json!({"error": {"status": "SOMETHING", "message": "with a secret", "details": [detail]}})
}

#[tokio::test]
async fn each_status_is_classified_and_the_next_provider_starts_at_once() {
    for (status, word) in [
        (Script::new().status(500), "server"),
        (Script::new().status(503), "server"),
        (Script::new().status(400), "server"),
        (Script::new().status(404), "server"),
        (Script::new().status(301), "server"),
        (Script::new().status(401), "unauthorized"),
        (Script::new().status(403), "unauthorized"),
        (Script::new().status(429), "rate_limited"),
        (Script::new().rate_limited(7), "rate_limited"),
        (Script::new().wait(20 * MILLISECOND).status(502), "server"),
        // Gemini says both in the body.
        (Script::new().status_with(503, detail(&json!({"retryDelay": "7s"}))), "rate_limited"),
        (Script::new().status_with(400, detail(&json!({"reason": "API_KEY_INVALID"}))), "unauthorized"),
    ] {
        let (provider, backup) = (ScriptedProvider::start().unwrap(), ScriptedProvider::start().unwrap());
        for spec in specs(&provider) {
            provider.next(status.clone());
            let relay = relay(&[spec, backup.gemini("gemini-3.5-flash-lite")], hedge_after(5000));
            let (_, outcome) = transcript(relay.speak(say(), within(8000))).await;
            assert_eq!(fates(&outcome), [word, "won"], "{status:?}");
            assert_eq!(spoken(&outcome).provider, "gemini");
            let failed = &outcome.attempts()[0];
            let message = failed.error.as_ref().unwrap().to_string();
            assert!(!message.contains("secret") && message.contains("the provider answered"), "{message}");
            assert_eq!(failed.usage, Usage::default(), "who is turned away pays nothing");
            assert_eq!(relay.in_flight(), 0);
        }
    }
}

#[tokio::test]
async fn schemas_that_are_broken_and_empty_answers_fail() {
    for (text, is_json, word) in [
        ("", false, "empty"),
        (" \n ", false, "empty"),
        ("👍", false, "empty"),
        ("", true, "empty"),
        ("{\"reply\": \"\"}", true, "empty"),
        ("{\"reply\": \"...\", \"corrections\": []}", true, "empty"),
        ("{\"answer\": \"Hello!\"}", true, "malformed"),
        ("{\"reply\": 5}", true, "malformed"),
        ("Hello there! How are you?", true, "malformed"),
        ("{\"reply\": \"Hello", true, "malformed"),
    ] {
        let provider = ScriptedProvider::start().unwrap();
        for spec in specs(&provider) {
            provider.next(Script::answer(text));
            let relay = relay(&[spec], hedge_after(5000));
            let request = if is_json { say_json() } else { say() };
            let (lines, outcome) = transcript(relay.speak(request, within(3000))).await;
            assert_eq!(fates(&outcome), [word], "{text:?} {lines:?}");
            let Outcome::NoVoice(silent) = outcome else { panic!("{text:?}") };
            assert_eq!(silent.reason, NoVoiceReason::AllFailed);
        }
    }
}

/// Who breaks off behind the reply has broken off all the same; who ends in broken JSON has not.
#[tokio::test]
async fn a_broken_tail_leaves_the_reply_whole() {
    let begun = || Script::new().text("{\"reply\": \"All good.\", \"corrections\": [");
    for (end, silence, truncated) in [
        (begun().disconnect(), 3000, true),
        (begun().length_cut(), 3000, true),
        (begun().hang(), 60, true),
        (begun().malformed_json(), 3000, false),
        (Script::new().text("{\"reply\": \"All good.\", \"corrections\": ]}").finish(), 3000, false),
        (Script::new().text("{\"reply\": \"All good.\" oh dear}").finish(), 3000, false),
    ] {
        let provider = ScriptedProvider::start().unwrap();
        for spec in specs(&provider) {
            provider.next(end.clone());
            let relay = relay(&[spec], hedge_after(5000));
            let deadlines = Deadlines { silence: silence * MILLISECOND, ..within(3000) };
            let (lines, outcome) = transcript(relay.speak(say_json(), deadlines)).await;
            assert!(lines.contains(&"reply \"All good.\"".to_owned()), "{lines:?}");
            let spoken = spoken(&outcome);
            assert_eq!(
                (spoken.truncated, &spoken.rest, spoken.rest_pending),
                (truncated, &None, false),
                "{end:?}"
            );
        }
    }
}

#[tokio::test]
async fn nobody_listens_at_an_address_or_it_is_slow_to_connect() {
    let refused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let relay = relay(&[format!("openai:model@http://{refused}/v1")], hedge_after(5000));
    let (_, outcome) = transcript(relay.speak(say(), within(3000))).await;
    assert_eq!(fates(&outcome), ["unreachable"]);
    assert!(!outcome.attempts()[0].error.as_ref().unwrap().to_string().contains("127.0.0.1"));
}

#[tokio::test]
async fn a_drip_that_never_reaches_a_sentence_is_given_up_at_the_deadline() {
    let provider = ScriptedProvider::start().unwrap();
    for spec in specs(&provider) {
        provider.next(Script::new().drip(&"and ".repeat(200), 10 * MILLISECOND).finish());
        let relay = relay(&[spec], hedge_after(5000));
        let (lines, outcome) = transcript(relay.speak(say(), within(150))).await;
        let Outcome::NoVoice(silent) = &outcome else { panic!("{lines:?}") };
        assert_eq!((silent.reason, fates(&outcome)), (NoVoiceReason::TooLate, vec!["timeout"]));
        assert!(silent.usage.estimated && silent.usage.completion_tokens > 0);
        assert_eq!(relay.in_flight(), 0);
    }
}

#[tokio::test]
async fn a_sentence_that_only_lacks_its_space_counts_at_the_deadline() {
    let provider = ScriptedProvider::start().unwrap();
    provider.next(Script::new().text("Hello there!").hang());
    let relay = relay(&[provider.openai("model")], hedge_after(5000));
    let deadlines = Deadlines { silence: Duration::from_millis(150), ..within(1000) };
    let (lines, outcome) = transcript(relay.speak(say(), deadlines)).await;
    assert_eq!(spoken(&outcome).reply, "Hello there!");
    assert!(spoken(&outcome).truncated);
    assert_eq!(
        lines,
        ["delta \"Hello there!\"", "sentence 0 \"Hello there!\"", "reply \"Hello there!\" truncated"]
    );
}
