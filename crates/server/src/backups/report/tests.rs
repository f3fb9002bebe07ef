use ella_keeper::Space;

use super::*;

fn circumstances(refused: bool) -> Circumstances {
    let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
    let hour = SignedDuration::from_hours(1);
    let intervals = Intervals { every: hour, full: hour, verify: hour, drill: hour };
    Circumstances { now, since: now, intervals, reserve: Reserve::default(), writes_refused: refused }
}

#[test]
fn what_should_have_been_done_by_now_is_missed() {
    let usual = circumstances(false);
    let now = usual.now;
    let ago = |hours| now - SignedDuration::from_hours(hours);
    let of = |due: Option<i64>, looked: i64| {
        let (looked_at, due_since) = (Some(ago(looked)), due.map(ago));
        let seen = CopyBoard { looked_at, due_since, ..CopyBoard::default() };
        missed(&seen, &usual).map(|found| (found.condition, found.what_to_do.is_some()))
    };
    let warning = Some((Condition::Warning, true));
    assert_eq!(of(None, 0), None, "an idle server owes none");
    assert_eq!([of(Some(1), 0), of(Some(2), 0)], [None, warning]);
    assert_eq!(of(None, 2), warning, "nobody looked");

    let verified = |hours| Verification { at: ago(hours), is_sound: true, faults: Vec::new() };
    let drilled = |hours| Drill {
        at: ago(hours),
        fault: None,
        repository: "local".to_owned(),
        backup: None,
        loss_seconds: None,
        restore_seconds: 1.0,
        recovery_seconds: 1.0,
        rows: ella_keeper::Counts::new(),
    };
    let long_running = Circumstances { since: ago(100), ..circumstances(false) };
    for (hours, at, condition) in [
        (2, &long_running, Condition::Ok),
        (3, &long_running, Condition::Warning),
        (3, &usual, Condition::Ok),
    ] {
        assert_eq!(verification(Some(verified(hours)), at).finding.condition, condition);
        assert_eq!(drill(Some(drilled(hours)), at).finding.condition, condition);
    }
}

#[test]
fn what_is_not_well_says_what_to_do() {
    let seen = CopyBoard { error: Some("Do this.".into()), ..CopyBoard::default() };
    let local = finding(Copy::Local, &seen, None, &circumstances(false));
    assert_eq!((local.condition, local.what_to_do.as_deref()), (Condition::Failing, Some("Do this.")));
    assert_eq!(finding(Copy::OffMachine, &seen, None, &circumstances(false)).condition, Condition::Warning);
    let archived = circumstances(false).now;
    let shipped = |behind| {
        let up_to = Some(archived - SignedDuration::from_secs(behind));
        let seen =
            CopyBoard { shipped: Some(Ok(Shipped { up_to, ..Shipped::default() })), ..CopyBoard::default() };
        finding(Copy::OffMachine, &seen, Some(archived), &circumstances(false)).condition
    };
    assert_eq!([shipped(20), shipped(200)], [Condition::Ok, Condition::Warning]);
    let fault = Some("000000010000000000000007: it is damaged.".to_owned());
    let seen =
        CopyBoard { shipped: Some(Ok(Shipped { fault, ..Shipped::default() })), ..CopyBoard::default() };
    let found = finding(Copy::OffMachine, &seen, None, &circumstances(false));
    assert_eq!(found.condition, Condition::Warning);
    assert!(found.what_to_do.unwrap().contains("000000010000000000000007"));
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
