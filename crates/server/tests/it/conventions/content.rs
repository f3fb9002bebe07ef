//! Content types and sizes.

use futures::stream;
use reqwest::RequestBuilder;

use super::endpoints::{Endpoint, json_body, ready, with_body};
use crate::support::{Answer, Ella};

/// A body in chunks, whose length nobody announces.
fn chunked(request: RequestBuilder, body: &str) -> RequestBuilder {
    let chunks: Vec<_> =
        body.as_bytes().chunks(50_000).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect();
    request.body(reqwest::Body::wrap_stream(stream::iter(chunks)))
}

/// A good body, blown up with spaces to this size.
fn padded(endpoint: &Endpoint, conversation: &str, bytes: usize) -> String {
    let good = endpoint.good_body(conversation);
    format!("{good}{}", " ".repeat(bytes - good.len()))
}

#[tokio::test]
async fn only_json_is_read() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let conversation = ready(&ana).await;
    for endpoint in with_body() {
        let good = endpoint.good_body(&conversation);
        let bare = || endpoint.request(&ana, &conversation);
        for kind in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "application/jsonx",
            "json",
            "",
        ] {
            for body in [&*good, "{", "x"] {
                let typed = || bare().header("content-type", kind);
                Answer::of(typed().body(body.to_owned())).await.assert_problem(415);
                Answer::of(chunked(typed(), body)).await.assert_problem(415);
            }
        }
        Answer::of(bare().body(good.clone())).await.assert_problem(415);
        Answer::of(chunked(bare(), &good)).await.assert_problem(415);
        // The content type comes before the size.
        let large = " ".repeat(2 << 20);
        Answer::of(bare().body(large.clone())).await.assert_problem(415);
        Answer::of(chunked(bare(), &large)).await.assert_problem(415);
    }
}

#[tokio::test]
async fn json_may_be_spelled_in_any_case_and_say_its_charset() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for kind in [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
    ] {
        let request = ana.request(reqwest::Method::PUT, "/users/me").header("content-type", kind);
        Answer::of(request.body("{\"name\": \"Ana\"}")).await.assert(200);
    }
}

#[tokio::test]
async fn a_body_may_be_as_large_as_its_limit_and_not_a_byte_larger() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for endpoint in with_body() {
        let conversation = ready(&ana).await;
        let bare = || endpoint.request(&ana, &conversation).header("content-type", "application/json");
        let limit = endpoint.kib * 1024;
        for request in [
            json_body(endpoint.request(&ana, &conversation), padded(&endpoint, &conversation, limit)),
            chunked(bare(), &padded(&endpoint, &conversation, limit)),
        ] {
            let answer = Answer::of(request).await;
            assert!(matches!(answer.status, 200 | 201), "{}: {}", endpoint.name(), answer.text);
        }
        for bytes in [limit + 1, 8 << 20] {
            let large = padded(&endpoint, &conversation, bytes);
            let announced = Answer::of(bare().body(large.clone())).await;
            let detail = announced.assert_problem(413).body["detail"].to_string();
            assert!(detail.contains(&format!("{} KiB", endpoint.kib)), "{}: {detail}", endpoint.name());
            Answer::of(chunked(bare(), &large)).await.assert_problem(413);
        }
    }
}
