mod days;
mod summary;
mod time_zones;

use serde_json::{Value, json};

use crate::support::{Answer, Ella, Student};

/// A conversation started at this time, by a clock that is turned there.
async fn call_at(ella: &Ella, student: &Student<'_>, time: &str) -> String {
    ella.set_time(time);
    student.conversation().await
}

/// Completes a conversation with this duration.
async fn lasted(student: &Student<'_>, conversation: &str, seconds: u32) {
    let body = json!({"duration_seconds": seconds});
    student.put(&format!("/conversations/{conversation}/complete"), body).await.assert(200);
}

/// The progress in a time zone.
async fn progress_in(student: &Student<'_>, zone: &str) -> Answer {
    let answer = student.get(&format!("/progress/summary?tz={zone}")).await;
    answer.assert(200);
    assert_eq!(rows(&answer).len(), 30);
    answer
}

fn rows(answer: &Answer) -> &Vec<Value> {
    answer.body["last_30_days"].as_array().unwrap()
}

/// The current and the longest streak.
fn streaks(answer: &Answer) -> (i64, i64) {
    let days = |name: &str| answer.body[name].as_i64().unwrap();
    (days("current_streak_days"), days("longest_streak_days"))
}

/// The days with a call: day, calls, seconds.
fn days_with_calls(answer: &Answer) -> Vec<(&str, i64, i64)> {
    rows(answer)
        .iter()
        .map(|row| {
            let number = |name: &str| row[name].as_i64().unwrap();
            (row["date"].as_str().unwrap(), number("calls"), number("speaking_time_seconds"))
        })
        .filter(|(_, calls, seconds)| (*calls, *seconds) != (0, 0))
        .collect()
}
