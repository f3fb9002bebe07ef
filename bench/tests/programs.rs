//! Every measurement, made small: it fails when an answer is broken, never when one is slow.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "tests say what they expect, and fail when it is not so"
)]

use std::{path::PathBuf, process::Command};

/// Ella as the workspace's tests build her, beside this package's own program; none when only this package was built.
fn ella() -> Option<String> {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_ella-bench")).with_file_name("ella");
    if program.exists() {
        return Some(program.display().to_string());
    }
    assert!(std::env::var_os("CI").is_none(), "{} was not built", program.display());
    #[expect(clippy::print_stdout, reason = "nothing is skipped without a word")]
    {
        println!("SKIPPED: build Ella first: cargo build --package ella");
    }
    None
}

/// Runs a measurement; what it printed.
fn bench(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_ella-bench")).args(arguments).output().unwrap();
    let (printed, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{arguments:?}: {printed}{said}");
    printed.into_owned()
}

/// The cells of the last row of the table that was printed.
fn last_row(printed: &str) -> Vec<String> {
    let row = printed.lines().rfind(|line| line.starts_with('|')).expect("a table");
    row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

#[test]
fn turns_that_wait_are_all_answered_by_the_model() {
    let Some(ella) = ella() else { return };
    let printed = bench(&["waiting", &ella, "5"]);
    for row in printed.lines().filter(|line| line.contains("HTTP/")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells[1..5], ["5", "0", "0", "5"], "{printed}");
    }
    assert!(printed.contains("| TLS, HTTP/2 |") && printed.contains("| plain HTTP/1.1 |"), "{printed}");
}

#[test]
fn streams_are_whole() {
    let Some(ella) = ella() else { return };
    let row = last_row(&bench(&["streaming", &ella, "50"]));
    assert_eq!(row[..3], ["through Ella", "50", "500"]);
}

#[test]
fn a_perfect_teacher_scores_one_through_the_whole_program_and_a_silent_one_nothing() {
    let Some(ella) = ella() else { return };
    let printed = bench(&["score", &ella, "perfect", "12"]);
    let all = printed.lines().find(|line| line.contains("**all**")).expect("a row for all types");
    assert!(all.ends_with("| 0 | 0 | 1.00 | 1.00 | 1.00 |"), "{printed}");
    assert!(printed.contains("12 utterances answered, 0 not."), "{printed}");
    let printed = bench(&["score", &ella, "silent", "6"]);
    assert!(printed.contains("| 1.00 | 0.00 | 0.00 |"), "{printed}");
    let printed = bench(&["score", &ella, "eager", "12"]);
    assert!(printed.contains("over-correction 1.00"), "{printed}");
}

/// It asserts itself that everything is back.
#[test]
fn every_disaster_is_walked_through() {
    let Some(ella) = ella() else { return };
    let storage = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../.setup/storage/bin/weed");
    if !storage.exists() && std::env::var_os("CI").is_none() {
        println!("SKIPPED: run `sh setup/python.sh storage` first");
        return;
    }
    let printed = bench(&["recovery", &ella, "1"]);
    for what in
        ["rows were deleted", "a table was dropped", "was killed", "folder was lost", "machine was lost"]
    {
        assert!(printed.contains(what), "{what}: {printed}");
    }
    assert!(printed.contains("while full backups are made | 400"), "{printed}");
}

#[test]
fn a_request_has_a_cost() {
    let Some(ella) = ella() else { return };
    let printed = bench(&["cost", &ella, "50"]);
    assert!(printed.contains("GET /users/me"), "{printed}");
}

#[test]
fn the_trap_fails_students_whom_ella_answers_all() {
    let Some(ella) = ella() else { return };
    let printed = bench(&["trap", &ella, "15"]);
    let failed = |name: &str| {
        let row = printed.lines().find(|line| line.starts_with(name)).expect("a row");
        row.split('|').nth(3).expect("a cell").trim().to_owned()
    };
    assert_eq!(failed("| Ella |"), "0", "{printed}");
    assert!(printed.contains("| with the trap | 15 |"), "{printed}");
}

#[test]
fn distance_is_counted_in_round_trips() {
    let Some(ella) = ella() else { return };
    let printed = bench(&["latency", &ella, "6"]);
    assert!(printed.contains("| 50 ms |") && printed.contains("lognormal"), "{printed}");
}

#[test]
fn a_start_ends_in_a_turn() {
    let Some(ella) = ella() else { return };
    let printed = bench(&["start", &ella, "1"]);
    assert!(printed.contains("first start ever"), "{printed}");
}

#[test]
fn ella_gets_well_after_each_trouble() {
    let Some(ella) = ella() else { return };
    let printed = bench(&["stability", &ella, "6"]);
    assert!(printed.contains("| PostgreSQL ended, and started again |"), "{printed}");
}

#[test]
fn a_crowd_is_answered() {
    let Some(ella) = ella() else { return };
    let printed = bench(&["concurrency", &ella, "20", "20"]);
    assert!(printed.contains("| `POST /llm/conversation-turn` |"), "{printed}");
}

#[test]
fn nobody_is_killed_on_a_small_machine() {
    let Some(ella) = ella() else { return };
    let printed = bench(&["small", &ella, "10", "5"]);
    assert!(printed.contains("| 2 cores | 10 |") || printed.contains("Not measured"), "{printed}");
}

#[test]
fn messages_are_weighed() {
    let Some(ella) = ella() else { return };
    let printed = bench(&["space", &ella, "80"]);
    assert!(printed.contains("320 messages were weighed"), "{printed}");
}

#[test]
fn every_endpoint_answers_beside_many_messages() {
    let Some(ella) = ella() else { return };
    let printed = bench(&["growth", &ella, "400", "800"]);
    let asked = printed.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(asked, 24, "23 endpoints, and the statistics once more: {printed}");
}

#[test]
fn pgbench_runs_the_statements_of_a_turn() {
    let Some(ella) = ella() else { return };
    let printed = bench(&["limit", &ella, "1000"]);
    assert!(printed.contains("| pgbench, the same statements |"), "{printed}");
}

#[test]
fn the_report_keeps_the_last_figures_of_each_measurement() {
    let folder = std::env::temp_dir().join(format!("ella-bench-report-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("REPORT.md");
    for turns in ["50", "20"] {
        bench(&["--report", &file.display().to_string(), "worth", turns]);
    }
    let report = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(report.contains("20 turns a day") && !report.contains("50 turns a day"), "{report}");
    assert_eq!(last_row(&report)[0], "the second one is down");
}
