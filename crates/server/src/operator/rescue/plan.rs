//! What is missing in the living database, and what stands in the way.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::Serialize;
use tokio_postgres::{Client, Transaction};
use uuid::Uuid;

use super::super::{Operator, connection::refused};
use crate::guards::erased;

/// Rows that are compared at once.
const PAGE: i64 = 1000;
/// Lines that are shown to people of one kind.
const SHOWN: usize = 20;

/// What would be done.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Students who are missing as a whole, with how many messages come back with each.
    pub students: BTreeMap<Uuid, i64>,
    /// Conversations that are missing, by student; all that was said in them comes back with them.
    pub conversations: BTreeMap<Uuid, Vec<Uuid>>,
    /// Placements that are missing, by student.
    pub placements: BTreeMap<Uuid, Vec<Uuid>>,
    /// Messages that are missing in conversations that are there, by their positions.
    pub messages: Vec<Missing>,
    /// Phones that are missing, or whose new student is still empty.
    pub devices: Vec<Device>,
    /// Students of the copy who were erased since, and stay so.
    pub erased: usize,
    /// What cannot be brought back without deciding who is right, a sentence each.
    pub conflicts: Vec<String>,
}

/// Messages that are missing in one conversation.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// Whose conversation it is.
    pub user_id: Uuid,
    /// Which one.
    pub conversation_id: Uuid,
    /// Where the messages stood.
    pub positions: Vec<i32>,
}

/// A phone that comes back.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Device {
    /// The keyed hash under which it is found.
    #[serde(skip)]
    pub(super) hash: Vec<u8>,
    /// The student it belongs to again.
    pub to: Uuid,
    /// The empty student it has now; none if it is missing.
    pub from: Option<Uuid>,
}

impl Plan {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.students.is_empty()
            && self.conversations.is_empty()
            && self.placements.is_empty()
            && self.messages.is_empty()
            && self.devices.is_empty()
    }
}

/// Compares the copy with the living database. Nothing is changed.
///
/// # Errors
/// A sentence.
pub async fn plan(living: &Operator, side: &mut Client) -> Result<Plan, String> {
    let failed = |error: tokio_postgres::Error| refused(&error);
    let listed = erased::list(&living.client).await.map_err(failed)?;
    let listed = erased::merge(&listed, &erased::read(&living.data_dir)?);
    let erased: BTreeSet<Uuid> = listed.iter().map(|erased| erased.user_id).collect();
    let side = side.build_transaction().read_only(true).start().await.map_err(failed)?;
    let compare = Compare { living: &living.client, side: &side, erased: &erased };
    let mut plan = Plan::default();
    compare.students(&mut plan).await.map_err(failed)?;
    compare.placements(&mut plan).await.map_err(failed)?;
    compare.conversations(&mut plan).await.map_err(failed)?;
    compare.devices(&mut plan).await.map_err(failed)?;
    side.commit().await.map_err(failed)?;
    Ok(plan)
}

struct Compare<'a> {
    living: &'a Client,
    side: &'a Transaction<'a>,
    erased: &'a BTreeSet<Uuid>,
}

/// The two ids of a row.
type Key = (Uuid, Uuid);

impl Compare<'_> {
    async fn students(&self, plan: &mut Plan) -> Result<(), tokio_postgres::Error> {
        let sql = "select user_id from students where user_id > $1 order by user_id limit $2";
        let mut after = Uuid::nil();
        loop {
            let page: Vec<Uuid> =
                self.side.query(sql, &[&after, &PAGE]).await?.iter().map(|row| row.get(0)).collect();
            let Some(last) = page.last() else { return Ok(()) };
            after = *last;
            let there = self.students_there(&page).await?;
            plan.erased += page.iter().filter(|id| self.erased.contains(id)).count();
            let missing: Vec<Uuid> =
                page.into_iter().filter(|id| !there.contains(id) && !self.erased.contains(id)).collect();
            let counts = "select student, (select count(*) from messages where user_id = student)
                from unnest($1::uuid[]) missing (student)";
            for row in self.side.query(counts, &[&missing]).await? {
                plan.students.insert(row.get(0), row.get(1));
            }
        }
    }

    async fn students_there(&self, ids: &[Uuid]) -> Result<BTreeSet<Uuid>, tokio_postgres::Error> {
        let there = "select user_id from students where user_id = any($1)";
        Ok(self.living.query(there, &[&ids]).await?.iter().map(|row| row.get(0)).collect())
    }

    /// The next page of keys in a table of the copy, with those of it that the living database lacks although it has the
    /// student, and those that it has.
    async fn page(
        &self,
        table: &str,
        after: Key,
    ) -> Result<Option<(Key, Vec<Key>, Vec<Key>)>, tokio_postgres::Error> {
        let sql = format!(
            "select user_id, id from {table} where (user_id, id) > ($1, $2) order by user_id, id limit $3"
        );
        let page = self.side.query(&sql, &[&after.0, &after.1, &PAGE]).await?;
        let page: Vec<Key> = page.iter().map(|row| (row.get(0), row.get(1))).collect();
        let Some(last) = page.last().copied() else { return Ok(None) };
        let (users, ids): (Vec<Uuid>, Vec<Uuid>) = page.iter().copied().unzip();
        let students = self.students_there(&users).await?;
        let there = format!(
            "select user_id, id from {table} where (user_id, id) in (select * from unnest($1::uuid[], $2::uuid[]))"
        );
        let there = self.living.query(&there, &[&users, &ids]).await?;
        let there: BTreeSet<Key> = there.iter().map(|row| (row.get(0), row.get(1))).collect();
        let of_students =
            page.into_iter().filter(|(user, _)| students.contains(user) && !self.erased.contains(user));
        let (there, missing) = of_students.partition(|key| there.contains(key));
        Ok(Some((last, missing, there)))
    }

    async fn placements(&self, plan: &mut Plan) -> Result<(), tokio_postgres::Error> {
        let mut after = (Uuid::nil(), Uuid::nil());
        while let Some((last, missing, _)) = self.page("placements", after).await? {
            after = last;
            for (user, id) in missing {
                plan.placements.entry(user).or_default().push(id);
            }
        }
        Ok(())
    }

    async fn conversations(&self, plan: &mut Plan) -> Result<(), tokio_postgres::Error> {
        let mut after = (Uuid::nil(), Uuid::nil());
        while let Some((last, missing, there)) = self.page("conversations", after).await? {
            after = last;
            for (user, id) in missing {
                plan.conversations.entry(user).or_default().push(id);
            }
            let (users, ids): (Vec<Uuid>, Vec<Uuid>) = there.into_iter().unzip();
            // Whole conversations are compared by a sum over their messages, and read only when it differs.
            let sums = "select user_id, conversation_id, count(*), bit_xor(hashtextextended(id::text, position))
                from messages where (user_id, conversation_id) in (select * from unnest($1::uuid[], $2::uuid[]))
                group by 1, 2";
            let sum = |row: &tokio_postgres::Row| -> (Key, (i64, i64)) {
                ((row.get(0), row.get(1)), (row.get(2), row.get(3)))
            };
            let here: BTreeMap<_, _> =
                self.living.query(sums, &[&users, &ids]).await?.iter().map(sum).collect();
            for (key, sum) in self.side.query(sums, &[&users, &ids]).await?.iter().map(sum) {
                if here.get(&key) != Some(&sum) {
                    self.messages(key, plan).await?;
                }
            }
        }
        Ok(())
    }

    async fn messages(
        &self,
        (user_id, conversation_id): Key,
        plan: &mut Plan,
    ) -> Result<(), tokio_postgres::Error> {
        let sql =
            "select position, id from messages where user_id = $1 and conversation_id = $2 order by position";
        let read = |row: &tokio_postgres::Row| -> (i32, Uuid) { (row.get(0), row.get(1)) };
        let here = self.living.query(sql, &[&user_id, &conversation_id]).await?;
        let here: BTreeMap<i32, Uuid> = here.iter().map(read).collect();
        let ids: BTreeSet<Uuid> = here.values().copied().collect();
        let mut positions = Vec::new();
        let mut taken = 0;
        for (position, id) in self.side.query(sql, &[&user_id, &conversation_id]).await?.iter().map(read) {
            if ids.contains(&id) {
                continue;
            }
            if here.contains_key(&position) {
                taken += 1;
            } else {
                positions.push(position);
            }
        }
        if taken > 0 {
            plan.conflicts.push(format!(
                "Conversation {conversation_id} of student {user_id} went on differently: {taken} messages of the copy stand \
                 where others stand now, and stay in the copy."
            ));
        }
        if !positions.is_empty() {
            plan.messages.push(Missing { user_id, conversation_id, positions });
        }
        Ok(())
    }

    async fn devices(&self, plan: &mut Plan) -> Result<(), tokio_postgres::Error> {
        let sql =
            "select device_hash, user_id from devices where device_hash > $1 order by device_hash limit $2";
        let mut after: Vec<u8> = Vec::new();
        loop {
            let page = self.side.query(sql, &[&after, &PAGE]).await?;
            let page: Vec<(Vec<u8>, Uuid)> = page.iter().map(|row| (row.get(0), row.get(1))).collect();
            let Some((last, _)) = page.last() else { return Ok(()) };
            after.clone_from(last);
            let (hashes, users): (Vec<Vec<u8>>, Vec<Uuid>) = page.iter().cloned().unzip();
            let students = self.students_there(&users).await?;
            let here = "select d.device_hash, d.user_id,
                    not exists (select from conversations c where c.user_id = d.user_id)
                    and not exists (select from placements p where p.user_id = d.user_id)
                    and not exists (select from devices o where o.user_id = d.user_id and o.device_hash <> d.device_hash)
                from devices d where d.device_hash = any($1)";
            let here = self.living.query(here, &[&hashes]).await?;
            let here: BTreeMap<Vec<u8>, (Uuid, bool)> =
                here.iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect();
            for (hash, to) in page {
                if !students.contains(&to) && !plan.students.contains_key(&to) || self.erased.contains(&to) {
                    continue;
                }
                match here.get(&hash) {
                    Some((owner, _)) if *owner == to => {}
                    Some((owner, true)) => plan.devices.push(Device { hash, to, from: Some(*owner) }),
                    None => plan.devices.push(Device { hash, to, from: None }),
                    Some((owner, false)) => plan.conflicts.push(format!(
                        "A phone of student {to} is student {owner}'s now, who has conversations, placements or other phones: it \
                         stays theirs. To decide otherwise: ella student erase {owner}, then rescue again."
                    )),
                }
            }
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of_missing: i64 = self.students.values().sum();
        let missing: usize = self.messages.iter().map(|missing| missing.positions.len()).sum();
        let many = |map: &BTreeMap<Uuid, Vec<Uuid>>| map.values().map(Vec::len).sum::<usize>();
        if self.is_empty() {
            writeln!(formatter, "Nothing is missing.")?;
        } else {
            writeln!(formatter, "Missing, and to be brought back:")?;
            writeln!(formatter, "  students       {} (with {of_missing} messages)", self.students.len())?;
            writeln!(formatter, "  conversations  {} of students who are there", many(&self.conversations))?;
            writeln!(formatter, "  placements     {} of students who are there", many(&self.placements))?;
            writeln!(formatter, "  messages       {missing} in conversations that are there")?;
            writeln!(formatter, "  phones         {}", self.devices.len())?;
        }
        for (id, messages) in self.students.iter().take(SHOWN) {
            writeln!(formatter, "  student {id}, {messages} messages")?;
        }
        for device in self.devices.iter().take(SHOWN) {
            if let Device { to, from: Some(from), .. } = device {
                writeln!(
                    formatter,
                    "  a phone goes back to student {to}; its new student {from}, still empty, goes with the token"
                )?;
            }
        }
        if self.erased > 0 {
            writeln!(formatter, "Erased since, and left out: {} students.", self.erased)?;
        }
        if !self.conflicts.is_empty() {
            writeln!(formatter, "Left as it is, because both sides have something:")?;
        }
        for conflict in self.conflicts.iter().take(SHOWN) {
            writeln!(formatter, "  {conflict}")?;
        }
        if self.conflicts.len() > SHOWN {
            writeln!(formatter, "  and {} more (see --json).", self.conflicts.len() - SHOWN)?;
        }
        Ok(())
    }
}
