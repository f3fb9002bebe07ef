//! What was measured on, when, and of which commit; and what a month costs.

use std::process::Command;

/// The head of the report.
pub(crate) fn head() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let file = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let processors = file("/proc/cpuinfo");
    let processor = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let memory = file("/proc/meminfo");
    let kilobytes: u64 = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.parse().ok())
        .unwrap_or(0);
    let load = file("/proc/loadavg");
    let load: Vec<&str> = load.split(' ').take(3).collect();
    format!(
        "{} UTC, commit {}; {cores} cores ({}), {:.1} GiB of memory, Linux {}. Load average when it began: {}.\n\n\
         The machine does other work at times. Ratios within a table, CPU and memory can be trusted; absolute times are \
         context, and tails most of all. A goal that is not held says so.",
        said("date", &["-u", "+%Y-%m-%d %H:%M"]),
        said("git", &["rev-parse", "--short=12", "HEAD"]),
        processor.map_or("unknown", |(_, name)| name.trim()),
        kilobytes_in_gib(kilobytes),
        said("uname", &["-r"]),
        load.join(", ")
    )
}

/// What `ella plan` says.
pub(crate) fn plan(program: &str) -> String {
    let table = said(program, &["plan"]);
    assert!(table.starts_with('|'), "a plan is a table: {table}");
    format!("## The money\n\nThe brief: about 8 dollars a month here, 25 and more at Supabase.\n\n{table}")
}

fn kilobytes_in_gib(kilobytes: u64) -> f64 {
    crate::numbers::float(usize::try_from(kilobytes).unwrap_or(0)) / f64::from(1 << 20)
}

/// What a command says, or nothing where it is not to be had.
fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
