//! The two protocols, as their servers write them.

use bytes::Bytes;
use serde_json::{Value, json};

use super::call::Protocol;

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    Stop,
    Length,
    Safety,
}

/// Counted tokens: prompt, completion.
pub(crate) type Counted = Option<(u32, u32)>;

pub(crate) fn event(value: &Value) -> Bytes {
    Bytes::from(format!("data: {value}\n\n"))
}

/// What comes before the first text: `OpenAI` says who speaks.
pub(crate) fn opening(protocol: Protocol) -> Bytes {
    match protocol {
        Protocol::OpenAi => openai_delta(&json!({"role": "assistant", "content": "", "refusal": null})),
        Protocol::Gemini => Bytes::new(),
    }
}

pub(crate) fn text(protocol: Protocol, text: &str) -> Bytes {
    match protocol {
        Protocol::OpenAi => openai_delta(&json!({"content": text})),
        Protocol::Gemini => event(
            &json!({"candidates": [{"content": {"parts": [{"text": text}], "role": "model"}, "index": 0}]}),
        ),
    }
}

pub(crate) fn empty(protocol: Protocol) -> Bytes {
    match protocol {
        Protocol::OpenAi => openai_delta(&json!({})),
        Protocol::Gemini => event(&json!({"candidates": [{"content": {"role": "model"}, "index": 0}]})),
    }
}

pub(crate) fn refusal(protocol: Protocol) -> Bytes {
    match protocol {
        Protocol::OpenAi => openai_delta(&json!({"refusal": "I'm sorry, I can't help with that."})),
        Protocol::Gemini => finish(protocol, Reason::Safety, None, true),
    }
}

/// The end of the answer with its counted tokens, in each protocol's order.
pub(crate) fn finish(protocol: Protocol, reason: Reason, counted: Counted, spoken: bool) -> Bytes {
    match protocol {
        Protocol::OpenAi => {
            let mut bytes = Vec::new();
            let choice = json!({"index": 0, "delta": {}, "finish_reason": openai_reason(reason)});
            bytes.extend_from_slice(&event(&openai_frame(&json!([choice]), &Value::Null)));
            if let Some((prompt, completion)) = counted {
                let usage = json!({"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion});
                bytes.extend_from_slice(&event(&openai_frame(&json!([]), &usage)));
            }
            bytes.extend_from_slice(b"data: [DONE]\n\n");
            Bytes::from(bytes)
        }
        Protocol::Gemini if reason == Reason::Safety && !spoken => event(
            &json!({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 20}}),
        ),
        Protocol::Gemini => {
            let mut frame = json!({"candidates": [{"content": {"parts": [{"text": ""}], "role": "model"},
                "finishReason": gemini_reason(reason), "index": 0}]});
            if let Some((prompt, completion)) = counted {
                frame["usageMetadata"] = json!({"promptTokenCount": prompt, "candidatesTokenCount": completion,
                    "totalTokenCount": prompt + completion});
            }
            event(&frame)
        }
    }
}

/// The whole answer at once, for calls that ask for no stream.
pub(crate) fn whole(protocol: Protocol, text: &str, reason: Reason, counted: Counted) -> Value {
    let (prompt, completion) = counted.unwrap_or_default();
    match protocol {
        Protocol::OpenAi => json!({
            "id": "chatcmpl-scripted", "object": "chat.completion", "model": "scripted",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text},
                "finish_reason": openai_reason(reason)}],
            "usage": {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion},
        }),
        Protocol::Gemini => json!({
            "candidates": [{"content": {"parts": [{"text": text}], "role": "model"},
                "finishReason": gemini_reason(reason), "index": 0}],
            "usageMetadata": {"promptTokenCount": prompt, "candidatesTokenCount": completion},
        }),
    }
}

/// The body of an error status.
pub(crate) fn error(protocol: Protocol, status: u16) -> Value {
    match protocol {
        Protocol::OpenAi => json!({"error": {"message": "A scripted error with sk-secret in it.",
            "type": "scripted_error", "param": null, "code": null}}),
        Protocol::Gemini => {
            json!({"error": {"code": status, "message": "A scripted error with AIza-secret in it.",
            "status": "SCRIPTED_ERROR"}})
        }
    }
}

fn openai_delta(delta: &Value) -> Bytes {
    event(&openai_frame(&json!([{"index": 0, "delta": delta, "finish_reason": null}]), &Value::Null))
}

fn openai_frame(choices: &Value, usage: &Value) -> Value {
    json!({"id": "chatcmpl-scripted", "object": "chat.completion.chunk", "created": 0, "model": "scripted",
        "choices": choices, "usage": usage})
}

fn openai_reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Stop => "stop",
        Reason::Length => "length",
        Reason::Safety => "content_filter",
    }
}

fn gemini_reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Stop => "STOP",
        Reason::Length => "MAX_TOKENS",
        Reason::Safety => "SAFETY",
    }
}
