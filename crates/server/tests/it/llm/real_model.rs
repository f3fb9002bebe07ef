//! A conversation with a real model: `setup/model.sh run cargo test -p ella --test it real_model -- --nocapture`.

use serde_json::json;

use super::{ANALYSIS, STARTER, message_row, messages, says, to_stream, transcript};
use crate::support::{Ella, Stream};

const WORDS: [&str; 3] =
    ["I go to the beach yesterday with my sister.", "We swim and eat ice cream.", "What do you like?"];

/// So small a model has no words for some turns: its JSON is broken or its reply empty, and the built-in voice
/// answers. Three turns of its own are what counts.
#[tokio::test]
async fn three_turns_with_a_real_model() {
    let Ok(model) = std::env::var("ELLA_TEST_MODEL") else {
        let why = std::env::var("ELLA_TEST_MODEL_MISSING");
        let why =
            why.unwrap_or_else(|_| "no real model is served; `setup/model.sh run` serves one".to_owned());
        println!("SKIPPED three_turns_with_a_real_model: {why}.");
        return;
    };
    // One thread of a small machine takes many seconds where a real provider takes half of one.
    let ella = Ella::with()
        .system_clock()
        .flag("--llm", format!("openai:smollm2@{model}"))
        .flag("--turn-budget-ms", 60_000)
        .flag("--first-sentence-ms", 60_000)
        .start()
        .await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let starter = ana.post(STARTER, json!({"conversation_id": call, "topic": "tea"})).await;
    starter.assert(200);
    let mut by_model = 0;
    let mut turns = 0;
    while by_model < 3 {
        let words = WORDS[turns % WORDS.len()];
        // By turns in one piece and as a stream.
        let answer = if turns % 2 == 0 {
            says(&ana, &call, words).await.body
        } else {
            Stream::of(to_stream(&ana, &call, words)).await.rest().await.assert_done().clone()
        };
        println!("{answer}");
        turns += 1;
        by_model += usize::from(answer["engine"]["provider"] == "openai");
        assert!(turns < 9, "in {turns} turns the model had words {by_model} times");
    }
    let stored = messages(&ana, &call).await;
    println!("{}", transcript(&stored).join("\n"));
    assert_eq!(stored.len(), 1 + 2 * turns);
    for message in stored.iter().filter(|message| message["role"] == "assistant") {
        let reply = message_row(&ella, message["position"].as_i64().unwrap().try_into().unwrap()).await;
        if reply["degraded"] == false {
            assert!(reply["prompt_tokens"].as_i64() > Some(0), "{reply}");
            assert!(reply["completion_tokens"].as_i64() > Some(0), "{reply}");
        }
    }
    let analysis = ana.post(ANALYSIS, json!({"conversation_id": call})).await;
    assert_eq!(analysis.assert(200).body["courage"]["turns"], turns);
}
