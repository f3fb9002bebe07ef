use ella_test_support::database::ask;
use serde_json::{Value, json};
use uuid::Uuid;

use super::stats_now;
use crate::support::Ella;

/// Students who were active today, in 7 and in 30 days.
fn active(stats: &Value) -> [i64; 3] {
    ["active_today", "active_7_days", "active_30_days"].map(|name| stats["students"][name].as_i64().unwrap())
}

async fn stats_at(ella: &Ella, time: &str) -> Value {
    ella.set_time(time);
    stats_now(ella).await
}

#[tokio::test]
async fn a_student_is_active_in_windows_of_utc_days() {
    let ella = Ella::start().await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    ella.student().await;
    ella.set_time("2026-11-22T23:59:59Z");
    ana.conversation().await;
    assert_eq!(active(&stats_now(&ella).await), [1, 1, 1]);
    assert_eq!(active(&stats_at(&ella, "2026-11-23T00:10:00Z").await), [0, 1, 1]);
    let bens = ben.conversation().await;
    assert_eq!(active(&stats_at(&ella, "2026-11-28T23:00:00Z").await), [0, 2, 2]);
    assert_eq!(active(&stats_at(&ella, "2026-11-29T00:00:00Z").await), [0, 1, 2]);
    // Words of Zoe's make nobody active; the student's own do.
    ben.zoe_says(&bens, "Are you there?").await;
    assert_eq!(active(&stats_at(&ella, "2026-11-29T12:00:00Z").await), [0, 1, 2]);
    ben.says(&bens, "Yes!").await;
    assert_eq!(active(&stats_at(&ella, "2026-11-29T13:00:00Z").await), [1, 1, 2]);
    assert_eq!(active(&stats_at(&ella, "2026-12-21T23:00:00Z").await), [0, 0, 2]);
    assert_eq!(active(&stats_at(&ella, "2026-12-22T00:00:00Z").await), [0, 0, 1]);
    assert_eq!(active(&stats_at(&ella, "2026-12-29T00:00:00Z").await), [0, 0, 0]);
}

#[tokio::test]
async fn thirty_days_are_shown_and_finished_ones_are_sealed() {
    let ella = Ella::start().await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    let day = |date: &str, students: i64, conversations: i64, messages: i64| json!({"date": date, "students": students, "conversations": conversations, "messages": messages});
    let id = ana.conversation().await;
    ana.says(&id, "Hello!").await;
    ben.conversation().await;
    ben.conversation().await;
    ella.set_time("2026-11-23T00:00:00Z");
    ana.says(&id, "It is another day.").await;
    ana.zoe_says(&id, "It is.").await;
    let seen = stats_at(&ella, "2026-11-23T00:10:00Z").await;
    let rows = seen["last_30_days"].as_array().unwrap();
    assert_eq!(rows.len(), 30);
    assert_eq!(rows[28..], [day("2026-11-22", 2, 3, 1), day("2026-11-23", 1, 0, 2)]);
    // Too soon to be sealed: a request that began before midnight may still be at work.
    let sealed = "select count(*) from ella.daily_totals where day >= '2026-11-22'";
    assert_eq!(ask(&ella.database.administrator, sealed).await, "0");
    stats_at(&ella, "2026-11-23T00:20:00Z").await;
    let sealed = "select day || ' ' || students || ' ' || conversations || ' ' || messages
         from ella.daily_totals where day >= '2026-11-22'";
    assert_eq!(ask(&ella.database.administrator, sealed).await, "2026-11-22 2 3 1");

    let seen = stats_at(&ella, "2026-12-21T12:00:00Z").await;
    let rows = seen["last_30_days"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[29]), (30, &day("2026-12-21", 0, 0, 0)));
    assert_eq!(rows[..2], [day("2026-11-22", 2, 3, 1), day("2026-11-23", 1, 0, 2)]);
    let seen = stats_at(&ella, "2026-12-22T00:00:00Z").await;
    assert_eq!(seen["last_30_days"][0], day("2026-11-23", 1, 0, 2));
}

#[tokio::test]
async fn totals_know_no_window() {
    let ella = Ella::start().await;
    let device = Uuid::from_u128(1);
    for month in 1..=6 {
        ella.set_time(&format!("2027-0{month}-15T12:00:00Z"));
        let ana = ella.student_on(device).await;
        let id = ana.conversation().await;
        ana.says(&id, "Hello!").await;
    }
    let seen = stats_now(&ella).await;
    assert_eq!((&seen["conversations"]["total"], &seen["messages"]["total"]), (&json!(6), &json!(6)));
    assert_eq!(active(&seen), [1, 1, 1]);
}

#[tokio::test]
async fn figures_are_read_also_while_nothing_new_is_stored() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    ana.conversation().await;
    ella.advance(jiff::SignedDuration::from_hours(48));
    assert!(ella.app.database.refuse_writes(true), "until now it was stored");
    let told = ella.admin_get("/admin/stats").await;
    assert_eq!(told.assert(200).body["conversations"]["total"], 1);
    assert_eq!(told.body["last_30_days"][27]["conversations"], 1, "counted, though it cannot be sealed");
}
