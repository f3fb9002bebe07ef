use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, Ella};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

#[tokio::test]
async fn a_program_is_told_who_answers_and_a_browser_is_led_to_the_documentation() {
    let ella = Ella::start().await;
    let answer = ella.get("/").await;
    answer.assert(200);
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(answer.body, json!({"name": "ella", "version": version, "status": "ok", "docs": "/docs"}));
    assert_eq!(answer.header("vary"), "Accept", "caches keep the two apart");

    for (accept, status) in [
        (BROWSER, 307),
        ("text/html", 307),
        ("application/json", 200),
        ("*/*", 200),
        ("text/html;q=0.2, application/json", 200),
    ] {
        let answer = Answer::of(ella.request(Method::GET, "/").header("accept", accept)).await;
        assert_eq!(answer.status, status, "{accept}");
        assert_eq!(answer.header("location"), if status == 307 { "/docs" } else { "" }, "{accept}");
    }
}

#[tokio::test]
async fn head_is_answered_like_get_without_a_body() {
    let ella = Ella::start().await;
    for path in ["/", "/health", "/docs", "/openapi.json"] {
        let answer = Answer::of(ella.request(Method::HEAD, path)).await;
        answer.assert(200);
        assert_eq!(answer.text, "", "{path}");
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
    }
}
