use serde_json::Value;

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    /// The body as JSON; null when it is none.
    pub body: Value,
    /// The body as it came.
    pub text: String,
}

impl Answer {
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.expect("the server answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("the body is text");
        Self { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null), text }
    }

    /// A header's value; empty if it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a readable header"))
    }

    /// Asserts the status, and shows the body when it is another.
    #[track_caller]
    pub fn assert(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// Asserts a whole problem (RFC 9457) of this status.
    #[track_caller]
    pub fn assert_problem(&self, status: u16) -> &Self {
        self.assert(status);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.body["status"], status);
        for member in ["type", "title", "detail"] {
            let text =
                self.body[member].as_str().unwrap_or_else(|| panic!("{member} is text: {}", self.text));
            assert!(!text.is_empty(), "{member} says something: {}", self.text);
        }
        assert_eq!(self.body["request_id"], self.header("x-request-id"));
        self
    }

    /// Asserts a 422 with a fault at exactly these places (`body.age`), in this order.
    #[track_caller]
    pub fn assert_faults(&self, places: &[&str]) -> &Self {
        self.assert_problem(422);
        let errors =
            self.body["errors"].as_array().unwrap_or_else(|| panic!("errors are listed: {}", self.text));
        let found: Vec<String> = errors
            .iter()
            .map(|error| {
                assert!(error["msg"].is_string() && error["type"].is_string(), "{error}");
                let steps = error["loc"].as_array().expect("loc is a list").iter();
                steps
                    .map(|step| step.as_str().map_or_else(|| step.to_string(), str::to_owned))
                    .collect::<Vec<_>>()
                    .join(".")
            })
            .collect();
        assert_eq!(found, places, "{}", self.text);
        self
    }
}
