use serde_json::{Value, json};

use super::endpoints::{Endpoint, json_body, ready, with_body};
use crate::support::{Answer, Ella, Student};

async fn send(
    endpoint: &Endpoint,
    ana: &Student<'_>,
    conversation: &str,
    body: impl Into<reqwest::Body>,
) -> Answer {
    Answer::of(json_body(endpoint.request(ana, conversation), body)).await
}

#[tokio::test]
async fn what_is_no_json_object_is_refused() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let conversation = ready(&ana).await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for endpoint in with_body() {
        let good = endpoint.good_body(&conversation);
        let broken = [
            "{",
            "}",
            "{]",
            "{'a': 1}",
            "{\"a\": 1,}",
            "{\"a\": NaN}",
            "{\"a\": 01}",
            "{} {}",
            "// {}",
            " ",
            "\u{feff}{}",
            "nul",
            "[]",
            "[{}]",
            "7",
            "\"text\"",
            "true",
            "null",
            "{\"a\": \"\\ud800\"}",
            "{\"\\udc00\": 1}",
            "{\"a\": \"tab\tinside\"}",
            &deep,
            &good[..good.len() - 1],
        ];
        for body in broken {
            let answer = send(&endpoint, &ana, &conversation, body.to_owned()).await;
            assert_eq!(answer.status, 422, "{} {body:.20}: {}", endpoint.name(), answer.text);
            answer.assert_faults(&["body"]);
        }
        let invalid_utf8 =
            [b"{\"unknown\": \"\xff\"}".to_vec(), b"{\"\xc3\x28\": 1}".to_vec(), good.clone().into_bytes()];
        for mut body in invalid_utf8 {
            if body == good.as_bytes() {
                let quote = body.iter().rposition(|byte| *byte == b'}').unwrap();
                body.splice(quote..quote, b", \"x\": \"\xed\xa0\x80\"".iter().copied());
            }
            send(&endpoint, &ana, &conversation, body).await.assert_faults(&["body"]);
        }
    }
}

#[tokio::test]
async fn unknown_fields_are_ignored_whatever_they_hold() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for endpoint in with_body() {
        let conversation = ready(&ana).await;
        let mut body: Value = serde_json::from_str(&endpoint.good_body(&conversation)).unwrap();
        body["unknown"] = json!({"deep": [1, null, "\0", {"deeper": 1e300}]});
        body["id"] = json!("mine");
        body["\0"] = json!(true);
        let answer = send(&endpoint, &ana, &conversation, body.to_string()).await;
        assert!(matches!(answer.status, 200 | 201), "{}: {}", endpoint.name(), answer.text);
        assert_ne!(answer.body["id"], "mine");
    }
}

#[tokio::test]
async fn an_empty_body_stands_for_an_empty_object() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for endpoint in with_body() {
        let conversation = ready(&ana).await;
        let bare = || endpoint.request(&ana, &conversation);
        let faults = Answer::of(json_body(bare(), "{}")).await.body["errors"].clone();
        assert_eq!(faults.is_null(), endpoint.optional, "{}: {faults}", endpoint.name());
        let empty = || futures::stream::empty::<Result<Vec<u8>, std::io::Error>>();
        for request in [
            bare(),
            bare().header("content-type", "text/plain"),
            json_body(bare(), ""),
            bare().body(reqwest::Body::wrap_stream(empty())),
        ] {
            let answer = Answer::of(request).await;
            if endpoint.optional {
                assert!(matches!(answer.status, 200 | 201), "{}: {}", endpoint.name(), answer.text);
            } else {
                assert_eq!(answer.assert_problem(422).body["errors"], faults, "{}", endpoint.name());
            }
        }
    }
}

#[tokio::test]
async fn a_null_is_the_same_as_a_field_left_out() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for endpoint in with_body() {
        let conversation = ready(&ana).await;
        let good: Value = serde_json::from_str(&endpoint.good_body(&conversation)).unwrap();
        let names: Vec<String> = good.as_object().unwrap().keys().cloned().collect();
        for name in names {
            let (mut null, mut without) = (good.clone(), good.clone());
            null[&name] = Value::Null;
            without.as_object_mut().unwrap().remove(&name);
            let null = send(&endpoint, &ana, &conversation, null.to_string()).await;
            let without = send(&endpoint, &ana, &conversation, without.to_string()).await;
            assert_eq!(null.status, without.status, "{} {name}", endpoint.name());
            let places = |answer: &Answer| answer.body["errors"][0]["loc"].clone();
            assert_eq!(places(&null), places(&without), "{} {name}", endpoint.name());
        }
    }
}

#[tokio::test]
async fn every_fault_of_a_body_and_its_headers_is_told_at_once() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let body = json!({
        "cefr_level": "b1", "confidence": 1.1, "scores": {"grammar": "high", "vocab": -0.1, "fluency": 1},
        "transcript": [
            {"role": "user", "content": "fine"},
            {"role": "teacher", "content": " ", "at": "yesterday"},
            7,
            {},
        ],
        "duration_seconds": 86401,
    });
    let request =
        ana.request(reqwest::Method::POST, "/placements").header("idempotency-key", "mine").json(&body);
    let answer = Answer::of(request).await;
    answer.assert_faults(&[
        "header.Idempotency-Key",
        "body.cefr_level",
        "body.confidence",
        "body.scores.grammar",
        "body.scores.vocab",
        "body.transcript.1.role",
        "body.transcript.1.content",
        "body.transcript.1.at",
        "body.transcript.2",
        "body.transcript.3.role",
        "body.transcript.3.content",
        "body.duration_seconds",
    ]);
    assert_eq!(
        answer.body["errors"][5]["loc"],
        json!(["body", "transcript", 1, "role"]),
        "indexes are numbers"
    );
    let detail = answer.body["detail"].as_str().unwrap();
    assert!(detail.contains("Idempotency-Key") && detail.contains("11 more"), "{detail}");
}
