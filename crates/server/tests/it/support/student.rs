use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, Ella};

/// A student who is signed in.
pub struct Student<'a> {
    pub ella: &'a Ella,
    pub id: Uuid,
    pub token: String,
}

impl Student<'_> {
    /// A request of this student's.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.ella.request(method, path).bearer_auth(&self.token)
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(&body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::PUT, path).json(&body)).await
    }

    /// A POST with an idempotency key.
    pub async fn post_with_key(&self, path: &str, key: Uuid, body: Value) -> Answer {
        Answer::of(self.request(Method::POST, path).header("idempotency-key", key.to_string()).json(&body))
            .await
    }

    /// Starts a conversation; its id.
    pub async fn conversation(&self) -> String {
        let answer = self.post("/conversations", json!({"topic": "my weekend"})).await;
        answer.assert(201);
        answer.body["id"].as_str().unwrap().to_owned()
    }

    /// Stores a message of the student's; the whole answer's body.
    pub async fn says(&self, conversation: &str, content: &str) -> Value {
        self.message(conversation, json!({"role": "user", "content": content})).await
    }

    /// Stores a message of Zoe's; the whole answer's body.
    pub async fn zoe_says(&self, conversation: &str, content: &str) -> Value {
        self.message(conversation, json!({"role": "assistant", "content": content})).await
    }

    async fn message(&self, conversation: &str, message: Value) -> Value {
        let answer = self.post(&format!("/conversations/{conversation}/messages"), message).await;
        answer.assert(201);
        answer.body
    }
}
