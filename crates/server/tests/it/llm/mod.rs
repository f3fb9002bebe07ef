//! Zoe, with and without a model.

mod budgets;
mod built_in_voice;
mod conversation_starter;
mod conversation_turn;
mod corrections;
mod database_faults;
mod hang_ups;
mod health;
mod injections;
mod placement_turn;
mod prompts;
mod real_model;
mod retries;
mod session_analysis;
mod stream_ends;
mod stream_faults;
mod stream_retries;
mod streaming;
mod telemetry;
mod waiting;

use ella_test_support::{
    database::{ask, execute},
    provider::{Call, ScriptedProvider, reply_json},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Ella, Student};

const TURN: &str = "/llm/conversation-turn";
const STARTER: &str = "/llm/conversation-starter";
const PLACEMENT: &str = "/llm/placement-turn";
const ANALYSIS: &str = "/llm/session-analysis";

/// A server whose Zoe speaks through the scripted provider, with a budget that no test machine exceeds.
async fn ella_with(zoe: &ScriptedProvider) -> Ella {
    Ella::with()
        .flag("--llm", zoe.openai("m"))
        .flag("--turn-budget-ms", 30_000)
        .flag("--first-sentence-ms", 30_000)
        .start()
        .await
}

fn zoe() -> ScriptedProvider {
    ScriptedProvider::start().unwrap()
}

/// A model's answer without corrections.
fn reply(words: &str) -> String {
    reply_json(words, &json!([]))
}

/// A correction as a model proposes it.
fn correction(original: &str, corrected: &str, category: &str) -> Value {
    json!({"original": original, "corrected": corrected, "explanation": "Because.", "category": category, "type": "VERB:TENSE"})
}

fn turn_body(conversation: &str, text: &str) -> Value {
    json!({"conversation_id": conversation, "text": text})
}

/// Says something in a conversation, and is answered.
async fn says(student: &Student<'_>, conversation: &str, text: &str) -> Answer {
    let answer = student.post(TURN, turn_body(conversation, text)).await;
    answer.assert(200);
    answer
}

/// The same, but for listening while Zoe speaks.
fn to_stream(student: &Student<'_>, conversation: &str, text: &str) -> reqwest::RequestBuilder {
    student.request(Method::POST, TURN).json(&turn_body(conversation, text))
}

/// Asserts that nothing is left of what was at work: no call of a provider, and no task but the server's own.
async fn assert_all_is_quiet(ella: &Ella) {
    let quiet =
        async || (ella.app.tutor.relay().in_flight() == 0 && ella.app.tasks.running() == 1).then_some(());
    eventually(quiet).await;
}

async fn messages(student: &Student<'_>, conversation: &str) -> Vec<Value> {
    let answer = student.get(&format!("/conversations/{conversation}/messages?limit=100")).await;
    answer.assert(200);
    answer.body["items"].as_array().unwrap().clone()
}

/// Who said what, as a transcript.
fn transcript(messages: &[Value]) -> Vec<String> {
    let line = |message: &Value| {
        let (position, role) = (&message["position"], message["role"].as_str().unwrap());
        format!("{position} {role}: {}", message["content"].as_str().unwrap())
    };
    messages.iter().map(line).collect()
}

/// The answer to a question in SQL, asked as the superuser.
async fn in_database(ella: &Ella, question: &str) -> String {
    ask(&ella.database.administrator, &format!("set search_path = ella; {question}")).await
}

/// Changes something behind the server's back.
async fn change_database(ella: &Ella, sql: &str) {
    // Past the guards, which keep everybody else from deleting what was said.
    let sql = format!("set search_path = ella; set session_replication_role = replica; {sql}");
    execute(&ella.database.administrator, &sql).await;
}

/// A row of messages as JSON.
async fn message_row(ella: &Ella, position: i32) -> Value {
    let row = format!("select to_jsonb(m) from messages m where position = {position}");
    serde_json::from_str(&in_database(ella, &row).await).unwrap()
}

/// Every text of a call over the wire, the system's first.
fn texts(call: &Call) -> Vec<(String, String)> {
    let messages = call.body["messages"].as_array().unwrap();
    let text = |message: &Value| {
        (message["role"].as_str().unwrap().to_owned(), message["content"].as_str().unwrap().to_owned())
    };
    messages.iter().map(text).collect()
}

/// What the system was told in a call.
fn system(call: &Call) -> String {
    texts(call).remove(0).1
}

/// What `look` finds, as soon as it finds something.
async fn eventually<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let found = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            // A moment, so that looking does not slow down what is looked for.
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), found).await.expect("it happens in the end")
}
