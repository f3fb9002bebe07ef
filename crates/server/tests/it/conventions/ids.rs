use reqwest::Method;
use serde_json::json;

use super::endpoints::{Caller, all, json_body, ready};
use crate::support::{Answer, Ella};

#[tokio::test]
async fn someone_elses_an_unknown_and_a_malformed_id_get_the_same_answer() {
    let ella = Ella::start().await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    ready(&ana).await;
    let bens = ready(&ben).await;
    let unknown = "0198c0de-1111-7000-8000-000000000000";
    for endpoint in all().into_iter().filter(|endpoint| endpoint.path.contains('{')) {
        let mut ids =
            vec![unknown, "no-uuid", "1", "%ff", "%00", "0198c0de-1111-7000-8000-00000000000g", "%20", "..."];
        if endpoint.caller == Caller::AStudent {
            ids.push(&bens);
        }
        let mut first = None;
        for id in ids {
            let path = endpoint.path.replace("{conversation}", id).replace("{student}", id);
            let mut request = ana.request(endpoint.method.clone(), &path);
            if endpoint.caller == Caller::AnAdmin {
                request = request.header("x-admin-key", crate::support::ADMIN_KEY);
            }
            let mut answer = Answer::of(json_body(request, endpoint.good_body(&bens))).await;
            answer.assert_problem(404);
            answer.body["request_id"].take();
            assert_eq!(first.get_or_insert(answer.body.clone()), &answer.body, "{} {id}", endpoint.name());
        }
    }
}

#[tokio::test]
async fn any_spelling_of_an_id_is_accepted_and_the_usual_one_returned() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let conversation = ready(&ana).await;
    for spelling in [
        conversation.to_uppercase(),
        conversation.replace('-', ""),
        format!("%7B{conversation}%7D"),
        format!("urn:uuid:{conversation}"),
    ] {
        let answer = ana.get(&format!("/conversations/{spelling}")).await;
        assert_eq!(answer.assert(200).body["id"], conversation.as_str(), "{spelling}");
    }
    let analysis = json!({"conversation_id": conversation.to_uppercase()});
    let answer = ana.post("/llm/session-analysis", analysis).await;
    assert_eq!(answer.assert(200).body["conversation_id"], conversation.as_str());
    let id = ana.id.to_string().to_uppercase();
    let answer = ella.admin_get(&format!("/admin/placements/{id}/transcript")).await;
    assert_eq!(answer.assert(200).body["student"]["id"], json!(ana.id));
    let header =
        ana.request(Method::POST, "/conversations").header("idempotency-key", conversation.to_uppercase());
    Answer::of(header).await.assert(201);
    let again =
        ana.request(Method::POST, "/conversations").header("idempotency-key", conversation.replace('-', ""));
    Answer::of(again).await.assert(200);
}
