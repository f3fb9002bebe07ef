//! The 23 endpoints of the contract and those beyond it, each with a request that succeeds.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{ADMIN_KEY, Answer, Ella, Student};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    Anybody,
    AStudent,
    AnAdmin,
}

pub struct Endpoint {
    pub method: Method,
    /// With `{conversation}` and `{student}` where ids stand.
    pub path: &'static str,
    pub caller: Caller,
    /// A good body, if there is one, with `{conversation}` for its id.
    pub body: Option<Value>,
    /// Whether the body may be left out.
    pub optional: bool,
    /// The most that a body may have.
    pub kib: usize,
}

impl Endpoint {
    fn new(method: Method, path: &'static str, caller: Caller) -> Self {
        Self { method, path, caller, body: None, optional: false, kib: 256 }
    }

    fn body(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    fn large(self) -> Self {
        Self { kib: 1024, ..self }
    }

    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The path as the description has it.
    pub fn described_path(&self) -> String {
        let student = if self.path.starts_with("/admin/placements/") { "{user_id}" } else { "{id}" };
        self.path.replace("{conversation}", "{id}").replace("{student}", student)
    }

    /// The request with whatever its caller shows, and no body yet.
    pub fn request(&self, student: &Student<'_>, conversation: &str) -> RequestBuilder {
        let request = self.anonymous(student.ella, &student.id.to_string(), conversation);
        match self.caller {
            Caller::Anybody => request,
            Caller::AStudent => request.bearer_auth(&student.token),
            Caller::AnAdmin => request.header("x-admin-key", ADMIN_KEY),
        }
    }

    /// The request of somebody who shows nothing.
    pub fn anonymous(&self, ella: &Ella, student: &str, conversation: &str) -> RequestBuilder {
        self.with_query(ella, student, conversation, "")
    }

    /// The same with a query string.
    pub fn with_query(&self, ella: &Ella, student: &str, conversation: &str, query: &str) -> RequestBuilder {
        let path = self.path.replace("{conversation}", conversation).replace("{student}", student);
        ella.request(self.method.clone(), &format!("{path}{query}"))
    }

    /// The good body for this conversation; empty where there is none.
    pub fn good_body(&self, conversation: &str) -> String {
        let text = self.body.as_ref().map(Value::to_string).unwrap_or_default();
        text.replace("{conversation}", conversation)
    }

    /// Sends the request that should succeed.
    pub async fn succeed(&self, student: &Student<'_>, conversation: &str) -> Answer {
        let request = self.request(student, conversation);
        Answer::of(match self.body {
            Some(_) => json_body(request, self.good_body(conversation)),
            None => request,
        })
        .await
    }
}

/// A body that says it is JSON.
pub fn json_body(request: RequestBuilder, body: impl Into<reqwest::Body>) -> RequestBuilder {
    request.header("content-type", "application/json").body(body)
}

/// A conversation in which the student has said something, with a placement before it: every request succeeds.
pub async fn ready(student: &Student<'_>) -> String {
    student.post("/placements", placement()).await.assert(201);
    let conversation = student.conversation().await;
    student.says(&conversation, "I go to school yesterday.").await;
    conversation
}

pub fn placement() -> Value {
    json!({"cefr_level": "B1", "confidence": 0.8, "transcript": [{"role": "user", "content": "I like play football."}]})
}

/// How many the contract names.
pub const OF_THE_CONTRACT: usize = 23;

/// All of them, in the order of the contract, those beyond it last.
pub fn all() -> Vec<Endpoint> {
    use Caller::{AStudent, AnAdmin, Anybody};
    let get = |path, caller| Endpoint::new(Method::GET, path, caller);
    let post = |path, caller, body| Endpoint::new(Method::POST, path, caller).body(body);
    let put = |path, body| Endpoint::new(Method::PUT, path, AStudent).body(body);
    let message = json!({"role": "user", "content": "I went to school."});
    vec![
        get("/", Anybody),
        get("/health", Anybody),
        post("/auth/anonymous", Anybody, json!({"device_id": "4b3c1f0e-9a59-4d39-8a6e-0d4d8f3f6f55"})),
        get("/users/me", AStudent),
        put("/users/me", json!({"name": "Ana"})).optional(),
        put("/users/me/settings", json!({"focus": {"vocab": true}})),
        post("/placements", AStudent, placement()).large(),
        get("/placements/latest", AStudent),
        get("/placements", AStudent),
        post("/conversations", AStudent, json!({"topic": "my weekend"})).optional(),
        get("/conversations", AStudent),
        get("/conversations/{conversation}", AStudent),
        put("/conversations/{conversation}/complete", json!({"duration_seconds": 60})).optional(),
        post("/conversations/{conversation}/messages", AStudent, message),
        get("/conversations/{conversation}/messages", AStudent),
        get("/progress/summary", AStudent),
        post("/llm/conversation-starter", AStudent, json!({"topic": "my weekend"})).optional(),
        post(
            "/llm/conversation-turn",
            AStudent,
            json!({"conversation_id": "{conversation}", "text": "Hello!"}),
        ),
        post("/llm/placement-turn", AStudent, json!({"text": "Hello!"})).optional().large(),
        post("/llm/session-analysis", AStudent, json!({"conversation_id": "{conversation}"})),
        get("/admin/stats", AnAdmin),
        get("/admin/conversations/{conversation}/transcript", AnAdmin),
        get("/admin/placements/{student}/transcript", AnAdmin),
        get("/admin/students", AnAdmin),
        get("/admin/students/{student}", AnAdmin),
        get("/admin/students/{student}/conversations", AnAdmin),
        get("/admin/usage", AnAdmin),
        get("/admin/server", AnAdmin),
    ]
}

/// Those that take a body.
pub fn with_body() -> impl Iterator<Item = Endpoint> {
    all().into_iter().filter(|endpoint| endpoint.body.is_some())
}

/// Those that want a student.
pub fn of_students() -> impl Iterator<Item = Endpoint> {
    all().into_iter().filter(|endpoint| endpoint.caller == Caller::AStudent)
}
