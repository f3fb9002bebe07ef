use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, Ella, Student};

async fn start(student: &Student<'_>, keys: &[&[u8]]) -> Answer {
    let mut request = student.request(Method::POST, "/conversations").json(&json!({}));
    for key in keys {
        request = request.header("idempotency-key", *key);
    }
    Answer::of(request).await
}

#[tokio::test]
async fn case_and_spelling_of_a_key_do_not_matter() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let first = start(&ana, &[b"0198c0de-abcd-7000-8000-0000000000ef"]).await;
    first.assert(201);
    for key in ["0198C0DE-ABCD-7000-8000-0000000000EF", "0198c0deabcd700080000000000000ef"] {
        assert_eq!(start(&ana, &[key.as_bytes()]).await.assert(200).body, first.body);
    }
}

#[tokio::test]
async fn anything_but_one_uuid_is_no_key() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let good = b"0198c0de-abcd-7000-8000-0000000000ef";
    for keys in [&[b"".as_slice()][..], &[b"7"], &[b"\xff\xfe"], &[good, good], &[&good[1..]]] {
        start(&ana, keys).await.assert_faults(&["header.Idempotency-Key"]);
    }
    assert_eq!(ana.get("/conversations").await.body["items"], json!([]));
}

#[tokio::test]
async fn where_nothing_is_stored_the_header_is_ignored() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let id = ana.conversation().await;
    let path = format!("/conversations/{id}/complete");
    let request = ana.request(Method::PUT, &path).header("idempotency-key", "7");
    Answer::of(request).await.assert(200);
    let request = ana.request(Method::GET, "/conversations").header("idempotency-key", "7");
    Answer::of(request).await.assert(200);
}
