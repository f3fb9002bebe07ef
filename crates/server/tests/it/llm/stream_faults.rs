//! A table of bad days: what a provider does wrong, at which moment, and what the client and the database see of it.

use std::time::Duration;

use ella_test_support::provider::{Protocol, Script};
use futures::{StreamExt, stream};
use serde_json::{Value, json};

use super::{assert_all_is_quiet, in_database, messages, reply, says, to_stream, zoe};
use crate::support::{Ella, Stream, Student};

/// When the fault happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    BeforeTheFirstToken,
    BeforeTheFirstSentence,
    AfterTheFirstSentence,
}

/// What is made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// The model's reply, as if nothing had happened.
    Whole,
    /// The model's first sentence.
    Truncated,
    /// The built-in voice.
    BuiltIn,
}

use Moment::{AfterTheFirstSentence as After, BeforeTheFirstSentence as Early, BeforeTheFirstToken as First};
use Outcome::{BuiltIn, Truncated, Whole};

impl Moment {
    fn opening(self) -> Script {
        match self {
            First => Script::new(),
            Early => Script::new().text(r#"{"reply": "Well, I"#),
            After => Script::new().text(r#"{"reply": "I see. And "#),
        }
    }

    /// As it would be said without a fault.
    fn rest(self) -> &'static str {
        match self {
            First => r#"{"reply": "I see.", "corrections": []}"#,
            Early | After => r#" think so.", "corrections": []}"#,
        }
    }
}

/// A fault: its name, how it is played after a moment's opening, and what a JSON answer and a stream make of it at
/// each moment. A fault that cannot happen at a moment has none there.
struct Fault {
    name: &'static str,
    play: fn(Script, Moment, Protocol) -> Script,
    outcomes: [Option<[Outcome; 2]>; 3],
}

/// Where time decides, a turn has the budget that students get. Elsewhere it has plenty, so that a busy machine changes
/// nothing.
const TIMED: [&str; 3] = ["slow first token", "slow drip", "silence after keep-alives"];
/// After it a provider is left alone for a while, so nothing else can be tried with it.
const LEFT_ALONE: &str = "429";
/// Behind a sentence its rest is awaited for as long as a turn may last (20 s), which the `llm` crate shows in stopped
/// time; here until the provider goes.
const AWAITED: &str = "silence after keep-alives";
/// A model's silence that is longer than the budget of a turn (2 s).
const LATE: Duration = Duration::from_millis(2500);
/// Twelve words at this pace take longer than the budget as well; no pause is long.
const PACE: Duration = Duration::from_millis(210);
const TWELVE_WORDS: &str = "one two three four five six seven eight nine ten eleven twelve";

const NEVER_A_SENTENCE: [Option<[Outcome; 2]>; 3] =
    [Some([BuiltIn, BuiltIn]), Some([BuiltIn, BuiltIn]), Some([Truncated, Truncated])];

fn faults() -> Vec<Fault> {
    fn at_once(status: u16) -> impl Fn(Script, Moment, Protocol) -> Script {
        move |script, moment, protocol| {
            match (moment, protocol) {
            (First, _) => script.status(status),
            // After its head an answer has a status no more: the error comes as an event.
            (_, Protocol::OpenAi) => {
                script.raw("data: {\"error\": {\"message\": \"no\", \"type\": \"server_error\"}}\n\n").hang()
            }
            (_, Protocol::Gemini) => {
                script.raw("data: {\"error\": {\"code\": 503, \"message\": \"no\", \"status\": \"UNAVAILABLE\"}}\n\n").hang()
            }
        }
        }
    }
    vec![
        Fault {
            name: "slow first token",
            play: |script, moment, _| script.wait(LATE).text(moment.rest()).finish(),
            outcomes: [Some([BuiltIn, BuiltIn]), None, None],
        },
        Fault {
            name: "slow drip",
            play: |script, moment, _| match moment {
                First => script.text(r#"{"reply": ""#).drip(TWELVE_WORDS, PACE).text(r#"."}"#).finish(),
                Early | After => script.drip(TWELVE_WORDS, PACE).text(r#".", "corrections": []}"#).finish(),
            },
            outcomes: [Some([BuiltIn, BuiltIn]), Some([BuiltIn, BuiltIn]), Some([Truncated, Whole])],
        },
        Fault {
            name: "silence after keep-alives",
            play: |script, _, _| script.keep_alive().empty_chunk().keep_alive().hang(),
            outcomes: NEVER_A_SENTENCE,
        },
        Fault {
            name: "429",
            play: |script, moment, protocol| match moment {
                First => script.rate_limited(7),
                _ => at_once(429)(script, moment, protocol),
            },
            outcomes: NEVER_A_SENTENCE,
        },
        Fault {
            name: "500",
            play: |script, moment, protocol| at_once(500)(script, moment, protocol),
            outcomes: NEVER_A_SENTENCE,
        },
        Fault {
            name: "401",
            play: |script, moment, protocol| at_once(401)(script, moment, protocol),
            outcomes: [NEVER_A_SENTENCE[0], None, None],
        },
        Fault {
            name: "dropped in the middle",
            play: |script, _, _| script.disconnect(),
            outcomes: NEVER_A_SENTENCE,
        },
        Fault {
            name: "malformed JSON",
            play: |script, _, _| script.malformed_json(),
            outcomes: NEVER_A_SENTENCE,
        },
        Fault {
            name: "schema broken",
            play: |script, moment, _| match moment {
                First => script.text(r#"{"answer": 42}"#).finish(),
                // The reply stands by then; what was to follow it is lost.
                Early | After => script.text(r#" think so." 42}"#).finish(),
            },
            outcomes: [Some([BuiltIn, BuiltIn]), Some([Whole, Whole]), Some([Whole, Whole])],
        },
        Fault { name: "empty", play: |script, _, _| script.finish(), outcomes: NEVER_A_SENTENCE },
        Fault {
            name: "wrong language",
            play: |script, moment, _| match moment {
                First => script.text(reply("Понимаю. А потом?")).finish(),
                Early | After => script.text(r#" und так 下. Ça va?", "corrections": []}"#).finish(),
            },
            outcomes: [Some([Whole, Whole]), Some([Whole, Whole]), Some([Whole, Whole])],
        },
        Fault {
            name: "safety block",
            play: |script, _, _| script.safety_block(),
            outcomes: NEVER_A_SENTENCE,
        },
        Fault { name: "refusal", play: |script, _, _| script.refusal().finish(), outcomes: NEVER_A_SENTENCE },
        Fault { name: "length cut", play: |script, _, _| script.length_cut(), outcomes: NEVER_A_SENTENCE },
        Fault {
            name: "10 MB flood",
            play: |script, _, _| script.flood(10_000_000),
            // Endless words are cut into sentences all the same.
            outcomes: [Some([BuiltIn, BuiltIn]), Some([Truncated, Truncated]), Some([Truncated, Truncated])],
        },
    ]
}

/// A fault at a moment, and what is to come of it as JSON and as a stream.
type Case<'a> = (&'a Fault, Moment, [Outcome; 2]);

/// Plays faults one after the other, over one protocol and to one server.
async fn play(protocol: Protocol, cases: Vec<Case<'_>>) {
    let zoe = zoe();
    let provider = match protocol {
        Protocol::OpenAi => zoe.openai("m"),
        Protocol::Gemini => zoe.gemini("m"),
    };
    let is_timed = cases.iter().any(|(fault, ..)| TIMED.contains(&fault.name));
    let budget = if is_timed { 2000 } else { 30_000 };
    let ella = Ella::with()
        .flag("--llm", provider)
        .flag("--gemini-api-key", "a key")
        .flag("--turn-budget-ms", budget)
        .flag("--first-sentence-ms", budget)
        .start()
        .await;
    let mut provider = Some(zoe);
    for (fault, moment, expected) in cases {
        if let Some(zoe) = &provider {
            zoe.always((fault.play)(moment.opening(), moment, protocol));
        }
        let place = format!("{} {moment:?} {protocol:?}", fault.name);
        strike(&ella, moment, expected, &place).await;
        if fault.name == AWAITED && moment == After {
            provider = None;
        }
        assert_all_is_quiet(&ella).await;
    }
}

/// Lets a JSON turn and a streamed one meet the fault, and compares what comes of it.
async fn strike(ella: &Ella, moment: Moment, expected: [Outcome; 2], place: &str) {
    let ana = ella.student().await;
    let (in_one_piece, streamed) = (ana.conversation().await, ana.conversation().await);

    let (json, told) = futures::join!(says(&ana, &in_one_piece, "I go home"), async {
        Stream::of(to_stream(&ana, &streamed, "I go home")).await.rest().await
    });
    for (form, call, outcome, answer) in [
        ("JSON", &in_one_piece, expected[0], &json.body),
        ("a stream", &streamed, expected[1], told.assert_done()),
    ] {
        assert_outcome(&ana, call, outcome, answer, &format!("{place} as {form}")).await;
    }
    // Of a stream: nothing that was taken back is left, and nobody speaks twice.
    let restarts = told.lines.iter().filter(|line| *line == "restart").count();
    let began = told.lines.first().is_some_and(|line| line.starts_with("delta "));
    let expected_restarts = usize::from(expected[1] == BuiltIn && began);
    assert_eq!(restarts, expected_restarts, "{place}: {:#?}", told.lines);
    assert!(moment == First || began, "{place}: what came before the fault was heard: {:#?}", told.lines);
    let replies = "select count(*) from messages where provider is not null and user_id = ";
    assert_eq!(in_database(ella, &format!("{replies}'{}'", ana.id)).await, "2", "{place}");
}

async fn assert_outcome(ana: &Student<'_>, call: &str, outcome: Outcome, answer: &Value, place: &str) {
    let (reply, engine) = (answer["reply"].as_str().unwrap(), &answer["engine"]);
    let found = match (engine["degraded"] == true, engine["truncated"] == true) {
        (false, false) => Whole,
        (false, true) => Truncated,
        (true, _) => BuiltIn,
    };
    assert_eq!(found, outcome, "{place}: {answer}");
    if outcome == Truncated {
        assert!(reply.starts_with("I see.") || reply.starts_with("Well, Iword"), "{place}: {answer}");
    }
    assert_eq!(answer["corrections"], json!([]), "{place}");
    let stored = messages(ana, call).await;
    let said: Vec<&str> = stored.iter().map(|message| message["content"].as_str().unwrap()).collect();
    assert_eq!(said, ["I go home", reply], "{place}");
    assert_eq!(
        [&stored[0]["id"], &stored[1]["id"]],
        [&answer["user_message_id"], &answer["reply_message_id"]],
        "{place}"
    );
    assert_eq!(stored[1]["latency_ms"]["llm"], answer["latency_ms"]["llm"], "{place}");
}

/// Every fault in both protocols, though not at every moment: the `llm` crate's own table has them all.
#[tokio::test]
async fn no_fault_of_a_provider_costs_a_turn() {
    let faults = faults();
    let protocols =
        [[Protocol::OpenAi, Protocol::Gemini], [Protocol::Gemini, Protocol::OpenAi]].into_iter().cycle();
    let (mut alone, mut openai, mut gemini) = (Vec::new(), Vec::new(), Vec::new());
    for (fault, [one, other]) in faults.iter().zip(protocols) {
        for ((moment, protocol), expected) in
            [(First, one), (Early, other), (After, one)].into_iter().zip(fault.outcomes)
        {
            let Some(expected) = expected else { continue };
            let case = (fault, moment, expected);
            match protocol {
                _ if TIMED.contains(&fault.name) || fault.name == LEFT_ALONE => {
                    alone.push((protocol, vec![case]));
                }
                Protocol::OpenAi => openai.push(case),
                Protocol::Gemini => gemini.push(case),
            }
        }
    }
    // All at the same time: most of the waiting is the provider's.
    let together = alone.into_iter().chain([(Protocol::OpenAi, openai), (Protocol::Gemini, gemini)]);
    stream::iter(together).for_each_concurrent(None, |(protocol, cases)| play(protocol, cases)).await;
}
