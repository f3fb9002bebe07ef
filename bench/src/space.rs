//! Space (`ella-bench space`): what a message weighs in tables, indexes, WAL and backups, and so a student's year.

use serde_json::json;

use crate::{
    database::Cluster,
    ella::Ella,
    load::{Load, connect},
    numbers::float,
    process::Server,
    report::table,
};

/// Turns that are spoken, unless told otherwise.
const TURNS: usize = 16_000;
/// Turns of a conversation: a day of the assumed student.
const TURNS_A_CALL: usize = 80;
/// Students who talk at once. Nobody pauses here: on a real machine there would be a hundred times as many.
const AT_ONCE: usize = 20;
/// Utterances that are really said; they are written by teachers.
const UTTERANCES: &str = include_str!("../utterances.json");
const GOAL_BYTES: f64 = 300.0;
const BRIEF_YEAR_MB: f64 = 2.5;
const DAYS: f64 = 365.0;

/// What so many messages came to, in bytes a message.
struct Weighed {
    messages: f64,
    text: f64,
    stored: f64,
    logged: f64,
    dumped: f64,
    /// Of each table: its name, its rows, its indexes.
    tables: Vec<(&'static str, f64, f64)>,
}

/// Speaks so many turns in each way and weighs them.
pub(crate) async fn report(program: &str, numbers: &[usize]) -> String {
    let turns = numbers.first().copied().unwrap_or(TURNS);
    let cluster = Cluster::start(40).await;
    let plain = weigh(program, &cluster, turns, "silent").await;
    let corrected = weigh(program, &cluster, turns, "perfect").await;
    cluster.stop().await;
    let year = |bytes: f64| format!("{bytes:.0} / {:.1} MB", bytes * 2.0 * float(TURNS_A_CALL) * DAYS / 1e6);
    let line =
        |what: &str, of: fn(&Weighed) -> f64| vec![what.to_owned(), year(of(&plain)), year(of(&corrected))];
    let whole = [
        line("the text itself", |weighed| weighed.text),
        line("stored, everything included", |weighed| weighed.stored),
        line("WAL (kept for the days that a restore can go back)", |weighed| weighed.logged),
        line("in a full backup (a compressed dump)", |weighed| weighed.dumped),
    ];
    let both = |(rows, indexes): (f64, f64)| format!("{rows:.0} + {indexes:.0}");
    let tables: Vec<Vec<String>> = plain
        .tables
        .iter()
        .zip(&corrected.tables)
        .map(|(plain, corrected)| {
            vec![plain.0.to_owned(), both((plain.1, plain.2)), both((corrected.1, corrected.2))]
        })
        .collect();
    let held = if plain.stored <= GOAL_BYTES { "held" } else { "not held" };
    format!(
        "## Space\n\nThe brief: \"~2.5 MB/user/year\" at 20 minutes a day. Assumed: {TURNS_A_CALL} turns and as many \
         replies a day, {DAYS:.0} days a year; learners' sentences as in `utterances.json`, answered, and corrected \
         not at all or wherever a teacher would (66 times in 71). That makes {:.0} messages a year, so the brief's \
         figure leaves {:.0} bytes for a message. Goal: at most {GOAL_BYTES:.0} bytes stored a short message: {held}; \
         corrections come on top. {:.0} messages were weighed; {AT_ONCE} students talked at once, \
         after a quarter as many turns that made the room which is there once. Old \
         conversations are not packed: [docs/performance.md](../docs/performance.md) says why.\n\n{}\n{}\n\
         What a month costs from 100 to 100,000 students: `ella plan --bytes-per-message {:.0}`.",
        2.0 * float(TURNS_A_CALL) * DAYS,
        BRIEF_YEAR_MB * 1e6 / (2.0 * float(TURNS_A_CALL) * DAYS),
        plain.messages + corrected.messages,
        table(&["bytes a message / a student's year", "without corrections", "corrected"], &whole),
        table(&["bytes a message: rows + indexes", "without corrections", "corrected"], &tables),
        corrected.stored,
    )
}

/// Speaks so many turns with a provider of this mood and weighs them.
async fn weigh(program: &str, cluster: &Cluster, turns: usize, mood: &str) -> Weighed {
    let database = cluster.database(&format!("space_{mood}")).await;
    let provider = Server::start_part(&["provider", &format!("mood={mood}")]);
    let settings = [
        database.setting(None),
        format!("--llm=openai:space@http://{}/v1", provider.address),
        "--student-tokens-per-day=0".to_owned(),
        "--tokens-per-day=0".to_owned(),
    ];
    let ella = Ella::start(program, &settings, &[]);
    // What is there once, however much is stored (room for versions of the rows that change all the time), is no
    // message's: as many turns as this go first.
    speak(&ella, turns / 4).await;
    let before = Sizes::of(&database).await;
    speak(&ella, turns).await;
    ella.server.stop();
    provider.stop();
    let after = Sizes::of(&database).await;
    let messages = after.messages - before.messages;
    assert!(messages >= 2.0 * float(turns), "{messages} messages of {turns} turns");
    let tables = TABLES.iter().zip(before.tables.iter().zip(&after.tables));
    Weighed {
        messages,
        text: database.number("select avg(octet_length(content)) from messages").await,
        stored: (after.stored - before.stored) / messages,
        logged: (after.logged.0 - before.logged.1) / messages,
        dumped: (after.dumped - before.dumped) / messages,
        tables: tables
            .map(|((_, name), (before, after))| {
                (*name, (after.0 - before.0) / messages, (after.1 - before.1) / messages)
            })
            .collect(),
    }
}

/// Lets students have calls until so many turns are spoken.
async fn speak(ella: &Ella, turns: usize) {
    let scenes = ella.scenes(turns.div_ceil(TURNS_A_CALL)).await;
    let said = utterances();
    let mut lanes = tokio::task::JoinSet::new();
    for lane in 0..AT_ONCE.min(scenes.len()) {
        // Whole calls, one after the other.
        let calls: Vec<_> = scenes.iter().cloned().enumerate().skip(lane).step_by(AT_ONCE).collect();
        let (said, server) = (said.clone(), ella.server.address);
        lanes.spawn(async move {
            let mut connection = connect(server).await;
            for (number, scene) in calls {
                for turn in 0..TURNS_A_CALL.min(turns - number * TURNS_A_CALL) {
                    let words = said.get((number + turn) % said.len()).expect("words");
                    let answer = scene.hears_and_says(words).over(&mut connection).await.json();
                    assert!(answer["reply"].is_string(), "a wrong answer: {answer}");
                }
                let id = scene.conversation_id.as_str().unwrap_or_default();
                let complete = Load::put(&format!("/conversations/{id}/complete"), &scene.token, &json!({}));
                complete.over(&mut connection).await.json();
            }
        });
    }
    lanes.join_all().await;
}

/// Tables that grow with talk, with their names for people.
const TABLES: [(&str, &str); 4] = [
    ("messages", "messages"),
    ("conversations", "conversations"),
    ("token_usage", "tokens of a day"),
    ("retry_keys", "retry keys"),
];

/// What is there at a moment, in bytes.
struct Sizes {
    messages: f64,
    stored: f64,
    /// The write-ahead log's length before the look at the sizes, which writes to it, and after.
    logged: (f64, f64),
    dumped: f64,
    /// Of each of `TABLES`: its rows, its indexes.
    tables: Vec<(f64, f64)>,
}

impl Sizes {
    async fn of(database: &crate::database::Database) -> Self {
        let logged_before = wal(database).await;
        database.execute("vacuum analyze").await;
        let mut tables = Vec::new();
        for (table, _) in TABLES {
            let part = |what: &str| format!("select {what}('{table}')");
            let rows = database.number(&part("pg_table_size")).await;
            tables.push((rows, database.number(&part("pg_indexes_size")).await));
        }
        // A full page goes to the WAL once a checkpoint; what one long call pays for it, many small ones pay too.
        database.execute("checkpoint").await;
        Self {
            messages: database.number("select count(*) from messages").await,
            stored: size(database).await,
            logged: (logged_before, wal(database).await),
            dumped: compressed_dump(database).await,
            tables,
        }
    }
}

async fn wal(database: &crate::database::Database) -> f64 {
    database.number("select pg_current_wal_lsn() - '0/0'::pg_lsn").await
}

async fn size(database: &crate::database::Database) -> f64 {
    database.number("select pg_database_size(current_database())").await
}

/// Bytes of a compressed dump.
async fn compressed_dump(database: &crate::database::Database) -> f64 {
    let mut dump = database.program("pg_dump");
    dump.args(["--format=custom", "--compress=6"]);
    let output = tokio::task::spawn_blocking(move || dump.output());
    let output = output.await.expect("it ran").expect("pg_dump is installed with PostgreSQL");
    assert!(output.status.success(), "pg_dump: {}", String::from_utf8_lossy(&output.stderr));
    float(output.stdout.len())
}

fn utterances() -> std::sync::Arc<Vec<String>> {
    let set: serde_json::Value = serde_json::from_str(UTTERANCES).expect("good JSON");
    let said =
        set.as_array().expect("a list").iter().filter_map(|said| said["text"].as_str()).map(str::to_owned);
    std::sync::Arc::new(said.collect())
}
