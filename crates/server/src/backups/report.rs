//! How the backups do, in words and figures: one judgement for `/health`, `GET /admin/server` and
//! `ella backup status`.

use ella_keeper::{Copy, Drill, Reserve, Shipped, Verification};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    BackupService, Intervals, Mode, On,
    board::{Board, CopyBoard},
    disk::{DiskReport, disk},
    pages::{self, PagesReport},
    words::age,
};
use crate::{app::App, http::json::moment, system::BackupState};

/// How something does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// It is not wanted.
    Off,
    /// All is well.
    Ok,
    /// It should be looked at soon.
    Warning,
    /// It does not do what it should.
    Failing,
}

/// How something does, and what to do about it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Finding {
    /// How it does.
    pub condition: Condition,
    /// The same in words.
    #[schema(example = "The last backup is 12 minutes old.")]
    pub says: String,
    /// What to do, when it is not well.
    pub what_to_do: Option<String>,
}

impl Finding {
    /// All is well.
    pub fn ok(says: impl Into<String>) -> Self {
        Self { condition: Condition::Ok, says: says.into(), what_to_do: None }
    }

    /// It is not wanted.
    pub fn off(says: impl Into<String>) -> Self {
        Self { condition: Condition::Off, says: says.into(), what_to_do: None }
    }

    /// It should be looked at.
    pub fn warning(says: impl Into<String>, what_to_do: impl Into<String>) -> Self {
        Self { condition: Condition::Warning, says: says.into(), what_to_do: Some(what_to_do.into()) }
    }

    /// It does not do what it should.
    pub fn failing(says: impl Into<String>, what_to_do: impl Into<String>) -> Self {
        Self { condition: Condition::Failing, says: says.into(), what_to_do: Some(what_to_do.into()) }
    }
}

/// How the backups do.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Report {
    /// All of it in one word.
    pub(crate) status: BackupState,
    /// When the last backup ended.
    #[serde(serialize_with = "moment::option::serialize")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) last_backup_at: Option<Timestamp>,
    /// Whether WAL is given to the archive, and none is missing in it.
    pub(crate) archive: ArchiveReport,
    /// Each place with backups.
    pub(crate) repositories: Vec<RepositoryReport>,
    /// The last restore drill.
    pub(crate) drill: DrillReport,
    /// The daily look at every page and index of the living database.
    pub(crate) pages: PagesReport,
    /// Room on the disk.
    pub(crate) disk: DiskReport,
}

/// Whether WAL is given to the archive, and none is missing in it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ArchiveReport {
    #[serde(flatten)]
    pub(crate) finding: Finding,
    #[serde(serialize_with = "moment::option::serialize")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) last_archived_at: Option<Timestamp>,
    /// Times that a segment could not be archived, and was tried again.
    pub(crate) failures: i64,
    /// Segments that wait to be archived.
    pub(crate) waiting_segments: u64,
    /// Seconds that the oldest of them has waited.
    pub(crate) waiting_seconds: u64,
}

/// A place with backups.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RepositoryReport {
    #[serde(flatten)]
    pub(crate) finding: Finding,
    /// `local` or `S3`.
    #[schema(example = "local")]
    pub(crate) name: String,
    pub(crate) place: String,
    /// Backups in it.
    pub(crate) backups: u64,
    #[serde(serialize_with = "moment::option::serialize")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) last_backup_at: Option<Timestamp>,
    /// What the last backup took, in seconds.
    pub(crate) last_backup_seconds: Option<i64>,
    /// Bytes of the database at the last backup.
    pub(crate) database_bytes: u64,
    /// Bytes of all backups in it, without the archive.
    pub(crate) repository_bytes: u64,
    /// Nothing earlier can be restored.
    #[serde(serialize_with = "moment::option::serialize")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) restorable_from: Option<Timestamp>,
    /// How far the archive in it goes.
    #[serde(serialize_with = "moment::option::serialize")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) archived_up_to: Option<Timestamp>,
    /// Segments of the archive that were looked at for gaps.
    pub(crate) archive_segments: u64,
    /// What is missing in the archive.
    pub(crate) gaps: Vec<String>,
    /// The last verification of every file.
    pub(crate) verification: VerificationReport,
}

/// The last verification of every file in a repository.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VerificationReport {
    #[serde(flatten)]
    pub(crate) finding: Finding,
    #[serde(serialize_with = "moment::option::serialize")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) at: Option<Timestamp>,
    /// What was wrong.
    pub(crate) faults: Vec<String>,
}

/// The last restore drill: the newest state restored beside the living database, started, compared, removed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DrillReport {
    #[serde(flatten)]
    pub(crate) finding: Finding,
    #[serde(serialize_with = "moment::option::serialize")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) last_at: Option<Timestamp>,
    /// The repository that it restored from.
    pub(crate) repository: Option<String>,
    /// Seconds of work that would have been lost with the machine at that moment.
    pub(crate) loss_seconds: Option<f64>,
    /// Seconds from nothing to a database that answers.
    pub(crate) recovery_seconds: Option<f64>,
}

/// What a judgement takes into account beside what was seen.
pub struct Circumstances {
    /// The time.
    pub now: Timestamp,
    /// Since when the reconcilers are at work.
    pub since: Timestamp,
    /// How often what is done.
    pub intervals: Intervals,
    /// What is kept free of the disk.
    pub reserve: Reserve,
    /// Whether nothing new is stored.
    pub writes_refused: bool,
}

impl Circumstances {
    /// Whether something that is done every so often was left undone for twice as long, by a server that had the time.
    fn is_overdue(&self, interval: SignedDuration, last: Timestamp) -> bool {
        let runs_for = self.now.duration_since(self.since);
        !interval.is_zero() && runs_for > SETTLED && self.now.duration_since(last) > interval * 2
    }
}

/// A server that was just started may have much to make up for.
const SETTLED: SignedDuration = SignedDuration::from_hours(6);

/// WAL that has waited this long is late: it is given to the archive every 15 s.
const LATE_WAL_SECONDS: u64 = 60;
/// A copy of the archive that is this far behind is late.
const LATE_COPY: SignedDuration = SignedDuration::from_mins(2);
/// How long a new server may take to make its first backup.
const FIRST_BACKUP: SignedDuration = SignedDuration::from_mins(15);

const LOG: &str = "The server's log says more";

impl BackupService {
    /// How the backups do.
    #[must_use]
    pub fn report(&self, app: &App) -> Report {
        self.judge(&Circumstances {
            now: app.clock.now(),
            since: app.started_at,
            intervals: Intervals::from(&app.config),
            reserve: app.config.disk_reserve(),
            writes_refused: app.database.refuses_writes(),
        })
    }

    /// How the backups do, under these circumstances.
    #[must_use]
    pub fn judge(&self, circumstances: &Circumstances) -> Report {
        let board = self.board().clone();
        let disk = disk(board.space, circumstances);
        let pages = pages::report(board.pages.clone(), circumstances.now);
        let on = match self.mode() {
            Mode::Off(because) => {
                let mut finding = Finding::off(format!("Backups are off: {because}."));
                finding.what_to_do = self.mode().advice().map(str::to_owned);
                return nothing(BackupState::Off, &finding, pages, disk);
            }
            Mode::Impossible(because) => {
                let finding = Finding::failing("Backups are wanted and cannot be made.", because.clone());
                return nothing(BackupState::Failing, &finding, pages, disk);
            }
            Mode::On(on) => on,
        };
        let archive = archive(&board);
        let mut repositories: Vec<RepositoryReport> = on
            .backups
            .copies()
            .into_iter()
            .map(|copy| {
                repository(on, copy, board.copies.get(&copy), archive.last_archived_at, circumstances)
            })
            .collect();
        repositories.extend(on.s3_fault.as_deref().map(|fault| unusable(fault, circumstances)));
        let drill = drill(on.backups.last_drill(), circumstances);
        let last_backup_at = repositories.iter().filter_map(|repository| repository.last_backup_at).max();
        let conditions =
            repositories.iter().flat_map(|it| [it.finding.condition, it.verification.finding.condition]);
        let own = [archive.finding.condition, drill.finding.condition, pages.finding.condition];
        let worst = conditions.chain(own).max();
        let status = match worst {
            Some(Condition::Failing) => BackupState::Failing,
            Some(Condition::Warning) => BackupState::Late,
            _ if on.backups.leaves_the_machine() => BackupState::Ok,
            _ => BackupState::LocalOnly,
        };
        Report { status, last_backup_at, archive, repositories, drill, pages, disk }
    }
}

fn nothing(status: BackupState, finding: &Finding, pages: PagesReport, disk: DiskReport) -> Report {
    Report {
        status,
        last_backup_at: None,
        archive: ArchiveReport {
            finding: finding.clone(),
            last_archived_at: None,
            failures: 0,
            waiting_segments: 0,
            waiting_seconds: 0,
        },
        repositories: Vec::new(),
        drill: DrillReport {
            finding: finding.clone(),
            last_at: None,
            repository: None,
            loss_seconds: None,
            recovery_seconds: None,
        },
        pages,
        disk,
    }
}

fn archive(board: &Board) -> ArchiveReport {
    let newest = |copy: &CopyBoard| copy.continuity.as_ref()?.1.as_ref().ok()?.newest_at;
    let in_repository = board.copies.get(&Copy::Local).and_then(newest);
    let known = match &board.archiving {
        Some(Ok(known)) => known,
        other => {
            let finding = match other {
                Some(Err(error)) => Finding::warning(format!("PostgreSQL could not be asked: {error}"), LOG),
                _ => Finding::ok("Nobody has looked yet."),
            };
            return ArchiveReport {
                finding,
                last_archived_at: in_repository,
                failures: 0,
                waiting_segments: 0,
                waiting_seconds: 0,
            };
        }
    };
    let late = known.waiting_seconds > LATE_WAL_SECONDS;
    let finding = if known.fails() && late {
        Finding::failing(
            format!(
                "{} segments of WAL cannot be archived; the oldest has waited {} s.",
                known.waiting, known.waiting_seconds
            ),
            format!(
                "Nothing is lost yet: PostgreSQL keeps them. See that the data folder's disk has room and that the \
                     repository is there. {LOG}."
            ),
        )
    } else if late {
        Finding::warning(
            format!("WAL has waited {} s to be archived.", known.waiting_seconds),
            "The machine may be too busy. It goes on by itself.",
        )
    } else {
        Finding::ok("WAL is archived as it comes.")
    };
    ArchiveReport {
        finding,
        last_archived_at: known.last_archived_at.max(in_repository),
        failures: known.failures,
        waiting_segments: known.waiting,
        waiting_seconds: known.waiting_seconds,
    }
}

fn repository(
    on: &On,
    copy: Copy,
    seen: Option<&CopyBoard>,
    archived_at: Option<Timestamp>,
    circumstances: &Circumstances,
) -> RepositoryReport {
    let empty = CopyBoard::default();
    let seen = seen.unwrap_or(&empty);
    let continuity = seen.continuity.as_ref().and_then(|(_, found)| found.as_ref().ok());
    let gaps = continuity.map(|found| [found.open_gaps.clone(), found.past_gaps.clone()].concat());
    let shipped = seen.shipped.as_ref().and_then(|shipped| shipped.as_ref().ok()?.up_to);
    let last = seen.backups.last();
    RepositoryReport {
        finding: finding(copy, seen, archived_at, circumstances),
        name: copy.to_string(),
        place: on.backups.place(copy),
        backups: seen.backups.len() as u64,
        last_backup_at: last.map(|backup| backup.ended_at),
        last_backup_seconds: last.map(|backup| backup.ended_at.duration_since(backup.started_at).as_secs()),
        database_bytes: last.map_or(0, |backup| backup.database_bytes),
        repository_bytes: seen.backups.iter().map(|backup| backup.repository_bytes).sum(),
        restorable_from: seen.backups.first().map(|backup| backup.ended_at),
        archived_up_to: shipped.or(continuity.and_then(|found| found.newest_at)),
        archive_segments: continuity.map_or(0, |found| found.segments),
        gaps: gaps.unwrap_or_default(),
        verification: verification(on.backups.last_verification(copy), circumstances),
    }
}

/// The S3 that is set and cannot be used; this machine's own backups go on without it.
fn unusable(fault: &str, circumstances: &Circumstances) -> RepositoryReport {
    RepositoryReport {
        finding: Finding::failing(
            "S3 is set and cannot be used: no copy leaves this machine.",
            format!("{fault} Put it right, and start the server again."),
        ),
        name: Copy::OffMachine.to_string(),
        place: "ELLA_BACKUP_S3".to_owned(),
        backups: 0,
        last_backup_at: None,
        last_backup_seconds: None,
        database_bytes: 0,
        repository_bytes: 0,
        restorable_from: None,
        archived_up_to: None,
        archive_segments: 0,
        gaps: Vec::new(),
        verification: verification(None, circumstances),
    }
}

fn finding(
    copy: Copy,
    seen: &CopyBoard,
    archived_at: Option<Timestamp>,
    circumstances: &Circumstances,
) -> Finding {
    let now = circumstances.now;
    if let Some((_, Ok(found))) = &seen.continuity
        && let Some(gap) = found.open_gaps.first()
    {
        let says =
            format!("The archive has a gap: {gap} is missing, and the present cannot be restored across it.");
        return Finding::failing(
            says,
            "A full backup is made by itself and closes it; or run: ella backup now --full",
        );
    }
    if let Some(error) = &seen.error {
        // S3 may be away for a while: the local copy goes on.
        return if copy == Copy::Local {
            Finding::failing("The last backup could not be made.", error.clone())
        } else {
            Finding::warning("The copy off the machine could not be made.", error.clone())
        };
    }
    if let Some(Err(error)) = &seen.shipped {
        return Finding::warning(
            "The archive could not be copied off the machine. Nothing is lost here.",
            error.clone(),
        );
    }
    if let Some(Ok(Shipped { fault: Some(fault), .. })) = &seen.shipped {
        let says = "A part of the archive cannot be copied off the machine. Everything after it is.";
        return Finding::warning(
            says,
            format!(
                "Look at the local repository (ella backup verify), and make a full backup: ella backup now --full. {fault}"
            ),
        );
    }
    // What was archived here and is not there yet; an idle server archives nothing.
    if let Some(Ok(shipped)) = &seen.shipped
        && let (Some(here), Some(there)) = (archived_at, shipped.up_to)
        && here.duration_since(there) > LATE_COPY
    {
        let says = format!("The copy off the machine is {} behind.", age(there, here));
        return Finding::warning(says, "It catches up by itself, as fast as the network lets it.");
    }
    let Some(last) = seen.backups.last() else {
        return if now.duration_since(circumstances.since) > FIRST_BACKUP {
            Finding::warning("There is no backup yet.", format!("It should be there by now. {LOG}."))
        } else {
            Finding::ok("The first backup is being made.")
        };
    };
    if last.has_bad_pages {
        return Finding::failing(
            "The last backup found pages whose checksum is wrong: the disk damages files.",
            "See to the disk, and bring everything back onto a sound one: ella restore --to latest. It begins with a backup \
             from before the damage, if one is kept.",
        );
    }
    missed(seen, circumstances).unwrap_or_else(|| {
        let (age, count) = (age(last.ended_at, now), seen.backups.len());
        Finding::ok(format!("The last backup is {age} old; {count} kept."))
    })
}

/// A backup that should be there by now: nothing failed, and nothing came of it either. An idle server owes none, however
/// old the last one is.
fn missed(seen: &CopyBoard, circumstances: &Circumstances) -> Option<Finding> {
    let now = circumstances.now;
    let patience = circumstances.intervals.every + FIRST_BACKUP;
    let is_long_ago = |then: Timestamp| now.duration_since(then) > patience;
    if let Some(since) = seen.due_since {
        let advice = "The machine, or the way there, may be too slow for it";
        return is_long_ago(since).then(|| {
            let says = format!("A backup has been due for {} and is not there.", age(since, now));
            Finding::warning(says, format!("{advice}. {LOG}; or make one by hand: ella backup now"))
        });
    }
    let looked_at = seen.looked_at.unwrap_or(circumstances.since);
    is_long_ago(looked_at).then(|| {
        let says = format!("Nobody has looked for {} whether a backup is due.", age(looked_at, now));
        Finding::warning(says, format!("The repository may not answer. {LOG}."))
    })
}

fn verification(last: Option<Verification>, circumstances: &Circumstances) -> VerificationReport {
    let finding = match &last {
        None => Finding::ok("No verification has run yet."),
        Some(last) if !last.is_sound => Finding::failing(
            "The last verification found files that are not as they were written.",
            "The disk, or the place they lie at, damages files. Make a new full backup (ella backup now --full), and see \
             to the disk.",
        ),
        Some(last) if circumstances.is_overdue(circumstances.intervals.verify, last.at) => Finding::warning(
            format!("The last verification is {} old.", age(last.at, circumstances.now)),
            format!("One should have run by now. {LOG}; or run: ella backup verify"),
        ),
        Some(last) => Finding::ok(format!("Every file was right {} ago.", age(last.at, circumstances.now))),
    };
    VerificationReport {
        finding,
        at: last.as_ref().map(|last| last.at),
        faults: last.map(|last| last.faults).unwrap_or_default(),
    }
}

fn drill(last: Option<Drill>, circumstances: &Circumstances) -> DrillReport {
    let finding = match &last {
        None => Finding::ok("No drill has run yet."),
        Some(Drill { fault: Some(fault), .. }) => Finding::failing(
            "The last restore drill did not pass.",
            format!("{fault} Then try: ella backup drill"),
        ),
        Some(last) if circumstances.is_overdue(circumstances.intervals.drill, last.at) => Finding::warning(
            format!("The last restore drill was {} ago.", age(last.at, circumstances.now)),
            format!("One should have run by now. {LOG}; or run: ella backup drill"),
        ),
        Some(last) => {
            let seconds = last.restore_seconds + last.recovery_seconds;
            let loss =
                last.loss_seconds.map(|loss| format!(", and {loss:.0} s of work would have been lost"));
            let ago = age(last.at, circumstances.now);
            Finding::ok(format!(
                "{ago} ago everything was back in {seconds:.0} s{}.",
                loss.unwrap_or_default()
            ))
        }
    };
    DrillReport {
        finding,
        last_at: last.as_ref().map(|last| last.at),
        repository: last.as_ref().map(|last| last.repository.clone()),
        loss_seconds: last.as_ref().and_then(|last| last.loss_seconds),
        recovery_seconds: last.map(|last| last.restore_seconds + last.recovery_seconds),
    }
}

#[cfg(test)]
mod tests;
