//! Brings back what a plan found missing: in many small transactions, each of which leaves things whole.

use std::fmt;

use ella_sql::{client::Params as _, queries::operator as queries};
use serde::Serialize;
use tokio_postgres::{Client, Transaction};
use uuid::Uuid;

use super::{
    super::{
        Operator,
        connection::refused,
        student::{
            abandon::{Given, give_phone},
            erase::keep_the_list,
        },
    },
    plan::{Device, Missing, Plan},
    tables::{self, Table},
};

/// Conversations or placements in one transaction.
const BATCH: usize = 200;

/// What was brought back.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rescued {
    /// Students who were missing as a whole.
    pub students: u64,
    /// Conversations, those of these students included.
    pub conversations: u64,
    /// Messages, likewise.
    pub messages: u64,
    /// Placements, likewise.
    pub placements: u64,
    /// Phones.
    pub devices: u64,
}

impl fmt::Display for Rescued {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { students, conversations, messages, placements, devices } = self;
        write!(
            formatter,
            "Brought back: {students} students, {conversations} conversations, {messages} messages, {placements} placements, {devices} phones."
        )
    }
}

impl Rescued {
    fn count(&mut self, table: &str, rows: u64) {
        match table {
            "students" => self.students += rows,
            "conversations" => self.conversations += rows,
            "messages" => self.messages += rows,
            "placements" => self.placements += rows,
            _ => {}
        }
    }
}

/// Does what the plan says. Whatever has come about since the plan was made stays as it is; an interruption can be
/// followed by another plan.
///
/// # Errors
/// A sentence. What was brought back until then stays.
pub async fn apply(operator: &mut Operator, side: &mut Client, plan: &Plan) -> Result<Rescued, String> {
    let rescued = bring_back(operator, side, plan).await.map_err(|error| {
        format!("{} What was brought back until then stays: run the same again.", refused(&error))
    })?;
    // Students whom phones left behind are on the list.
    keep_the_list(operator).await?;
    Ok(rescued)
}

async fn bring_back(
    operator: &mut Operator,
    side: &mut Client,
    plan: &Plan,
) -> Result<Rescued, tokio_postgres::Error> {
    let tables = tables::in_both(&operator.client, side).await?;
    let side = side.build_transaction().read_only(true).start().await?;
    let mut rescue = Rescue { operator, side, tables, rescued: Rescued::default() };
    for student in plan.students.keys() {
        rescue.student(*student).await?;
    }
    for (table, missing) in [("placements", &plan.placements), ("conversations", &plan.conversations)] {
        for (student, ids) in missing {
            for batch in ids.chunks(BATCH) {
                rescue.parts(*student, table, batch).await?;
            }
        }
    }
    for missing in &plan.messages {
        rescue.messages(missing).await?;
    }
    rescue.devices(&plan.devices).await?;
    Ok(rescue.rescued)
}

struct Rescue<'a> {
    operator: &'a mut Operator,
    side: Transaction<'a>,
    tables: Vec<Table>,
    rescued: Rescued,
}

impl Rescue<'_> {
    /// A whole student, or nothing of them.
    async fn student(&mut self, id: Uuid) -> Result<(), tokio_postgres::Error> {
        let (now, action_id) = self.operator.now();
        let living = self.operator.client.transaction().await?;
        // Erased since the plan was made? Whoever erases from now on waits for us, and then takes it all away.
        living.batch_execute("lock table erased_students in share mode").await?;
        let erased = "select exists (select from erased_students where user_id = $1)";
        if living.query_one(erased, &[&id]).await?.get(0) {
            return Ok(());
        }
        let mut copied = Vec::new();
        for table in &self.tables {
            let rows = table.copy(&self.side, &living, "user_id = $1", &[&id]).await?;
            if table.name == "students" && rows == 0 {
                return Ok(());
            }
            copied.push((table.name.clone(), rows));
        }
        note(&living, id, action_id, now).await?;
        living.commit().await?;
        for (table, rows) in copied {
            self.rescued.count(&table, rows);
        }
        Ok(())
    }

    /// Placements or conversations of a student who is there, a conversation with all that belongs to it.
    async fn parts(&mut self, id: Uuid, table: &str, ids: &[Uuid]) -> Result<(), tokio_postgres::Error> {
        let (now, action_id) = self.operator.now();
        let living = self.operator.client.transaction().await?;
        let of_conversations = ["messages", "analyses"];
        let mut copied = Vec::new();
        for each in &self.tables {
            let condition = if each.name == table {
                "user_id = $1 and id = any($2)"
            } else if table == "conversations" && of_conversations.contains(&each.name.as_str()) {
                "user_id = $1 and conversation_id = any($2)"
            } else {
                continue;
            };
            copied.push((each.name.clone(), each.copy(&self.side, &living, condition, &[&id, &ids]).await?));
        }
        note(&living, id, action_id, now).await?;
        living.commit().await?;
        for (table, rows) in copied {
            self.rescued.count(&table, rows);
        }
        Ok(())
    }

    /// Messages in a conversation that is there. Its counters follow, and nothing else of it.
    async fn messages(&mut self, missing: &Missing) -> Result<(), tokio_postgres::Error> {
        // As the server counts: `conversations` counts the student's messages and words, and their corrections.
        const COUNT: &str = "with said as (
                select max(m.position) as last, count(*) filter (where by_student) as messages,
                    coalesce(sum(word_count) filter (where by_student), 0) as words, max(created_at) as last_at
                from messages m where user_id = $1 and conversation_id = $2
            ), corrected as (
                select count(*) filter (where category = 'grammar') as grammar,
                    count(*) filter (where category = 'vocab') as vocab,
                    count(*) filter (where category = 'fluency') as fluency,
                    count(*) filter (where category = 'spelling') as spelling,
                    count(*) filter (where category = 'pronunciation') as pronunciation
                from messages m cross join lateral (
                    select correction ->> 'category' as category from jsonb_array_elements(m.corrections) correction) c
                where user_id = $1 and conversation_id = $2 and by_student
            )
            update conversations
            set last_position = greatest(last_position, said.last), student_messages = said.messages,
                student_words = said.words, last_message_at = greatest(last_message_at, said.last_at),
                corrections_grammar = grammar, corrections_vocab = vocab, corrections_fluency = fluency,
                corrections_spelling = spelling, corrections_pronunciation = pronunciation
            from said, corrected
            where user_id = $1 and id = $2 and last_position < said.last";
        let Missing { user_id, conversation_id, positions } = missing;
        let (now, action_id) = self.operator.now();
        let living = self.operator.client.transaction().await?;
        // So that nobody takes a position meanwhile.
        let hold = "select from conversations where user_id = $1 and id = $2 for no key update";
        living.query_opt(hold, &[user_id, conversation_id]).await?;
        let mut copied = 0;
        for table in self.tables.iter().filter(|table| table.name == "messages") {
            let condition = "user_id = $1 and conversation_id = $2 and position = any($3)";
            copied +=
                table.copy(&self.side, &living, condition, &[user_id, conversation_id, positions]).await?;
        }
        living.execute(COUNT, &[user_id, conversation_id]).await?;
        note(&living, *user_id, action_id, now).await?;
        living.commit().await?;
        self.rescued.count("messages", copied);
        Ok(())
    }

    async fn devices(&mut self, devices: &[Device]) -> Result<(), tokio_postgres::Error> {
        const ADD: &str = "insert into devices (device_hash, user_id, created_at, secret_hash)
            select $1, user_id, $3, $4 from students where user_id = $2 on conflict do nothing";
        const STILL: &str = "select exists (select from devices where device_hash = $1 and user_id = $2)
            and exists (select from students where user_id = $3)";
        for Device { hash, to, from } in devices {
            let stamp = self.operator.now();
            let living = self.operator.client.transaction().await?;
            let changed = match from {
                // The phone knows the secret that it uses now, so that one stays.
                Some(from) => {
                    let still = living.query_one(STILL, &[hash, from, to]).await?.get(0);
                    still && give_phone(&living, hash, *from, *to, stamp).await? == Given::Yes
                }
                None => {
                    let known = "select created_at, secret_hash from devices where device_hash = $1";
                    let known = self.side.query_one(known, &[hash]).await?;
                    let (created_at, secret): (jiff::Timestamp, Option<Vec<u8>>) =
                        (known.get(0), known.get(1));
                    living.execute(ADD, &[hash, to, &created_at, &secret]).await? > 0
                }
            };
            living.commit().await?;
            self.rescued.devices += u64::from(changed);
        }
        Ok(())
    }
}

async fn note(
    living: &Transaction<'_>,
    user_id: Uuid,
    id: Uuid,
    now: jiff::Timestamp,
) -> Result<(), tokio_postgres::Error> {
    let note = queries::NoteOperatorActionParams { user_id, id, now, action: "rescue" };
    queries::note_operator_action().params(living, &note).await.map(drop)
}
