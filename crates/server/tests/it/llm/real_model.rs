//! A conversation with a real model: `setup/model.sh run cargo test -p ella --test it real_model -- --nocapture`.

use serde_json::json;

use super::{ANALYSIS, STARTER, message_row, messages, says, transcript};
use crate::support::Ella;

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
    let starter = ana.post(STARTER, json!({"conversation_id": call})).await;
    assert_eq!(starter.assert(200).body["engine"]["degraded"], false, "{}", starter.text);
    for words in
        ["I go to the beach yesterday with my sister.", "We swim and eat ice cream.", "What do you like?"]
    {
        let answer = says(&ana, &call, words).await;
        let engine = &answer.body["engine"];
        assert_eq!(
            (&engine["provider"], &engine["degraded"]),
            (&json!("openai"), &json!(false)),
            "{}",
            answer.text
        );
        println!("{}", answer.text);
    }
    let stored = messages(&ana, &call).await;
    println!("{}", transcript(&stored).join("\n"));
    assert_eq!(stored.len(), 7);
    for position in [1, 3, 5, 7] {
        let reply = message_row(&ella, position).await;
        assert!(reply["prompt_tokens"].as_i64() > Some(0), "{reply}");
        assert!(reply["completion_tokens"].as_i64() > Some(0), "{reply}");
    }
    let analysis = ana.post(ANALYSIS, json!({"conversation_id": call})).await;
    assert_eq!(analysis.assert(200).body["courage"]["turns"], 3);
}
