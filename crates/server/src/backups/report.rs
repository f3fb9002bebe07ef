//! How the backups do, in words and figures: one judgement for `/health`, `GET /admin/server` and
//! `ella backup status`.

use ella_keeper::{Backup, Copy, Drill, Reserve, Space, Verification};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    BackupService, Intervals, Mode, On,
    board::{Board, CopyBoard},
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

    /// It is not wanted, and this is what to do for whoever does want it.
    pub fn off(says: impl Into<String>, what_to_do: impl Into<String>) -> Self {
        Self { condition: Condition::Off, says: says.into(), what_to_do: Some(what_to_do.into()) }
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

/// Room on the disk that holds the data folder.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DiskReport {
    #[serde(flatten)]
    pub(crate) finding: Finding,
    pub(crate) free_bytes: Option<u64>,
    pub(crate) total_bytes: Option<u64>,
    /// Bytes of WAL that PostgreSQL keeps.
    pub(crate) wal_bytes: Option<u64>,
    /// Whether nothing new is stored just now.
    pub(crate) writes_refused: bool,
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
        let on = match self.mode() {
            Mode::Off { because, advice } => {
                return nothing(
                    BackupState::Off,
                    &Finding::off(format!("Backups are off: {because}."), *advice),
                    disk,
                );
            }
            Mode::Impossible(because) => {
                let finding = Finding::failing("Backups are wanted and cannot be made.", because.clone());
                return nothing(BackupState::Failing, &finding, disk);
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
        let worst = conditions.chain([archive.finding.condition, drill.finding.condition]).max();
        let status = match worst {
            Some(Condition::Failing) => BackupState::Failing,
            Some(Condition::Warning) => BackupState::Late,
            _ if on.backups.leaves_the_machine() => BackupState::Ok,
            _ => BackupState::LocalOnly,
        };
        Report { status, last_backup_at, archive, repositories, drill, disk }
    }
}

fn nothing(status: BackupState, finding: &Finding, disk: DiskReport) -> Report {
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
            "Restore to a moment before it, onto another disk: ella restore --to \"...\"",
        );
    }
    Finding::ok(format!(
        "The last backup is {} old; {} are kept.",
        age(last.ended_at, now),
        seen.backups.len()
    ))
}

fn verification(last: Option<Verification>, circumstances: &Circumstances) -> VerificationReport {
    let finding = match &last {
        None => Finding::ok("No verification has run yet."),
        Some(last) if !last.is_sound => Finding::failing(
            "The last verification found files that are not as they were written.",
            "The disk, or the place they lie at, damages files. Make a new full backup (ella backup now --full), and see \
             to the disk.",
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

fn disk(space: Option<Space>, circumstances: &Circumstances) -> DiskReport {
    let advice = "Free some space, or give the data folder a larger disk. WAL and backups are never thrown away early.";
    let finding = match space {
        None => Finding::ok("Nobody has looked yet."),
        Some(space) if circumstances.writes_refused => Finding::failing(
            format!(
                "Only {} % of the disk is free: nothing new is stored, and reads go on.",
                space.free_percent()
            ),
            advice,
        ),
        Some(space) if circumstances.reserve.is_touched(&space, 2) => {
            let says = format!(
                "{} % of the disk is free; below half of that nothing new is stored.",
                space.free_percent()
            );
            Finding::warning(says, advice)
        }
        Some(space) => Finding::ok(format!("{} % of the disk is free.", space.free_percent())),
    };
    DiskReport {
        finding,
        free_bytes: space.map(|space| space.free_bytes),
        total_bytes: space.map(|space| space.total_bytes),
        wal_bytes: space.map(|space| space.wal_bytes),
        writes_refused: circumstances.writes_refused,
    }
}

/// How long ago, for people.
#[must_use]
pub fn age(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(then).as_secs().max(0);
    let (count, unit) = match seconds {
        0..=119 => (seconds, "second"),
        120..=7199 => (seconds / 60, "minute"),
        7200..=172_799 => (seconds / 3600, "hour"),
        _ => (seconds / 86400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// A size, for people.
#[must_use]
pub fn size(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..=999_999 => (1_000, "kB"),
        1_000_000..=999_999_999 => (1_000_000, "MB"),
        _ => (1_000_000_000, "GB"),
    };
    format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit)
}

/// A backup in one line, for people.
#[must_use]
pub fn line(backup: &Backup, now: Timestamp) -> String {
    let took = backup.ended_at.duration_since(backup.started_at).as_secs();
    format!(
        "{:<34} {:<5} {:>12} ago  {took:>5} s  {:>10} of {:>10}",
        backup.label,
        backup.kind,
        age(backup.ended_at, now),
        size(backup.repository_bytes),
        size(backup.database_bytes),
    )
}

#[cfg(test)]
mod tests {
    use ella_keeper::Shipped;

    use super::*;

    #[test]
    fn ages_and_sizes_are_for_people() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let ages =
            [1, 90, 150, 7200, 200_000].map(|seconds| age(now - SignedDuration::from_secs(seconds), now));
        assert_eq!(ages, ["1 second", "90 seconds", "2 minutes", "2 hours", "2 days"]);
        assert_eq!([size(700), size(54_000_000), size(2_150_000_000)], ["0.7 kB", "54.0 MB", "2.1 GB"]);
    }

    fn circumstances(refused: bool) -> Circumstances {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let hour = SignedDuration::from_hours(1);
        let intervals = Intervals { every: hour, full: hour, verify: hour, drill: hour };
        Circumstances { now, since: now, intervals, reserve: Reserve::default(), writes_refused: refused }
    }

    #[test]
    fn what_is_not_well_says_what_to_do() {
        let seen = CopyBoard { error: Some("Do this.".into()), ..CopyBoard::default() };
        let local = finding(Copy::Local, &seen, None, &circumstances(false));
        assert_eq!((local.condition, local.what_to_do.as_deref()), (Condition::Failing, Some("Do this.")));
        assert_eq!(
            finding(Copy::OffMachine, &seen, None, &circumstances(false)).condition,
            Condition::Warning
        );
        let archived = circumstances(false).now;
        let shipped = |behind| {
            let up_to = Some(archived - SignedDuration::from_secs(behind));
            let seen = CopyBoard { shipped: Some(Ok(Shipped { copied: 0, up_to })), ..CopyBoard::default() };
            finding(Copy::OffMachine, &seen, Some(archived), &circumstances(false)).condition
        };
        assert_eq!([shipped(20), shipped(200)], [Condition::Ok, Condition::Warning]);
        let space = |percent| Some(Space { free_bytes: percent, total_bytes: 100, wal_bytes: 0 });
        for (percent, refused, condition) in
            [(50, false, Condition::Ok), (15, false, Condition::Warning), (5, true, Condition::Failing)]
        {
            let disk = disk(space(percent), &circumstances(refused)).finding;
            assert_eq!((disk.condition, disk.what_to_do.is_some()), (condition, condition > Condition::Ok));
        }
        let service = BackupService::new(Mode::Impossible("Install pgBackRest.".into()));
        let report = service.judge(&circumstances(false));
        assert_eq!(report.status, BackupState::Failing);
        assert_eq!(BackupService::off().judge(&circumstances(false)).status, BackupState::Off);
    }
}
