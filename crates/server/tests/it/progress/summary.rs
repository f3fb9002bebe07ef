use jiff::{SignedDuration, ToSpan, civil::date};
use serde_json::{Value, json};

use super::lasted;
use crate::support::Ella;

/// Thirty empty rows, of which the last is the day on which every test begins.
fn empty_days() -> Vec<Value> {
    let today = date(2026, 11, 22);
    (0..30)
        .rev()
        .map(|back| json!({"date": today - back.days(), "calls": 0, "speaking_time_seconds": 0}))
        .collect()
}

#[tokio::test]
async fn a_new_students_progress_is_zeros() {
    let ella = Ella::start().await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    ben.says(&ben.conversation().await, "Hello!").await;
    let answer = ana.get("/progress/summary").await;
    assert_eq!(
        answer.assert(200).body,
        json!({
            "cefr_level": null, "total_calls": 0, "completed_calls": 0, "speaking_time_seconds": 0,
            "messages_sent": 0, "words_spoken": 0,
            "corrections": {"grammar": 0, "vocab": 0, "fluency": 0, "spelling": 0, "pronunciation": 0},
            "current_streak_days": 0, "longest_streak_days": 0, "level_history": [],
            "last_30_days": empty_days(),
        })
    );
    ella.get("/progress/summary").await.assert_problem(401);
}

#[tokio::test]
async fn everything_a_student_did_is_added_up() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let correction = |category: &str| json!({"original": "a", "corrected": "b", "category": category});
    let (first, second) = (ana.conversation().await, ana.conversation().await);
    let path = format!("/conversations/{first}/messages");
    let categories = ["grammar", "grammar", "vocab", "fluency", "spelling", "pronunciation"].map(correction);
    let corrected =
        json!({"role": "user", "content": "I go — to school , 3 times!", "corrections": categories});
    ana.post(&path, corrected).await.assert(201);
    let of_zoe =
        json!({"role": "assistant", "content": "Three words here", "corrections": [correction("vocab")]});
    ana.post(&path, of_zoe).await.assert(201);
    ana.says(&second, "… ?!").await;
    let again =
        json!({"role": "user", "content": "well-known ça va", "corrections": [correction("grammar")]});
    ana.post(&format!("/conversations/{second}/messages"), again).await.assert(201);
    lasted(&ana, &first, 125).await;
    ana.post("/placements", json!({"cefr_level": "A2", "confidence": 1, "transcript": []})).await.assert(201);
    ella.advance(SignedDuration::from_secs(1));
    ana.post("/placements", json!({"cefr_level": "B1", "confidence": 1, "transcript": []})).await.assert(201);
    let mut days = empty_days();
    days[29]["calls"] = json!(2);
    days[29]["speaking_time_seconds"] = json!(125);
    let answer = ana.get("/progress/summary").await;
    assert_eq!(
        answer.assert(200).body,
        json!({
            "cefr_level": "B1", "total_calls": 2, "completed_calls": 1, "speaking_time_seconds": 125,
            "messages_sent": 3, "words_spoken": 9,
            "corrections": {"grammar": 3, "vocab": 1, "fluency": 1, "spelling": 1, "pronunciation": 1},
            "current_streak_days": 1, "longest_streak_days": 1,
            "level_history": [
                {"cefr_level": "A2", "at": "2026-11-22T10:00:00.000000Z"},
                {"cefr_level": "B1", "at": "2026-11-22T10:00:01.000000Z"},
            ],
            "last_30_days": days,
        })
    );
}

#[tokio::test]
async fn words_are_runs_with_a_letter_or_a_digit() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let id = ana.conversation().await;
    let mut total = 0;
    for (text, words) in [
        ("Hello", 1),
        ("don't stop", 2),
        ("one\u{a0}two\u{3000}three\nfour", 4),
        ("- – — … !!", 0),
        ("3.5 % of 10", 3),
        ("\u{4f60}\u{597d}\u{ff0c}Ana", 1),
        ("\u{1F600} ok", 1),
        ("\u{0627}\u{0644} \u{0435}", 2),
    ] {
        ana.says(&id, text).await;
        total += words;
        assert_eq!(ana.get("/progress/summary").await.body["words_spoken"], total, "{text}");
    }
}
