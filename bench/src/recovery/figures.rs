//! The figures, for people, beside what Supabase says of itself.

use super::{
    cost::Cost,
    walk::{Disaster, Walked},
};
use crate::report::table;

/// What Supabase says of its point-in-time recovery (2026-11): up to two minutes may be lost, the project is not reachable
/// during a restore, and nothing tries a restore beforehand.
const SUPABASE: &str = "Supabase promises, with its point-in-time recovery: at most 2 minutes of loss, a project that is down \
                        during a restore, and no drill. Here a drill restores and compares everything once a week, by \
                        itself, and `/admin/server` says how long that took and what would have been lost.";

/// Says everything.
pub(crate) fn say(walked: &[Walked], cost: &Cost) -> String {
    format!(
        "## Recovery\n\nEach disaster once, with the clock running; `ella-bench recovery` repeats it. Lost is what students \
         had been told is stored, in seconds before the disaster. Back after is what the \
         command took; down is how long students were not served, a person's typing not counted. The fresh full backup after \
         a restore in place is made by the server, while it serves. S3 is a real server next door.\n\n{}\n{SUPABASE}\n\n### Full backups\n\n{}\n\
         ### What a message takes meanwhile\n\n`POST /conversations/{{id}}/messages` of four students who pause 4 ms, in \
         turns, everything on the same two cores and disk.\n\n{}",
        disasters(walked),
        backups(walked),
        latencies(cost)
    )
}

fn disasters(walked: &[Walked]) -> String {
    let mut rows = Vec::new();
    for Walked { bytes, disasters, .. } in walked {
        for disaster in disasters {
            let Disaster { what, way, lost, took, outage, .. } = disaster;
            rows.push(vec![
                megabytes(*bytes),
                (*what).to_owned(),
                (*way).to_owned(),
                if *lost > 0.0 { format!("{lost:.1} s") } else { "nothing".to_owned() },
                "120 s".to_owned(),
                format!("{:.1} s", took.as_secs_f64()),
                if outage.is_zero() {
                    "not at all".to_owned()
                } else {
                    format!("{:.1} s", outage.as_secs_f64())
                },
                "all the time".to_owned(),
                goal(disaster),
            ]);
        }
    }
    let head = [
        "database",
        "what happened",
        "way back",
        "lost",
        "Supabase",
        "back after",
        "down",
        "Supabase",
        "goal",
    ];
    table(&head, &rows)
}

/// What was promised, and whether it was kept: of a restore in place the time that students are not served.
fn goal(disaster: &Disaster) -> String {
    let measured = if disaster.goal == Some(30) { disaster.outage } else { disaster.took };
    disaster.goal.map_or_else(String::new, |goal| {
        format!("{goal} s: {}", if measured.as_secs() < goal { "met" } else { "missed" })
    })
}

fn backups(walked: &[Walked]) -> String {
    let rows: Vec<Vec<String>> = walked
        .iter()
        .flat_map(|Walked { bytes, backups, .. }| {
            backups.iter().map(|made| {
                vec![
                    megabytes(*bytes),
                    made.repository.clone(),
                    format!("{:.0} s", made.seconds),
                    megabytes(made.bytes),
                ]
            })
        })
        .collect();
    table(&["database", "repository", "took", "takes"], &rows)
}

fn latencies(cost: &Cost) -> String {
    let row = |what: &str, took: &[f64]| {
        let mut sorted = took.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |hundredths: usize| {
            let at = sorted.get(sorted.len() * hundredths / 100).copied();
            at.map_or_else(String::new, |milliseconds| format!("{milliseconds:.1} ms"))
        };
        vec![what.to_owned(), took.len().to_string(), at(50), at(95), at(99)]
    };
    let rows = [
        row("without backups", &cost.without),
        row("archiving, here and to S3", &cost.archiving),
        row("while full backups are made", &cost.backing_up),
    ];
    table(&["", "requests", "p50", "p95", "p99"], &rows)
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes / 1_000_000)
}
