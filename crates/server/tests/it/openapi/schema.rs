//! As much of JSON Schema as our document uses.

use serde_json::{Value, json};

/// What is wrong with `value`, by the place it is found at. An object may have no property that is not described: so an
/// answer cannot say more than the document does.
pub fn faults(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(document, schema, value, "", &mut found);
    found
}

fn check(document: &Value, schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(&reference[1..]).unwrap_or_else(|| panic!("{reference} is there"));
        return check(document, target, value, place, found);
    }
    if schema["allOf"].is_array() {
        return check(document, &whole(document, schema), value, place, found);
    }
    for choices in ["anyOf", "oneOf"] {
        let Some(choices) = schema[choices].as_array() else { continue };
        if !choices.iter().any(|choice| faults(document, choice, value).is_empty()) {
            found.push(format!("{place}: {value} is none of its choices"));
        }
        return;
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => vec![],
    };
    if !kinds.is_empty() && !kinds.iter().any(|kind| is(value, kind)) {
        return found.push(format!("{place}: {value} is not of type {kinds:?}"));
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        found.push(format!("{place}: {value} is none of {words:?}"));
    }
    match value {
        Value::Object(object) => {
            for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if !object.contains_key(name) {
                    found.push(format!("{place}.{name}: is required"));
                }
            }
            for (name, value) in object {
                match schema["properties"].get(name) {
                    Some(schema) => check(document, schema, value, &format!("{place}.{name}"), found),
                    None => found.push(format!("{place}.{name}: is not described")),
                }
            }
        }
        Value::Array(list) => {
            within(schema, ["minItems", "maxItems"], number(list.len()), place, found);
            for (index, value) in list.iter().enumerate() {
                check(document, &schema["items"], value, &format!("{place}.{index}"), found);
            }
        }
        Value::String(text) => {
            within(schema, ["minLength", "maxLength"], number(text.chars().count()), place, found);
            let fits = match schema["format"].as_str() {
                Some("uuid") => text.parse::<uuid::Uuid>().is_ok_and(|id| id.to_string() == *text),
                Some("date-time") => text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok(),
                Some("date") => text.parse::<jiff::civil::Date>().is_ok(),
                _ => true,
            };
            if !fits {
                found.push(format!("{place}: {text} is not of its format"));
            }
        }
        Value::Number(value) => within(schema, ["minimum", "maximum"], value.as_f64().unwrap(), place, found),
        Value::Bool(_) | Value::Null => {}
    }
}

/// An object that is described in parts, as one.
fn whole(document: &Value, schema: &Value) -> Value {
    let mut whole = json!({"type": "object", "properties": {}, "required": []});
    for part in schema["allOf"].as_array().into_iter().flatten() {
        let part = match part["$ref"].as_str() {
            Some(reference) => document.pointer(&reference[1..]).expect("the reference leads somewhere"),
            None => part,
        };
        let part = if part["allOf"].is_array() { self::whole(document, part) } else { part.clone() };
        let properties = part["properties"].as_object().cloned().unwrap_or_default();
        whole["properties"].as_object_mut().expect("an object").extend(properties);
        let required = part["required"].as_array().cloned().unwrap_or_default();
        whole["required"].as_array_mut().expect("a list").extend(required);
    }
    whole
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        kind => panic!("no such type: {kind}"),
    }
}

fn within(schema: &Value, names: [&str; 2], value: f64, place: &str, found: &mut Vec<String>) {
    let [least, most] = names.map(|name| schema[name].as_f64());
    if least.is_some_and(|least| value < least) || most.is_some_and(|most| value > most) {
        found.push(format!("{place}: {value} is not from {least:?} to {most:?}"));
    }
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap())
}
