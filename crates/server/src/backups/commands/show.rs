//! What the commands print.
#![expect(clippy::print_stdout, reason = "this is what the commands are for")]

use ella_keeper::{Backup, Copy, Drill, Verification};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Form;
use crate::backups::{
    report::{Condition, Finding, Report},
    words::{age, line, size},
};

fn print_json(value: &Value) {
    println!("{value:#}");
}

pub(super) fn made(made: &[(Copy, Backup)], form: Form, now: Timestamp) {
    if form.json {
        let made: Vec<Value> = made
            .iter()
            .map(|(copy, backup)| json!({"repository": copy.to_string(), "backup": backup}))
            .collect();
        return print_json(&json!(made));
    }
    for (copy, backup) in made {
        println!("{copy:<6} {}", line(backup, now));
    }
}

pub(super) fn listed(listed: &[(Copy, String, Vec<Backup>)], form: Form, now: Timestamp) {
    if form.json {
        let listed: Vec<Value> = listed
            .iter()
            .map(|(copy, place, backups)| json!({"repository": copy.to_string(), "place": place, "backups": backups}))
            .collect();
        return print_json(&json!(listed));
    }
    for (copy, place, backups) in listed {
        println!("{copy} repository, {place}");
        if backups.is_empty() {
            println!("  no backup yet");
        }
        for backup in backups {
            println!("  {}", line(backup, now));
        }
    }
}

fn print_finding(what: &str, finding: &Finding) {
    let condition = match finding.condition {
        Condition::Off => "off",
        Condition::Ok => "ok",
        Condition::Warning => "warning",
        Condition::Failing => "FAILING",
    };
    println!("{what:<22} {condition:<8} {}", finding.says);
    if let Some(advice) = &finding.what_to_do {
        println!("{:<31} {advice}", "");
    }
}

pub(super) fn status(report: &Report, form: Form) {
    if form.json {
        return print_json(&json!(report));
    }
    let status = json!(report.status);
    println!("{:<22} {}", "backups", status.as_str().unwrap_or_default());
    print_finding("archive", &report.archive.finding);
    for repository in &report.repositories {
        print_finding(&format!("{} repository", repository.name), &repository.finding);
        println!("{:<31} {}", "", repository.place);
        if repository.backups > 0 {
            let (all, database) = (size(repository.repository_bytes), size(repository.database_bytes));
            let backups = if repository.backups == 1 { "backup" } else { "backups" };
            println!("{:<31} {} {backups} of {database}: {all}", "", repository.backups);
        }
        if let Some(from) = repository.restorable_from {
            println!("{:<31} can be restored from {from:.0} on", "");
        }
        for gap in &repository.gaps {
            println!("{:<31} missing: {gap}", "");
        }
        print_finding("  verification", &repository.verification.finding);
    }
    print_finding("drill", &report.drill.finding);
    print_finding("pages", &report.pages.finding);
    print_finding("disk", &report.disk.finding);
}

pub(super) fn verified(verified: &[(Copy, Verification, Vec<String>)], form: Form) {
    if form.json {
        let verified: Vec<Value> = verified
            .iter()
            .map(|(copy, found, gaps)| json!({"repository": copy.to_string(), "verification": found, "gaps": gaps}))
            .collect();
        return print_json(&json!(verified));
    }
    for (copy, found, gaps) in verified {
        match (found.is_sound, gaps.is_empty()) {
            (true, true) => println!("{copy}: every file is right, and none is missing."),
            (true, false) => println!("{copy}: every file that is there is right."),
            (false, _) => println!("{copy}: files are not as they were written."),
        }
        for fault in &found.faults {
            println!("  {fault}");
        }
        for gap in gaps {
            println!(
                "  {gap} is missing. A full backup makes the present safe again: ella backup now --full"
            );
        }
    }
}

pub(super) fn drill(drill: &Drill, form: Form) {
    if form.json {
        return print_json(&json!(drill));
    }
    match &drill.fault {
        Some(fault) => println!("The drill did not pass: {fault}"),
        None => println!(
            "Everything was back from the {} repository in {:.1} s (files {:.1} s, replay and start {:.1} s).",
            drill.repository,
            drill.restore_seconds + drill.recovery_seconds,
            drill.restore_seconds,
            drill.recovery_seconds
        ),
    }
    if let Some(loss) = drill.loss_seconds {
        println!("Work that would have been lost with the machine at that moment: {loss:.1} s.");
    }
    for (table, rows) in &drill.rows {
        println!("  {rows:>10} {table}");
    }
}

/// What a restore came to.
pub(super) fn reached(
    reached: Option<Timestamp>,
    was_clamped: bool,
    asked: Option<Timestamp>,
    now: Timestamp,
) {
    match reached {
        Some(reached) => {
            println!("The last thing in it was written at {reached:.3}, {} ago.", age(reached, now));
        }
        None => println!("Nothing was written between the backup and that moment."),
    }
    if was_clamped && let Some(asked) = asked {
        println!("The archive holds nothing between then and {asked}: this is all there is.");
    }
}
