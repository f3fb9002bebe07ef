use super::{call_at, days_with_calls, progress_in, rows, streaks};
use crate::support::Ella;

#[tokio::test]
async fn days_are_those_of_the_zone() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    call_at(&ella, &ana, "2026-11-22T10:30:00Z").await;
    call_at(&ella, &ana, "2026-11-22T23:30:00Z").await;
    let days = |zone| progress_in(&ana, zone);
    let (utc, kiribati) = (days("UTC").await, days("Pacific/Kiritimati").await);
    assert_eq!((days_with_calls(&utc), streaks(&utc)), (vec![("2026-11-22", 2, 0)], (1, 1)));
    assert_eq!((days_with_calls(&kiribati), streaks(&kiribati)), (vec![("2026-11-23", 2, 0)], (1, 1)));
    let (samoa, tokyo) = (days("Pacific/Pago_Pago").await, days("Asia/Tokyo").await);
    assert_eq!(
        (days_with_calls(&samoa), streaks(&samoa)),
        (vec![("2026-11-21", 1, 0), ("2026-11-22", 1, 0)], (2, 2))
    );
    assert_eq!(
        (days_with_calls(&tokyo), streaks(&tokyo)),
        (vec![("2026-11-22", 1, 0), ("2026-11-23", 1, 0)], (2, 2))
    );
    assert_eq!(rows(&kiribati)[29]["date"], "2026-11-23");
    assert_eq!(rows(&samoa)[29]["date"], "2026-11-22");
}

#[tokio::test]
async fn a_streak_runs_on_through_days_of_23_and_25_hours() {
    let ella = Ella::start().await;
    // Tokens live 30 days, so the phone signs in again each time.
    let device = uuid::Uuid::from_u128(1);
    let call = async |time| {
        ella.set_time(time);
        ella.student_on(device).await.conversation().await;
    };
    for time in
        ["2027-03-13T04:59:59Z", "2027-03-13T05:00:00Z", "2027-03-15T03:59:59Z", "2027-03-15T04:00:00Z"]
    {
        call(time).await;
    }
    let ana = ella.student_on(device).await;
    let spring = progress_in(&ana, "America/New_York").await;
    assert_eq!(
        (days_with_calls(&spring), streaks(&spring)),
        (
            vec![("2027-03-12", 1, 0), ("2027-03-13", 1, 0), ("2027-03-14", 1, 0), ("2027-03-15", 1, 0)],
            (4, 4)
        )
    );
    for time in
        ["2027-11-07T03:59:59Z", "2027-11-07T04:00:00Z", "2027-11-08T04:59:59Z", "2027-11-08T05:00:00Z"]
    {
        call(time).await;
    }
    let ana = ella.student_on(device).await;
    let autumn = progress_in(&ana, "America/New_York").await;
    assert_eq!(
        (days_with_calls(&autumn), streaks(&autumn)),
        (vec![("2027-11-06", 1, 0), ("2027-11-07", 2, 0), ("2027-11-08", 1, 0)], (3, 4))
    );
}

#[tokio::test]
async fn a_zone_that_nobody_knows_is_told() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for zone in [
        "",
        "Lisbon",
        "Europe/Nowhere",
        "+02:00",
        "UTC%2B2",
        "../etc/passwd",
        "%00",
        "Etc/Unknown",
        "Europe/Lisbon%20",
    ] {
        ana.get(&format!("/progress/summary?tz={zone}")).await.assert_faults(&["query.tz"]);
    }
    for zone in ["UTC", "Etc/UTC", "Europe/Lisbon", "America/Argentina/Buenos_Aires", "Asia/Kolkata", "GMT"] {
        progress_in(&ana, zone).await;
    }
}
