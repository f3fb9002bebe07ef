use serde_json::{Value, json};

use crate::support::Ella;

#[tokio::test]
async fn a_teacher_reads_a_whole_conversation() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let id = ana.conversation().await;
    let path = format!("/admin/conversations/{id}/transcript");
    let mut student = json!({"id": ana.id, "name": null, "age": null, "location": null, "cefr_level": null});
    let conversation = ana.get(&format!("/conversations/{id}")).await.body;
    let empty = json!({"conversation": conversation, "student": student, "messages": [], "analysis": null});
    assert_eq!(ella.admin_get(&path).await.assert(200).body, empty);

    ana.put("/users/me", json!({"name": "Ana", "age": 12, "location": "Lisbon"})).await.assert(200);
    ana.post("/placements", json!({"cefr_level": "B1", "confidence": 1, "transcript": []})).await.assert(201);
    student["name"] = json!("Ana");
    student["age"] = json!(12);
    student["location"] = json!("Lisbon");
    student["cefr_level"] = json!("B1");
    let mut messages = Vec::new();
    for index in 0..60 {
        messages.push(ana.says(&id, &format!("This is my sentence {index}.")).await);
        messages.push(ana.zoe_says(&id, "I see.").await);
    }
    let analysis = ana.post("/llm/session-analysis", json!({"conversation_id": id})).await;
    let conversation = ana.put(&format!("/conversations/{id}/complete"), json!({})).await.body;
    let transcript = ella.admin_get(&path).await;
    assert_eq!(transcript.assert(200).body["conversation"], conversation);
    assert_eq!(transcript.body["student"], student);
    for message in &mut messages {
        message["engine"] = Value::Null;
    }
    assert_eq!(transcript.body["messages"], json!(messages));
    // The built-in voice's words are not kept.
    assert_eq!(analysis.assert(200).body["engine"]["degraded"], true);
    assert_eq!(transcript.body["analysis"], Value::Null);
}

#[tokio::test]
async fn an_analysis_that_was_stored_is_shown() {
    let provider = ella_test_support::provider::ScriptedProvider::start().unwrap();
    let ella = Ella::with().flag("--llm", provider.openai("m")).start().await;
    let ana = ella.student().await;
    let id = ana.conversation().await;
    ana.says(&id, "I would like to learn to surf one day.").await;
    provider.always(ella_test_support::provider::Script::answer(
        json!({"reply": "Well done!", "summary": "Well done!", "best_moments": [], "next_steps": ["Talk more."]})
            .to_string(),
    ));
    let analysis = ana.post("/llm/session-analysis", json!({"conversation_id": id})).await;
    assert_eq!(analysis.assert(200).body["engine"]["degraded"], false);
    let transcript = ella.admin_get(&format!("/admin/conversations/{id}/transcript")).await;
    assert_eq!(transcript.assert(200).body["analysis"], analysis.body);
}

#[tokio::test]
async fn an_unknown_or_malformed_id_is_not_there_and_only_teachers_may_look() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let id = ana.conversation().await;
    for unknown in ["0198c0de-1111-7000-8000-000000000000", "42", &ana.id.to_string()] {
        ella.admin_get(&format!("/admin/conversations/{unknown}/transcript")).await.assert_problem(404);
    }
    let path = format!("/admin/conversations/{id}/transcript");
    ella.admin_get(&format!("/admin/conversations/{}/transcript", id.to_uppercase())).await.assert(200);
    ella.get(&path).await.assert_problem(401);
    ana.get(&path).await.assert_problem(401);
}

#[tokio::test]
async fn each_reply_says_who_spoke_for_zoe() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let id = ana.conversation().await;
    let turn = json!({"conversation_id": id, "text": "I like tea."});
    let answer = ana.post("/llm/conversation-turn", turn).await;
    let transcript = ella.admin_get(&format!("/admin/conversations/{id}/transcript")).await;
    let messages = &transcript.assert(200).body["messages"];
    assert_eq!(messages[0]["engine"], Value::Null);
    assert_eq!(messages[1]["engine"], answer.assert(200).body["engine"]);
    assert_eq!(messages[1]["engine"]["degraded"], true);
}
