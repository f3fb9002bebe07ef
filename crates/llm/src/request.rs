//! What is asked of a model.

use std::sync::Arc;

use serde_json::{Map, Value, json};

/// One prompt. The caller has already bounded the history and escaped what students wrote.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Who Zoe is and what she has to do now.
    pub system: String,
    /// The conversation so far, oldest first. May be empty when Zoe begins.
    pub messages: Vec<Message>,
    /// Plain words, or JSON whose first property is `reply`.
    pub output: Output,
    /// The most tokens the provider may write, thinking included.
    pub max_output_tokens: u32,
    /// 0 to 2. Left out where a model refuses it.
    pub temperature: f64,
}

/// One turn of the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub text: String,
}

/// Who speaks in a [`Message`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The student.
    User,
    /// Zoe.
    Assistant,
}

/// The form of the answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Everything the model writes is the reply.
    Text,
    /// A JSON object whose `reply` is spoken while the rest is still being written.
    Json {
        /// Names the schema for `OpenAI`: letters, digits, `_` and `-`.
        name: String,
        /// JSON Schema of an object; [`Output::json`] puts `reply` first. Shared, because it is the same in thousands
        /// of turns that wait at once.
        schema: Arc<Value>,
    },
}

impl Message {
    /// Words of the student.
    pub fn user(text: impl Into<String>) -> Self {
        Self { role: Role::User, text: text.into() }
    }

    /// Words of Zoe.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self { role: Role::Assistant, text: text.into() }
    }
}

impl Output {
    /// JSON output after `schema`, with its property `reply` moved to the front: models write properties in the
    /// schema's order, and only what is written first can be spoken early.
    pub fn json(name: impl Into<String>, mut schema: Value) -> Self {
        if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut)
            && let Some(reply) = properties.shift_remove("reply")
        {
            let mut ordered = Map::new();
            ordered.insert("reply".to_owned(), reply);
            ordered.append(properties);
            *properties = ordered;
        }
        Self::Json { name: name.into(), schema: Arc::new(schema) }
    }
}

impl Request {
    /// The turns as they go on the wire. The last one is never Zoe's: newer Gemini models refuse that
    /// (model card of gemini-3.5-flash-lite, "last input turn").
    pub(crate) fn turns(&self) -> Vec<Message> {
        let mut turns = self.messages.clone();
        match turns.last() {
            None => turns.push(Message::user("Please begin.")),
            Some(Message { role: Role::Assistant, .. }) => turns.push(Message::user("Please go on.")),
            Some(_) => {}
        }
        turns
    }

    /// Tokens of the prompt where the provider does not tell: four characters each, which is `OpenAI`'s rule of
    /// thumb for English.
    pub(crate) fn estimated_prompt_tokens(&self) -> u32 {
        let characters: usize = self.system.chars().count()
            + self.messages.iter().map(|message| message.text.chars().count()).sum::<usize>();
        estimate_tokens(characters)
    }
}

/// Tokens in so many characters, at four characters a token.
pub(crate) fn estimate_tokens(characters: usize) -> u32 {
    u32::try_from(characters.div_ceil(4)).unwrap_or(u32::MAX)
}

/// A schema as strict structured output wants it: every object closed and every property required
/// (`OpenAI`, "Structured model outputs", supported schemas).
pub(crate) fn strict_schema(schema: &Value) -> Value {
    match schema {
        Value::Object(object) => {
            let mut strict: Map<String, Value> =
                object.iter().map(|(key, value)| (key.clone(), strict_schema(value))).collect();
            if let Some(properties) = object.get("properties").and_then(Value::as_object) {
                strict.insert("additionalProperties".to_owned(), json!(false));
                strict.insert("required".to_owned(), properties.keys().cloned().collect());
            }
            Value::Object(strict)
        }
        Value::Array(items) => items.iter().map(strict_schema).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reply_comes_first_whatever_order_the_schema_has() {
        let schema = json!({"type": "object", "properties": {
            "corrections": {"type": "array", "items": {"type": "object", "properties": {"original": {"type": "string"}}}},
            "reply": {"type": "string"},
        }});
        let Output::Json { schema, .. } = Output::json("turn", schema) else { panic!("JSON was asked for") };
        assert_eq!(
            strict_schema(&schema).to_string(),
            json!({"type": "object", "properties": {
                "reply": {"type": "string"},
                "corrections": {"type": "array", "items": {
                    "type": "object", "properties": {"original": {"type": "string"}},
                    "additionalProperties": false, "required": ["original"],
                }},
            }, "additionalProperties": false, "required": ["reply", "corrections"]})
            .to_string()
        );
    }

    #[test]
    fn the_last_turn_on_the_wire_is_never_zoes() {
        let mut request = Request {
            system: String::new(),
            messages: Vec::new(),
            output: Output::Text,
            max_output_tokens: 10,
            temperature: 1.0,
        };
        assert_eq!(request.turns().len(), 1);
        request.messages = vec![Message::user("Hi"), Message::assistant("Hello!")];
        assert_eq!(request.turns().last().map(|turn| turn.role), Some(Role::User));
    }
}
