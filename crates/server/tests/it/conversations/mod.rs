mod complete;
mod create;
mod keys;
mod list;
mod lost_connection;
mod message;
mod messages;
mod race;
mod read;
mod retries;
mod silence;

use reqwest::Method;
use serde_json::Value;

use crate::support::{Answer, Student};

/// Ids that lead to no conversation of this student's: another student's, an unknown one, and none at all.
async fn ids_that_lead_nowhere(other: &Student<'_>) -> [String; 4] {
    let others = other.conversation().await;
    [others, "0198c0de-1111-7000-8000-000000000000".to_owned(), "42".to_owned(), "%00".to_owned()]
}

/// The same 404 each time, but for the request's id.
fn assert_same_404(answers: &[Answer]) {
    for answer in answers {
        answer.assert_problem(404);
        let plain = |answer: &Answer| {
            let mut body = answer.body.clone();
            body["request_id"] = Value::Null;
            body
        };
        assert_eq!(plain(answer), plain(&answers[0]));
    }
}

/// A PUT without a body, and without a content type.
async fn complete(student: &Student<'_>, conversation: &str) -> Answer {
    Answer::of(student.request(Method::PUT, &format!("/conversations/{conversation}/complete"))).await
}
