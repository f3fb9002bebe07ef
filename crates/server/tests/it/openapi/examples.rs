use serde_json::{Value, json};

use super::schema::faults;
use crate::{
    conventions::endpoints::{json_body, ready, with_body},
    support::{Answer, Ella},
};

#[tokio::test]
async fn every_example_is_one() {
    fn walk(document: &Value, place: &str, value: &Value) {
        let Value::Object(object) = value else {
            if let Value::Array(list) = value {
                for value in list {
                    walk(document, place, value);
                }
            }
            return;
        };
        let examples = object.get("examples").and_then(Value::as_array).into_iter().flatten();
        for example in examples.chain(object.get("example")) {
            // A parameter's example stands beside its schema, a schema's within it.
            let schema = object.get("schema").unwrap_or(value);
            assert_eq!(faults(document, schema, example), Vec::<String>::new(), "{place}: {example}");
        }
        for (name, value) in object.iter().filter(|(name, _)| !name.starts_with("example")) {
            walk(document, &format!("{place}/{name}"), value);
        }
    }
    let document = Ella::start().await.get("/openapi.json").await.body;
    walk(&document, "#", &document);
}

#[tokio::test]
async fn the_example_of_every_request_is_accepted() {
    let ella = Ella::start().await;
    let document = ella.get("/openapi.json").await.body;
    let ana = ella.student().await;
    for endpoint in with_body() {
        let path = endpoint.path.replace("{conversation}", "{id}");
        let operation = &document["paths"][&path][endpoint.method.as_str().to_lowercase()];
        assert_eq!(operation["requestBody"]["required"], !endpoint.optional, "{}", endpoint.name());
        let reference =
            operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str().unwrap();
        let mut example = document.pointer(&reference[1..]).unwrap()["examples"][0].clone();
        let conversation = ready(&ana).await;
        if example.get("conversation_id").is_some() {
            example["conversation_id"] = json!(conversation);
        }
        let answer = Answer::of(json_body(endpoint.request(&ana, &conversation), example.to_string())).await;
        assert!(matches!(answer.status, 200 | 201), "{}: {}", endpoint.name(), answer.text);
    }
}
