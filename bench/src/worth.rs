//! What the turn engine is worth: thousands of turns over the real relay, in virtual time, with providers that have the
//! delays of real ones (`ella-bench worth`). The same seed gives the same figures on every machine.

mod answer;
mod figures;
mod provider;
mod random;

pub(crate) use random::Random;
mod scenes;

use std::{sync::Arc, time::Duration};

use ella_llm::{Deadlines, Message, Output, Provider, Relay, Request, Settings};
use futures::{StreamExt, stream::FuturesUnordered};
use serde_json::json;
use tokio::time::{Instant, sleep_until};

use figures::{Figures, Turned};
use provider::Simulated;
use scenes::{SCENES, Scene};

/// What the product gives a turn by default: 2.0 s, of which 0.15 s are kept back for storing the reply.
const BUDGET: Duration = Duration::from_millis(1850);
/// From a request's arrival to the call of a model: parsing, and one round trip to the database.
const BEFORE_THE_CALL: Duration = Duration::from_millis(5);
/// Turns that arrive in a second, at random.
const TURNS_A_SECOND: f64 = 5.0;

/// Plays every scene and says what came of it, beside the goals.
pub(crate) fn report(numbers: &[usize]) -> String {
    let (turns, seed) = (numbers.first().copied().unwrap_or(10_000), numbers.get(1).copied().unwrap_or(1));
    let seed = u64::try_from(seed).unwrap_or(1);
    let played: Vec<(&Scene, Figures)> =
        SCENES.iter().map(|scene| (scene, play(scene, turns, seed))).collect();
    format!(
        "## What the turn engine is worth\n\n{turns} turns a day, seed {seed}, in virtual time; percent of turns, and \
         milliseconds from a request's arrival to its answer. Repeat with `ella-bench worth {turns} {seed}`.\n\n{}",
        figures::table(&played)
    )
}

/// Plays so many turns of one scene.
pub(crate) fn play(scene: &Scene, turns: usize, seed: u64) -> Figures {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(play_turns(scene, turns, seed))
}

async fn play_turns(scene: &Scene, turns: usize, seed: u64) -> Figures {
    let providers = scene.providers.iter().zip(1..).map(|((model, habit), number)| {
        let simulated = Simulated { model, habit: *habit, seed: seed.wrapping_add(number), calls: 0.into() };
        Arc::new(simulated) as Arc<dyn Provider>
    });
    let relay = Relay::new(providers.collect(), Settings::default());
    let (mut arrivals, mut at) = (Random::of(seed, 0), Instant::now());
    let all: FuturesUnordered<_> = (0..turns)
        .map(|_| {
            at += Duration::from_secs_f64(-arrivals.even().ln() / TURNS_A_SECOND);
            take_turn(&relay, at)
        })
        .collect();
    let turned: Vec<Turned> = all.collect().await;
    assert_eq!(relay.in_flight(), 0, "every call has ended");
    Figures::of(&turned)
}

async fn take_turn(relay: &Relay, arrives: Instant) -> Turned {
    sleep_until(arrives + BEFORE_THE_CALL).await;
    let mut turn = relay.speak(request(), Deadlines::json(arrives, BUDGET));
    let answered = turn.answer().await;
    let took = arrives.elapsed();
    let pending = answered.spoken().is_some_and(|spoken| spoken.rest_pending);
    let ended = if pending { turn.finish().await } else { answered.clone() };
    Turned { answered, took, ended }
}

/// A prompt of the usual size: the instructions, and a conversation of ten messages.
fn request() -> Request {
    let said = "Yesterday I go to the beach with my brother and we have swim a lot, it was very funny.";
    let history = (0..10).map(|number| match number % 2 {
        0 => Message::user(said),
        _ => Message::assistant("That sounds lovely! What did you like best there, the water or the sun?"),
    });
    Request {
        system: "You are Zoe, a warm and patient English tutor. ".repeat(38),
        messages: history.chain([Message::user(said)]).collect(),
        output: Output::json("turn", json!({"type": "object", "properties": {"reply": {"type": "string"}}})),
        max_output_tokens: 500,
        temperature: 0.7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_goals_hold_over_two_hundred_turns() {
        for scene in SCENES.iter().filter(|scene| scene.has_goals) {
            let figures = play(scene, 200, 1);
            assert!(figures.missed().is_empty(), "{}: {figures:?} misses {:?}", scene.name, figures.missed());
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_figures_and_another_one_others() {
        let figures = |seed| play(&SCENES[0], 200, seed);
        assert_eq!(figures(1), figures(1));
        assert_ne!(figures(1), figures(2));
    }

    #[test]
    fn a_bad_day_leaves_nobody_without_an_answer_in_time() {
        for scene in SCENES {
            let figures = play(scene, 200, 3);
            // Timers go off up to a millisecond late.
            assert!(figures.longest_ms <= 1902.0, "{}: {figures:?}", scene.name);
            assert!(figures.canned < 25.0, "{}: {figures:?}", scene.name);
        }
    }
}
