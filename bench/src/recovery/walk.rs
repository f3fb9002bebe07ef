//! The walk: each disaster, with a clock.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::Stdio,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::school::{School, sql_at};

/// Messages of Ana's before each disaster.
pub(crate) const MESSAGES: usize = 40;

/// Bytes from which on a database is a big one.
const BIG: u64 = 1_000_000_000;

/// What was measured at one size.
pub(crate) struct Walked {
    pub(crate) bytes: u64,
    pub(crate) backups: Vec<Made>,
    pub(crate) disasters: Vec<Disaster>,
}

/// A full backup.
pub(crate) struct Made {
    pub(crate) repository: String,
    pub(crate) seconds: f64,
    pub(crate) bytes: u64,
}

/// A disaster and the way back.
pub(crate) struct Disaster {
    pub(crate) what: &'static str,
    pub(crate) way: &'static str,
    /// Seconds of acknowledged words that are gone.
    pub(crate) lost: f64,
    /// Until what was wished was there.
    pub(crate) took: Duration,
    /// How long students were not served.
    pub(crate) outage: Duration,
    /// What the time should stay below, in seconds, if that was promised.
    pub(crate) goal: Option<u64>,
}

pub(crate) async fn walk(mut school: School, messages: usize) -> Walked {
    let bytes = school.bytes();
    let backups = backups(&school);
    school.archived();
    let mut disasters = vec![deleted_rows(&mut school, messages).await];
    // Of a big one what has a goal: the disk is to hold no more copies than it must.
    if bytes < BIG {
        disasters.push(dropped_table(&mut school, bytes, messages).await);
        disasters.push(killed(&mut school, messages).await);
        disasters.push(lost_folder(&mut school, messages).await);
    }
    disasters.push(lost_machine(&mut school, bytes, messages).await);
    school.stop();
    Walked { bytes, backups, disasters }
}

fn backups(school: &School) -> Vec<Made> {
    let made: Value =
        serde_json::from_str(&school.run(&["backup", "now", "--full", "--json"]).printed).expect("JSON");
    let made = made.as_array().expect("a list").iter().map(|made| {
        let backup = &made["backup"];
        let time = |name: &str| backup[name].as_str().expect("a time").to_owned();
        Made {
            repository: made["repository"].as_str().expect("a name").to_owned(),
            seconds: between(&time("started_at"), &time("ended_at")),
            bytes: backup["repository_bytes"].as_u64().expect("a size"),
        }
    });
    made.collect()
}

/// Rows are deleted; a look beside, and `ella rescue`, while students are served.
async fn deleted_rows(school: &mut School, messages: usize) -> Disaster {
    school.talk(messages / 4).await;
    let before = school
        .sql("select to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')");
    school.sql(
        "set session_replication_role = replica; delete from ella.messages where content like 'said %';
         delete from ella.conversations where user_id = (select user_id from ella.devices limit 1)",
    );
    school.archived();
    let began = Instant::now();
    let mut side = school
        .command(&["restore", "--beside", "--to", &before])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program runs");
    let mut lines = BufReader::new(side.stdout.take().expect("its output")).lines();
    let socket = lines
        .by_ref()
        .map_while(Result::ok)
        .find_map(|line| Some(line.split_once("psql -h ")?.1.split_whitespace().next()?.to_owned()))
        .expect("the copy's address");
    let took = began.elapsed();
    assert_ne!(sql_at(&socket, "select count(*) from ella.messages where content like 'said %'"), "0");
    school.run(&["rescue", "--from", &format!("host={socket} user=postgres dbname=ella"), "--yes"]);
    assert_eq!(school.gone(), 0, "everything is back");
    let told = std::process::Command::new("kill").arg(side.id().to_string()).status();
    assert!(told.is_ok_and(|status| status.success()) && side.wait().is_ok(), "it ends");
    Disaster {
        what: "rows were deleted",
        way: "a copy beside, then `ella rescue`; the time is that of the copy",
        lost: 0.0,
        took,
        outage: Duration::ZERO,
        goal: Some(60),
    }
}

/// A table is dropped; the moment before comes back in the place of the living database.
async fn dropped_table(school: &mut School, bytes: u64, messages: usize) -> Disaster {
    school.talk(messages / 4).await;
    let before = school
        .sql("select to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')");
    school.sql("set session_replication_role = replica; alter event trigger ella_refuses_drops disable; drop table ella.messages cascade");
    school.archived();
    let began = Instant::now();
    school.stop();
    let took = school.run(&["restore", "--to", &before]).took;
    school.start();
    let outage = began.elapsed();
    assert_eq!(school.gone(), 0, "everything is back");
    remove_what_was_kept(school);
    school.backed_up();
    Disaster {
        what: "a table was dropped",
        way: "`ella restore --to` the moment before",
        lost: 0.0,
        took,
        outage,
        goal: (bytes < BIG).then_some(30),
    }
}

async fn killed(school: &mut School, messages: usize) -> Disaster {
    school.talk(messages / 4).await;
    school.server.take().expect("it serves").kill();
    let took = school.start();
    assert_eq!(school.gone(), 0, "everything is there");
    Disaster {
        what: "the server was killed",
        way: "the next start",
        lost: 0.0,
        took,
        outage: took,
        goal: None,
    }
}

async fn lost_folder(school: &mut School, messages: usize) -> Disaster {
    let said = school.talk(messages).await;
    let happened = Instant::now();
    while fs::remove_dir_all(school.data.join("postgres")).is_err() && school.data.join("postgres").exists() {
    }
    school.server.take().expect("it served").ended();
    let took = school.run(&["restore", "--to", "latest"]).took;
    school.start();
    let outage = happened.elapsed();
    let lost = lost(school, &said, happened);
    school.backed_up();
    Disaster {
        what: "the database's folder was lost",
        way: "`ella restore --to latest`, out of the data folder's own backups",
        lost,
        took,
        outage,
        goal: None,
    }
}

async fn lost_machine(school: &mut School, bytes: u64, messages: usize) -> Disaster {
    // The WAL has to be in S3 as on any other day.
    school.archived();
    let said = school.talk(messages).await;
    // A machine that is gone says no last words.
    school.storage.go_away();
    let happened = Instant::now();
    school.server.take().expect("it serves").kill();
    fs::rename(&school.data, school.data.with_extension("gone")).expect("the folder can be taken away");
    let _ = fs::remove_dir_all(school.data.with_extension("gone"));
    school.storage.come_back().await;
    school.data = school.elsewhere();
    let took = school.run(&["restore", "--to", "latest"]).took;
    school.start();
    let outage = happened.elapsed();
    let lost = lost(school, &said, happened);
    Disaster {
        what: "the machine was lost",
        way: "`ella restore --to latest` on an empty one, out of S3",
        lost,
        took,
        outage,
        goal: (bytes >= BIG).then_some(300),
    }
}

/// Seconds from the first word that is gone to the disaster.
fn lost(school: &mut School, said: &[Instant], happened: Instant) -> f64 {
    let gone = school.gone();
    school.count_anew();
    let first_gone =
        said.len().checked_sub(gone).expect("no more is lost than was said since the last disaster");
    said.get(first_gone).map_or(0.0, |first| happened.duration_since(*first).as_secs_f64())
}

fn remove_what_was_kept(school: &School) {
    for entry in fs::read_dir(&school.data).expect("the data folder").flatten() {
        if entry.file_name().to_string_lossy().starts_with("postgres.before-") {
            fs::remove_dir_all(entry.path()).expect("it can be removed");
        }
    }
}

fn between(from: &str, to: &str) -> f64 {
    let seconds = |time: &str| {
        let date = std::process::Command::new("date")
            .args(["-u", "-d", time, "+%s.%N"])
            .output()
            .expect("date runs");
        String::from_utf8_lossy(&date.stdout).trim().parse::<f64>().expect("seconds")
    };
    seconds(to) - seconds(from)
}
