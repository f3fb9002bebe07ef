use reqwest::Method;
use serde_json::{Value, json};

use super::endpoints::json_body;
use crate::support::{Answer, Ella};

/// Everything that Unicode calls white space.
const WHITE_SPACE: &str = "\t\n\u{b}\u{c}\r \u{85}\u{a0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\
    \u{2007}\u{2008}\u{2009}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}";

#[tokio::test]
async fn white_space_of_every_kind_is_trimmed_before_text_is_measured() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for space in WHITE_SPACE.chars() {
        let around = format!("{space}{space}Ana{space}Maria{space}");
        let answer = ana.put("/users/me", json!({"name": around})).await;
        assert_eq!(answer.assert(200).body["name"], format!("Ana{space}Maria"), "{space:?}");
    }
    ana.put("/users/me", json!({"name": WHITE_SPACE})).await.assert_faults(&["body.name"]);
    let long = "é".repeat(100);
    let answer =
        ana.put("/users/me", json!({"name": format!("{}{long}{WHITE_SPACE}", WHITE_SPACE.repeat(50))})).await;
    assert_eq!(answer.assert(200).body["name"], long);
    // These look like nothing, but Unicode does not call them white space.
    for kept in ["\u{200b}", "\u{feff}", "\u{2060}", "\u{200d}", "\u{ad}"] {
        assert_eq!(ana.put("/users/me", json!({"name": kept})).await.assert(200).body["name"], kept);
    }
}

#[tokio::test]
async fn any_other_unicode_is_kept_as_it_is() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for name in [
        "👩‍👩‍👧‍👦",
        "e\u{301}",
        "é",
        "אַנָּה",
        "安娜",
        "\u{1}\u{7f}\u{9f}",
        "\u{fffe}\u{ffff}",
        "\u{10ffff}",
        "\u{202e}anA",
        "a\\u0000b",
        "'; drop table students; --",
        "<b>&amp;</b>",
        "%00",
        "{\"a\": 1}",
    ] {
        let answer = ana.put("/users/me", json!({"name": name})).await;
        assert_eq!(answer.assert(200).body["name"], name);
        assert_eq!(ana.get("/users/me").await.body["name"], name);
    }
    let escaped =
        json_body(ana.request(Method::PUT, "/users/me"), r#"{"\u006eame": "\ud83e\udd8a\u00e9\/"}"#);
    assert_eq!(Answer::of(escaped).await.assert(200).body["name"], "🦊é/");
}

#[tokio::test]
async fn nul_is_refused_wherever_text_is_kept() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let conversation = ana.conversation().await;
    let messages = format!("/conversations/{conversation}/messages");
    let correction = |field: &str| {
        let mut correction = json!({"original": "go", "corrected": "went", "explanation": "x", "category": "grammar", "type": "VERB"});
        correction[field] = json!("a\0b");
        json!({"role": "user", "content": "go", "corrections": [correction]})
    };
    let cases: Vec<(Method, &str, Value, &str)> = vec![
        (Method::PUT, "/users/me", json!({"name": "A\0"}), "body.name"),
        (Method::PUT, "/users/me", json!({"location": "\0"}), "body.location"),
        (Method::POST, "/conversations", json!({"topic": "a\0b"}), "body.topic"),
        (Method::POST, &messages, json!({"role": "user", "content": "\0Hi"}), "body.content"),
        (Method::POST, &messages, json!({"role": "user\0", "content": "Hi"}), "body.role"),
        (Method::POST, &messages, correction("original"), "body.corrections.0.original"),
        (Method::POST, &messages, correction("corrected"), "body.corrections.0.corrected"),
        (Method::POST, &messages, correction("explanation"), "body.corrections.0.explanation"),
        (Method::POST, &messages, correction("category"), "body.corrections.0.category"),
        (Method::POST, &messages, correction("type"), "body.corrections.0.type"),
        (Method::POST, "/llm/conversation-starter", json!({"topic": "\0"}), "body.topic"),
        (
            Method::POST,
            "/llm/conversation-turn",
            json!({"conversation_id": conversation, "text": "a\0"}),
            "body.text",
        ),
        (Method::POST, "/llm/placement-turn", json!({"text": "a\0"}), "body.text"),
        (
            Method::POST,
            "/llm/placement-turn",
            json!({"history": [{"role": "user", "content": "a\0"}]}),
            "body.history.0.content",
        ),
        (
            Method::POST,
            "/placements",
            json!({"cefr_level": "A1", "confidence": 1, "transcript": [{"role": "user", "content": "a\0"}]}),
            "body.transcript.0.content",
        ),
    ];
    for (method, path, body, fault) in cases {
        Answer::of(ana.request(method, path).json(&body)).await.assert_faults(&[fault]);
    }
}

#[tokio::test]
async fn half_a_surrogate_pair_is_refused_anywhere() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for body in [
        r#"{"name": "\ud83e"}"#,
        r#"{"name": "\udd8a"}"#,
        r#"{"name": "\ud83ex"}"#,
        r#"{"name": "\udd8a\ud83e"}"#,
        r#"{"name": "Ana", "unknown": "\ud83e"}"#,
        r#"{"name": "Ana", "unknown": [{"\udd8a": 1}]}"#,
    ] {
        let answer = Answer::of(json_body(ana.request(Method::PUT, "/users/me"), body)).await;
        answer.assert_faults(&["body"]);
    }
    assert_eq!(ana.get("/users/me").await.body["name"], Value::Null);
}
