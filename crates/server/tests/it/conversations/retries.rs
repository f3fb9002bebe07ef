use ella::tasks::prune_retry_keys;
use jiff::SignedDuration;
use serde_json::json;
use uuid::Uuid;

use super::complete;
use crate::support::{Answer, Ella};

const KEY: Uuid = Uuid::from_u128(0x0198_c0de_abcd_7000_8000_0000_0000_00ef);

#[tokio::test]
async fn a_repeated_message_gets_the_first_answer_also_after_the_end() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let id = ana.conversation().await;
    let path = format!("/conversations/{id}/messages");
    let message = json!({
        "role": "user", "content": "I am go.", "latency_ms": {"stt": 5},
        "corrections": [{"original": "go", "corrected": "going", "category": "grammar"}],
    });
    ana.zoe_says(&id, "Hello!").await;
    let first = ana.post_with_key(&path, KEY, message.clone()).await;
    assert_eq!(first.assert(201).body["position"], 2);
    ana.says(&id, "Another thing.").await;
    ella.advance(SignedDuration::from_hours(1));
    assert_eq!(ana.post_with_key(&path, KEY, message.clone()).await.assert(200).body, first.body);
    complete(&ana, &id).await.assert(200);
    assert_eq!(ana.post_with_key(&path, KEY, message.clone()).await.assert(200).body, first.body);
    // Another body is another body, and a fresh key finds the conversation completed.
    ana.post_with_key(&path, KEY, json!({"role": "user", "content": "Hi."})).await.assert_problem(409);
    ana.post_with_key(&path, Uuid::from_u128(1), message).await.assert_problem(409);
    assert_eq!(ana.get(&format!("/conversations/{id}")).await.body["message_count"], 3);
    let progress = ana.get("/progress/summary").await.body;
    assert_eq!((&progress["messages_sent"], &progress["corrections"]["grammar"]), (&json!(2), &json!(1)));
}

#[tokio::test]
async fn a_repeated_start_gets_the_first_answer_as_it_was() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let first = ana.post_with_key("/conversations", KEY, json!({"topic": "cats"})).await;
    let id = first.assert(201).body["id"].as_str().unwrap().to_owned();
    ana.says(&id, "Hello!").await;
    complete(&ana, &id).await.assert(200);
    let again = ana.post_with_key("/conversations", KEY, json!({"topic": " cats ", "x": 1})).await;
    assert_eq!(again.assert(200).body, first.body);
    for other in [json!({"topic": "Cats"}), json!({"topic": null}), json!({})] {
        ana.post_with_key("/conversations", KEY, other).await.assert_problem(409);
    }
    assert_eq!(ana.get("/conversations").await.body["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_missing_body_an_empty_object_and_a_null_are_the_same_body() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let first = ana.post_with_key("/conversations", KEY, json!({})).await;
    first.assert(201);
    let null = ana.post_with_key("/conversations", KEY, json!({"topic": null})).await;
    assert_eq!(null.assert(200).body, first.body);
    let none =
        ana.request(reqwest::Method::POST, "/conversations").header("idempotency-key", KEY.to_string());
    assert_eq!(Answer::of(none).await.assert(200).body, first.body);
}

#[tokio::test]
async fn a_key_counts_for_one_student_on_one_path() {
    let ella = Ella::start().await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    let hello = json!({"role": "user", "content": "Hello!"});
    for student in [&ana, &ben] {
        let started = student.post_with_key("/conversations", KEY, json!({"topic": "cats"})).await;
        started.assert(201);
        let placement = json!({"cefr_level": "A1", "confidence": 1, "transcript": []});
        student.post_with_key("/placements", KEY, placement).await.assert(201);
        for id in [started.body["id"].as_str().unwrap(), &student.conversation().await] {
            let path = format!("/conversations/{id}/messages");
            student.post_with_key(&path, KEY, hello.clone()).await.assert(201);
            // The path is the same in any spelling of its id.
            let path = format!("/conversations/{}/messages", id.to_uppercase());
            student.post_with_key(&path, KEY, hello.clone()).await.assert(200);
        }
    }
}

#[tokio::test]
async fn a_failed_request_leaves_its_key_free() {
    let ella = Ella::start().await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    let hello = json!({"role": "user", "content": "Hello!"});
    let (bens, id) = (ben.conversation().await, ana.conversation().await);
    let path = format!("/conversations/{id}/messages");
    ana.post_with_key(&path, KEY, json!({"role": "user"})).await.assert_problem(422);
    ana.post_with_key(&format!("/conversations/{bens}/messages"), KEY, hello.clone())
        .await
        .assert_problem(404);
    let other = ana.conversation().await;
    complete(&ana, &other).await.assert(200);
    let completed = format!("/conversations/{other}/messages");
    ana.post_with_key(&completed, KEY, hello.clone()).await.assert_problem(409);
    ana.post_with_key(&completed, KEY, json!({"role": "assistant", "content": "?"}))
        .await
        .assert_problem(409);
    ana.post_with_key(&path, KEY, hello.clone()).await.assert(201);
    let keys = "select count(*) from ella.retry_keys";
    assert_eq!(ella_test_support::database::ask(&ella.database.administrator, keys).await, "1");
}

#[tokio::test]
async fn two_copies_at_once_store_one() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let id = ana.conversation().await;
    let messages = format!("/conversations/{id}/messages");
    for round in 0..5 {
        let key = Uuid::from_u128(round);
        for (path, body) in [
            ("/conversations", json!({"topic": "cats"})),
            (messages.as_str(), json!({"role": "user", "content": "Hello!"})),
        ] {
            let copies = (0..4).map(|_| ana.post_with_key(path, key, body.clone()));
            let answers = futures::future::join_all(copies).await;
            let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 200, 200, 201]);
            assert!(answers.iter().all(|answer| answer.body == answers[0].body));
        }
    }
    assert_eq!(ana.get("/conversations").await.body["items"].as_array().unwrap().len(), 6);
    assert_eq!(ana.get(&format!("/conversations/{id}")).await.body["message_count"], 5);
}

#[tokio::test]
async fn keys_live_for_a_day_at_least_and_are_thrown_away_after_two() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let cats = json!({"topic": "cats"});
    let first = ana.post_with_key("/conversations", KEY, cats.clone()).await;
    first.assert(201);
    ella.advance(SignedDuration::from_hours(24));
    assert_eq!(prune_retry_keys(&ella.app).await, Ok(0));
    assert_eq!(ana.post_with_key("/conversations", KEY, cats.clone()).await.assert(200).body, first.body);
    ella.advance(SignedDuration::from_hours(24) + SignedDuration::from_secs(1));
    assert_eq!(prune_retry_keys(&ella.app).await, Ok(1));
    let fresh = ana.post_with_key("/conversations", KEY, cats).await;
    assert_ne!(fresh.assert(201).body["id"], first.body["id"]);
}
