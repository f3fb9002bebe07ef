//! Who speaks for Zoe, and how long it took.

use std::time::Duration;

use ella_llm::{Deadlines, Keys, Relay, Settings, Turn, parse_specs};
use jiff::SignedDuration;
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::{
    analysis::AtWork,
    budgets::{Budgets, Hold, Prompt},
    openers::Openers,
};
use crate::config::Config;

/// The name under which the built-in voice answers.
pub(crate) const BUILT_IN: &str = "built_in";
/// The model of the built-in voice: the version of its lines.
pub(crate) const BUILT_IN_MODEL: &str = "lines-2";
/// The name under which openers are given that were written by hand.
pub(crate) const PREPARED: &str = "prepared";
/// The version of those openers.
pub(super) const PREPARED_MODEL: &str = "openers-1";
/// Time that is kept back for storing the reply before the answer is due. On one machine storing takes a few
/// milliseconds; the rest is for a busy moment, and for the way to the client and back.
const WRITE_RESERVE: Duration = Duration::from_millis(150);

/// Time that is kept back for sending a first sentence before it is due: it is not stored before.
const SEND_RESERVE: Duration = Duration::from_millis(100);

/// The analysis has more time than a turn, because nobody waits with the phone at the ear. Its answer is written
/// within this time, words from templates included.
const ANALYSIS_BUDGET: Duration = Duration::from_secs(10);
/// Time that is kept back of it for reading and storing.
const ANALYSIS_RESERVE: Duration = Duration::from_millis(300);
/// Claims on retry keys hold at least so long.
const SHORTEST_CLAIM: SignedDuration = SignedDuration::from_secs(30);

/// Zoe's voices and their deadlines.
pub struct Tutor {
    relay: Relay,
    /// Who is asked when there is nothing left to pay anybody with.
    nobody: Relay,
    budgets: Budgets,
    openers: Openers,
    analyses: AtWork,
    budget: Duration,
    first_sentence: Duration,
    patience: Patience,
}

/// When a request is given up that has missed its budget.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// A stream ends after this in any case (`ella_llm::Deadlines`).
    pub longest_stream: Duration,
    /// What a request may take beyond its budget.
    pub overtime: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { longest_stream: Duration::from_secs(20), overtime: Duration::from_secs(5) }
    }
}

/// Who answered.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Engine {
    /// `gemini`, `openai`, `built_in`, or `prepared` for an opener that was ready beforehand.
    #[schema(example = "gemini")]
    pub provider: String,
    /// The model, or the version of the lines that nobody had to think of.
    #[schema(example = "gemini-3.5-flash-lite")]
    pub model: String,
    /// Whether the built-in voice answered, because no model did.
    pub degraded: bool,
    /// Whether the model broke off, or ran out of time, after its first sentence.
    pub truncated: bool,
}

impl Engine {
    /// The built-in voice.
    pub(super) fn built_in() -> Self {
        Self {
            provider: BUILT_IN.to_owned(),
            model: BUILT_IN_MODEL.to_owned(),
            degraded: true,
            truncated: false,
        }
    }
}

/// Where the time went, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct TurnLatency {
    /// From the first call of a model to the first words of whoever speaks.
    #[schema(example = 540, minimum = 0)]
    pub first_token: i32,
    /// All that was spent on models.
    #[schema(example = 720, minimum = 0)]
    pub llm: i32,
    /// From the arrival of the request to the answer.
    #[schema(example = 731, minimum = 0)]
    pub total: i32,
}

impl Tutor {
    /// The voices that the settings name, with so many calls at once of models that take a connection for each.
    ///
    /// # Errors
    /// A sentence that names the setting and what is allowed.
    pub fn new(config: &Config, connection_limit: usize) -> Result<Self, String> {
        let setting = config.llm.as_deref().map(str::trim).filter(|setting| !setting.is_empty());
        let key = |key: &Option<String>| key.clone().filter(|key| !key.trim().is_empty());
        let keys = Keys {
            gemini: key(&config.gemini_api_key),
            openai: key(&config.openai_api_key),
            own: config.llm_keys.clone(),
        };
        let settings = Settings {
            hedge: config.hedge_ms.map(|milliseconds| Duration::from_millis(milliseconds.into())),
            in_flight_limit: usize::try_from(config.llm_in_flight).unwrap_or(usize::MAX),
            connection_limit,
        };
        let specs = match setting {
            Some(setting) => parse_specs(setting).map_err(|error| format!("ELLA_LLM: {error}"))?,
            None => Vec::new(),
        };
        let relay =
            Relay::from_specs(&specs, &keys, settings).map_err(|error| format!("ELLA_LLM: {error}"))?;
        let budget = Duration::from_millis(config.turn_budget_ms.into());
        let first_sentence = config.first_sentence_ms.unwrap_or(config.turn_budget_ms);
        let first_sentence = Duration::from_millis(first_sentence.into());
        let nobody = Relay::new(Vec::new(), settings);
        let (budgets, openers) = (Budgets::new(config), Openers::default());
        let (analyses, patience) = (AtWork::default(), Patience::default());
        Ok(Self { relay, nobody, budgets, openers, analyses, budget, first_sentence, patience })
    }

    /// The same with another patience.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// The model providers.
    #[must_use]
    pub fn relay(&self) -> &Relay {
        &self.relay
    }

    /// Starts a turn: a race of the providers, or of nobody when the budgets are used up.
    pub(super) fn speak(&self, prompt: Prompt, deadlines: Deadlines) -> (Turn, Option<Hold>) {
        let voices = if prompt.affordable { &self.relay } else { &self.nobody };
        (voices.speak(prompt.request, deadlines), prompt.hold)
    }

    /// What may be spent, and was.
    pub(super) fn budgets(&self) -> &Budgets {
        &self.budgets
    }

    /// Openers that are ready.
    pub(super) fn openers(&self) -> &Openers {
        &self.openers
    }

    /// Conversations that are being looked back at.
    pub(super) fn analyses(&self) -> &AtWork {
        &self.analyses
    }

    /// When what has to be there of a reply in one piece, so that there is still time to store it.
    pub(super) fn reply_deadlines(&self, arrived: Instant) -> Deadlines {
        let reply = self.budget.saturating_sub(WRITE_RESERVE.min(self.budget / 4));
        let first_sentence = arrived + reply.min(self.first_sentence_within());
        Deadlines { first_sentence, ..Deadlines::json(arrived, reply) }
    }

    /// When the words of an analysis must be there, so that there is still time to store them.
    pub(super) fn analysis_deadlines(arrived: Instant) -> Deadlines {
        Deadlines::json(arrived, ANALYSIS_BUDGET.saturating_sub(ANALYSIS_RESERVE))
    }

    /// From the arrival of a request to the moment at which the first sentence of a stream must be there, so that it
    /// is sent in time.
    #[must_use]
    pub fn first_sentence_within(&self) -> Duration {
        self.first_sentence.saturating_sub(SEND_RESERVE.min(self.first_sentence / 4))
    }

    /// When a turn, a starter or an interview's turn has to be answered in any case, or a stream to be begun: past its
    /// budget, with time for a busy database.
    #[must_use]
    pub fn gives_up_after(&self) -> Duration {
        self.budget.max(self.first_sentence) + self.patience.overtime
    }

    /// The same for a request with an `Idempotency-Key`: the first one with it may be a stream, which is heard to its end.
    #[must_use]
    pub fn copy_gives_up_after(&self) -> Duration {
        self.gives_up_after().max(self.patience.longest_stream + self.patience.overtime)
    }

    /// The same for an analysis.
    #[must_use]
    pub fn analysis_gives_up_after(&self) -> Duration {
        self.gives_up_after().max(ANALYSIS_BUDGET + self.patience.overtime)
    }

    /// How long the claim on a retry key holds if its owner vanishes: longer than any answer takes.
    pub(super) fn claim_for(&self) -> SignedDuration {
        let longest = self.analysis_gives_up_after() + self.patience.overtime;
        SignedDuration::from_secs(i64::try_from(longest.as_secs()).unwrap_or(i64::MAX)).max(SHORTEST_CLAIM)
    }

    /// What to tell the person who starts the server.
    #[must_use]
    pub fn describe(&self) -> String {
        let providers = self.relay.providers();
        if providers.is_empty() {
            return "the built-in one (set ELLA_LLM for a language model)".to_owned();
        }
        let names: Vec<String> =
            providers.into_iter().map(|provider| format!("{} {}", provider.name, provider.model)).collect();
        format!("{}, then the built-in one", names.join(", then "))
    }
}

/// A duration in whole milliseconds, as it is stored.
pub(super) fn whole_milliseconds(time: Duration) -> i32 {
    i32::try_from(time.as_millis()).unwrap_or(i32::MAX).min(600_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `ella-llm` shows that a turn keeps to such deadlines whatever the providers do (`tests/within_two_seconds.rs`).
    #[test]
    fn by_default_an_answer_is_due_within_two_seconds_with_time_to_store_it() {
        let tutor = Tutor::new(&Config::from_flags(Vec::<String>::new()).unwrap(), 1).unwrap();
        let arrived = Instant::now();
        let within = tutor.reply_deadlines(arrived);
        let reply = within.reply.map(|due| due - arrived);
        assert_eq!(reply, Some(Duration::from_millis(1850)));
        assert_eq!(within.first_sentence - arrived, Duration::from_millis(1850));
        assert_eq!(tutor.first_sentence_within(), Duration::from_millis(1900));
        assert_eq!(within.arrived, arrived);
    }

    #[test]
    fn the_words_of_an_analysis_are_due_within_ten_seconds() {
        let arrived = Instant::now();
        let within = Tutor::analysis_deadlines(arrived);
        let due = Duration::from_millis(9700);
        assert_eq!(
            (within.first_sentence - arrived, within.reply.map(|reply| reply - arrived)),
            (due, Some(due))
        );
    }
}
