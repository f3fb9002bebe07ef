use jiff::{SignedDuration, ToSpan, civil::date};
use serde_json::{Value, json};

use super::{stats, stats_now};
use crate::support::Ella;

#[tokio::test]
async fn an_empty_school_has_every_figure_at_zero() {
    let ella = Ella::start().await;
    let none = json!({"p50": null, "p95": null, "p99": null, "count": 0});
    let days: Vec<Value> = (0..30)
        .rev()
        .map(|back| {
            let day = date(2026, 11, 22) - back.days();
            json!({"date": day, "students": 0, "conversations": 0, "messages": 0})
        })
        .collect();
    assert_eq!(
        stats_now(&ella).await,
        json!({
            "as_of": "2026-11-22T10:00:00.000000Z",
            "students": {
                "total": 0, "active_today": 0, "active_7_days": 0, "active_30_days": 0,
                "by_level": {"A1": 0, "A2": 0, "B1": 0, "B2": 0, "C1": 0, "C2": 0, "unplaced": 0},
            },
            "conversations": {"total": 0, "active": 0, "completed": 0, "speaking_time_seconds": 0},
            "messages": {"total": 0},
            "latency_ms": {"stt": none, "llm": none, "tts": none, "turn": none, "spoken": none},
            "tutor": {"turns": 0, "degraded_turns": 0, "prompt_tokens": 0, "completion_tokens": 0},
            "last_30_days": days, "recent_conversations": [],
        })
    );
    ella.get("/admin/stats").await.assert_problem(401);
}

#[tokio::test]
async fn a_small_class_is_counted() {
    let ella = Ella::start().await;
    let (ana, ben, _new) = (ella.student().await, ella.student().await, ella.student().await);
    ana.put("/users/me", json!({"name": "Ana"})).await.assert(200);
    for level in ["A1", "B2"] {
        ana.post("/placements", json!({"cefr_level": level, "confidence": 1, "transcript": []}))
            .await
            .assert(201);
    }
    let (first, second) = (ana.conversation().await, ben.conversation().await);
    ana.says(&first, "Hello!").await;
    ana.zoe_says(&first, "Hello, Ana!").await;
    ana.put(&format!("/conversations/{first}/complete"), json!({"duration_seconds": 60})).await.assert(200);
    let stats = stats(&ella).await;
    assert_eq!(
        stats["students"],
        json!({
            "total": 3, "active_today": 2, "active_7_days": 2, "active_30_days": 2,
            "by_level": {"A1": 0, "A2": 0, "B1": 0, "B2": 1, "C1": 0, "C2": 0, "unplaced": 2},
        })
    );
    assert_eq!(
        stats["conversations"],
        json!({"total": 2, "active": 1, "completed": 1, "speaking_time_seconds": 60})
    );
    assert_eq!(stats["messages"], json!({"total": 2}));
    assert_eq!(
        stats["last_30_days"][29],
        json!({"date": "2026-11-22", "students": 2, "conversations": 2, "messages": 2})
    );
    assert_eq!(
        stats["recent_conversations"],
        json!([
            {
                "id": second, "user_id": ben.id, "name": null, "topic": "my weekend", "status": "active",
                "message_count": 0, "started_at": "2026-11-22T10:00:00.000000Z",
            },
            {
                "id": first, "user_id": ana.id, "name": "Ana", "topic": "my weekend", "status": "completed",
                "message_count": 2, "started_at": "2026-11-22T10:00:00.000000Z",
            },
        ])
    );
}

#[tokio::test]
async fn the_twenty_newest_conversations_are_shown() {
    let ella = Ella::start().await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    let mut ids = Vec::new();
    for _ in 0..12 {
        for student in [&ana, &ben] {
            ids.insert(0, json!(student.conversation().await));
            ella.advance(SignedDuration::from_secs(1));
        }
    }
    let stats = stats(&ella).await;
    let shown = crate::paging::column(stats["recent_conversations"].as_array().unwrap(), "id");
    assert_eq!(shown, ids[..20]);
}

#[tokio::test]
async fn figures_are_at_most_a_minute_old() {
    let ella = Ella::start().await;
    assert_eq!(stats_now(&ella).await["students"]["total"], 0);
    let _ana = ella.student().await;
    ella.advance(SignedDuration::from_secs(60));
    let later = stats_now(&ella).await;
    assert_eq!(
        (&later["as_of"], &later["students"]["total"]),
        (&json!("2026-11-22T10:01:00.000000Z"), &json!(1))
    );
}
