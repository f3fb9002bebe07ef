//! What really goes over the wire.

use ella_test_support::provider::{Script, ScriptedProvider};
use serde_json::{Value, json};

use super::gathering::*;
use crate::*;

async fn sent(
    provider: &ScriptedProvider,
    spec: String,
    request: Request,
) -> ella_test_support::provider::Call {
    let (_, outcome) = transcript(relay(&[spec], Settings::default()).speak(request, within(3000))).await;
    spoken(&outcome);
    only_call(provider)
}

#[tokio::test]
async fn gemini_gets_its_own_protocol() {
    let provider = ScriptedProvider::start().unwrap();
    let call = sent(&provider, provider.gemini("gemini-3.5-flash-lite"), say_json()).await;
    assert_eq!(call.path, "/v1beta/models/gemini-3.5-flash-lite:streamGenerateContent?alt=sse");
    assert_eq!(call.headers["x-goog-api-key"], "AIza-secret");
    assert!(!call.headers.contains_key("authorization"));
    let body = &call.body;
    assert_eq!(at(body, "/systemInstruction/parts/0/text"), "You are Zoe.");
    let roles: Vec<&Value> =
        at(body, "/contents").as_array().unwrap().iter().map(|turn| &turn["role"]).collect();
    assert_eq!(roles, ["user", "model", "user"]);
    let config = at(body, "/generationConfig");
    assert_eq!(config["maxOutputTokens"], 200);
    assert_eq!(config["responseMimeType"], "application/json");
    assert_eq!(config["responseJsonSchema"]["propertyOrdering"], json!(["reply", "corrections"]));
    let properties = config["responseJsonSchema"]["properties"].as_object().unwrap();
    assert_eq!(properties.keys().next().unwrap(), "reply");
}

#[tokio::test]
async fn gemini_hardly_thinks_and_filters_for_minors() {
    for (model, thinking) in [
        ("gemini-2.5-flash", json!({"thinkingBudget": 0})),
        ("gemini-2.5-flash-lite", json!({"thinkingBudget": 0})),
        ("gemini-3.5-flash-lite", json!({"thinkingLevel": "MINIMAL"})),
        ("gemini-3-flash-preview", json!({"thinkingLevel": "MINIMAL"})),
        ("gemini-3.8-flash", json!({"thinkingLevel": "LOW"})),
    ] {
        let provider = ScriptedProvider::start().unwrap();
        let call = sent(&provider, provider.gemini(model), say()).await;
        assert_eq!(at(&call.body, "/generationConfig/thinkingConfig"), &thinking, "{model}");
        let safety: Vec<(&str, &str)> = at(&call.body, "/safetySettings")
            .as_array()
            .unwrap()
            .iter()
            .map(|setting| (setting["category"].as_str().unwrap(), setting["threshold"].as_str().unwrap()))
            .collect();
        assert_eq!(
            safety,
            [
                ("HARM_CATEGORY_SEXUALLY_EXPLICIT", "BLOCK_LOW_AND_ABOVE"),
                ("HARM_CATEGORY_HATE_SPEECH", "BLOCK_LOW_AND_ABOVE"),
                ("HARM_CATEGORY_HARASSMENT", "BLOCK_MEDIUM_AND_ABOVE"),
                ("HARM_CATEGORY_DANGEROUS_CONTENT", "BLOCK_MEDIUM_AND_ABOVE"),
            ]
        );
    }
}

#[tokio::test]
async fn openai_gets_chat_completions_with_a_strict_schema() {
    let provider = ScriptedProvider::start().unwrap();
    let call = sent(&provider, provider.openai("smollm2"), say_json()).await;
    assert_eq!(
        (call.path.as_str(), call.headers["authorization"].as_str()),
        ("/v1/chat/completions", "Bearer sk-secret")
    );
    let body = &call.body;
    assert_eq!(
        (&body["model"], &body["stream"], &body["max_tokens"]),
        (&json!("smollm2"), &json!(true), &json!(200))
    );
    assert_eq!(at(body, "/stream_options/include_usage"), &json!(true));
    assert_eq!(body.get("reasoning_effort"), None);
    let roles: Vec<&Value> =
        at(body, "/messages").as_array().unwrap().iter().map(|turn| &turn["role"]).collect();
    assert_eq!(roles, ["system", "user", "assistant", "user"]);
    let format = at(body, "/response_format");
    assert_eq!((&format["type"], &format["json_schema"]["strict"]), (&json!("json_schema"), &json!(true)));
    assert_eq!(at(format, "/json_schema/schema/required"), &json!(["reply", "corrections"]));
    assert_eq!(at(format, "/json_schema/schema/additionalProperties"), &json!(false));
}

#[tokio::test]
async fn openai_reasons_as_little_as_the_model_allows() {
    for (model, effort) in
        [("gpt-5-mini", json!("minimal")), ("gpt-5.4-mini", json!("none")), ("o4-mini", json!("low"))]
    {
        let provider = ScriptedProvider::start().unwrap();
        let call = sent(&provider, provider.openai(model), say()).await;
        assert_eq!(
            (&call.body["reasoning_effort"], call.body.get("temperature")),
            (&effort, None),
            "{model}"
        );
    }
}

#[tokio::test]
async fn a_model_that_refuses_a_thinking_setting_is_asked_for_less_the_next_time() {
    let provider = ScriptedProvider::start().unwrap();
    let refusal = json!({"error": {"code": 400, "status": "INVALID_ARGUMENT",
        "message": "thinking level MINIMAL is not supported for this model"}});
    provider.next(Script::new().status_with(400, refusal));
    let relay = relay(&[provider.gemini("gemini-9-flash")], Settings::default());
    let (_, outcome) = transcript(relay.speak(say(), within(3000))).await;
    assert_eq!(fates(&outcome), ["server"]);
    assert!(outcome.attempts()[0].error.as_ref().unwrap().message.contains("INVALID_ARGUMENT"));
    transcript(relay.speak(say(), within(3000))).await;
    let levels: Vec<Value> = provider
        .calls()
        .iter()
        .map(|call| at(&call.body, "/generationConfig/thinkingConfig/thinkingLevel").clone())
        .collect();
    assert_eq!(levels, ["MINIMAL", "LOW"]);
}

#[tokio::test]
async fn without_a_key_an_address_of_ones_own_will_do_and_the_public_one_will_not() {
    let provider = ScriptedProvider::start().unwrap();
    let specs = parse_specs(&provider.openai("model")).unwrap();
    let relay = Relay::from_specs(&specs, &Keys::default(), Settings::default()).unwrap();
    transcript(relay.speak(say(), within(3000))).await;
    assert!(!only_call(&provider).headers.contains_key("authorization"));
    let public = parse_specs("gemini:gemini-2.5-flash").unwrap();
    let error = Relay::from_specs(&public, &Keys::default(), Settings::default()).unwrap_err();
    assert!(error.to_string().contains("GEMINI_API_KEY"), "{error}");
    let keys = Keys { gemini: Some("line\nbreak".into()), ..Keys::default() };
    let error = Relay::from_specs(&public, &keys, Settings::default()).unwrap_err();
    assert!(!error.to_string().contains("line\n") && error.to_string().contains("GEMINI_API_KEY"), "{error}");
}

#[tokio::test]
async fn a_model_may_have_a_key_of_its_own_or_none() {
    let provider = ScriptedProvider::start().unwrap();
    let own = ["one=gsk-own", "two="].map(|own| own.parse().unwrap()).to_vec();
    let keys = Keys { openai: Some("sk-secret".into()), own, ..Keys::default() };
    for (model, sent) in [("one", Some("Bearer gsk-own")), ("two", None), ("three", Some("Bearer sk-secret"))]
    {
        let specs = parse_specs(&provider.openai(model)).unwrap();
        let relay = Relay::from_specs(&specs, &keys, Settings::default()).unwrap();
        transcript(relay.speak(say(), within(3000))).await;
        let call = provider.calls().pop().unwrap();
        assert_eq!(call.headers.get("authorization").map(String::as_str), sent, "{model}");
    }
    let public = parse_specs("openai:two").unwrap();
    let error = Relay::from_specs(&public, &keys, Settings::default()).unwrap_err();
    assert!(error.to_string().contains("ELLA_LLM_KEYS"), "{error}");
}

#[tokio::test]
async fn warming_opens_the_connection_that_the_calls_use() {
    let provider = ScriptedProvider::start().unwrap();
    for (round, spec) in
        [provider.openai("model"), provider.gemini("gemini-2.5-flash")].into_iter().enumerate()
    {
        let relay = relay(&[spec], Settings::default());
        let warmed = relay.warm().await;
        assert!(warmed.iter().all(|warmed| warmed.result.is_ok()), "{warmed:?}");
        assert_eq!(provider.warm_ups(), round + 1);
        assert_eq!(relay.providers()[0].state, ProviderState::Unknown, "only real turns tell");
        for _ in 0..3 {
            // A connection is back in its pool a moment after its answer was read.
            tokio::time::sleep(20 * MILLISECOND).await;
            transcript(relay.speak(say(), within(3000))).await;
        }
        relay.warm().await;
        assert_eq!(provider.warm_ups(), round + 1, "who was called lately is warm");
        assert_eq!(provider.connections(), round + 1, "one connection for all");
    }
}

#[tokio::test]
async fn warming_says_what_is_wrong() {
    let refused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let relay = relay(&[format!("gemini:model@http://{refused}/v1beta")], Settings::default());
    let warmed = relay.warm().await;
    assert_eq!(warmed[0].result.as_ref().unwrap_err().kind, ProviderErrorKind::Unreachable);
    assert_eq!(relay.providers()[0].state, ProviderState::Unknown);
}
