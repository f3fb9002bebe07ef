//! Google's own protocol, `streamGenerateContent` (ai.google.dev/api/generate-content).
//!
//! Written on reqwest because `genai` 0.7.2 loses `promptFeedback.blockReason`, so that a refusal looks like a
//! malformed answer, and buffers an event of any size.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{ProviderError, ProviderErrorKind};
use crate::openai::stream_error;
use crate::outcome::Usage;
use crate::provider::{Chunk, Finish};
use crate::request::{Output, Request, Role, strict_schema};

/// How much a model may think before it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Thinking {
    /// `thinkingBudget`, in tokens; 0 is off.
    Budget(u32),
    /// `thinkingLevel`.
    Level(&'static str),
    /// Nothing is said about it.
    Unsaid,
}

/// The least thinking a model allows, best first; the next one is tried when the model refuses one.
/// Source: ai.google.dev/gemini-api/docs/thinking: 2.5 takes a budget (2.5 Pro at least 128), 3 and later a level,
/// Pro models and Flash from 3.7 on no lower one than `LOW` ("gemini-3.8-flash rejects minimal with a 400").
pub(crate) fn thinking(model: &str) -> &'static [Thinking] {
    use Thinking::{Budget, Level, Unsaid};
    let model = model.rsplit('/').next().unwrap_or(model);
    let Some(version) = model.strip_prefix("gemini-") else { return &[Unsaid] };
    let is_pro = version.contains("pro");
    if version.starts_with("1.") || version.starts_with("2.0") {
        &[Unsaid]
    } else if version.starts_with("2.5") {
        if is_pro { &[Budget(128), Unsaid] } else { &[Budget(0), Unsaid] }
    } else if is_pro || version.starts_with("3.7") || version.starts_with("3.8") {
        &[Level("LOW"), Unsaid]
    } else {
        &[Level("MINIMAL"), Level("LOW"), Unsaid]
    }
}

/// Filters for learners of whom many are children (ai.google.dev/gemini-api/docs/safety-settings; newer models
/// have all of them off by default). Sexual content and hate are blocked at the slightest suspicion. Harassment and
/// danger are blocked from medium on: at the lowest threshold a lesson about a fight at school, a war in the news
/// or a broken leg would fall silent, and Zoe has to be able to answer a child who tells her about it.
const SAFETY: [(&str, &str); 4] = [
    ("HARM_CATEGORY_SEXUALLY_EXPLICIT", "BLOCK_LOW_AND_ABOVE"),
    ("HARM_CATEGORY_HATE_SPEECH", "BLOCK_LOW_AND_ABOVE"),
    ("HARM_CATEGORY_HARASSMENT", "BLOCK_MEDIUM_AND_ABOVE"),
    ("HARM_CATEGORY_DANGEROUS_CONTENT", "BLOCK_MEDIUM_AND_ABOVE"),
];

/// The body of a streamed call.
pub(crate) fn body(request: &Request, thinking: Thinking) -> Value {
    let contents: Vec<Value> = request
        .turns()
        .into_iter()
        .map(|message| {
            let role = match message.role {
                Role::User => "user",
                Role::Assistant => "model",
            };
            json!({"role": role, "parts": [{"text": message.text}]})
        })
        .collect();
    let mut config =
        json!({"maxOutputTokens": request.max_output_tokens, "temperature": request.temperature});
    match thinking {
        Thinking::Budget(tokens) => config["thinkingConfig"] = json!({"thinkingBudget": tokens}),
        Thinking::Level(level) => config["thinkingConfig"] = json!({"thinkingLevel": level}),
        Thinking::Unsaid => {}
    }
    if let Output::Json { schema, .. } = &request.output {
        let mut schema = strict_schema(schema);
        // Gemini's own word for the order in which properties are written.
        schema["propertyOrdering"] = schema["required"].clone();
        config["responseMimeType"] = json!("application/json");
        config["responseJsonSchema"] = schema;
    }
    json!({
        "systemInstruction": {"parts": [{"text": request.system}]},
        "contents": contents,
        "generationConfig": config,
        "safetySettings": SAFETY
            .map(|(category, threshold)| json!({"category": category, "threshold": threshold})),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Frame {
    candidates: Option<Vec<Candidate>>,
    prompt_feedback: Option<PromptFeedback>,
    usage_metadata: Option<Counted>,
    error: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate {
    content: Option<Content>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Content {
    parts: Option<Vec<Part>>,
}

#[derive(Deserialize)]
struct Part {
    text: Option<String>,
    thought: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PromptFeedback {
    block_reason: Option<String>,
}

#[derive(Deserialize)]
struct Counted {
    #[serde(rename = "promptTokenCount")]
    prompt: Option<u32>,
    #[serde(rename = "candidatesTokenCount")]
    answer: Option<u32>,
    #[serde(rename = "thoughtsTokenCount")]
    thoughts: Option<u32>,
}

/// Reads one event of the stream.
pub(crate) fn read(data: &str) -> Result<Vec<Chunk>, ProviderError> {
    let frame: Frame = serde_json::from_str(data)
        .map_err(|_| ProviderError::new(ProviderErrorKind::Malformed, "an event of the stream is no JSON"))?;
    if let Some(error) = frame.error {
        return Err(stream_error(&error));
    }
    if frame.prompt_feedback.is_some_and(|feedback| feedback.block_reason.is_some()) {
        return Err(ProviderError::new(ProviderErrorKind::Refused, "a safety filter blocked the prompt"));
    }
    let mut chunks = Vec::new();
    if let Some(counted) = frame.usage_metadata {
        let written = counted.answer.unwrap_or(0).saturating_add(counted.thoughts.unwrap_or(0));
        if let Some(prompt_tokens) = counted.prompt {
            chunks.push(Chunk::Usage(Usage { prompt_tokens, completion_tokens: written, estimated: false }));
        }
    }
    if let Some(candidate) = frame.candidates.into_iter().flatten().next() {
        let parts = candidate.content.and_then(|content| content.parts).into_iter().flatten();
        let spoken = parts.filter(|part| part.thought != Some(true)).filter_map(|part| part.text);
        chunks.extend(spoken.filter(|text| !text.is_empty()).map(Chunk::Text));
        chunks.extend(candidate.finish_reason.as_deref().map(finish).transpose()?.flatten());
    }
    Ok(chunks)
}

fn finish(reason: &str) -> Result<Option<Chunk>, ProviderError> {
    match reason {
        "" | "FINISH_REASON_UNSPECIFIED" => Ok(None),
        "STOP" => Ok(Some(Chunk::Finished(Finish::Complete))),
        "MAX_TOKENS" => Ok(Some(Chunk::Finished(Finish::Length))),
        "SAFETY" | "RECITATION" | "LANGUAGE" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" => {
            Err(ProviderError::new(ProviderErrorKind::Refused, "a safety filter stopped the answer"))
        }
        _ => {
            Err(ProviderError::new(ProviderErrorKind::Malformed, "the answer ended for a reason of its own"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_thinks_as_little_as_it_can() {
        for (model, expected) in [
            ("gemini-2.5-flash", Thinking::Budget(0)),
            ("gemini-2.5-flash-lite", Thinking::Budget(0)),
            ("gemini-2.5-pro", Thinking::Budget(128)),
            ("gemini-3-flash-preview", Thinking::Level("MINIMAL")),
            ("gemini-3.5-flash-lite", Thinking::Level("MINIMAL")),
            ("gemini-3.1-pro-preview", Thinking::Level("LOW")),
            ("gemini-3.8-flash", Thinking::Level("LOW")),
            ("gemini-2.0-flash", Thinking::Unsaid),
            ("gemma-3-27b-it", Thinking::Unsaid),
        ] {
            assert_eq!(thinking(model)[0], expected, "{model}");
        }
    }

    #[test]
    fn thoughts_are_not_spoken() {
        let chunks = read(
            r#"{"candidates":[{"content":{"parts":[{"text":"Let me think.","thought":true},{"text":"Hello!"}]}}]}"#,
        );
        assert_eq!(chunks, Ok(vec![Chunk::Text("Hello!".into())]));
    }
}
