//! `OpenAI`'s chat completions, as `OpenAI` and the many servers compatible with it speak them.
//!
//! Source: platform.openai.com/docs/api-reference/chat. Written on reqwest because `genai` 0.7.2 drops
//! `delta.refusal` and buffers an event of any size.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{ProviderError, ProviderErrorKind};
use crate::outcome::Usage;
use crate::provider::{Chunk, Finish};
use crate::request::{Output, Request, Role, strict_schema};

/// The lowest reasoning effort a model knows, best first; the next one is tried when the model refuses one.
/// Models without reasoning (gpt-4.1, gpt-4o, and all that are not `OpenAI`'s) must not be sent any.
/// Source: developers.openai.com/api/docs/guides/reasoning (gpt-5: `minimal`; from gpt-5.1 on: `none`).
pub(crate) fn efforts(model: &str) -> &'static [Option<&'static str>] {
    let model = model.rsplit('/').next().unwrap_or(model);
    let has_point_version = model.strip_prefix("gpt-5.").is_some();
    if model.contains("chat-latest") {
        &[None]
    } else if has_point_version {
        &[Some("none"), Some("low"), None]
    } else if model.starts_with("gpt-5") {
        &[Some("minimal"), Some("low"), None]
    } else if model.starts_with("o1") || model.starts_with("o3") || model.starts_with("o4") {
        &[Some("low"), None]
    } else {
        &[None]
    }
}

/// The body of a streamed call. `public` is true for `OpenAI`'s own address, which knows newer fields that
/// compatible servers refuse.
pub(crate) fn body(request: &Request, model: &str, effort: Option<&str>, public: bool) -> Value {
    let mut messages = vec![json!({"role": "system", "content": request.system})];
    messages.extend(request.turns().into_iter().map(|message| {
        let role = match message.role {
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        json!({"role": role, "content": message.text})
    }));
    let mut body = json!({
        "model": model,
        "messages": messages,
        "stream": true,
        "stream_options": {"include_usage": true},
    });
    let limit = if public { "max_completion_tokens" } else { "max_tokens" };
    body[limit] = json!(request.max_output_tokens);
    match effort {
        Some(effort) => body["reasoning_effort"] = json!(effort),
        // Reasoning models refuse any temperature but their own.
        None => body["temperature"] = json!(request.temperature),
    }
    if public {
        body["store"] = json!(false);
    }
    if let Output::Json { name, schema } = &request.output {
        body["response_format"] = json!({
            "type": "json_schema",
            "json_schema": {"name": name, "strict": true, "schema": strict_schema(schema)},
        });
    }
    body
}

#[derive(Deserialize)]
struct Frame {
    choices: Option<Vec<Choice>>,
    usage: Option<Counted>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    delta: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta {
    content: Option<String>,
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct Counted {
    prompt_tokens: Option<u32>,
    completion_tokens: Option<u32>,
}

/// Reads one event of the stream.
pub(crate) fn read(data: &str) -> Result<Vec<Chunk>, ProviderError> {
    if data.trim() == "[DONE]" {
        return Ok(Vec::new());
    }
    let frame: Frame = serde_json::from_str(data)
        .map_err(|_| ProviderError::new(ProviderErrorKind::Malformed, "an event of the stream is no JSON"))?;
    if let Some(error) = frame.error.filter(|error| !error.is_null()) {
        return Err(stream_error(&error));
    }
    let mut chunks = Vec::new();
    if let Some(choice) = frame.choices.into_iter().flatten().next() {
        if let Some(delta) = choice.delta {
            if delta.refusal.is_some_and(|refusal| !refusal.is_empty()) {
                return Err(ProviderError::new(ProviderErrorKind::Refused, "the model declined to answer"));
            }
            chunks.extend(delta.content.filter(|text| !text.is_empty()).map(Chunk::Text));
        }
        match choice.finish_reason.as_deref() {
            None | Some("") => {}
            Some("length") => chunks.push(Chunk::Finished(Finish::Length)),
            Some("content_filter") => {
                return Err(ProviderError::new(
                    ProviderErrorKind::Refused,
                    "the content filter stopped the answer",
                ));
            }
            Some(_) => chunks.push(Chunk::Finished(Finish::Complete)),
        }
    }
    if let Some(Counted { prompt_tokens: Some(prompt_tokens), completion_tokens: Some(completion_tokens) }) =
        frame.usage
    {
        chunks.push(Chunk::Usage(Usage { prompt_tokens, completion_tokens, estimated: false }));
    }
    Ok(chunks)
}

/// An error in the middle of a stream; some servers give it an HTTP status as `code`.
pub(crate) fn stream_error(error: &Value) -> ProviderError {
    let status =
        error.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok()).unwrap_or(500);
    let kind = match status {
        429 => ProviderErrorKind::RateLimited { retry_after: None },
        401 | 403 => ProviderErrorKind::Unauthorized,
        other => ProviderErrorKind::Server(other),
    };
    ProviderError::new(kind, "the provider reported an error in its stream")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Message;

    fn request(output: Output) -> Request {
        Request {
            system: "You are Zoe.".into(),
            messages: vec![Message::user("Hi")],
            output,
            max_output_tokens: 300,
            temperature: 0.5,
        }
    }

    #[test]
    fn reasoning_is_off_or_minimal_where_there_is_any() {
        for (model, expected) in [
            ("gpt-5-mini", Some("minimal")),
            ("gpt-5.4-mini", Some("none")),
            ("openai/gpt-5.1", Some("none")),
            ("gpt-5-chat-latest", None),
            ("o4-mini", Some("low")),
            ("gpt-4.1-mini", None),
            ("smollm2", None),
        ] {
            assert_eq!(efforts(model)[0], expected, "{model}");
            let body = body(&request(Output::Text), model, efforts(model)[0], true);
            assert_eq!(body.get("reasoning_effort").and_then(Value::as_str), expected, "{model}");
            assert_eq!(body.get("temperature").is_none(), expected.is_some(), "{model}");
        }
    }

    #[test]
    fn only_openai_itself_gets_the_newer_fields() {
        let public = body(&request(Output::Text), "gpt-4.1-mini", None, true);
        assert_eq!((&public["max_completion_tokens"], &public["store"]), (&json!(300), &json!(false)));
        let own = body(&request(Output::Text), "smollm2", None, false);
        assert_eq!((&own["max_tokens"], own.get("store")), (&json!(300), None));
    }
}
