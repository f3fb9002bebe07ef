//! `ella rescue`: what is missing comes back from another copy of the database, and nothing else changes.

use ella::{
    guards::erased::{self, Erased},
    operator::{
        Operator,
        rescue::{Plan, Rescued, apply, plan},
    },
};
use ella_test_support::database::TestDatabase;
use jiff::Timestamp;
use tokio_postgres::Client;

use super::operator;
use crate::{
    database::{connect, tables},
    guards::scene,
    program::Folder,
};

pub const ANA: &str = "018f0000-0000-7000-8000-000000000001";
pub const BEN: &str = "018f0000-0000-7000-8000-000000000002";

/// The living database and a copy of it, from before whatever a test does to the living one.
pub struct Two {
    pub living: Operator,
    pub side: Client,
    database: TestDatabase,
    _folder: Folder,
}

impl Two {
    pub async fn alike() -> Self {
        let (living, _) = scene().await;
        let (side, _) = scene().await;
        let folder = Folder::new();
        let mut two = Self {
            living: operator(&living, &folder).await,
            side: connect(&side.administrator).await,
            database: living,
            _folder: folder,
        };
        two.side.batch_execute("set search_path = ella").await.unwrap();
        assert_eq!(two.plan().await, Plan::default(), "they are alike");
        two
    }

    /// How to connect to the living one once more.
    pub fn database(&self) -> &tokio_postgres::Config {
        &self.database.administrator
    }

    /// Loses something, as no guard would let it happen.
    pub async fn lose(&self, sql: &str) {
        let sql = format!("set session_replication_role = replica; {sql}; reset session_replication_role");
        self.living.client.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }

    pub async fn plan(&mut self) -> Plan {
        plan(&self.living, &mut self.side).await.unwrap()
    }

    /// Shows, does, and finds nothing left to do.
    pub async fn rescue(&mut self) -> (Plan, Rescued) {
        let shown = self.plan().await;
        let rescued = apply(&mut self.living, &mut self.side, &shown).await.unwrap();
        let left = self.plan().await;
        assert!(left.is_empty(), "{left}");
        // Twice is as good as once.
        assert_eq!(apply(&mut self.living, &mut self.side, &shown).await.unwrap(), Rescued::default());
        (shown, rescued)
    }
}

/// Every row of a student's, but what operators noted, without the times at which the scene was set.
async fn everything_of(client: &Client, student: &str) -> Vec<String> {
    let mut rows = Vec::new();
    for table in tables(client).await {
        let of_students =
            "select count(*) from pg_attribute where attrelid = $1::text::regclass and attname = 'user_id'";
        let of_students: i64 = client.query_one(of_students, &[&table]).await.unwrap().get(0);
        if of_students == 0 || table == "operator_actions" {
            continue;
        }
        let times = "created_at,updated_at,started_at,last_message_at";
        let sql = format!(
            "select '{table} ' || (to_jsonb(t) - '{{{times}}}'::text[])::text from {table} t where user_id = '{student}' order by 1"
        );
        rows.extend(client.query(&sql, &[]).await.unwrap().iter().map(|row| row.get::<_, String>(0)));
    }
    rows
}

#[tokio::test]
async fn a_missing_student_comes_back_whole() {
    let mut two = Two::alike().await;
    let all = tables(&two.living.client).await.into_iter();
    let gone: Vec<String> = all
        .filter(|table| {
            ["students", "devices", "placements", "conversations", "messages", "analyses", "retry_keys"]
                .contains(&table.as_str())
        })
        .map(|table| format!("delete from {table} where user_id = '{ANA}'"))
        .collect();
    two.lose(&gone.join(";")).await;
    two.lose(&format!("update students set name = 'Benjamin' where user_id = '{BEN}'")).await;
    let shown = two.plan().await;
    assert_eq!(shown.students.values().copied().collect::<Vec<_>>(), [40]);
    let text = shown.to_string();
    assert!(text.contains("students       1 (with 40 messages)") && text.contains(ANA), "{text}");
    assert!(everything_of(&two.living.client, ANA).await.is_empty(), "a plan changes nothing");

    let (_, rescued) = two.rescue().await;
    assert_eq!(rescued, Rescued { students: 1, conversations: 1, messages: 40, placements: 1, devices: 1 });
    assert_eq!(everything_of(&two.living.client, ANA).await, everything_of(&two.side, ANA).await);
    let times = "select (select created_at from students where user_id = $1::text::uuid), max(created_at) from messages where user_id = $1::text::uuid";
    let (here, there) = (
        two.living.client.query_one(times, &[&ANA]).await.unwrap(),
        two.side.query_one(times, &[&ANA]).await.unwrap(),
    );
    for place in 0..2 {
        assert_eq!(here.get::<_, Timestamp>(place), there.get::<_, Timestamp>(place));
    }
    let name = format!("select name from students where user_id = '{BEN}'");
    assert_eq!(two.living.client.query_one(&name, &[]).await.unwrap().get::<_, &str>(0), "Benjamin");
    let noted =
        format!("select count(*) from operator_actions where user_id = '{ANA}' and action = 'rescue'");
    assert_eq!(two.living.client.query_one(&noted, &[]).await.unwrap().get::<_, i64>(0), 1);
}

#[tokio::test]
async fn whoever_was_erased_stays_so() {
    let mut two = Two::alike().await;
    let erase = format!("select erase_student('{ANA}', now(), gen_random_uuid())");
    two.living.client.batch_execute(&erase).await.unwrap();
    // The other is on the file's list only: the living database was itself restored.
    two.lose(&format!("delete from students where user_id = '{BEN}'")).await;
    let ben = Erased { user_id: BEN.parse().unwrap(), erased_at: Timestamp::UNIX_EPOCH };
    erased::keep(&two.living.data_dir, &[ben]).unwrap();
    let shown = two.plan().await;
    assert!(shown.is_empty() && shown.erased == 2, "{shown}");
    assert!(shown.to_string().contains("Erased since, and left out: 2"), "{shown}");

    // Erased between the plan and the deed.
    let mut two = Two::alike().await;
    two.lose(&format!("delete from students where user_id = '{ANA}'")).await;
    let shown = two.plan().await;
    assert_eq!(shown.students.len(), 1);
    two.living.client.batch_execute(&erase).await.unwrap();
    let rescued = apply(&mut two.living, &mut two.side, &shown).await.unwrap();
    assert_eq!(rescued.students, 0);
}

#[tokio::test]
async fn of_a_student_who_is_there_only_what_is_missing_comes_back() {
    let mut two = Two::alike().await;
    two.lose(&format!("delete from placements where user_id = '{ANA}'")).await;
    two.lose(&format!("delete from messages where user_id = '{ANA}' and position between 11 and 17")).await;
    two.lose(&format!(
        "delete from messages where user_id = '{BEN}'; delete from analyses where user_id = '{BEN}'; \
         delete from conversations where user_id = '{BEN}'"
    ))
    .await;
    // Something new on the living side, which is nobody's business.
    two.lose(&format!(
        "insert into conversations (user_id, id, started_at) values ('{ANA}', gen_random_uuid(), now());
         update messages set content = 'Corrected since.' where user_id = '{ANA}' and position = 1"
    ))
    .await;
    let (shown, rescued) = two.rescue().await;
    assert_eq!(shown.messages[0].positions, (11..=17).collect::<Vec<_>>());
    assert_eq!(rescued, Rescued { students: 0, conversations: 1, messages: 47, placements: 1, devices: 0 });
    let content = format!("select content from messages where user_id = '{ANA}' and position = 1");
    let content = two.living.client.query_one(&content, &[]).await.unwrap();
    assert_eq!(content.get::<_, &str>(0), "Corrected since.");
    assert_eq!(everything_of(&two.living.client, BEN).await, everything_of(&two.side, BEN).await);
}

#[tokio::test]
async fn a_conversation_that_lost_its_end_counts_on_where_it_was() {
    let mut two = Two::alike().await;
    two.lose(&format!(
        "delete from messages where user_id = '{ANA}' and position > 30;
         update conversations set last_position = 30, student_messages = 30, student_words = 60 where user_id = '{ANA}'"
    ))
    .await;
    let (_, rescued) = two.rescue().await;
    assert_eq!(rescued.messages, 10);
    assert_eq!(everything_of(&two.living.client, ANA).await, everything_of(&two.side, ANA).await);
}

#[tokio::test]
async fn what_went_on_differently_is_listed_and_left() {
    let mut two = Two::alike().await;
    two.lose(&format!(
        "update messages set id = gen_random_uuid(), content = 'Something else.'
         where user_id = '{ANA}' and position between 39 and 40"
    ))
    .await;
    let shown = two.plan().await;
    assert!(shown.is_empty(), "{shown}");
    assert_eq!(shown.conflicts.len(), 1);
    assert!(shown.conflicts[0].contains("went on differently: 2 messages"), "{}", shown.conflicts[0]);
}

#[tokio::test]
async fn a_copy_from_before_a_column_was_added_will_do() {
    let mut two = Two::alike().await;
    two.side
        .batch_execute(
            "alter event trigger ella_refuses_drops disable; alter table students drop column location",
        )
        .await
        .unwrap();
    two.lose(&format!(
        "delete from messages where user_id = '{ANA}'; delete from students where user_id = '{ANA}'"
    ))
    .await;
    let shown = two.plan().await;
    let rescued = apply(&mut two.living, &mut two.side, &shown).await.unwrap();
    assert_eq!((rescued.students, rescued.messages), (1, 40));
}

#[tokio::test]
async fn many_rows_come_back_in_batches() {
    let mut two = Two::alike().await;
    let more = format!(
        "insert into messages (user_id, conversation_id, position, word_count, id, created_at, by_student, content)
         select '{ANA}', '{ANA}', n, 1, gen_random_uuid(), now(), true, 'Word.' from generate_series(41, 2600) n;
         insert into conversations (user_id, id, started_at) select '{BEN}', md5(n::text)::uuid, now() from generate_series(1, 1500) n;
         insert into students (user_id, created_at, updated_at, focus_grammar, focus_vocab, focus_fluency)
         select md5('s' || n)::uuid, now(), now(), true, true, true from generate_series(1, 1200) n"
    );
    two.side.batch_execute(&more).await.unwrap();
    let (_, rescued) = two.rescue().await;
    assert_eq!((rescued.students, rescued.conversations, rescued.messages), (1200, 1500, 2560));
}
