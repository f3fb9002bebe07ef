use ella_test_support::provider::{Script, ScriptedProvider, reply_json};
use serde_json::{Value, json};

use super::schema::faults;
use crate::{
    conventions::endpoints::{json_body, ready, with_body},
    support::{Answer, Ella, Heard, Stream},
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

#[tokio::test]
async fn the_example_of_every_stream_is_one() {
    let document = Ella::start().await.get("/openapi.json").await.body;
    for path in ["/llm/conversation-turn", "/llm/placement-turn"] {
        let content = &document["paths"][path]["post"]["responses"]["200"]["content"]["text/event-stream"];
        let examples = content["examples"].as_object().unwrap_or_else(|| panic!("{path} has examples"));
        for (name, example) in examples {
            let wire = example["value"].as_str().unwrap();
            let events = wire.strip_suffix("\n\n").unwrap_or_else(|| panic!("{name} ends with an event"));
            for event in events.split("\n\n") {
                let (kind, data) = event.split_once('\n').unwrap();
                let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
                let event = json!({"event": kind.strip_prefix("event: ").unwrap(), "data": data});
                let found = faults(&document, &content["schema"], &event);
                assert_eq!(found, Vec::<String>::new(), "{path} {name}: {event}");
            }
        }
    }
}

#[tokio::test]
async fn what_a_stream_tells_is_what_the_document_says() {
    let zoe = ScriptedProvider::start().unwrap();
    zoe.always(Script::answer(reply_json("I see. Go on.", &json!([]))));
    let ella = Ella::with().flag("--llm", zoe.openai("m")).start().await;
    let document = ella.get("/openapi.json").await.body;
    let ana = ella.student().await;
    let turn = json!({"conversation_id": ana.conversation().await, "text": "Hello"});
    for (path, body) in [("/llm/conversation-turn", turn), ("/llm/placement-turn", json!({}))] {
        let schema =
            &document["paths"][path]["post"]["responses"]["200"]["content"]["text/event-stream"]["schema"];
        let mut stream = Stream::of(ana.request(reqwest::Method::POST, path).json(&body)).await;
        let mut names = Vec::new();
        while let Some(heard) = stream.next().await {
            let Heard::Event(name, data) = heard else { continue };
            let event = json!({"event": name, "data": data});
            assert_eq!(faults(&document, schema, &event), Vec::<String>::new(), "{path}: {event}");
            names.push(name);
        }
        assert_eq!(names, ["delta", "sentence", "sentence", "done"], "{path}");
    }
}
