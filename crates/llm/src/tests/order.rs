//! Who is called when, in stopped time: providers that are slow, that are down, and that want to be left alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use tokio::time::{Instant, sleep};

use super::fakes::{Fake, Step, relay_of};
use super::gathering::*;
use crate::*;

/// So long a delay is silence.
const SILENT: u64 = u64::MAX;

/// Answers after the next of its delays, in milliseconds, and then begins with them anew.
struct Varying {
    name: &'static str,
    delays: Vec<u64>,
    calls: AtomicUsize,
}

fn varying(name: &'static str, delays: &[u64]) -> Arc<dyn Provider> {
    Arc::new(Varying { name, delays: delays.to_vec(), calls: AtomicUsize::new(0) })
}

impl Provider for Varying {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn model(&self) -> &str {
        self.name
    }

    fn speak(&self, _: Arc<Request>) -> ChunkStream {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let delay = self.delays[call % self.delays.len()];
        if delay == SILENT {
            return stream::pending().boxed();
        }
        let chunks = [Chunk::Text("I see.".to_owned()), Chunk::Finished(Finish::Complete)];
        let wait = sleep(MILLISECOND * u32::try_from(delay).unwrap());
        wait.map(move |()| stream::iter(chunks.map(Ok))).flatten_stream().boxed()
    }

    fn warm(&self) -> BoxFuture<'static, Result<(), ProviderError>> {
        async { Ok(()) }.boxed()
    }
}

async fn turn(relay: &Relay) -> Outcome {
    transcript(relay.speak(say(), within(2000))).await.1
}

/// Twice as slow as it may be, then quick enough to speak: so it never fails three times in a row.
#[tokio::test(start_paused = true)]
async fn a_provider_that_is_too_slow_steps_back_and_is_tried_again_every_30_s() {
    let slow = varying("slow", &[1800, 1800, 700]);
    let relay = Relay::new(vec![slow, varying("quick", &[500])], Settings::default());
    let first_called = async || turn(&relay).await.attempts()[0].model.clone();
    let mut turns = 0;
    while first_called().await == "slow" {
        assert_ne!(relay.providers()[0].state, ProviderState::Failing, "it is slow, and not down");
        turns += 1;
        assert!(turns < 20, "it is found out once its rival is known by ten hedges, which it lost");
    }
    let quick_from = Instant::now();
    while first_called().await == "quick" {}
    let until = quick_from.elapsed();
    assert!((28_000..31_000).contains(&until.as_millis()), "{until:?}");
    assert_eq!(first_called().await, "quick", "one turn has tried it, and it is slow still");
}

#[tokio::test(start_paused = true)]
async fn calling_the_next_while_the_first_is_down_is_no_hedge() {
    // A hundred slow answers use up the hedges. Then it falls silent, and is found out.
    let first = varying("first", &[[1150; 100].as_slice(), &[SILENT; 100]].concat());
    // Its words come too late at first, and at once when they are needed.
    let second = varying("second", &[[5000; 19].as_slice(), &[100; 100]].concat());
    let relay = Relay::new(vec![first, second], hedge_after(800));
    let mut hedges = 0;
    for _ in 0..100 {
        hedges += turn(&relay).await.attempts().len() - 1;
    }
    assert!(hedges >= 19, "{hedges}");
    let mut unheard = 0;
    while relay.providers()[0].state != ProviderState::Failing {
        unheard += usize::from(turn(&relay).await.spoken().is_none());
    }
    assert!(unheard > 0, "no hedge was left");
    // It is tried again after its penalty, and is silent still.
    sleep(MILLISECOND * 30_000).await;
    let outcome = turn(&relay).await;
    let who: Vec<&str> = outcome.attempts().iter().map(|attempt| attempt.model.as_str()).collect();
    assert_eq!((who, spoken(&outcome).model.as_str()), (vec!["first", "second"], "second"));
}

#[tokio::test(start_paused = true)]
async fn who_asks_another_turn_to_be_left_alone_is_left_alone_by_this_one_as_well() {
    let rest = ProviderErrorKind::RateLimited { retry_after: Some(MILLISECOND * 60_000) };
    let relay = relay_of(&[Fake("silent", vec![]), Fake("busy", vec![Step::Fails(0, rest)])]);
    let earlier = transcript(relay.speak(say(), within(2000)));
    let later = async {
        sleep(MILLISECOND * 100).await;
        transcript(relay.speak(say(), within(2000))).await
    };
    let ((_, earlier), (_, later)) = tokio::join!(earlier, later);
    assert_eq!(fates(&earlier), ["timeout", "rate_limited"]);
    assert_eq!(fates(&later), ["timeout"], "it was told in time");
}
