//! The programs that measure Ella; see README.md beside this crate.
#![expect(clippy::expect_used, clippy::panic, reason = "a bench that cannot measure has nothing to say")]
#![expect(clippy::print_stdout, reason = "its report is what a bench is for")]

mod concurrency;
mod cost;
mod crowd;
mod database;
mod ella;
mod group;
mod growth;
mod latency;
mod limit;
mod load;
mod machine;
mod numbers;
mod plot;
mod process;
mod provider;
mod proxy;
mod recovery;
mod report;
mod score;
mod small;
mod soak;
mod space;
mod stability;
mod start;
mod streaming;
mod trap;
mod waiting;
mod worth;

use std::path::PathBuf;

const USAGE: &str = "\
usage: ella-bench [--report FILE] COMMAND
  cost ELLA [REQUESTS]          what a request costs the program ELLA, and how fast it starts
  worth [TURNS [SEED]]          the turn engine over simulated providers, in virtual time
  waiting ELLA [NUMBER...]      so many turns that wait at once
  streaming ELLA [NUMBER...]    so many streamed turns at once
  recovery ELLA [MEGABYTES...]  what is lost and how long it takes until all is back, with backups here and in S3
  trap ELLA [NUMBER...]         the same with a connection held by each turn, beside Ella as she is
  latency ELLA [TURNS]          what distance to the database costs a turn, in round trips
  start ELLA [STARTS]           from exec to the first answered turn
  stability ELLA [SECONDS]      students who talk while the network to the database is bad
  concurrency ELLA [STUDENTS [SECONDS]]  students with time to think; without numbers, more and more of them
  small ELLA [STUDENTS [SECONDS]]        the same on a machine of 1 GiB, and on a fifth of a core
  space ELLA [TURNS]            what a message weighs
  growth ELLA [MESSAGES...]     every endpoint beside so many messages
  limit ELLA [MILLISECONDS]     turns against pgbench, small requests against an empty handler
  plan ELLA                     what a month costs, as `ella plan` says
  head                          the machine, the day and the commit
  score ELLA PROVIDER [COUNT]   corrections by PROVIDER (as in ELLA_LLM, or perfect, silent, eager) beside a teacher's
  soak ELLA [MINUTES [SEED]]    students talk while processes die; fails when anything acknowledged is lost";

fn main() {
    process::raise_the_open_file_limit();
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let report = arguments.iter().position(|argument| argument == "--report").map(|at| {
        let given: Vec<String> = arguments.drain(at..(at + 2).min(arguments.len())).collect();
        PathBuf::from(given.get(1).expect("a file after --report"))
    });
    if let Some(file) = &report {
        report::keep_plots_beside(file);
    }
    let (section, text) = run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    println!("{text}");
    if let Some(file) = report {
        report::keep(&file, section, &text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
}

/// Does what the arguments say; the section of the report, and what it is to say.
fn run<'a>(arguments: &[&'a str]) -> (&'a str, String) {
    let text = match arguments {
        ["cost", program, numbers @ ..] => on_runtime(cost::report(program, &whole_numbers(numbers))),
        ["waiting", program, numbers @ ..] => on_runtime(waiting::report(program, &whole_numbers(numbers))),
        ["streaming", program, numbers @ ..] => {
            on_runtime(streaming::report(program, &whole_numbers(numbers)))
        }
        ["trap", program, numbers @ ..] => on_runtime(trap::report(program, &whole_numbers(numbers))),
        ["latency", program, numbers @ ..] => on_runtime(latency::report(program, &whole_numbers(numbers))),
        ["start", program, numbers @ ..] => on_runtime(start::report(program, &whole_numbers(numbers))),
        ["stability", program, numbers @ ..] => {
            on_runtime(stability::report(program, &whole_numbers(numbers)))
        }
        ["concurrency", program, numbers @ ..] => {
            on_runtime(concurrency::report(program, &whole_numbers(numbers)))
        }
        ["small", program, numbers @ ..] => on_runtime(small::report(program, &whole_numbers(numbers))),
        ["space", program, numbers @ ..] => on_runtime(space::report(program, &whole_numbers(numbers))),
        ["growth", program, numbers @ ..] => on_runtime(growth::report(program, &whole_numbers(numbers))),
        ["limit", program, numbers @ ..] => on_runtime(limit::report(program, &whole_numbers(numbers))),
        ["score", program, provider, numbers @ ..] => {
            on_runtime(score::report(program, provider, &whole_numbers(numbers)))
        }
        ["recovery", program, numbers @ ..] => on_runtime(recovery::report(program, &whole_numbers(numbers))),
        ["soak", program, numbers @ ..] => on_runtime(soak::report(program, &whole_numbers(numbers))),
        ["plan", program] => machine::plan(program),
        ["head"] => machine::head(),
        ["worth", numbers @ ..] => worth::report(&whole_numbers(numbers)),
        // The other ends of what is measured, in processes of their own.
        ["empty-handler"] => on_runtime(async {
            cost::empty_handler().await;
            String::new()
        }),
        ["provider", words @ ..] => on_runtime(async {
            provider::serve(provider::Settings::read(words)).await;
            String::new()
        }),
        _ => panic!("{USAGE}"),
    };
    (arguments.first().copied().unwrap_or_default(), text)
}

fn on_runtime<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(work)
}

fn whole_numbers(arguments: &[&str]) -> Vec<usize> {
    arguments.iter().map(|argument| argument.parse().expect("a whole number")).collect()
}
