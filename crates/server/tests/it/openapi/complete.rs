use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{conventions::endpoints, support::Ella};

async fn document() -> Value {
    Ella::start().await.get("/openapi.json").await.body
}

/// Every operation with its name, such as `GET /users/me`.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().iter();
            methods.map(move |(method, operation)| (format!("{} {path}", method.to_uppercase()), operation))
        })
        .collect()
}

fn statuses(operation: &Value) -> BTreeSet<&str> {
    operation["responses"].as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn every_endpoint_is_in_it_with_its_caller() {
    let document = document().await;
    let found: BTreeSet<String> = operations(&document).into_iter().map(|(name, _)| name).collect();
    let wanted = endpoints::all().into_iter();
    let wanted = wanted.map(|endpoint| format!("{} {}", endpoint.method, endpoint.described_path()));
    assert_eq!(found, wanted.collect());
    for (name, operation) in operations(&document) {
        let (_, path) = name.split_once(' ').unwrap();
        let expected = match path {
            "/" | "/health" | "/auth/anonymous" => json!([{}]),
            path if path.starts_with("/admin/") => json!([{"admin": []}]),
            _ => json!([{"student": []}]),
        };
        assert_eq!(operation["security"], expected, "{name}");
        for member in ["summary", "operationId"] {
            assert!(operation[member].as_str().is_some_and(|text| !text.is_empty()), "{name} has a {member}");
        }
        assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{name}");
    }
    let schemes = &document["components"]["securitySchemes"];
    assert_eq!(
        (&schemes["student"]["scheme"], &schemes["student"]["bearerFormat"]),
        (&json!("bearer"), &json!("JWT"))
    );
    assert_eq!(
        (&schemes["admin"]["in"], &schemes["admin"]["name"]),
        (&json!("header"), &json!("X-Admin-Key"))
    );
}

#[tokio::test]
async fn every_error_that_an_endpoint_can_answer_with_is_in_it() {
    let document = document().await;
    for (name, operation) in operations(&document) {
        let (method, path) = name.split_once(' ').unwrap();
        let mut expected = BTreeSet::from(["503"]);
        if path != "/health" {
            expected.insert("500");
        }
        match operation["security"][0].as_object().unwrap().keys().next().map(String::as_str) {
            Some("student") => expected.extend(["401"]),
            Some(_) => expected.extend(["401", "403"]),
            None if path == "/auth/anonymous" => expected.extend(["401", "429"]),
            None => {}
        }
        if method != "GET" {
            expected.extend(["408", "413", "415", "422"]);
        }
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let kinds: BTreeSet<&str> = parameters.map(|parameter| parameter["in"].as_str().unwrap()).collect();
        if kinds.contains("query") {
            expected.insert("422");
        }
        let names_something =
            ["/llm/conversation-starter", "/llm/conversation-turn", "/llm/session-analysis"];
        if kinds.contains("path") || names_something.contains(&path) || path == "/placements/latest" {
            expected.insert("404");
        }
        if kinds.contains("header") || path == "/llm/session-analysis" {
            expected.insert("409");
        }
        let errors =
            statuses(operation).into_iter().filter(|status| *status >= "400").collect::<BTreeSet<_>>();
        assert_eq!(errors, expected, "{name}");
    }
}

#[tokio::test]
async fn every_response_says_what_it_carries() {
    let document = document().await;
    for (name, operation) in operations(&document) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let place = format!("{name} {status}");
            for header in ["x-request-id", "server-timing"] {
                assert!(response["headers"][header].is_object(), "{place} has {header}");
            }
            assert!(!response["description"].as_str().unwrap().is_empty(), "{place}");
            let is_health = name == "GET /health";
            match status.as_str() {
                "307" => assert!(response["headers"]["Location"].is_object()),
                error if error >= "400" && !is_health => {
                    let schema = &response["content"]["application/problem+json"]["schema"];
                    assert_eq!(schema, &json!({"$ref": "#/components/schemas/Problem"}), "{place}");
                }
                _ => {
                    assert!(response["content"]["application/json"]["schema"]["$ref"].is_string(), "{place}");
                }
            }
            if ["429", "503"].contains(&status.as_str()) {
                assert!(response["headers"]["Retry-After"].is_object(), "{place}");
            }
        }
    }
}

#[tokio::test]
async fn every_reference_leads_somewhere_and_every_schema_is_used() {
    fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(object) => {
                found.extend(object.get("$ref").and_then(Value::as_str));
                for value in object.values() {
                    references(value, found);
                }
            }
            Value::Array(list) => {
                for value in list {
                    references(value, found);
                }
            }
            _ => {}
        }
    }
    let document = document().await;
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    for reference in &found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(found.contains(format!("#/components/schemas/{name}").as_str()), "{name} is used");
        assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{name} is a good name for a class");
    }
}
