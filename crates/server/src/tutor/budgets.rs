//! What models may cost on a UTC day: so many tokens for each student, and so many for all of them together. Past either
//! nobody is called, and the built-in voice answers.
//!
//! A student's own tokens are read with what a turn reads anyway, and written with its reply. What belongs to no stored
//! message waits here and is written a moment later, that of many students at once. The tokens of all students are
//! counted in memory and learnt from the database at the start and now and then, so that no row is everybody's.
//!
//! A call that is on its way counts with an estimate until what it did cost is known, so that many at once do not pass a
//! budget together. The last one may pass it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ella_llm::{Request, Usage};
use ella_sql::{client::Params, queries::budgets};
use jiff::civil::Date;
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::{app::App, config::Config, database::DatabaseError, http::ApiError};

/// Students whose tokens wait to be written at most. More of them only when the database was away for long; then their
/// tokens count for the server's budget alone.
const MOST_WAITING: usize = 20_000;
/// Rows that one statement writes at most.
const BATCH: usize = 500;
/// Tokens that an answer has, roughly.
const USUAL_ANSWER: usize = 100;

/// The budgets, and what is known to be spent.
#[derive(Debug)]
pub(super) struct Budgets {
    for_each: Option<i64>,
    for_all: Option<i64>,
    spent: Arc<Mutex<Spent>>,
    /// Set once what was spent before this program started is known.
    learnt: OnceCell<()>,
}

#[derive(Debug, Default)]
struct Spent {
    /// The tokens of all students on a day.
    day: Option<Date>,
    tokens: i64,
    /// Whether the log knows that the day's budget is used up.
    told: bool,
    /// What is not in the database yet.
    waiting: BTreeMap<(Uuid, Date), Cost>,
    /// Whether somebody is writing it.
    writing: bool,
    /// What calls on their way will cost, roughly.
    held: HashMap<Uuid, i64>,
    held_by_all: i64,
}

/// Tokens, as they are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cost {
    prompt: i64,
    completion: i64,
}

impl Cost {
    fn tokens(self) -> i64 {
        self.prompt.saturating_add(self.completion)
    }
}

impl From<Usage> for Cost {
    fn from(usage: Usage) -> Self {
        Self { prompt: usage.prompt_tokens.into(), completion: usage.completion_tokens.into() }
    }
}

/// A prompt, and whether there is anything left to pay a model for an answer.
pub(super) struct Prompt {
    pub(super) request: Request,
    pub(super) affordable: bool,
    /// To be kept until what the answer cost is counted.
    pub(super) hold: Option<Hold>,
}

/// Counts for a call that is on its way.
#[derive(Debug)]
pub(super) struct Hold {
    spent: Arc<Mutex<Spent>>,
    student: Uuid,
    tokens: i64,
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        spent.held_by_all -= self.tokens;
        if let Some(held) = spent.held.get_mut(&self.student) {
            *held -= self.tokens;
            if *held <= 0 {
                spent.held.remove(&self.student);
            }
        }
    }
}

/// Whether a student, whose stored tokens of today are `tokens_today`, may ask this.
pub(super) async fn priced(app: &App, student: Uuid, tokens_today: i64, request: Request) -> Prompt {
    let budgets = app.tutor.budgets();
    let affordable = budgets.allow(app, student, tokens_today).await;
    if !affordable {
        metrics::counter!("ella_tutor_answers_over_budget_total").increment(1);
    }
    let hold = affordable.then(|| budgets.hold(student, &request));
    Prompt { request, affordable, hold }
}

/// A student's stored tokens of today, for what stores no message; also makes sure that the student is still there.
pub(super) async fn tokens_of(app: &App, student: Uuid) -> Result<i64, ApiError> {
    let params = budgets::TokensOfStudentParams { today: app.clock.today(), user_id: student };
    app.database
        .read(|client| async move { budgets::tokens_of_student().params(&client, &params).opt().await })
        .await?
        .ok_or(ApiError::lost_student())
}

/// Notes what was spent on something that is not stored; it is written a moment later.
pub(super) fn note(app: &App, student: Uuid, usage: Usage) {
    if app.tutor.budgets().put_by(student, app.clock.today(), usage.into()) {
        let work = write_all(app.clone());
        app.tasks.spawn(work);
    }
}

/// Writes what waits, and learns what all students have spent today, also through other programs; returns that.
///
/// # Errors
/// A sentence; what waits goes on waiting.
pub async fn reconcile_budgets(app: &App) -> Result<i64, String> {
    if app.tutor.budgets().begin_to_write() {
        // On a task of its own, so that the end of the caller does not leave it half done.
        let written = app.tasks.spawn(write_all(app.clone())).await;
        written.map_err(|error| format!("writing the tokens broke off: {error}"))?;
    }
    app.tutor.budgets().learn(app).await.map_err(|error| error.to_string())
}

impl Budgets {
    pub(super) fn new(config: &Config) -> Self {
        let budget = |tokens: u64| (tokens > 0).then(|| i64::try_from(tokens).unwrap_or(i64::MAX));
        Self {
            for_each: budget(config.student_tokens_per_day),
            for_all: budget(config.tokens_per_day),
            spent: Arc::default(),
            learnt: OnceCell::new(),
        }
    }

    fn spent(&self) -> MutexGuard<'_, Spent> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn allow(&self, app: &App, student: Uuid, tokens_today: i64) -> bool {
        let today = app.clock.today();
        if let Some(most) = self.for_each {
            let spent = self.spent();
            let waiting = spent.waiting.get(&(student, today)).map_or(0, |cost| cost.tokens());
            let held = spent.held.get(&student).copied().unwrap_or(0);
            if tokens_today.saturating_add(waiting).saturating_add(held) >= most {
                return false;
            }
        }
        let Some(most) = self.for_all else { return true };
        // Usually the task of `tasks/upkeep.rs` was here before.
        let learnt = self.learnt.get_or_try_init(|| async { self.learn(app).await.map(|_| ()) }).await;
        if let Err(error) = learnt {
            tracing::warn!(%error, "what was spent today is not known yet");
        }
        let mut spent = self.spent();
        spent.turn_to(today);
        let over = spent.tokens.saturating_add(spent.held_by_all) >= most;
        if over && !spent.told {
            spent.told = true;
            tracing::warn!(
                tokens = spent.tokens,
                budget = most,
                "the day's tokens are used up; the built-in voice answers until midnight UTC (ELLA_TOKENS_PER_DAY)"
            );
        }
        !over
    }

    fn hold(&self, student: Uuid, request: &Request) -> Hold {
        let letters =
            request.system.len() + request.messages.iter().map(|message| message.text.len()).sum::<usize>();
        let tokens = i64::try_from(letters / 4 + USUAL_ANSWER).unwrap_or(i64::MAX);
        let mut spent = self.spent();
        spent.held_by_all += tokens;
        *spent.held.entry(student).or_default() += tokens;
        drop(spent);
        Hold { spent: Arc::clone(&self.spent), student, tokens }
    }

    /// Reads what all students have spent today. What was counted here is never less than what we know of, so the
    /// larger figure holds: it knows of writes that are still on their way, or of another program's.
    async fn learn(&self, app: &App) -> Result<i64, DatabaseError> {
        let today = app.clock.today();
        let stored = app
            .database
            .read(|client| async move { budgets::tokens_of_all().bind(&client, &today).one().await })
            .await?;
        let mut spent = self.spent();
        spent.turn_to(today);
        spent.tokens = spent.tokens.max(stored);
        // Whoever learns first; no turn has to ask then. It may be known already, or being learnt by a turn.
        let _ = self.learnt.set(());
        Ok(spent.tokens)
    }

    /// Counts what is being stored with a message.
    pub(super) fn count(&self, day: Date, usage: Usage) {
        self.spent().count(day, Cost::from(usage).tokens());
    }

    /// Counts what a turn cost beyond what was `known` when it was answered.
    pub(super) fn count_more(&self, day: Date, known: Usage, in_the_end: Usage) {
        let more = Cost::from(in_the_end).tokens() - Cost::from(known).tokens();
        self.spent().count(day, more);
    }

    /// Puts a cost by; whether the caller has to write it, because nobody else does.
    fn put_by(&self, student: Uuid, day: Date, cost: Cost) -> bool {
        if cost.tokens() == 0 {
            return false;
        }
        let mut spent = self.spent();
        spent.count(day, cost.tokens());
        let key = (student, day);
        if spent.waiting.len() < MOST_WAITING || spent.waiting.contains_key(&key) {
            let waiting = spent.waiting.entry(key).or_default();
            waiting.prompt = waiting.prompt.saturating_add(cost.prompt);
            waiting.completion = waiting.completion.saturating_add(cost.completion);
        }
        !std::mem::replace(&mut spent.writing, true)
    }

    fn begin_to_write(&self) -> bool {
        !std::mem::replace(&mut self.spent().writing, true)
    }

    /// The next rows to write; none ends the writing.
    fn batch(&self) -> Option<Vec<((Uuid, Date), Cost)>> {
        let mut spent = self.spent();
        let batch: Vec<_> = spent.waiting.iter().take(BATCH).map(|(key, cost)| (*key, *cost)).collect();
        spent.writing = !batch.is_empty();
        spent.writing.then_some(batch)
    }

    /// Takes off what has been written. It waited until now, so that a budget knows of it all the time.
    fn written(&self, batch: &[((Uuid, Date), Cost)]) {
        let mut spent = self.spent();
        for (key, cost) in batch {
            if let Some(waiting) = spent.waiting.get_mut(key) {
                waiting.prompt -= cost.prompt;
                waiting.completion -= cost.completion;
                if *waiting == Cost::default() {
                    spent.waiting.remove(key);
                }
            }
        }
    }
}

impl Spent {
    /// On a new day nothing is spent.
    fn turn_to(&mut self, today: Date) {
        if self.day != Some(today) {
            (self.day, self.tokens, self.told) = (Some(today), 0, false);
        }
    }

    fn count(&mut self, day: Date, tokens: i64) {
        // A turn that began before midnight may be counted after it; the new day's budget is not for that.
        if self.day.is_none_or(|known| known <= day) {
            self.turn_to(day);
            self.tokens = self.tokens.saturating_add(tokens);
        }
    }
}

/// Writes until nothing waits. What cannot be written waits for the next one to come by. When a connection is lost
/// just after a write, that one is written twice: a budget may rather be too small than too large.
async fn write_all(app: App) {
    let budgets = app.tutor.budgets();
    while let Some(batch) = budgets.batch() {
        if let Err(error) = write(&app, &batch).await {
            tracing::warn!(%error, "what models cost could not be written yet");
            budgets.spent().writing = false;
            return;
        }
        budgets.written(&batch);
    }
}

async fn write(app: &App, batch: &[((Uuid, Date), Cost)]) -> Result<(), DatabaseError> {
    let params = budgets::AddTokensParams {
        user_ids: batch.iter().map(|((student, _), _)| *student).collect::<Vec<_>>(),
        days: batch.iter().map(|((_, day), _)| *day).collect::<Vec<_>>(),
        prompt_tokens: batch.iter().map(|(_, cost)| cost.prompt).collect::<Vec<_>>(),
        completion_tokens: batch.iter().map(|(_, cost)| cost.completion).collect::<Vec<_>>(),
    };
    let params = &params;
    app.database.write(|client| async move { budgets::add_tokens().params(&client, params).await }).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const TODAY: Date = date(2026, 11, 22);

    fn budgets() -> Budgets {
        Budgets::new(&Config::from_flags(Vec::<String>::new()).unwrap())
    }

    fn cost(prompt: i64, completion: i64) -> Cost {
        Cost { prompt, completion }
    }

    #[test]
    fn what_is_noted_while_a_batch_is_being_written_waits_for_the_next() {
        let budgets = budgets();
        let ana = Uuid::from_u128(1);
        assert!(budgets.put_by(ana, TODAY, cost(10, 2)), "nobody writes yet");
        let batch = budgets.batch().unwrap();
        assert!(!budgets.put_by(ana, TODAY, cost(5, 1)), "somebody does");
        budgets.written(&batch);
        assert_eq!(budgets.batch(), Some(vec![((ana, TODAY), cost(5, 1))]));
        budgets.written(&[((ana, TODAY), cost(5, 1))]);
        assert_eq!(budgets.batch(), None);
        assert!(budgets.put_by(ana, TODAY, cost(1, 0)), "the last one has gone");
        assert_eq!(budgets.spent().tokens, 19);
    }

    #[test]
    fn no_more_wait_than_may_and_all_are_counted() {
        let budgets = budgets();
        for student in 0..u128::try_from(MOST_WAITING).unwrap() + 5 {
            budgets.put_by(Uuid::from_u128(student), TODAY, cost(1, 0));
        }
        let spent = budgets.spent();
        assert_eq!((spent.waiting.len(), spent.tokens), (MOST_WAITING, 20_005));
    }

    #[test]
    fn a_day_begins_at_nothing_and_yesterdays_turns_do_not_count_in_it() {
        let mut spent = Spent::default();
        spent.count(TODAY, 100);
        spent.count(date(2026, 11, 23), 7);
        spent.count(TODAY, 50);
        assert_eq!((spent.day, spent.tokens), (Some(date(2026, 11, 23)), 7));
    }
}
