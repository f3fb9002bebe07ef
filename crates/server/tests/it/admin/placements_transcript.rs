use serde_json::json;

use crate::support::Ella;

#[tokio::test]
async fn a_student_without_any_gets_an_empty_list() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let answer = ella.admin_get(&format!("/admin/placements/{}/transcript", ana.id)).await;
    let student = json!({"id": ana.id, "name": null, "age": null, "location": null, "cefr_level": null});
    assert_eq!(answer.assert(200).body, json!({"student": student, "placements": []}));
}

#[tokio::test]
async fn placements_come_whole_and_newest_first() {
    let ella = Ella::start().await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    ana.put("/users/me", json!({"name": "Ana", "age": 12, "location": "Lisbon"})).await.assert(200);
    let mut stored = Vec::new();
    for level in ["A1", "B2", "C1"] {
        let transcript = [json!({"role": "user", "content": format!("I am {level}.")})];
        let placement = json!({"cefr_level": level, "confidence": 0.5, "transcript": transcript});
        stored.insert(0, ana.post("/placements", placement.clone()).await.body);
        ben.post("/placements", placement).await.assert(201);
    }
    let answer = ella.admin_get(&format!("/admin/placements/{}/transcript", ana.id)).await;
    let student = json!({"id": ana.id, "name": "Ana", "age": 12, "location": "Lisbon", "cefr_level": "C1"});
    assert_eq!(answer.assert(200).body, json!({"student": student, "placements": stored}));
}

#[tokio::test]
async fn an_unknown_or_malformed_id_is_not_there_and_only_teachers_may_look() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for unknown in ["0198c0de-1111-7000-8000-000000000000", "42", &ana.conversation().await] {
        ella.admin_get(&format!("/admin/placements/{unknown}/transcript")).await.assert_problem(404);
    }
    let path = format!("/admin/placements/{}/transcript", ana.id);
    ella.get(&path).await.assert_problem(401);
    ana.get(&path).await.assert_problem(401);
}
