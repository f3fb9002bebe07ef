//! Whatever the providers do, and whenever: the time that a turn takes, in stopped time and so to the millisecond.

use std::time::Duration;

use futures::StreamExt;
use tokio::time::Instant;

use super::fakes::{Fake, Step, relay_of};
use super::gathering::*;
use crate::*;

/// What the server leaves of its 2.0 s for a reply in one piece, and for the first sentence of a stream; its own test
/// holds it to that.
const REPLY_MS: u64 = 1850;
const FIRST_SENTENCE_MS: u64 = 1900;

/// Each way to go wrong.
fn faults() -> Vec<Vec<Step>> {
    vec![
        vec![],
        vec![Step::Drips(250, " and")],
        vec![Step::Drips(20, " ")],
        vec![Step::Drips(10, "endless")],
        vec![Step::Ends(100)],
        vec![Step::Fails(0, ProviderErrorKind::Server(500))],
        vec![Step::Fails(900, ProviderErrorKind::BrokenOff)],
        vec![Step::Fails(1849, ProviderErrorKind::BrokenOff)],
        vec![Step::Says(100, "}}}")],
        vec![Step::Says(1200, r#" there. And so on.", "corrections": []}"#), Step::Ends(5000)],
    ]
}

/// The same at each moment.
fn bad_days() -> Vec<Vec<Step>> {
    let moments: [&[Step]; 4] = [
        &[],
        &[Step::Says(300, r#"{"reply": "I"#)],
        &[Step::Says(1700, r#"{"reply": "I"#)],
        &[Step::Says(600, r#"{"reply": "I see. And"#)],
    ];
    let days = faults().into_iter().flat_map(|fault| moments.map(|moment| [moment, &fault].concat()));
    days.collect()
}

#[tokio::test(start_paused = true)]
async fn a_reply_in_one_piece_is_there_whatever_both_providers_do() {
    let mut spoken = 0;
    for first in bad_days() {
        for second in faults() {
            let relay = relay_of(&[Fake("first", first.clone()), Fake("second", second)]);
            let arrived = Instant::now();
            let mut turn = relay.speak(say_json(), json_within(REPLY_MS));
            let outcome = turn.answer().await;
            let took = arrived.elapsed();
            assert!(took <= Duration::from_millis(REPLY_MS), "{took:?}: {outcome:?}");
            spoken += usize::from(outcome.spoken().is_some());
            drop(turn);
            assert_eq!(relay.in_flight(), 0);
        }
    }
    assert!(spoken > 100, "some of them had whole sentences: {spoken}");
}

#[tokio::test(start_paused = true)]
async fn the_first_sentence_of_a_stream_is_there_or_is_known_not_to_come() {
    for first in bad_days() {
        for second in faults() {
            let relay = relay_of(&[Fake("first", first.clone()), Fake("second", second)]);
            let arrived = Instant::now();
            let mut turn = relay.speak(say_json(), within(FIRST_SENTENCE_MS));
            loop {
                match turn.next().await.expect("a turn ends with its outcome") {
                    Event::Sentence { .. } | Event::Finished(_) => break,
                    _ => {}
                }
            }
            let took = arrived.elapsed();
            assert!(took <= Duration::from_millis(FIRST_SENTENCE_MS), "{took:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn words_that_drip_put_the_hedge_off_until_half_of_the_time_has_gone_and_no_longer() {
    let sentence = vec![Step::Says(10, r#"{"reply": "Here I am. "#), Step::Ends(10)];
    for (every, hedged_at) in [(300, 1000), (700, 1000), (5000, 800)] {
        let drip = Fake("drip", vec![Step::Says(0, r#"{"reply": "Well"#), Step::Drips(every, " well")]);
        let relay = relay_of(&[drip, Fake("quick", sentence.clone())]);
        let (_, outcome) = transcript(relay.speak(say_json(), within(2000))).await;
        assert_eq!(outcome.attempts()[1].started_ms, hedged_at, "a word every {every} ms");
        assert_eq!(spoken(&outcome).model, "quick");
    }
}
