//! The race itself.

use std::sync::Arc;
use std::time::Duration;

use ella_test_support::provider::{Ending, Gate, Script, ScriptedProvider};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use tokio::time::{Instant, sleep};

use super::gathering::*;
use crate::*;

fn two() -> (ScriptedProvider, ScriptedProvider) {
    (ScriptedProvider::start().unwrap(), ScriptedProvider::start().unwrap())
}

#[tokio::test]
async fn a_turn_streams_its_words_and_sentences() {
    let provider = ScriptedProvider::start().unwrap();
    for spec in [provider.openai("model"), provider.gemini("gemini-2.5-flash")] {
        provider.next(
            Script::new()
                .text("Hel")
                .text("lo the")
                .text("re!  How\n")
                .text("are you?")
                .usage(30, 12)
                .finish(),
        );
        let relay = relay(&[spec], Settings::default());
        let (lines, outcome) = transcript(relay.speak(say(), within(3000))).await;
        assert_eq!(
            lines,
            [
                "delta \"Hel\"",
                "delta \"lo the\"",
                "delta \"re! How\"",
                "sentence 0 \"Hello there!\"",
                "delta \" are you?\"",
                "sentence 1 \"How are you?\"",
                "reply \"Hello there! How are you?\"",
            ]
        );
        let spoken = spoken(&outcome);
        assert_eq!(spoken.usage, Usage { prompt_tokens: 30, completion_tokens: 12, estimated: false });
        assert_eq!((spoken.truncated, spoken.rest_pending, &spoken.rest), (false, false, &None));
        assert!(spoken.first_token <= spoken.first_token_since_arrival && spoken.first_token <= spoken.llm);
        assert_eq!(relay.providers()[0].state, ProviderState::Ok);
        assert_eq!(relay.in_flight(), 0);
    }
}

#[tokio::test]
async fn silence_calls_the_next_provider_and_the_loser_is_dropped() {
    let (slow, quick) = two();
    slow.next(Script::new().keep_alive().empty_chunk().hang());
    let relay = relay(&[slow.gemini("gemini-2.5-flash"), quick.openai("model")], hedge_after(50));
    let (lines, outcome) = transcript(relay.speak(say(), within(3000))).await;
    assert_eq!(fates(&outcome), ["lost", "won"]);
    assert!(outcome.attempts()[1].started_ms >= 50);
    assert!(spoken(&outcome).first_token >= 50 * MILLISECOND, "the silence was waited for as well");
    assert!(!lines.contains(&"restart".to_owned()), "nothing had been said: {lines:?}");
    assert_eq!(ending(&slow, 0).await, Some(Ending::ClientLeft), "its connection is freed");
    assert_eq!(relay.in_flight(), 0);
}

#[tokio::test]
async fn the_first_whole_sentence_wins_and_the_deltas_before_it_are_taken_back() {
    let (first, second) = two();
    let spoken_to = Gate::new();
    first.next(Script::new().text("Well, I").signal(&spoken_to).hang());
    second.next(Script::new().wait_for(&spoken_to).text("I am fine. ").text("You?").finish());
    let relay = relay(&[first.openai("model"), second.openai("model")], hedge_after(40));
    let (lines, outcome) = transcript(relay.speak(say(), within(5000))).await;
    assert_eq!(
        lines,
        [
            "delta \"Well, I\"",
            "restart",
            "delta \"I am fine.\"",
            "sentence 0 \"I am fine.\"",
            "delta \" You?\"",
            "sentence 1 \"You?\"",
            "reply \"I am fine. You?\"",
        ]
    );
    assert_eq!(fates(&outcome), ["lost", "won"]);
    assert_eq!(ending(&first, 0).await, Some(Ending::ClientLeft));
}

#[tokio::test]
async fn who_speaks_first_is_not_taken_back_when_it_wins() {
    let (first, second) = two();
    let hedged = Gate::new();
    first.next(Script::new().text("Well, I").wait_for(&hedged).text(" think so. Yes.").finish());
    second.next(Script::new().text("I am").signal(&hedged).hang());
    let relay = relay(&[first.openai("model"), second.gemini("gemini-2.5-flash")], hedge_after(40));
    let (lines, outcome) = transcript(relay.speak(say(), within(5000))).await;
    assert_eq!(fates(&outcome), ["won", "lost"]);
    assert!(!lines.contains(&"restart".to_owned()), "{lines:?}");
    assert_eq!(spoken(&outcome).reply, "Well, I think so. Yes.");
    assert_eq!(ending(&second, 0).await, Some(Ending::ClientLeft));
}

#[tokio::test]
async fn who_is_left_alone_ends_with_the_sentences_so_far_and_frees_its_call() {
    let provider = ScriptedProvider::start().unwrap();
    let relay = relay(&[provider.openai("model")], Settings::default());
    provider.next(Script::new().text("I see. And ").text("then").hang());
    let mut turn = relay.speak(say(), within(5000));
    while turn.next().await != Some(Event::Delta(" then".to_owned())) {}
    turn.leave();
    let (lines, outcome) = transcript(turn).await;
    assert_eq!(lines, ["reply \"I see.\" truncated"]);
    let spoken = spoken(&outcome);
    assert_eq!((spoken.truncated, spoken.rest_pending, fates(&outcome)), (true, false, vec!["won"]));
    assert_eq!(ending(&provider, 0).await, Some(Ending::ClientLeft));
    assert_eq!((relay.in_flight(), relay.providers()[0].state), (0, ProviderState::Ok), "it is not to blame");
}

#[tokio::test]
async fn who_is_left_alone_before_a_sentence_still_says_one() {
    let provider = ScriptedProvider::start().unwrap();
    let relay = relay(&[provider.openai("model")], Settings::default());
    let left = Gate::new();
    provider.next(Script::new().text("I").wait_for(&left).text(" see. And then").hang());
    let mut turn = relay.speak(say(), within(5000));
    assert_eq!(turn.next().await, Some(Event::Delta("I".to_owned())));
    turn.leave();
    left.open();
    let (lines, _) = transcript(turn).await;
    assert_eq!(lines.last().unwrap(), "reply \"I see.\" truncated");
    assert_eq!(ending(&provider, 0).await, Some(Ending::ClientLeft));
}

#[tokio::test]
async fn who_is_left_alone_after_the_reply_still_brings_its_rest() {
    let provider = ScriptedProvider::start().unwrap();
    let relay = relay(&[provider.openai("model")], Settings::default());
    let left = Gate::new();
    provider.next(
        Script::new().text(r#"{"reply": "I see.", "#).wait_for(&left).text(r#""corrections": [1]}"#).finish(),
    );
    let mut turn = relay.speak(say_json(), within(5000));
    while !matches!(turn.next().await, Some(Event::ReplyComplete { .. })) {}
    turn.leave();
    left.open();
    let (_, outcome) = transcript(turn).await;
    let spoken = spoken(&outcome);
    assert_eq!(
        (spoken.truncated, spoken.rest.clone()),
        (false, Some(serde_json::json!({"corrections": [1]})))
    );
}

#[tokio::test]
async fn a_finished_answer_is_not_waited_for() {
    let provider = ScriptedProvider::start().unwrap();
    provider.always(Script::answer("All said. Bye.").hang());
    for spec in [provider.openai("model"), provider.gemini("gemini-2.5-flash")] {
        let relay = relay(&[spec], Settings::default());
        let (_, outcome) = transcript(relay.speak(say(), within(3000))).await;
        let spoken = spoken(&outcome);
        assert_eq!((spoken.reply.as_str(), spoken.truncated), ("All said. Bye.", false));
        assert!(spoken.llm < Duration::from_secs(2), "its connection stays open for good: {:?}", spoken.llm);
        assert!(!spoken.usage.estimated);
        assert_eq!(relay.providers()[0].state, ProviderState::Ok);
    }
}

#[tokio::test]
async fn an_error_calls_the_next_at_once_even_while_a_hedge_runs() {
    let (first, second) = two();
    let third = ScriptedProvider::start().unwrap();
    first.next(Script::new().hang());
    second.next(Script::new().status(500));
    let specs = [first.openai("a"), second.openai("b"), third.openai("c")];
    let relay = relay(&specs, hedge_after(150));
    let (_, outcome) = transcript(relay.speak(say(), within(5000))).await;
    assert_eq!(fates(&outcome), ["lost", "server", "won"]);
}

#[tokio::test]
async fn dropping_a_turn_drops_every_call() {
    let (first, second) = two();
    first.next(Script::new().hang());
    second.next(Script::new().text("Hel").hang());
    let relay = relay(&[first.openai("a"), second.gemini("gemini-3-flash")], hedge_after(30));
    let mut turn = relay.speak(say(), within(5000));
    assert_eq!(turn.next().await, Some(Event::Delta("Hel".into())));
    assert_eq!(relay.in_flight(), 2);
    drop(turn);
    assert_eq!(relay.in_flight(), 0);
    assert_eq!(ending(&first, 0).await, Some(Ending::ClientLeft));
    assert_eq!(ending(&second, 0).await, Some(Ending::ClientLeft));
}

#[tokio::test]
async fn past_the_limit_of_calls_in_flight_there_is_no_voice_at_once() {
    let provider = ScriptedProvider::start().unwrap();
    let gate = Gate::new();
    provider.always(Script::new().wait_for(&gate).text("Hello. ").finish());
    let relay = relay(&[provider.openai("model")], Settings { in_flight_limit: 2, ..hedge_after(5000) });
    let waiting = [relay.speak(say(), within(5000)), relay.speak(say(), within(5000))];
    let third = async {
        provider.wait_for_calls(2).await.unwrap();
        let (_, outcome) = transcript(relay.speak(say(), within(5000))).await;
        gate.open();
        outcome
    };
    let [first, second] = waiting.map(transcript);
    let (outcome, first, second) = tokio::join!(third, first, second);
    let Outcome::NoVoice(silent) = outcome else { panic!("over the limit") };
    assert_eq!((silent.reason, silent.attempts.len()), (NoVoiceReason::Overloaded, 0));
    assert!(first.1.spoken().is_some() && second.1.spoken().is_some());
    assert_eq!(relay.in_flight(), 0);
}

#[tokio::test]
async fn calls_that_take_a_connection_each_have_a_limit_of_their_own() {
    let (provider, gate) = (ScriptedProvider::start().unwrap(), Gate::new());
    provider.always(Script::new().wait_for(&gate).text("Hello. ").finish());
    let relay = relay(&[provider.openai("model")], Settings { connection_limit: 1, ..hedge_after(5000) });
    let second = async {
        provider.wait_for_calls(1).await.unwrap();
        let (_, outcome) = transcript(relay.speak(say(), within(5000))).await;
        gate.open();
        outcome
    };
    let ((_, first), second) = tokio::join!(transcript(relay.speak(say(), within(5000))), second);
    let Outcome::NoVoice(silent) = second else { panic!("over the limit") };
    assert_eq!((silent.reason, silent.attempts.len()), (NoVoiceReason::Overloaded, 0));
    assert_eq!(fates(&first), ["won"]);
    let (_, third) = transcript(relay.speak(say(), within(5000))).await;
    assert_eq!(fates(&third), ["won"], "the connection was given back");
}

#[tokio::test]
async fn without_providers_there_is_no_voice() {
    let (_, outcome) = transcript(relay(&[], Settings::default()).speak(say(), within(1000))).await;
    let Outcome::NoVoice(silent) = outcome else { panic!("nobody is there") };
    assert_eq!(silent.reason, NoVoiceReason::NoProvider);
}

#[tokio::test]
async fn three_failures_move_a_provider_to_the_end_and_retry_after_is_respected() {
    let (first, second) = two();
    first.always(Script::new().status(500));
    let relay = relay(&[first.openai("a"), second.openai("b")], hedge_after(5000));
    for _ in 0..5 {
        transcript(relay.speak(say(), within(3000))).await;
    }
    assert_eq!((first.calls().len(), second.calls().len()), (3, 5));
    assert_eq!(relay.providers()[0].state, ProviderState::Failing);
    second.always(Script::new().rate_limited(60));
    let (_, outcome) = transcript(relay.speak(say(), within(3000))).await;
    assert_eq!(fates(&outcome), ["rate_limited", "server"], "who failed is better than nobody");
    let (_, outcome) = transcript(relay.speak(say(), within(3000))).await;
    assert_eq!(fates(&outcome), ["server"], "who wants to be left alone is");
    assert_eq!(relay.providers()[1].state, ProviderState::Failing);
}

#[tokio::test]
async fn a_provider_that_always_hangs_is_found_out() {
    let (dead, alive) = two();
    dead.always(Script::new().hang());
    let relay = relay(&[dead.openai("a"), alive.openai("b")], hedge_after(20));
    for _ in 0..6 {
        transcript(relay.speak(say(), within(3000))).await;
    }
    assert_eq!(dead.calls().len(), 3);
}

// ---- In stopped time, with providers that are no sockets ----

/// Says its words after a delay; none hangs.
struct After(Option<Duration>, &'static str);

impl Provider for After {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn model(&self) -> &str {
        self.1
    }

    fn speak(&self, _: Arc<Request>) -> ChunkStream {
        let Some(delay) = self.0 else { return stream::pending().boxed() };
        let chunks = [Chunk::Text(self.1.to_owned()), Chunk::Finished(Finish::Complete)];
        sleep(delay).map(move |()| stream::iter(chunks.map(Ok))).flatten_stream().boxed()
    }

    fn warm(&self) -> BoxFuture<'static, Result<(), ProviderError>> {
        async { Ok(()) }.boxed()
    }
}

fn fakes(providers: [After; 2]) -> Relay {
    Relay::new(
        providers.into_iter().map(|fake| Arc::new(fake) as Arc<dyn Provider>).collect(),
        Settings::default(),
    )
}

/// The same, over a connection for each call.
struct Alone(After);

impl Provider for Alone {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn model(&self) -> &str {
        self.0.1
    }

    fn speak(&self, request: Arc<Request>) -> ChunkStream {
        self.0.speak(request)
    }

    fn needs_a_connection_a_call(&self) -> bool {
        true
    }

    fn warm(&self) -> BoxFuture<'static, Result<(), ProviderError>> {
        self.0.warm()
    }
}

#[tokio::test(start_paused = true)]
async fn who_shares_connections_speaks_when_no_other_is_left() {
    let providers: Vec<Arc<dyn Provider>> = vec![
        Arc::new(Alone(After(Some(10 * MILLISECOND), "One."))),
        Arc::new(After(Some(10 * MILLISECOND), "Two.")),
    ];
    let relay = Relay::new(providers, Settings { connection_limit: 0, ..Settings::default() });
    let (_, outcome) = transcript(relay.speak(say(), within(2000))).await;
    assert_eq!((spoken(&outcome).model.as_str(), outcome.attempts().len()), ("Two.", 1));
}

#[tokio::test(start_paused = true)]
async fn the_hedge_comes_after_800_ms_until_more_is_known_then_at_the_ninth_decile() {
    let relay = fakes([After(Some(600 * MILLISECOND), "One."), After(Some(10 * MILLISECOND), "Two.")]);
    for _ in 0..50 {
        let (_, outcome) = transcript(relay.speak(say(), within(2000))).await;
        assert_eq!(fates(&outcome), ["won"]);
    }
    let (_, outcome) = transcript(relay.speak(say(), within(2000))).await;
    assert!(matches!(fates(&outcome)[..], ["won"] | ["won", "lost"]), "a tie at 600 ms: {outcome:?}");

    let relay = fakes([After(None, "One."), After(Some(10 * MILLISECOND), "Two.")]);
    let (_, outcome) = transcript(relay.speak(say(), within(2000))).await;
    assert_eq!((fates(&outcome), outcome.attempts()[1].started_ms), (vec!["lost", "won"], 800));
}

#[tokio::test(start_paused = true)]
async fn hedges_are_at_most_a_tenth_of_calls() {
    // Slow, but not failing: each turn would hedge, and the hedge would lose.
    let relay = fakes([After(Some(1300 * MILLISECOND), "One."), After(Some(Duration::from_secs(5)), "Two.")]);
    let (mut calls, mut hedges) = (0, 0);
    for _ in 0..500 {
        let settings = within(3000);
        let (_, outcome) = transcript(relay.speak(say(), settings)).await;
        calls += 1;
        hedges += outcome.attempts().len() - 1;
    }
    assert!((40..=calls / 10 + 10).contains(&hedges), "{hedges} hedges in {calls} calls");
    assert_eq!(relay.providers()[1].state, ProviderState::Unknown, "it had too little time to be to blame");
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_after_3_s_of_silence_and_after_20_s_in_any_case() {
    struct Talker(Duration);
    impl Provider for Talker {
        fn name(&self) -> &'static str {
            "fake"
        }
        fn model(&self) -> &'static str {
            "talker"
        }
        fn speak(&self, _: Arc<Request>) -> ChunkStream {
            let pause = self.0;
            stream::unfold(Duration::ZERO, move |wait| async move {
                sleep(wait).await;
                Some((Ok(Chunk::Text("And on it goes. ".to_owned())), pause))
            })
            .boxed()
        }
        fn warm(&self) -> BoxFuture<'static, Result<(), ProviderError>> {
            async { Ok(()) }.boxed()
        }
    }
    for (pause, end, sentences) in [(3500, 3000, 1), (2700, 20_000, 8)] {
        let relay = Relay::new(vec![Arc::new(Talker(pause * MILLISECOND))], Settings::default());
        let started = Instant::now();
        let (_, outcome) = transcript(relay.speak(say(), within(2000))).await;
        assert_eq!(started.elapsed().as_millis(), end);
        assert_eq!((spoken(&outcome).sentences.len(), spoken(&outcome).truncated), (sentences, true));
        assert_eq!(relay.in_flight(), 0);
    }
}
