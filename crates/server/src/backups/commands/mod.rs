//! `ella backup ...`, `ella restore` and `ella import`.
//!
//! They run beside the server, as the user who runs it, and share its data folder and nothing else with it.

mod bar;
mod export;
mod import;
mod restore;
mod show;
mod when;

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use clap::{Args, Subcommand};
use ella_keeper::{BackupError, Backups, Copy, Kind, Living, Progress, Space};
use jiff::Timestamp;

use super::{
    BackupService, Intervals, Mode, On, Place, SWITCHED_OFF, open, pages, questions, report::Circumstances,
};
use crate::{
    clock::Clock,
    config::{Config, Switch},
    database::managed,
    system::BackupState,
};

pub use import::{Import, import};
pub use restore::{Restore, beside, restore};

/// What to do with backups.
#[derive(Subcommand)]
pub enum BackupCommand {
    /// Make a backup now, in every repository. The server must be running.
    Now {
        /// Everything, not only what has changed since the last backup.
        #[arg(long)]
        full: bool,
        /// How to answer.
        #[command(flatten)]
        form: Form,
    },
    /// List the backups.
    List(Form),
    /// Say how the backups do. Exits with 0 when all is well, 3 when something is late, 4 when something fails.
    Status(Form),
    /// Compare every file of every backup with its checksum. Exits with 4 when one is wrong.
    Verify(Form),
    /// Restore the newest state beside the living database, look whether it is all there, and remove it. Exits with 4
    /// when it is not.
    Drill {
        /// From the repository in S3.
        #[arg(long)]
        s3: bool,
        /// How to answer.
        #[command(flatten)]
        form: Form,
    },
    /// Write everything into one file, an archive of PostgreSQL's own, for `ella import` or any other PostgreSQL.
    Export {
        /// The file.
        file: PathBuf,
    },
}

/// How to answer.
#[derive(Args, Clone, Copy)]
pub struct Form {
    /// Answer as JSON, for machines.
    #[arg(long)]
    pub json: bool,
}

/// Something is late.
const LATE: u8 = 3;
/// Something is wrong.
const WRONG: u8 = 4;

/// Runs a command.
///
/// # Errors
/// A sentence that says what is wrong and what to do.
pub async fn backup(command: BackupCommand, config: &Config) -> Result<ExitCode, String> {
    if let BackupCommand::Export { file } = command {
        return export::export(&file, config).await;
    }
    if config.external_database().is_some() {
        return Err("DATABASE_URL is set: backups of that database belong to whoever runs it. `ella backup export` works."
            .to_owned());
    }
    let desk = Desk::open(config)?;
    match command {
        BackupCommand::Now { full, form } => desk.now(full, form).await,
        BackupCommand::List(form) => desk.list(form).await,
        BackupCommand::Status(form) => desk.status(form, config).await,
        BackupCommand::Verify(form) => desk.verify(form).await,
        BackupCommand::Drill { s3, form } => desk.drill(s3, form).await,
        BackupCommand::Export { .. } => Ok(ExitCode::SUCCESS),
    }
}

/// The data folder's backups, and its database.
struct Desk {
    service: BackupService,
    place: Place,
}

impl Desk {
    fn open(config: &Config) -> Result<Self, String> {
        let place = Place::find(config)?;
        let backups = open(config, &place.secrets, &place.data_dir, true)?;
        let settings = managed::settings(config, &place.secrets, &place.data_dir);
        // One that is lost is not to be started but to be brought back.
        let why = |error: BackupError| match managed::refuse_to_begin_anew(&place.data_dir) {
            Ok(()) => error.to_string(),
            Err(lost) => lost,
        };
        let living = backups.living(&settings.database).map_err(why);
        let service =
            BackupService::new(Mode::On(Box::new(On { backups, s3_fault: None, living, settings })));
        Ok(Self { service, place })
    }

    fn on(&self) -> Result<&On, String> {
        match self.service.mode() {
            Mode::On(on) => Ok(on),
            _ => Err("There are no backups.".to_owned()),
        }
    }

    /// The database, which must be running.
    fn running(&self) -> Result<(&Backups, &Living), String> {
        let on = self.on()?;
        Ok((&on.backups, on.living()?))
    }

    async fn now(&self, full: bool, form: Form) -> Result<ExitCode, String> {
        let (backups, living) = self.running()?;
        let kind = if full { Kind::Full } else { Kind::Incremental };
        let (mut made, mut failed) = (Vec::new(), None);
        for copy in backups.copies() {
            let tell = progress(form);
            tell(&format!("Making a backup in the {copy} repository ({}) ...", backups.place(copy)));
            let work = async {
                backups.make_repository(copy).await?;
                backups.make(copy, kind, living).await
            };
            // The one that cannot be reached keeps nobody from making a backup in the other.
            match bar::watched(backups, form, work).await {
                Ok(backup) => made.push((copy, backup)),
                Err(error) => failed = failed.or(Some(error.to_string())),
            }
        }
        show::made(&made, form, now());
        failed.map_or(Ok(ExitCode::SUCCESS), Err)
    }

    async fn list(&self, form: Form) -> Result<ExitCode, String> {
        let on = self.on()?;
        let (mut listed, mut failed) = (Vec::new(), None);
        for copy in on.backups.copies() {
            match on.backups.list(copy).await {
                Ok(backups) => listed.push((copy, on.backups.place(copy), backups)),
                Err(error) => failed = failed.or(Some(error.to_string())),
            }
        }
        show::listed(&listed, form, now());
        failed.map_or(Ok(ExitCode::SUCCESS), Err)
    }

    async fn status(&self, form: Form, config: &Config) -> Result<ExitCode, String> {
        let service = match config.backups {
            Switch::On => {
                self.survey().await?;
                self.service.clone()
            }
            Switch::Off => BackupService::new(Mode::Off(SWITCHED_OFF)),
        };
        self.look_around(&service)?;
        let started_at = match &self.on()?.living {
            Ok(living) => living.started_at().await.ok(),
            Err(_) => None,
        };
        let report = service.judge(&Circumstances {
            now: now(),
            // What is not there while no server runs has had its time.
            since: started_at.unwrap_or(Timestamp::UNIX_EPOCH),
            intervals: Intervals::from(config),
            reserve: config.disk_reserve(),
            writes_refused: Space::look(&self.place.data_dir)
                .is_ok_and(|space| config.disk_reserve().is_touched(&space, 1)),
        });
        show::status(&report, form);
        Ok(match report.status {
            BackupState::Ok | BackupState::LocalOnly | BackupState::Off => ExitCode::SUCCESS,
            BackupState::Late => ExitCode::from(LATE),
            BackupState::Failing => ExitCode::from(WRONG),
        })
    }

    /// Looks at everything once, as the server's reconcilers do all the time.
    async fn survey(&self) -> Result<(), String> {
        let on = self.on()?;
        let archiving = match &on.living {
            Ok(living) => on.backups.archiving(living).await.map_err(|error| error.to_string()),
            Err(error) => Err(error.clone()),
        };
        self.service.board().archiving = Some(archiving);
        for copy in on.backups.copies() {
            let listed = on.backups.list(copy).await.map_err(|error| error.to_string());
            let found = match &listed {
                Ok(_) => on.backups.continuity(copy).await.map_err(|error| error.to_string()),
                Err(error) => Err(error.clone()),
            };
            let mut board = self.service.board();
            let board = board.copies.entry(copy).or_default();
            match listed {
                Ok(backups) => board.backups = backups,
                Err(error) => board.error = Some(error),
            }
            board.looked_at = Some(now());
            board.continuity = Some((now(), found));
        }
        Ok(())
    }

    /// What there is to see without backups as well.
    fn look_around(&self, service: &BackupService) -> Result<(), String> {
        let space = Space::look(&self.place.data_dir).map_err(|error| error.to_string())?;
        let mut board = service.board();
        board.space = Some(space);
        board.pages.last = pages::last(&self.place.data_dir);
        Ok(())
    }

    async fn verify(&self, form: Form) -> Result<ExitCode, String> {
        let on = self.on()?;
        let (mut verified, mut failed) = (Vec::new(), None);
        for copy in on.backups.copies() {
            progress(form)(&format!("Verifying the {copy} repository ({}) ...", on.backups.place(copy)));
            let verifying = async {
                let found = on.backups.verify(copy, now()).await?;
                // pgBackRest does not miss what is missing.
                Ok((copy, found, on.backups.continuity(copy).await?.open_gaps))
            };
            // The one that cannot be verified keeps nobody from looking at the other.
            match bar::watched(&on.backups, form, verifying).await {
                Ok(found) => verified.push(found),
                Err::<_, BackupError>(error) => failed = failed.or(Some(error.to_string())),
            }
        }
        let is_sound = verified.iter().all(|(_, found, gaps)| found.is_sound && gaps.is_empty());
        show::verified(&verified, form);
        match failed {
            Some(error) if is_sound => Err(error),
            failed => {
                if let Some(error) = failed {
                    progress(form)(&error);
                }
                Ok(if is_sound { ExitCode::SUCCESS } else { ExitCode::from(WRONG) })
            }
        }
    }

    async fn drill(&self, s3: bool, form: Form) -> Result<ExitCode, String> {
        let (backups, living) = self.running()?;
        let settings = &self.on()?.settings;
        let copy = if s3 { Copy::OffMachine } else { Copy::Local };
        let asked = questions();
        let tell = progress(form);
        let drilling = backups.drill(copy, &asked, living, settings, &tell, now());
        let drill = bar::watched(backups, form, drilling).await.map_err(|error| error.to_string())?;
        show::drill(&drill, form);
        Ok(if drill.fault.is_none() { ExitCode::SUCCESS } else { ExitCode::from(WRONG) })
    }
}

fn now() -> Timestamp {
    Clock::System.now()
}

/// Tells people what is being done, on standard error.
#[expect(clippy::print_stderr, reason = "for the person at the terminal; the answer goes to standard output")]
fn progress(form: Form) -> Progress {
    let began = std::time::Instant::now();
    Arc::new(move |doing: &str| {
        if !form.json {
            bar::clear();
            eprintln!("[{:>4} s] {doing}", began.elapsed().as_secs());
        }
    })
}

/// How long a dump or its restore may take.
const DUMP: Duration = Duration::from_hours(12);
