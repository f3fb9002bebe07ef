//! The programs that measure Ella; see README.md beside this crate.
#![expect(clippy::expect_used, clippy::panic, reason = "a bench that cannot measure has nothing to say")]
#![expect(clippy::print_stdout, reason = "its report is what a bench is for")]

mod cost;
mod ella;
mod load;
mod process;
mod provider;
mod recovery;
mod report;
mod score;
mod soak;
mod streaming;
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
  score ELLA PROVIDER [COUNT]   corrections by PROVIDER (as in ELLA_LLM, or perfect, silent, eager) beside a teacher's
  soak ELLA [MINUTES [SEED]]    students talk while processes die; fails when anything acknowledged is lost";

fn main() {
    process::raise_the_open_file_limit();
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let report = arguments.iter().position(|argument| argument == "--report").map(|at| {
        let given: Vec<String> = arguments.drain(at..(at + 2).min(arguments.len())).collect();
        PathBuf::from(given.get(1).expect("a file after --report"))
    });
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
        ["score", program, provider, numbers @ ..] => {
            on_runtime(score::report(program, provider, &whole_numbers(numbers)))
        }
        ["recovery", program, numbers @ ..] => on_runtime(recovery::report(program, &whole_numbers(numbers))),
        ["soak", program, numbers @ ..] => on_runtime(soak::report(program, &whole_numbers(numbers))),
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
