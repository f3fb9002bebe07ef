//! What `ella demo` makes.

use ella::demo::Class;
use ella_test_support::database::ask;
use serde_json::json;

use crate::support::Ella;

#[tokio::test]
async fn the_same_seed_makes_the_same_class_and_another_makes_another() {
    let now = "2026-11-22T10:00:00Z".parse().unwrap();
    assert_eq!(Class::make(5, 50, 7, now), Class::make(5, 50, 7, now));
    assert_ne!(Class::make(5, 50, 7, now), Class::make(5, 50, 8, now));
}

#[tokio::test]
async fn a_class_is_like_a_real_one() {
    let ella = Ella::start().await;
    // The server has looked before, and has sealed the days that are over.
    ella.admin_get("/admin/stats").await.assert(200);
    let ella = ella.with_class(40, 1000).await;
    ella.advance(jiff::SignedDuration::from_mins(2));
    let stats = ella.admin_get("/admin/stats").await;
    let body = &stats.assert(200).body;
    assert_eq!(body["students"]["total"], 40);
    assert_eq!(body["conversations"]["total"], 1000);
    for figure in
        ["/students/active_today", "/conversations/active", "/tutor/turns", "/latency_ms/spoken/p95"]
    {
        assert!(body.pointer(figure).unwrap().as_i64() > Some(0), "{figure}: {body}");
    }
    // Finished days were counted again.
    let days = body["last_30_days"].as_array().unwrap();
    assert!(days.iter().filter(|day| day["conversations"].as_i64() > Some(0)).count() > 20, "{days:?}");
    // What is counted in a conversation's row is what is in it, and nothing is said after now.
    for (what, question) in [
        (
            "positions",
            "select count(*) from conversations c where last_position <> (select count(*) from messages m where m.conversation_id = c.id)",
        ),
        (
            "words",
            "select count(*) from conversations c where student_words <> (select coalesce(sum(word_count), 0) from messages m where m.conversation_id = c.id and by_student)",
        ),
        (
            "corrections",
            "select count(*) from conversations c where corrections_grammar + corrections_vocab + corrections_fluency <> (select coalesce(sum(jsonb_array_length(corrections)), 0) from messages m where m.conversation_id = c.id)",
        ),
        (
            "quotes",
            "select count(*) from analyses a, jsonb_array_elements(result -> 'best_moments') moment where not exists (select from messages m where m.id = (moment ->> 'message_id')::uuid and strpos(content, moment ->> 'quote') > 0)",
        ),
        (
            "Zoe's own weekends in summaries",
            r"select count(*) from analyses where result ->> 'summary' ~ '\m(my|I)\M'",
        ),
        (
            "days",
            "select count(*) from students s where last_active_on is distinct from (select max((started_at at time zone 'UTC')::date) from conversations c where c.user_id = s.user_id)",
        ),
    ] {
        let sql = format!("set search_path = ella; {question}");
        assert_eq!(ask(&ella.database.administrator, &sql).await, "0", "{what}");
    }
}

#[tokio::test]
async fn real_students_are_left_alone_unless_it_is_wanted() {
    let ella = Ella::start().await;
    ella.student().await;
    let owner = super::owner(&ella);
    let mut demo = ella::demo::Demo { students: 2, conversations: 3, seed: 1, beside_real_students: false };
    let refused = ella::demo::add(&owner, &demo, ella.now()).await.unwrap_err();
    assert!(refused.contains("--beside-real-students") && refused.contains("ELLA_DATA_DIR"), "{refused}");
    assert_eq!(ella.admin_get("/admin/students").await.body["items"].as_array().unwrap().len(), 1);
    demo.beside_real_students = true;
    ella::demo::add(&owner, &demo, ella.now()).await.unwrap();
    assert_eq!(ella.admin_get("/admin/students").await.body["items"].as_array().unwrap().len(), 3);
    // Once is enough, even when it is wanted.
    let refused = ella::demo::add(&owner, &demo, ella.now()).await.unwrap_err();
    assert!(refused.contains("already"), "{refused}");
    assert_eq!(ella.admin_get("/admin/stats").await.body["students"]["by_level"]["unplaced"], json!(1));
}
