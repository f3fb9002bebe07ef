//! `ella`: serve, migrate, talk, and whatever else the person who runs the server may want.

use std::{io::IsTerminal, process::ExitCode};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use ella::{
    backups::{
        self,
        commands::{BackupCommand, Import, Restore},
    },
    clock::Clock,
    config::{self, Config},
    demo, lifecycle,
    operator::{plan, rescue, student},
    router, secrets, talk, telemetry,
};
use tokio_util::sync::CancellationToken;

/// A waiting turn holds two buffers that are mostly empty. This allocator leaves their untouched pages to the system,
/// where glibc's touches each: a fifth less memory with 10,000 turns (`ella-bench waiting`).
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The backend of Ella, a voice-first English-learning app, and of Zoe, its AI tutor.
#[derive(Parser)]
#[command(name = "ella", version)]
struct Program {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    config: Config,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API and the pages (the default).
    Serve,
    /// Bring the database's schema up to date, and stop.
    Migrate,
    /// Export, erase or relink one student.
    Student(student::Student),
    /// Bring back from another copy of the database what is missing in the living one.
    Rescue(rescue::Rescue),
    /// Talk with Zoe in this terminal, through a running server.
    Talk(talk::Talk),
    /// Put a made-up class into the database, to show the product with.
    Demo(demo::Demo),
    /// Say what a month costs for so many students, here and at Supabase.
    Plan(plan::Plan),
    /// Make, list, check and export backups.
    #[command(subcommand)]
    Backup(BackupCommand),
    /// Bring the database of a moment back.
    Restore(Restore),
    /// Make an export the database of an empty data folder.
    Import(Import),
    /// Print every setting with its effective value; secrets are masked.
    Config,
    /// Print the API's description (OpenAPI 3.1).
    Openapi,
}

fn main() -> ExitCode {
    end_quietly_when_nobody_reads();
    let command = Program::command().mut_args(config::without_empty_variables);
    let parsed = command.try_get_matches().and_then(|matches| {
        let program = Program::from_arg_matches(&matches)?;
        Ok((matches, program))
    });
    let (matches, program) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return refuse(&error),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("The machine gives no threads: {error}.")),
    };
    let done = runtime.block_on(async {
        match program.command.unwrap_or(Command::Serve) {
            Command::Serve => serve(program.config).await.map(success),
            Command::Migrate => migrate(program.config).await.map(success).map_err(Failure::from),
            Command::Student(student) => {
                student::run(student, &program.config).await.map(success).map_err(Failure::from)
            }
            Command::Rescue(rescue) => {
                rescue::run(rescue, &program.config).await.map(success).map_err(Failure::from)
            }
            Command::Talk(talk) => {
                talk::talk(talk, &program.config).await.map(success).map_err(Failure::from)
            }
            Command::Backup(command) => {
                telemetry::start_log(&quiet(&program.config));
                backups::commands::backup(command, &program.config).await.map_err(Failure::from)
            }
            Command::Restore(restore) => {
                telemetry::start_log(&quiet(&program.config));
                Box::pin(backups::commands::restore(restore, &program.config)).await.map_err(Failure::from)
            }
            Command::Import(import) => {
                telemetry::start_log(&quiet(&program.config));
                backups::commands::import(import, &program.config).await.map_err(Failure::from)
            }
            Command::Demo(demo) => make_demo(demo, program.config).await.map(success).map_err(Failure::from),
            Command::Plan(asked) => print_plan(&asked, &program.config).map(success).map_err(Failure::from),
            Command::Config => {
                config::print(&matches, &program.config);
                Ok(ExitCode::SUCCESS)
            }
            Command::Openapi => print_document().map(success).map_err(Failure::from),
        }
    });
    match done {
        Ok(code) => code,
        Err(failure) => {
            fail(&failure.sentence);
            ExitCode::from(failure.code)
        }
    }
}

/// The database's files were removed while it ran. Another start would not bring them back, so that a service manager
/// must not try one (`EX_NOINPUT` of `sysexits.h`; see `deploy/ella.service`).
const FILES_ARE_GONE: u8 = 66;

/// Why a command did not do what it was asked.
struct Failure {
    sentence: String,
    code: u8,
}

impl From<String> for Failure {
    fn from(sentence: String) -> Self {
        Self { sentence, code: 1 }
    }
}

fn success((): ()) -> ExitCode {
    ExitCode::SUCCESS
}

/// What a command says, it says to the person; of the log only warnings are of interest, unless more is asked for.
fn quiet(config: &Config) -> Config {
    let log = if config.log == "info" { "warn".to_owned() } else { config.log.clone() };
    Config { log, ..config.clone() }
}

/// Who reads the first lines only (`ella config | head -1`) has what they want; a full disk is worth a sentence. Rust
/// takes both for a fault of the program.
fn end_quietly_when_nobody_reads() {
    /// The exit code of a program that a closed pipe ended, as shells tell it: 128 and the signal's number.
    const BROKEN_PIPE: i32 = 141;
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        match panic.payload_as_str().and_then(|words| words.strip_prefix("failed printing to stdout: ")) {
            Some(error) if error.starts_with("Broken pipe") => std::process::exit(BROKEN_PIPE),
            Some(error) => {
                fail(&format!("What there is to say could not be written: {error}."));
                std::process::exit(1);
            }
            None => usual(panic),
        }
    }));
}

/// A setting that cannot be used gets a sentence of our own; everything else (help, a hint on a misspelt flag) is clap's.
fn refuse(error: &clap::Error) -> ExitCode {
    let Some(sentence) = config::bad_value(error) else { error.exit() };
    fail(&sentence);
    ExitCode::from(2)
}

#[expect(clippy::print_stderr, reason = "the last words of a program that could not do what it was asked")]
fn fail(sentence: &str) -> ExitCode {
    eprintln!("ella: {sentence}");
    ExitCode::FAILURE
}

async fn serve(config: Config) -> Result<(), Failure> {
    telemetry::start_log(&config);
    let stop = stop_on_signals()?;
    let running = tokio::select! {
        running = lifecycle::start(config, Clock::System) => running?,
        () = stop.cancelled() => return Ok(()),
    };
    greet(&running);
    running.serve(stop).await.map_err(|sentence| Failure { sentence, code: FILES_ARE_GONE })
}

#[expect(clippy::print_stdout, reason = "for the person at the terminal")]
async fn migrate(mut config: Config) -> Result<(), String> {
    telemetry::start_log(&config);
    // Nothing is served, so no address is needed.
    config.listen = ([127, 0, 0, 1], 0).into();
    config.metrics_listen = config::OptionalAddress(None);
    // Starting migrates; stopping at once is all that is left to do.
    let stop = CancellationToken::new();
    let running = lifecycle::start(config, Clock::System).await?;
    if let Some(advice) = recovery_key_advice(&running) {
        println!("Recovery key: {advice}");
    }
    stop.cancel();
    running.serve(stop).await
}

#[expect(clippy::print_stdout, reason = "for the person at the terminal")]
async fn make_demo(demo: demo::Demo, config: Config) -> Result<(), String> {
    telemetry::start_log(&config);
    println!("{}", Box::pin(demo::demo(demo, config)).await?);
    Ok(())
}

/// What a newcomer wants to know, once the server really serves.
fn greet(running: &lifecycle::Running) {
    use std::io::Write as _;
    let address = running.address;
    let mut lines = vec![
        format!("Ella serves on http://{address}"),
        format!("  dashboard      http://{address}/dashboard"),
        format!("  practice room  http://{address}/practice"),
        format!("  documentation  http://{address}/docs"),
        format!("  data folder    {}", running.data_dir.display()),
        format!("  admin key      {}", running.data_dir.join(secrets::ADMIN_KEY_FILE).display()),
        format!("  backups        {}", running.app.backups.describe()),
        format!("  Zoe's voice    {}", running.app.tutor.describe()),
    ];
    lines.extend(recovery_key_advice(running).map(|advice| format!("  recovery key   {advice}")));
    lines.push(format!("Talk with Zoe: ella talk --server http://{address}\n"));
    // It serves, whether anybody reads this or not.
    if let Err(error) = std::io::stdout().write_all(lines.join("\n").as_bytes()) {
        tracing::warn!(%error, %address, "serving, but where could not be printed");
    }
}

/// Where the recovery key lies and what to do with it. Who sets it keeps it already.
fn recovery_key_advice(running: &lifecycle::Running) -> Option<String> {
    let path = running.data_dir.join(secrets::RECOVERY_KEY_FILE);
    let file = path.display();
    match running.recovery_key {
        secrets::Origin::Setting => None,
        secrets::Origin::Kept => Some(format!("{file} (keep a copy of it off this machine)")),
        secrets::Origin::Made => {
            let advice = if running.app.config.external_database().is_some() {
                "was made just now: keep a copy of it off this machine. Without it no phone finds its student again."
            } else {
                "was made just now: keep a copy of it off this machine. Backups are of no use without it."
            };
            // Shown to a person, never to a log.
            let key = std::io::stdout().is_terminal().then(|| std::fs::read_to_string(&path).ok()).flatten();
            Some(match key {
                Some(key) => format!("{} {advice} It also lies in {file}.", key.trim()),
                None => format!("{file} {advice}"),
            })
        }
    }
}

/// Cancelled by SIGTERM or SIGINT; a second one ends the program at once.
fn stop_on_signals() -> Result<CancellationToken, String> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).map_err(|error| format!("Signals cannot be listened for: {error}."));
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    #[expect(
        clippy::disallowed_methods,
        reason = "it has to outlive every other task, and ends with the program"
    )]
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if stopped.is_cancelled() {
                std::process::exit(130);
            }
            stopped.cancel();
        }
    });
    Ok(stop)
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn print_plan(asked: &plan::Plan, config: &Config) -> Result<(), String> {
    println!("{}", plan::plan(asked, config)?);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn print_document() -> Result<(), String> {
    let document =
        router::document().to_pretty_json().map_err(|error| format!("write the document: {error}"))?;
    println!("{document}");
    Ok(())
}
