//! What the program asks of the machine.

use std::fs;

use super::{Folder, Program, Start};

/// A figure of `/proc/<pid>/<file>` in kB.
fn kilobytes(pid: u32, file: &str, name: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).expect("the figure is there");
    line.split_whitespace().find_map(|word| word.parse().ok()).unwrap()
}

#[tokio::test]
async fn idle_it_is_small_and_it_starts_fast() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    program.get("/health").await.assert(200);
    let resident = kilobytes(program.pid(), "status", "VmRSS:");
    let proportional = kilobytes(program.pid(), "smaps_rollup", "Pss:");
    let anonymous = kilobytes(program.pid(), "status", "RssAnon:");
    println!(
        "started in {:?}; idle: {resident} kB resident, {proportional} kB proportional, {anonymous} kB of its own",
        program.started_in
    );
    // 30 MB is the aim of a release build, whose code is a fraction of this one's.
    assert!(anonymous < 30_000, "{anonymous} kB");
    assert!(resident < 120_000, "{resident} kB");
    program.stop().await;
}

#[tokio::test]
async fn the_limit_of_open_files_is_raised_as_far_as_it_may_be() {
    let folder = Folder::prepared().await;
    let program = Start::on(&folder).after(&["prlimit", "--nofile=256:4096"]).serve().await;
    let limits = fs::read_to_string(format!("/proc/{}/limits", program.pid())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(words[3..5], ["4096", "4096"], "{line}");
    program.stop().await;
}
