use super::{call_at, days_with_calls, lasted, progress_in, rows, streaks};
use crate::support::Ella;

#[tokio::test]
async fn a_streak_lives_until_a_whole_day_is_missed() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for day in ["2026-11-22", "2026-11-23", "2026-11-24"] {
        call_at(&ella, &ana, &format!("{day}T08:00:00Z")).await;
        call_at(&ella, &ana, &format!("{day}T09:00:00Z")).await;
    }
    for (now, expected) in [
        ("2026-11-24T23:59:59Z", (3, 3)),
        ("2026-11-25T00:00:00Z", (3, 3)),
        ("2026-11-25T23:59:59.999999Z", (3, 3)),
        ("2026-11-26T00:00:00Z", (0, 3)),
    ] {
        ella.set_time(now);
        assert_eq!(streaks(&progress_in(&ana, "UTC").await), expected, "{now}");
    }
    call_at(&ella, &ana, "2026-11-26T12:00:00Z").await;
    assert_eq!(streaks(&progress_in(&ana, "UTC").await), (1, 3));
}

#[tokio::test]
async fn streaks_are_longer_than_the_thirty_days_that_are_shown() {
    let ella = Ella::start().await;
    let device = uuid::Uuid::from_u128(1);
    let mut day: jiff::civil::Date = "2026-12-01".parse().unwrap();
    for _ in 0..40 {
        ella.set_time(&format!("{day}T23:30:00Z"));
        // Tokens live 30 days, so the phone signs in again.
        ella.student_on(device).await.conversation().await;
        day = day.tomorrow().unwrap();
    }
    let ana = ella.student_on(device).await;
    let answer = progress_in(&ana, "UTC").await;
    assert_eq!(streaks(&answer), (40, 40));
    assert!(rows(&answer).iter().all(|row| row["calls"] == 1));
    assert_eq!(answer.body["total_calls"], 40);
}

#[tokio::test]
async fn a_calls_time_belongs_to_the_day_it_started() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let long = call_at(&ella, &ana, "2026-11-22T23:50:00Z").await;
    let active = call_at(&ella, &ana, "2026-11-23T00:10:00Z").await;
    lasted(&ana, &long, 1500).await;
    let answer = progress_in(&ana, "UTC").await;
    assert_eq!(days_with_calls(&answer), [("2026-11-22", 1, 1500), ("2026-11-23", 1, 0)]);
    lasted(&ana, &active, 60).await;
    let answer = progress_in(&ana, "UTC").await;
    assert_eq!(days_with_calls(&answer), [("2026-11-22", 1, 1500), ("2026-11-23", 1, 60)]);
    assert_eq!(answer.body["speaking_time_seconds"], 1560);
}

#[tokio::test]
async fn the_oldest_row_is_29_days_ago() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    call_at(&ella, &ana, "2026-11-22T12:00:00Z").await;
    ella.set_time("2026-12-21T12:00:00Z");
    let answer = progress_in(&ana, "UTC").await;
    assert_eq!(days_with_calls(&answer), [("2026-11-22", 1, 0)]);
    assert_eq!(
        (&rows(&answer)[0]["date"], &rows(&answer)[29]["date"]),
        (&"2026-11-22".into(), &"2026-12-21".into())
    );
    ella.set_time("2026-12-22T00:00:00Z");
    let answer = progress_in(&ana, "UTC").await;
    assert_eq!(days_with_calls(&answer), []);
    assert_eq!(answer.body["total_calls"], 1, "the totals know no window");
}
