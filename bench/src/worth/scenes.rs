//! The days that are played.

use super::provider::{Delay, Habit};

/// A day: who is called first and second, and how they behave.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) name: &'static str,
    pub(crate) providers: [(&'static str, Habit); 2],
    /// Whether the goals are to be met on it.
    pub(crate) has_goals: bool,
}

const GEMINI: &str = "gemini-3.5-flash-lite";
const GPT: &str = "gpt-4.1-mini";

// First tokens as measured in public (kwindla/aiewf-eval, 2026-08): p50, p95 and largest. Tokens a second are an
// assumption at the slow end of what users of both report.
const USUAL_GEMINI: Habit =
    Habit::Answers { delay: Delay::Lognormal { p50: 591.0, p95: 679.0 }, tokens_a_second: 130.0 };
const USUAL_GPT: Habit =
    Habit::Answers { delay: Delay::Lognormal { p50: 851.0, p95: 2135.0 }, tokens_a_second: 100.0 };
const HEAVY_GEMINI: Habit = Habit::Answers {
    delay: Delay::HeavyTail { p50: 591.0, p95: 679.0, largest: 928.0 },
    tokens_a_second: 130.0,
};
const HEAVY_GPT: Habit = Habit::Answers {
    delay: Delay::HeavyTail { p50: 851.0, p95: 2135.0, largest: 5945.0 },
    tokens_a_second: 100.0,
};
const SLOW_GEMINI: Habit =
    Habit::Answers { delay: Delay::Lognormal { p50: 1600.0, p95: 4000.0 }, tokens_a_second: 130.0 };

/// Every day that is played.
pub(crate) const SCENES: &[Scene] = &[
    Scene { name: "a usual day", providers: [(GEMINI, USUAL_GEMINI), (GPT, USUAL_GPT)], has_goals: true },
    Scene {
        name: "a usual day, tails up to the largest delay seen",
        providers: [(GEMINI, HEAVY_GEMINI), (GPT, HEAVY_GPT)],
        has_goals: true,
    },
    Scene {
        name: "the first one is down",
        providers: [(GEMINI, Habit::Down), (GPT, USUAL_GPT)],
        has_goals: false,
    },
    Scene {
        name: "the first one hangs",
        providers: [(GEMINI, Habit::Hangs), (GPT, USUAL_GPT)],
        has_goals: false,
    },
    Scene {
        name: "the first one is slow (p95 of 4 s)",
        providers: [(GEMINI, SLOW_GEMINI), (GPT, USUAL_GPT)],
        has_goals: false,
    },
    Scene {
        name: "the second one is down",
        providers: [(GEMINI, USUAL_GEMINI), (GPT, Habit::Down)],
        has_goals: false,
    },
];
