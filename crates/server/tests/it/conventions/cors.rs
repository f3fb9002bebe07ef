use ella_test_support::database::execute;
use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, Ella, Student};

const APP: &str = "https://app.example";

async fn get_from(student: &Student<'_>, origin: &str, path: &str) -> Answer {
    Answer::of(student.request(Method::GET, path).header("origin", origin)).await
}

async fn preflight(ella: &Ella, origin: &str, path: &str, method: &str) -> Answer {
    let request = ella.request(Method::OPTIONS, path).header("origin", origin);
    let request = request.header("access-control-request-method", method);
    Answer::of(request.header("access-control-request-headers", "authorization,content-type,idempotency-key"))
        .await
}

#[tokio::test]
async fn off_unless_origins_are_configured() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let answer = get_from(&ana, APP, "/users/me").await;
    answer.assert(200);
    let refused = preflight(&ella, APP, "/users/me", "PUT").await;
    refused.assert_problem(405);
    for answer in [answer, refused] {
        assert!(
            !answer.headers.keys().any(|name| name.as_str().starts_with("access-control")),
            "{:?}",
            answer.headers
        );
    }
}

#[tokio::test]
async fn a_configured_origin_may_call_and_read_every_answer() {
    let ella = Ella::with().flag("--cors-origins", format!("{APP},http://localhost:5173")).start().await;
    let ana = ella.student().await;
    for origin in [APP, "http://localhost:5173"] {
        let allowed = preflight(&ella, origin, "/users/me", "PUT").await;
        allowed.assert(200);
        assert_eq!(allowed.header("access-control-allow-origin"), origin);
        assert!(allowed.header("access-control-allow-methods").contains("PUT"));
        for name in ["authorization", "content-type", "idempotency-key", "x-admin-key", "x-request-id"] {
            assert!(allowed.header("access-control-allow-headers").contains(name), "{name}");
        }
        assert!(!allowed.header("x-request-id").is_empty());
    }
    for (path, status) in
        [("/users/me", 200), ("/conversations?limit=0", 422), ("/nowhere", 404), ("/admin/stats", 401)]
    {
        let answer = get_from(&ana, APP, path).await;
        answer.assert(status);
        assert_eq!(answer.header("access-control-allow-origin"), APP, "{path}");
        for name in ["x-request-id", "server-timing", "retry-after"] {
            assert!(answer.header("access-control-expose-headers").contains(name), "{path} {name}");
        }
        assert!(answer.header("vary").to_lowercase().contains("origin"), "{path}");
    }
}

#[tokio::test]
async fn a_browser_can_also_read_the_answers_that_the_frame_gives() {
    let ella = Ella::with().flag("--cors-origins", APP).start().await;
    let ana = ella.student().await;
    let erase = format!("select ella.erase_student('{}', now(), gen_random_uuid())", ana.id);
    execute(&ella.database.administrator, &erase).await;
    let answer = get_from(&ana, APP, "/placements/latest").await;
    answer.assert_problem(401);
    assert_eq!(answer.header("access-control-allow-origin"), APP);
}

#[tokio::test]
async fn another_origin_may_not() {
    let ella = Ella::with().flag("--cors-origins", APP).start().await;
    let ana = ella.student().await;
    for origin in ["https://evil.example", "http://app.example", "https://app.example.evil.example", "null"] {
        let refused = preflight(&ella, origin, "/users/me", "PUT").await;
        assert_eq!(refused.header("access-control-allow-origin"), "", "{origin}");
        let answer = get_from(&ana, origin, "/users/me").await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
    }
    // An app that is no browser sends no origin.
    ana.put("/users/me", json!({"name": "Ana"})).await.assert(200);
}
