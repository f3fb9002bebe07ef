mod create;
mod latest;
mod list;
mod race;
mod retries;

use serde_json::{Value, json};

/// A placement with everything in it.
fn whole() -> Value {
    json!({
        "cefr_level": "B1", "confidence": 0.8,
        "scores": {"grammar": 0.5, "vocab": 0.625, "fluency": 1},
        "transcript": [
            {"role": "assistant", "content": "What do you like to do?", "at": "2026-11-22T11:00:00.5+02:00"},
            {"role": "user", "content": "  I like play football.  "},
        ],
        "duration_seconds": 240,
    })
}

/// A placement with nothing but what is required.
fn bare(level: &str) -> Value {
    json!({"cefr_level": level, "confidence": 0.5, "transcript": []})
}
