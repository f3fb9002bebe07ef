use reqwest::Method;

use crate::support::{Answer, Ella};

/// The addresses that a page names in `src` and `href`.
fn named_in(page: &str) -> Vec<&str> {
    let after = |name: &'static str| page.split(name).skip(1).filter_map(|rest| rest.split('"').next());
    after("src=\"").chain(after("href=\"")).collect()
}

#[tokio::test]
async fn the_documentation_needs_nothing_from_elsewhere() {
    let ella = Ella::start().await;
    let page = ella.get("/docs").await;
    page.assert(200);
    assert!(page.header("content-type").starts_with("text/html"), "{}", page.header("content-type"));
    let policy = page.header("content-security-policy").to_owned();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert!(page.text.contains("<title>API · Ella</title>"), "{}", page.text);
    let files = named_in(&page.text);
    assert!(files.len() >= 4, "scripts and styles: {files:?}");
    for file in files {
        assert!(file.starts_with("/docs/"), "{file} comes from this server");
        let answer = ella.get(file).await;
        answer.assert(200);
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{file}");
        let is_script = std::path::Path::new(file).extension().is_some_and(|extension| extension == "js");
        let kind = if is_script { "text/javascript" } else { "" };
        assert!(answer.header("content-type").contains(kind), "{file}: {}", answer.header("content-type"));
    }
    let set_up = ella.get("/docs/swagger-initializer.js").await;
    set_up.assert(200);
    assert!(set_up.text.contains("\"/openapi.json\""), "{}", set_up.text);
    // Unless it is told otherwise, the page shows the document to a validator on the internet.
    assert!(set_up.text.contains("\"validatorUrl\": \"none\""), "{}", set_up.text);
}

#[tokio::test]
async fn what_a_browser_has_already_is_not_sent_again_and_what_is_sent_is_compressed() {
    let ella = Ella::start().await;
    let page = ella.get("/docs").await.text;
    for path in named_in(&page).into_iter().chain(["/docs", "/openapi.json"]) {
        let get = |encoding: &'static str, known: &str| {
            let asked = ella.request(Method::GET, path).header("accept-encoding", encoding);
            Answer::of(asked.header("if-none-match", known))
        };
        let whole = get("identity", "\"another\"").await;
        let zipped = get("gzip", whole.assert(200).header("etag")).await;
        assert_eq!(
            (whole.header("content-encoding"), zipped.header("content-encoding")),
            ("", "gzip"),
            "{path}"
        );
        zipped.assert(200);
        for (encoding, first) in [("identity", whole), ("gzip", zipped)] {
            assert_eq!(first.header("cache-control"), "no-cache", "{path}");
            let again = get(encoding, first.header("etag")).await;
            assert_eq!(
                (again.assert(304).text.as_str(), again.header("etag")),
                ("", first.header("etag")),
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn a_file_that_is_not_there_is_a_problem_like_any_other() {
    let ella = Ella::start().await;
    for path in ["/docs/nothing.js", "/docs/../Cargo.toml", "/docs/%2e%2e/secret", "/docs/%ff"] {
        ella.get(path).await.assert_problem(404);
    }
}

#[tokio::test]
async fn the_description_is_json() {
    let ella = Ella::start().await;
    let answer = ella.get("/openapi.json").await;
    answer.assert(200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.body["openapi"], "3.1.0");
}
