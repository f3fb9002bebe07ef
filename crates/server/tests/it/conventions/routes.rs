use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;

use super::endpoints::{all, ready};
use crate::support::{Answer, Ella};

#[tokio::test]
async fn an_unknown_address_is_a_problem() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for path in [
        "/nowhere",
        "/users",
        "/users/me/",
        "//",
        "/Users/me",
        "/users/ME",
        "/conversations/",
        "/admin",
        "/llm",
        "/metrics",
        "/docs/",
        "/users/me/settings/x",
        "/%ff",
        "/conversations/a/b/c",
        "/favicon.ico",
        "/openapi.yaml",
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE, Method::OPTIONS] {
            Answer::of(ana.request(method.clone(), path)).await.assert_problem(404);
            Answer::of(ella.request(method, path)).await.assert_problem(404);
        }
    }
}

#[tokio::test]
async fn a_method_that_an_address_does_not_know_is_a_problem_that_names_those_it_does() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let conversation = ready(&ana).await;
    let mut known: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for endpoint in all() {
        let methods = known.entry(endpoint.path).or_default();
        methods.insert(endpoint.method.to_string());
        if endpoint.method == Method::GET {
            methods.insert("HEAD".to_owned());
        }
    }
    for path in ["/docs", "/openapi.json"] {
        known.insert(path, ["GET", "HEAD"].map(str::to_owned).into());
    }
    let methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"];
    for (path, allowed) in known {
        let address = path.replace("{conversation}", &conversation).replace("{student}", "x");
        for method in methods.into_iter().filter(|method| !allowed.contains(*method)) {
            let request = ella.request(method.parse().unwrap(), &address).body("x");
            let answer = Answer::of(request).await;
            assert_eq!(answer.status, 405, "{method} {path}: {}", answer.text);
            answer.assert_problem(405);
            let named: BTreeSet<String> =
                answer.header("allow").split(',').map(|name| name.trim().to_owned()).collect();
            assert_eq!(named, allowed, "{method} {path}");
        }
    }
}
