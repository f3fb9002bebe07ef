//! Makes up the class: who is in it, and who said what when.

use ella_sql::queries::tutor::SpokenMessages;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{dice::Dice, lines, people::PEOPLE};
use crate::{
    clock::utc_day,
    levels::CefrLevel,
    tutor::{BUILT_IN, BUILT_IN_MODEL, Counts},
    words::count_words,
};

/// Days that are looked back on.
const DAYS: f64 = 45.0;
/// The levels of a class, the usual ones more often, with how often a slip happens.
const LEVELS: &[(CefrLevel, f64)] = &[
    (CefrLevel::A1, 0.75),
    (CefrLevel::A2, 0.65),
    (CefrLevel::A2, 0.65),
    (CefrLevel::B1, 0.5),
    (CefrLevel::B1, 0.5),
    (CefrLevel::B1, 0.5),
    (CefrLevel::B2, 0.35),
    (CefrLevel::B2, 0.35),
    (CefrLevel::C1, 0.2),
    (CefrLevel::C2, 0.1),
];

/// A class as rows of its tables.
#[derive(Debug, Default, PartialEq)]
pub struct Class {
    pub(super) students: Vec<Value>,
    pub(super) placements: Vec<Value>,
    pub(super) conversations: Vec<Value>,
    pub(super) messages: Vec<Value>,
    pub(super) analyses: Vec<Value>,
}

/// A student to be.
struct Person {
    id: Uuid,
    joined: Timestamp,
    level: Option<CefrLevel>,
    slips: f64,
    /// How much more often than others this one talks.
    zeal: f64,
    last_active: Option<Timestamp>,
}

impl Class {
    /// So many students with so many conversations up to `now`; the same for the same numbers.
    #[must_use]
    pub fn make(students: usize, conversations: usize, seed: u64, now: Timestamp) -> Self {
        let mut dice = Dice::new(seed);
        let mut class = Self::default();
        let mut people: Vec<Person> = (0..students).map(|index| person(index, now, &mut dice)).collect();
        let mut starts: Vec<(Timestamp, usize)> =
            (0..conversations).filter_map(|index| start(&people, index, now, &mut dice)).collect();
        starts.sort_unstable();
        let newest = starts.len().saturating_sub(3);
        for (index, (at, who)) in starts.into_iter().enumerate() {
            let Some(person) = people.get_mut(who) else { continue };
            person.last_active = Some(at);
            // The newest calls are still going on, if they are new enough.
            let is_open = index >= newest && now.duration_since(at) < SignedDuration::from_hours(6);
            class.converse(person, at, now, is_open, &mut dice);
        }
        for (index, person) in people.iter().enumerate() {
            let level_from = class.place(person, &mut dice);
            class.students.push(student(index, person, level_from, now));
        }
        class
    }

    /// One to three placement tests, from a lower level up to the present one; the last one's id.
    fn place(&mut self, person: &Person, dice: &mut Dice) -> Option<Uuid> {
        let level = person.level?;
        let mut last = None;
        let rank = LEVELS.iter().position(|(known, _)| *known == level).unwrap_or(0);
        let tests = dice.between(1, 3);
        for test in 0..tests {
            let back = tests - 1 - test;
            let lower = rank.saturating_sub(usize::try_from(back).unwrap_or(0) * 2);
            let reached = LEVELS.get(lower).map_or(level, |(level, _)| *level);
            let at =
                person.joined + SignedDuration::from_mins(5) + SignedDuration::from_hours(24 * 12) * test;
            let fluency = match reached {
                CefrLevel::A1 | CefrLevel::A2 => 0,
                CefrLevel::B1 | CefrLevel::B2 => 1,
                CefrLevel::C1 | CefrLevel::C2 => 2,
            };
            let turns: Vec<Value> = lines::PLACEMENT
                .iter()
                .flat_map(|(asks, answers)| {
                    let answer = answers.get(fluency).copied().unwrap_or_default();
                    [
                        json!({"role": "assistant", "content": asks}),
                        json!({"role": "user", "content": answer}),
                    ]
                })
                .collect();
            let mut score = || (40 + 50 * rank_of(reached) / 5 + dice.between(-8, 8)).clamp(5, 98);
            let (grammar, vocab, fluency) = (score(), score(), score());
            let id = id(at, dice);
            last = Some(id);
            self.placements.push(json!({
                "user_id": person.id, "id": id, "created_at": moment(at),
                "confidence": f64::from(dice.between(70, 95)) / 100.0,
                "score_grammar": f64::from(grammar) / 100.0, "score_vocab": f64::from(vocab) / 100.0,
                "score_fluency": f64::from(fluency) / 100.0, "duration_seconds": dice.between(90, 260),
                "turn_count": turns.len(), "scored": true, "cefr_level": reached.word(), "transcript": turns,
            }));
        }
        last
    }

    /// One call, from Zoe's first words to the last.
    fn converse(
        &mut self,
        person: &Person,
        started: Timestamp,
        now: Timestamp,
        is_open: bool,
        dice: &mut Dice,
    ) {
        let Some(topic) = dice.pick(lines::TOPICS) else { return };
        let conversation = id(started, dice);
        let mut call = Call {
            person,
            conversation,
            at: started + SignedDuration::from_secs(2),
            said: Vec::new(),
            counts: Counts::default(),
            rows: Vec::new(),
        };
        call.zoe(topic.starter, None, dice);
        let turns = usize::try_from(dice.between(4, 6)).unwrap_or(4).min(topic.exchanges.len());
        for (turn, exchange) in topic.exchanges.iter().take(turns).enumerate() {
            let stt = call.student(exchange, dice);
            let is_last = turn + 1 == turns && !is_open;
            let goodbye = dice.pick(lines::GOODBYES).copied().unwrap_or_default();
            call.zoe(if is_last { goodbye } else { exchange.reply }, Some(stt), dice);
            if call.at > now {
                break;
            }
        }
        let ended = call.at.min(now);
        self.conversations.push(call.row(started, ended, is_open, topic.name));
        if !is_open && dice.happens(0.85) {
            self.analyses.extend(call.analysis(ended, topic.name, dice));
        }
        self.messages.append(&mut call.rows);
    }
}

/// A call that is being made up.
struct Call<'a> {
    person: &'a Person,
    conversation: Uuid,
    at: Timestamp,
    said: Vec<SpokenMessages>,
    /// What is counted about it, by the product's own counting.
    counts: Counts,
    rows: Vec<Value>,
}

impl Call<'_> {
    /// What the student says; how long its recognition took.
    fn student(&mut self, exchange: &lines::Exchange, dice: &mut Dice) -> i32 {
        self.at += SignedDuration::from_secs(i64::from(dice.between(6, 22)));
        let stt = dice.latency(260.0);
        let slip = exchange.slip.as_ref();
        let happened = slip.filter(|_| dice.happens(self.person.slips));
        let content = match (slip, happened) {
            (Some(slip), None) => exchange.said.replace(slip.original, slip.corrected),
            _ => exchange.said.to_owned(),
        };
        let corrections: Vec<Value> = happened
            .map(|slip| {
                json!({"original": slip.original, "corrected": slip.corrected, "explanation": slip.explanation,
                    "category": slip.category, "type": slip.kind})
            })
            .into_iter()
            .collect();
        self.say(true, &content, json!(corrections), json!({"stt_ms": stt}), dice);
        stt
    }

    /// What Zoe says, and who spoke for her.
    fn zoe(&mut self, content: &str, stt: Option<i32>, dice: &mut Dice) {
        let (llm, tts) = (dice.latency(720.0), dice.latency(210.0));
        let degraded = dice.happens(0.02);
        let (provider, model) = match (degraded, dice.happens(0.08)) {
            (true, _) => (BUILT_IN, BUILT_IN_MODEL),
            (false, true) => ("openai", "gpt-4.1-mini"),
            (false, false) => ("gemini", "gemini-3.5-flash-lite"),
        };
        let llm = if degraded { 1_900 } else { llm.min(1_880) };
        let turn = llm + dice.between(6, 24);
        self.at += SignedDuration::from_millis(i64::from(turn));
        let mut figures = json!({
            "llm_ms": llm, "tts_ms": tts, "first_token_ms": llm * 3 / 5, "degraded": degraded,
            "truncated": !degraded && dice.happens(0.01), "provider": provider, "model": model,
            "prompt_tokens": if degraded { Value::Null } else { json!(620 + 40 * self.said.len()) },
            "completion_tokens": if degraded { Value::Null } else { json!(dice.between(45, 130)) },
        });
        if let Some(stt) = stt {
            figures["turn_ms"] = json!(turn);
            figures["turn_stt_ms"] = json!(stt);
            figures["answers_position"] = json!(self.said.len());
        }
        self.say(false, content, json!([]), figures, dice);
        self.at += SignedDuration::from_secs(i64::from(dice.between(3, 6)));
    }

    fn say(&mut self, by_student: bool, content: &str, corrections: Value, figures: Value, dice: &mut Dice) {
        let message = SpokenMessages {
            id: id(self.at, dice),
            position: i32::try_from(self.said.len() + 1).unwrap_or(i32::MAX),
            by_student,
            content: content.to_owned(),
            corrections,
            word_count: count_words(content),
            canned: false,
        };
        let mut row = figures;
        for (name, value) in [
            ("user_id", json!(self.person.id)),
            ("conversation_id", json!(self.conversation)),
            ("position", json!(message.position)),
            ("word_count", json!(message.word_count)),
            ("id", json!(message.id)),
            ("created_at", json!(moment(self.at))),
            ("by_student", json!(by_student)),
            ("content", json!(content)),
            ("corrections", message.corrections.clone()),
        ] {
            row[name] = value;
        }
        self.rows.push(row);
        self.counts.hear(&message);
        self.said.push(message);
    }

    fn row(&self, started: Timestamp, ended: Timestamp, is_open: bool, topic: &str) -> Value {
        let students = self.said.iter().filter(|message| message.by_student);
        let counts = self.counts.corrections_by_category();
        json!({
            "user_id": self.person.id, "id": self.conversation, "started_at": moment(started),
            "completed_at": if is_open { Value::Null } else { json!(moment(ended)) },
            "last_message_at": moment(ended),
            "duration_seconds": if is_open { Value::Null } else { json!(ended.duration_since(started).as_secs()) },
            "last_position": self.said.len(), "student_messages": students.clone().count(),
            "student_words": students.map(|message| message.word_count).sum::<i32>(),
            "corrections_grammar": counts.grammar, "corrections_vocab": counts.vocab,
            "corrections_fluency": counts.fluency, "corrections_spelling": counts.spelling,
            "corrections_pronunciation": counts.pronunciation, "topic": topic,
        })
    }

    /// What is said of the call afterwards; its numbers are counted like those of a real one.
    fn analysis(&self, ended: Timestamp, topic: &str, dice: &mut Dice) -> Option<Value> {
        let courage = self.counts.courage(self.person.level)?;
        let mut good: Vec<&SpokenMessages> = self
            .said
            .iter()
            .filter(|message| message.by_student && message.corrections.as_array().is_some_and(Vec::is_empty))
            .collect();
        good.sort_by_key(|message| (std::cmp::Reverse(message.word_count), message.position));
        let moments: Vec<Value> = good
            .into_iter()
            .take(2)
            .map(|message| {
                let why = dice.pick(lines::REASONS).copied().unwrap_or_default();
                json!({"message_id": message.id, "quote": message.content, "why": why})
            })
            .collect();
        // A student's "my weekend" is "your weekend" when Zoe says it.
        let topic = topic.replace("my ", "your ").replace(" I ", " you ");
        let summary = dice.pick(lines::SUMMARIES).copied().unwrap_or_default().replace("{topic}", &topic);
        let steps: Vec<&str> = dice.pick(lines::NEXT_STEPS).into_iter().copied().collect();
        let took = dice.latency(1_600.0);
        Some(json!({
            "user_id": self.person.id, "conversation_id": self.conversation, "created_at": moment(ended),
            "up_to_position": self.said.len(),
            "result": {
                "conversation_id": self.conversation, "summary": summary, "courage": courage,
                "best_moments": moments, "corrections_by_category": self.counts.corrections_by_category(),
                "next_steps": steps,
                "engine": {"provider": "gemini", "model": "gemini-3.5-flash-lite", "degraded": false, "truncated": false},
                "latency_ms": {"first_token": took * 2 / 5, "llm": took, "total": took + 11},
            },
        }))
    }
}

fn person(index: usize, now: Timestamp, dice: &mut Dice) -> Person {
    let joined = now - hours(24.0 * (DAYS + 3.0 + 9.0 * dice.share()));
    let placed = LEVELS.get(usize::try_from(dice.next() % 10).unwrap_or(0));
    // Two in forty have not been placed yet.
    let level = placed.filter(|_| index % 20 != 7);
    Person {
        id: id(joined, dice),
        joined,
        level: level.map(|(level, _)| *level),
        slips: level.map_or(0.5, |(_, slips)| *slips),
        zeal: 0.25 + 1.5 * dice.share() * dice.share(),
        last_active: None,
    }
}

/// When a call begins, and whose: more often lately, in the afternoon, and with those who have the zeal.
fn start(people: &[Person], index: usize, now: Timestamp, dice: &mut Dice) -> Option<(Timestamp, usize)> {
    let all: f64 = people.iter().map(|person| person.zeal).sum();
    let mut left = all * dice.share();
    let who = people.iter().position(|person| {
        left -= person.zeal;
        left <= 0.0
    })?;
    // Whoever looks, whenever it is, finds that somebody has just been there.
    if index.is_multiple_of(80) {
        return Some((now - SignedDuration::from_mins(2) - hours(3.0 * dice.share()), who));
    }
    let mut at = now;
    // A few tries find a likely hour; then any will do.
    for _ in 0..12 {
        at = now - SignedDuration::from_mins(4) - hours(24.0 * DAYS * dice.share().powf(1.25));
        let hour = at.to_zoned(jiff::tz::TimeZone::UTC).hour();
        let likely = match hour {
            7..=11 => 0.5,
            12..=19 => 1.0,
            20..=21 => 0.4,
            _ => 0.03,
        };
        if dice.happens(likely) {
            break;
        }
    }
    Some((at, who))
}

fn student(index: usize, person: &Person, level_from: Option<Uuid>, now: Timestamp) -> Value {
    let known = PEOPLE.get(index % PEOPLE.len()).copied();
    let (name, age, location) = known.unwrap_or(("Ana", 12, "Lisbon"));
    json!({
        "user_id": person.id, "created_at": moment(person.joined),
        "updated_at": moment(person.last_active.unwrap_or(person.joined).min(now)),
        "last_active_on": person.last_active.map(|at| utc_day(at).to_string()),
        "age": age, "focus_grammar": true, "focus_vocab": true, "focus_fluency": !index.is_multiple_of(5),
        "cefr_level": person.level.map(CefrLevel::word), "level_from": level_from, "name": name, "location": location,
    })
}

fn rank_of(level: CefrLevel) -> i32 {
    match level {
        CefrLevel::A1 => 0,
        CefrLevel::A2 => 1,
        CefrLevel::B1 => 2,
        CefrLevel::B2 => 3,
        CefrLevel::C1 => 4,
        CefrLevel::C2 => 5,
    }
}

/// An id that was made at this time.
fn id(at: Timestamp, dice: &mut Dice) -> Uuid {
    let milliseconds = u64::try_from(at.as_millisecond()).unwrap_or(0);
    let mut random = [0; 10];
    for (byte, chance) in
        random.iter_mut().zip(dice.next().to_be_bytes().into_iter().chain(dice.next().to_be_bytes()))
    {
        *byte = chance;
    }
    uuid::Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid()
}

fn moment(at: Timestamp) -> String {
    format!("{at:.6}")
}

#[expect(clippy::cast_possible_truncation, reason = "some weeks in seconds")]
fn hours(hours: f64) -> SignedDuration {
    SignedDuration::from_secs((hours * 3600.0) as i64)
}
