//! What the backups do by themselves, each with a report.

use std::time::Duration;

use ella_keeper::{BackupError, Copy, Drill, Kind, Space};
use futures::future::join_all;
use jiff::SignedDuration;

use super::{
    Intervals, Mode, On,
    board::CopyBoard,
    pages::{Pages, QuietHours},
    questions, quiet,
    report::Condition,
};
use crate::{app::App, system::BackupState, tasks::Reconciler};

/// Starts everything here.
pub(crate) fn start(app: &App) {
    if app.config.external_database().is_none() {
        app.tasks.reconcile::<Room>(app);
    }
    match (app.config.external_database(), app.config.quiet_hours) {
        (Some(_), _) => {
            app.backups.board().pages.off = Some("the database is another one's, who looks after it");
        }
        (None, QuietHours::Off) => {
            app.backups.board().pages.off = Some("it is switched off (ELLA_QUIET_HOURS)");
        }
        (None, QuietHours::Between(..)) => app.tasks.reconcile::<Pages>(app),
    }
    let Mode::On(on) = app.backups.mode() else { return };
    app.tasks.reconcile::<Archive>(app);
    app.tasks.reconcile::<Schedule>(app);
    app.tasks.reconcile::<Gaps>(app);
    app.tasks.reconcile::<Verify>(app);
    app.tasks.reconcile::<Drills>(app);
    app.tasks.reconcile::<Leftovers>(app);
    if on.backups.leaves_the_machine() {
        app.tasks.reconcile::<OffMachine>(app);
    }
}

/// The backups' gauges.
pub(crate) fn gauges(app: &App) {
    let report = app.backups.report(app);
    for (name, status) in [
        ("ok", BackupState::Ok),
        ("local_only", BackupState::LocalOnly),
        ("late", BackupState::Late),
        ("failing", BackupState::Failing),
        ("off", BackupState::Off),
    ] {
        metrics::gauge!("ella_backup_status", "status" => name).set(u32::from(report.status == status));
    }
    #[expect(clippy::cast_precision_loss, reason = "a gauge is a float, and bytes need not be exact")]
    let figure = |name: &'static str, value: Option<u64>| {
        if let Some(value) = value {
            metrics::gauge!(name).set(value as f64);
        }
    };
    figure("ella_disk_free_bytes", report.disk.free_bytes);
    figure("ella_disk_total_bytes", report.disk.total_bytes);
    figure("ella_wal_bytes", report.disk.wal_bytes);
    figure("ella_writes_refused", Some(report.disk.writes_refused.into()));
    let now = app.clock.now();
    let age = |then: Option<jiff::Timestamp>| {
        then.and_then(|then| u64::try_from(now.duration_since(then).as_secs()).ok())
    };
    figure("ella_page_check_age_seconds", age(report.pages.last_at));
    figure("ella_page_faults", report.pages.last_at.map(|_| report.pages.faults.len() as u64));
    if report.status == BackupState::Off {
        return;
    }
    figure("ella_backup_age_seconds", age(report.last_backup_at));
    figure("ella_archive_age_seconds", age(report.archive.last_archived_at));
    figure("ella_archive_waiting_segments", Some(report.archive.waiting_segments));
    figure("ella_archive_failures", u64::try_from(report.archive.failures).ok());
    figure("ella_drill_age_seconds", age(report.drill.last_at));
    for (name, seconds) in [
        ("ella_drill_loss_seconds", report.drill.loss_seconds),
        ("ella_drill_recovery_seconds", report.drill.recovery_seconds),
    ] {
        if let Some(seconds) = seconds {
            metrics::gauge!(name).set(seconds);
        }
    }
    for repository in &report.repositories {
        let labels = [("repository", repository.name.clone())];
        metrics::gauge!("ella_backup_repository_failing", &labels)
            .set(u32::from(repository.finding.condition == Condition::Failing));
        metrics::gauge!("ella_archive_gaps", &labels)
            .set(u32::try_from(repository.gaps.len()).unwrap_or(u32::MAX));
        metrics::gauge!("ella_verification_failing", &labels)
            .set(u32::from(repository.verification.finding.condition == Condition::Failing));
        if let Some(age) = age(repository.verification.at) {
            #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
            metrics::gauge!("ella_verification_age_seconds", &labels).set(age as f64);
        }
    }
}

/// The backups of an app that has some.
fn on(app: &App) -> Result<&On, String> {
    match app.backups.mode() {
        Mode::On(on) => Ok(on),
        _ => Err("there are no backups".to_owned()),
    }
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Changes what is known of a repository.
fn note(app: &App, copy: Copy, change: impl FnOnce(&mut CopyBoard)) {
    change(app.backups.board().copies.entry(copy).or_default());
}

struct Room;

impl Reconciler for Room {
    const NAME: &'static str = "watch the disk";
    const EVERY: Duration = Duration::from_secs(10);

    async fn run(app: &App) -> Result<String, String> {
        let space = Space::look(&app.config.data_dir()?).map_err(words)?;
        app.backups.board().space = Some(space);
        let percent = space.free_percent();
        let is_low = app.config.disk_reserve().is_touched(&space, 1);
        if app.database.refuse_writes(is_low) {
            if is_low {
                tracing::error!(free_percent = percent, "the disk is nearly full: nothing new is stored");
            } else {
                tracing::info!(free_percent = percent, "the disk has room again");
            }
        }
        Ok(format!("{percent} % free"))
    }
}

struct Leftovers;

impl Reconciler for Leftovers {
    const NAME: &'static str = "clear away what interrupted restores left";
    const EVERY: Duration = Duration::from_mins(10);

    async fn run(app: &App) -> Result<String, String> {
        let cleared = on(app)?.backups.clear_leftovers(true).await.map_err(words)?;
        Ok(format!("cleared {cleared} folders"))
    }
}

struct Archive;

impl Reconciler for Archive {
    const NAME: &'static str = "watch the archive";
    const EVERY: Duration = Duration::from_secs(10);

    async fn run(app: &App) -> Result<String, String> {
        let on = on(app)?;
        // Not to be missed: until then little of what is said is archived.
        let woken = on.backups.wake_the_archiving(on.living()?).await;
        let seen = match woken {
            Ok(_) => on.backups.archiving(on.living()?).await,
            Err(error) => Err(error),
        };
        let seen = seen.map_err(words);
        app.backups.board().archiving = Some(seen.clone());
        seen.map(|seen| format!("{} segments wait", seen.waiting))
    }
}

struct OffMachine;

impl Reconciler for OffMachine {
    const NAME: &'static str = "copy the archive off the machine";
    const EVERY: Duration = Duration::from_secs(5);

    async fn run(app: &App) -> Result<String, String> {
        let on = on(app)?;
        if !app.backups.board().copies.get(&Copy::OffMachine).is_some_and(|copy| copy.is_made) {
            return Ok("the repository is not there yet".to_owned());
        }
        let shipped = on.backups.ship().await.map_err(words);
        if shipped.is_err() {
            // Whatever happened there, what we know of it may be out of date.
            on.backups.look_again_at_s3().await;
        }
        note(app, Copy::OffMachine, |copy| copy.shipped = Some(shipped.clone()));
        let shipped = shipped?;
        match shipped.fault {
            Some(fault) => Err(fault),
            None => Ok(format!("copied {}, {} wait", shipped.copied, shipped.waiting)),
        }
    }
}

struct Schedule;

impl Reconciler for Schedule {
    const NAME: &'static str = "make backups";
    const EVERY: Duration = Duration::from_secs(30);

    async fn run(app: &App) -> Result<String, String> {
        let on = on(app)?;
        // Side by side: a repository that does not answer holds up no other. Backups themselves wait for one another.
        let each = on.backups.copies().into_iter().map(async |copy| {
            let made = reconcile(app, on, copy).await;
            let now = app.clock.now();
            note(app, copy, |board| {
                board.error = made.as_ref().err().cloned();
                board.looked_at = Some(now);
            });
            made
        });
        let (done, failed): (Vec<_>, Vec<_>) = join_all(each).await.into_iter().partition(Result::is_ok);
        let failed: Vec<String> = failed.into_iter().filter_map(Result::err).collect();
        let done: Vec<String> = done.into_iter().filter_map(Result::ok).collect();
        if failed.is_empty() { Ok(done.join("; ")) } else { Err(failed.join("; ")) }
    }
}

async fn reconcile(app: &App, on: &On, copy: Copy) -> Result<String, String> {
    let known = app.backups.board().copies.get(&copy).cloned().unwrap_or_default();
    if !known.is_made {
        on.backups.make_repository(copy).await.map_err(words)?;
        note(app, copy, |board| board.is_made = true);
    }
    let backups = match on.backups.list(copy).await {
        Err(BackupError::Empty { .. }) => {
            // It was removed while we run. A new one is made, and everything that is here begins anew in it.
            tracing::error!(repository = %copy, "the repository is gone: a new one is made");
            on.backups.make_repository(copy).await.map_err(words)?;
            if copy == Copy::OffMachine {
                on.backups.look_again_at_s3().await;
            }
            note(app, copy, |board| board.continuity = None);
            on.backups.list(copy).await
        }
        listed => listed,
    };
    let backups = backups.map_err(words)?;
    note(app, copy, |board| board.backups.clone_from(&backups));
    let intervals = Intervals::from(&app.config);
    let now = app.clock.now();
    let due = on
        .backups
        .due(copy, &backups, intervals.every, intervals.full, on.living()?, now)
        .await
        .map_err(words)?;
    let has_gap =
        known.continuity.is_some_and(|(_, found)| found.is_ok_and(|found| !found.open_gaps.is_empty()));
    // One closes a gap. Should it ever not, another each half a minute would help nobody.
    let closes_a_gap = has_gap && Intervals::is_due(intervals.every, known.closed_a_gap_at, now);
    let kind = if closes_a_gap { Some(Kind::Full) } else { due };
    note(app, copy, |board| board.due_since = kind.and(board.due_since.or(Some(now))));
    let Some(kind) = kind else { return Ok(format!("{copy}: nothing is due")) };
    let made = on.backups.make(copy, kind, on.living()?).await.map_err(words)?;
    tracing::info!(repository = %copy, label = made.label, bytes = made.repository_bytes, "made a backup");
    let backups = on.backups.list(copy).await.map_err(words)?;
    note(app, copy, |board| {
        board.backups = backups;
        board.due_since = None;
        if closes_a_gap {
            // Looked at again, with the new backup.
            board.continuity = None;
            board.closed_a_gap_at = Some(now);
        }
    });
    Ok(format!("{copy}: made {}", made.label))
}

struct Gaps;

/// How often S3 is listed: that costs money and time.
const LIST_S3_EVERY: SignedDuration = SignedDuration::from_hours(1);
/// How often the local repository is.
const LIST_EVERY: SignedDuration = SignedDuration::from_mins(5);

impl Reconciler for Gaps {
    const NAME: &'static str = "look for gaps in the archive";
    const EVERY: Duration = Duration::from_secs(20);

    async fn run(app: &App) -> Result<String, String> {
        let on = on(app)?;
        let mut said = Vec::new();
        for copy in on.backups.copies() {
            let known = app.backups.board().copies.get(&copy).cloned().unwrap_or_default();
            let every = if copy == Copy::Local { LIST_EVERY } else { LIST_S3_EVERY };
            let last = known.continuity.map(|(at, _)| at);
            if !known.is_made || !Intervals::is_due(every, last, app.clock.now()) {
                continue;
            }
            let found = on.backups.continuity(copy).await.map_err(words);
            let now = app.clock.now();
            note(app, copy, |board| board.continuity = Some((now, found.clone())));
            let found = found?;
            if copy == Copy::OffMachine && !found.open_gaps.is_empty() {
                // What it lost may still lie here, and is copied again.
                on.backups.look_again_at_s3().await;
            }
            for gap in &found.open_gaps {
                tracing::error!(repository = %copy, "the archive has a gap: {gap} is missing");
            }
            said.push(format!("{copy}: {} segments, {} gaps", found.segments, found.open_gaps.len()));
        }
        Ok(if said.is_empty() { "nothing is due".to_owned() } else { said.join("; ") })
    }
}

struct Verify;

impl Reconciler for Verify {
    const NAME: &'static str = "verify the backups";
    const EVERY: Duration = Duration::from_mins(5);

    async fn run(app: &App) -> Result<String, String> {
        let on = on(app)?;
        let every = Intervals::from(&app.config).verify;
        let mut failed = Vec::new();
        for copy in on.backups.copies() {
            let last = on.backups.last_verification(copy).map(|last| last.at);
            let has_backups =
                app.backups.board().copies.get(&copy).is_some_and(|board| !board.backups.is_empty());
            if has_backups && Intervals::is_due(every, last, app.clock.now()) {
                // The one that cannot be verified keeps nobody from looking at the other.
                match on.backups.verify(copy, app.clock.now()).await {
                    Ok(found) if found.is_sound => {}
                    Ok(found) => failed.push(format!("{copy}: {}", found.faults.join("; "))),
                    Err(error) => failed.push(words(error)),
                }
            }
        }
        if failed.is_empty() { Ok("verified what was due".to_owned()) } else { Err(failed.join("; ")) }
    }
}

struct Drills;

/// The first drill waits until a new server has settled.
const FIRST_DRILL_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// One that did not pass is tried again so soon: a week is long to not know.
const DRILL_AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// The repository that the next drill is of: one and then the other, and again the one whose drill did not pass.
fn next_drill(last: Option<&Drill>, copies: &[Copy]) -> Copy {
    let Some(last) = last else { return Copy::Local };
    let same = copies.iter().find(|copy| copy.to_string() == last.repository);
    let other = copies.iter().find(|copy| copy.to_string() != last.repository);
    let next = if last.fault.is_some() { same } else { other.or(same) };
    next.copied().unwrap_or(Copy::Local)
}

/// The time between the last drill and the next.
fn drills_every(usual: SignedDuration, last: Option<&Drill>) -> SignedDuration {
    if last.is_some_and(|last| last.fault.is_some()) { usual.min(DRILL_AGAIN_AFTER) } else { usual }
}

impl Reconciler for Drills {
    const NAME: &'static str = "restore drill";
    const EVERY: Duration = Duration::from_mins(5);

    async fn run(app: &App) -> Result<String, String> {
        let on = on(app)?;
        let now = app.clock.now();
        let last = on.backups.last_drill();
        let copies = on.backups.copies();
        let copy = next_drill(last.as_ref(), &copies);
        let first =
            app.backups.board().copies.get(&copy).and_then(|board| Some(board.backups.first()?.ended_at));
        let has_settled = first.is_some_and(|first| now.duration_since(first) >= FIRST_DRILL_AFTER);
        let every = drills_every(Intervals::from(&app.config).drill, last.as_ref());
        if !has_settled || !Intervals::is_due(every, last.map(|last| last.at), now) {
            return Ok("nothing is due".to_owned());
        }
        let asked = questions();
        let drill =
            on.backups.drill(copy, &asked, on.living()?, &on.settings, &quiet(), now).await.map_err(words)?;
        match drill.fault {
            None => Ok(format!("back in {:.0} s", drill.restore_seconds + drill.recovery_seconds)),
            Some(fault) => Err(fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_half_a_minute_of_work_can_be_lost_with_the_machine() {
        // To copy a segment takes two short programs and a request.
        let copying = Duration::from_secs(10);
        let waits = Duration::from_secs(ella_keeper::ARCHIVE_SECONDS.into()) + OffMachine::EVERY;
        assert!(waits + copying <= Duration::from_secs(30));
        // A server that has just started is woken before it could be late.
        assert!(Archive::EVERY < Duration::from_secs(ella_keeper::ARCHIVE_SECONDS.into()));
    }

    #[test]
    fn a_drill_that_did_not_pass_is_soon_tried_again_on_the_same_repository() {
        let drill = |repository: Copy, fault: Option<&str>| Drill {
            at: jiff::Timestamp::UNIX_EPOCH,
            fault: fault.map(str::to_owned),
            repository: repository.to_string(),
            backup: None,
            loss_seconds: None,
            restore_seconds: 0.0,
            recovery_seconds: 0.0,
            rows: ella_keeper::Counts::new(),
        };
        let both = [Copy::Local, Copy::OffMachine];
        let [passed, failed] = [None, Some("damaged")].map(|fault| both.map(|copy| drill(copy, fault)));
        assert_eq!(next_drill(None, &both), Copy::Local);
        assert_eq!([&passed[0], &passed[1]].map(|last| next_drill(Some(last), &both)), [both[1], both[0]]);
        assert_eq!([&failed[0], &failed[1]].map(|last| next_drill(Some(last), &both)), both);
        assert_eq!(next_drill(Some(&passed[0]), &both[..1]), Copy::Local);
        assert_eq!(next_drill(Some(&failed[1]), &both[..1]), Copy::Local, "S3 is no longer set");
        let week = SignedDuration::from_hours(168);
        assert_eq!(drills_every(week, Some(&passed[0])), week);
        assert_eq!(drills_every(week, Some(&failed[0])), SignedDuration::from_hours(1));
        assert_eq!(
            drills_every(SignedDuration::ZERO, Some(&failed[0])),
            SignedDuration::ZERO,
            "they are off"
        );
    }
}
