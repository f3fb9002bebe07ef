use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use super::endpoints::{all, ready};
use crate::support::{Answer, Ella};

async fn get_with_id(ella: &Ella, id: &[u8]) -> Answer {
    Answer::of(ella.request(Method::GET, "/users/me").header("x-request-id", id)).await
}

#[tokio::test]
async fn a_good_request_id_is_kept_and_another_replaced() {
    let ella = Ella::start().await;
    let longest = "a".repeat(128);
    for good in ["a", "7", ".", "A-z_0.9", &longest] {
        let answer = get_with_id(&ella, good.as_bytes()).await;
        assert_eq!(answer.header("x-request-id"), good);
        answer.assert_problem(401);
    }
    let too_long = "a".repeat(129);
    for bad in
        ["".as_bytes(), b"a b", b"a/b", b"<script>", b"\xff", "é".as_bytes(), too_long.as_bytes(), b"a,b"]
    {
        let answer = get_with_id(&ella, bad).await;
        let made: Uuid = answer.header("x-request-id").parse().expect("an id of our own");
        assert_eq!(made.get_version_num(), 7);
        answer.assert_problem(401);
    }
    let (first, second) = (ella.get("/").await, ella.get("/").await);
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
}

#[tokio::test]
async fn every_answer_carries_its_id_and_its_times() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for endpoint in all() {
        let conversation = ready(&ana).await;
        let answer = endpoint.succeed(&ana, &conversation).await;
        assert!(!answer.header("x-request-id").is_empty(), "{}", endpoint.name());
        let times = times(&answer);
        let mut expected = vec!["total"];
        if endpoint.path != "/" {
            expected.push("db");
        }
        if endpoint.path.starts_with("/llm/") {
            expected.push("llm");
        }
        assert_eq!(times, expected, "{}", endpoint.name());
    }
}

#[tokio::test]
async fn only_what_was_asked_is_timed() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for (answer, expected) in [
        (ella.get("/docs").await, vec!["total"]),
        (ella.get("/openapi.json").await, vec!["total"]),
        (ella.get("/nowhere").await, vec!["total"]),
        (Answer::of(ella.request(Method::DELETE, "/")).await, vec!["total"]),
        (ella.get("/users/me").await, vec!["total"]),
        (ana.get("/conversations/no-uuid").await, vec!["total", "db"]),
        (
            ana.post("/llm/conversation-turn", json!({"conversation_id": Uuid::nil(), "text": "Hi"})).await,
            vec!["total", "db"],
        ),
    ] {
        assert_eq!(times(&answer), expected, "{}", answer.text);
    }
}

/// The names in `server-timing`; each has a duration.
fn times(answer: &Answer) -> Vec<&str> {
    let entries = answer.header("server-timing").split(", ");
    entries
        .map(|entry| {
            let (name, duration) = entry.split_once(";dur=").expect("a name with a duration");
            assert!(duration.parse::<f64>().is_ok_and(|duration| duration >= 0.0), "{entry}");
            name
        })
        .collect()
}
