//! How the pages' files are served.

use std::{collections::BTreeSet, path::Path};

use reqwest::Method;

use crate::support::{Answer, Ella};

/// Every file below `web/`.
fn files() -> BTreeSet<String> {
    fn walk(folder: &Path, root: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, root, found);
            } else {
                found.insert(path.strip_prefix(root).unwrap().display().to_string());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web");
    let mut found = BTreeSet::new();
    walk(&root, &root, &mut found);
    found
}

#[tokio::test]
async fn every_file_is_served_with_its_type_and_its_rules() {
    let ella = Ella::start().await;
    for file in files() {
        let path = match file.as_str() {
            "dashboard.html" => "/dashboard".to_owned(),
            "practice.html" => "/practice".to_owned(),
            file => format!("/{file}"),
        };
        let answer = ella.get(&path).await;
        let content = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web").join(&file);
        assert_eq!(answer.assert(200).text, std::fs::read_to_string(content).unwrap(), "{file}");
        let kind = match file.rsplit_once('.').unwrap().1 {
            "html" => "text/html; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "svg" => "image/svg+xml",
            other => panic!("{other}"),
        };
        assert_eq!(answer.header("content-type"), kind, "{file}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cache-control"), "no-cache");
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains('*'), "{policy}");
    }
}

#[tokio::test]
async fn a_file_is_sent_once_and_then_only_when_it_has_changed() {
    let ella = Ella::start().await;
    let get = |encoding: &'static str, tag: String| {
        Answer::of(
            ella.request(Method::GET, "/assets/style.css")
                .header("accept-encoding", encoding)
                .header("if-none-match", tag),
        )
    };
    let mut tags = BTreeSet::new();
    for encoding in ["identity", "gzip, br"] {
        let request = ella.request(Method::GET, "/assets/style.css").header("accept-encoding", encoding);
        let response = request.send().await.unwrap();
        let header =
            |name: &str| response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let (tag, coding) = (header("etag"), header("content-encoding"));
        assert_eq!((response.status().as_u16(), header("vary").as_str()), (200, "accept-encoding"));
        let length = response.bytes().await.unwrap().len();
        assert_eq!(coding, if encoding == "identity" { "" } else { "gzip" });
        assert!(coding.is_empty() || length < 5_000, "{length}");
        let again = get(encoding, tag.clone()).await;
        assert_eq!((again.assert(304).text.as_str(), again.header("etag")), ("", tag.as_str()));
        assert_eq!(again.header("content-encoding"), "");
        get(encoding, "\"another\"".to_owned()).await;
        tags.insert(tag);
    }
    assert_eq!(tags.len(), 2, "two encodings are two things");
    let head = Answer::of(ella.request(Method::HEAD, "/dashboard")).await;
    assert_eq!(head.assert(200).text, "");
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_like_any_other() {
    let ella = Ella::start().await;
    for path in [
        "/assets/nothing.js",
        "/assets/../dashboard.html",
        "/assets/%2e%2e/practice.html",
        "/assets/%ff",
        "/dashboard/",
    ] {
        ella.get(path).await.assert_problem(404);
    }
    let answer = Answer::of(ella.request(Method::POST, "/practice")).await;
    answer.assert_problem(405);
}

#[tokio::test]
async fn the_documentation_works_under_its_policy() {
    let Some(page) = super::page().await else { return };
    let ella = Ella::start().await;
    page.go(&ella.url("/docs")).await;
    page.until("document.querySelectorAll('.swagger-ui .opblock').length > 20").await;
    super::assert_nothing_forbidden(&page).await;
    super::assert_quiet(&page, &ella);
}
