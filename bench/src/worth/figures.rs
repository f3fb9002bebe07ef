//! What came of the turns.

use std::{fmt, time::Duration};

use ella_llm::Outcome;

use super::scenes::Scene;
use crate::report;

/// One turn: what the student got in time, and what it was in the end.
pub(crate) struct Turned {
    pub(crate) answered: Outcome,
    pub(crate) took: Duration,
    pub(crate) ended: Outcome,
}

/// The figures of a scene, in percent unless the name says otherwise.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Figures {
    /// Turns that the built-in voice answered.
    pub(crate) canned: f64,
    /// Turns whose reply was cut at the deadline.
    pub(crate) truncated: f64,
    /// Turns whose corrections came with the reply.
    pub(crate) with_reply: f64,
    /// Turns whose corrections were stored in the end.
    pub(crate) stored: f64,
    /// Tokens of calls whose words were not used, over the tokens of those that were.
    pub(crate) extra_tokens: f64,
    /// Turns with more than one call.
    pub(crate) hedged: f64,
    /// From arrival to answer, in milliseconds.
    pub(crate) p50_ms: f64,
    pub(crate) p95_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) longest_ms: f64,
}

/// A figure's name, and what it is to be: at most (or at least) so many percent.
pub(crate) const GOALS: [(&str, Goal); 5] = [
    ("canned", Goal::AtMost(0.5)),
    ("truncated", Goal::AtMost(2.0)),
    ("corrections with the reply", Goal::AtLeast(95.0)),
    ("corrections stored in the end", Goal::AtLeast(99.0)),
    ("extra tokens by hedging", Goal::AtMost(12.0)),
];

/// What a figure is to be, in percent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

impl fmt::Display for Goal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(limit) => write!(formatter, "<= {limit}"),
            Self::AtLeast(limit) => write!(formatter, ">= {limit}"),
        }
    }
}

impl Goal {
    fn is_met(self, figure: f64) -> bool {
        match self {
            Self::AtMost(limit) => figure <= limit,
            Self::AtLeast(limit) => figure >= limit,
        }
    }
}

impl Figures {
    pub(crate) fn of(turned: &[Turned]) -> Self {
        let share = |is: &dyn Fn(&Turned) -> bool| {
            percent(turned.iter().filter(|turn| is(turn)).count(), turned.len())
        };
        let mut took: Vec<f64> = turned.iter().map(|turn| turn.took.as_secs_f64() * 1000.0).collect();
        took.sort_by(f64::total_cmp);
        let at = |hundredths: usize| took.get(took.len() * hundredths / 100).copied().unwrap_or(f64::NAN);
        Self {
            canned: share(&|turn| turn.answered.spoken().is_none()),
            truncated: share(&|turn| turn.answered.spoken().is_some_and(|spoken| spoken.truncated)),
            with_reply: share(&|turn| has_corrections(&turn.answered)),
            stored: share(&|turn| has_corrections(&turn.ended)),
            extra_tokens: extra_tokens(turned),
            hedged: share(&|turn| turn.ended.attempts().len() > 1),
            p50_ms: at(50),
            p95_ms: at(95),
            p99_ms: at(99),
            longest_ms: took.last().copied().unwrap_or(f64::NAN),
        }
    }

    /// The figures that have a goal, in the order of [`GOALS`].
    pub(crate) fn with_goals(&self) -> [f64; 5] {
        [self.canned, self.truncated, self.with_reply, self.stored, self.extra_tokens]
    }

    /// The names of the goals that are not met.
    pub(crate) fn missed(&self) -> Vec<&'static str> {
        let figures = GOALS.iter().zip(self.with_goals());
        figures.filter(|((_, goal), figure)| !goal.is_met(*figure)).map(|((name, _), _)| *name).collect()
    }
}

fn has_corrections(outcome: &Outcome) -> bool {
    outcome
        .spoken()
        .is_some_and(|spoken| spoken.rest.as_ref().is_some_and(|rest| rest.get("corrections").is_some()))
}

fn extra_tokens(turned: &[Turned]) -> f64 {
    let (mut used, mut unused) = (0, 0);
    for attempt in turned.iter().flat_map(|turn| turn.ended.attempts()) {
        let tokens = u64::from(attempt.usage.prompt_tokens) + u64::from(attempt.usage.completion_tokens);
        *if attempt.won { &mut used } else { &mut unused } += tokens;
    }
    percent(usize::try_from(unused).unwrap_or(usize::MAX), usize::try_from(used).unwrap_or(usize::MAX))
}

/// All days side by side: a row a day, a column a figure.
pub(crate) fn table(played: &[(&Scene, Figures)]) -> String {
    let head: Vec<&str> = std::iter::once("day")
        .chain(GOALS.iter().map(|(name, _)| *name))
        .chain(["more than one call", "p50", "p95", "p99", "longest", "goals"])
        .collect();
    let goals = std::iter::once("goal".to_owned())
        .chain(GOALS.iter().map(|(_, goal)| goal.to_string()))
        .chain(["", "", "", "", "2000", ""].map(str::to_owned))
        .collect();
    let days = played.iter().map(|(scene, figures)| {
        let verdict = match (scene.has_goals, figures.missed()) {
            (false, _) => "none".to_owned(),
            (true, missed) if missed.is_empty() => "met".to_owned(),
            (true, missed) => format!("MISSED: {}", missed.join(", ")),
        };
        std::iter::once(scene.name.to_owned())
            .chain(figures.with_goals().map(|figure| format!("{figure:.2}")))
            .chain([format!("{:.2}", figures.hedged)])
            .chain(
                [figures.p50_ms, figures.p95_ms, figures.p99_ms, figures.longest_ms]
                    .map(|time| format!("{time:.0}")),
            )
            .chain([verdict])
            .collect()
    });
    report::table(&head, &std::iter::once(goals).chain(days).collect::<Vec<_>>())
}

/// `part` of `whole`, in percent; 0 of nothing.
fn percent(part: usize, whole: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
    let percent = 100.0 * part as f64 / whole.max(1) as f64;
    percent
}
