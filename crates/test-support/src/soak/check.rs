//! Whether everything acknowledged is there, once, and where it was said to be.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    Stage,
    writer::{Entry, Journal, send},
};

/// Requests that are sent once more at the end, of each student.
const SENT_AGAIN: usize = 25;

/// Sentences on what is not as it must be, for one student.
pub(super) async fn check(stage: &Stage, journal: &Journal) -> Vec<String> {
    let mut wrong = Vec::new();
    let of = |what: &'static str| journal.entries.iter().filter(move |entry| entry.what == what);
    let conversations = list(stage, &journal.token, "/conversations", &mut wrong).await;
    is_there_once(of("conversations"), &conversations, "topic", &mut wrong);
    let placements = list(stage, &journal.token, "/placements", &mut wrong).await;
    is_there_once(of("placements"), &placements, "duration_seconds", &mut wrong);
    for conversation in conversations.iter().filter_map(|item| item["id"].as_str()) {
        let path = format!("/conversations/{conversation}/messages");
        let messages = list(stage, &journal.token, &path, &mut wrong).await;
        check_messages(conversation, &messages, journal, &mut wrong);
    }
    // The same key again: the same answer, and nothing new.
    let step = (journal.entries.len() / SENT_AGAIN).max(1);
    for entry in journal.entries.iter().step_by(step) {
        match send(stage, &journal.token, &entry.path, &entry.key, &entry.body).await {
            Some((200, answer)) if answer == entry.answer => {}
            other => wrong
                .push(format!("{} sent again is answered with {other:?}, not {}", entry.path, entry.answer)),
        }
    }
    wrong.iter().map(|sentence| format!("student {}: {sentence}", journal.user_id)).collect()
}

fn is_there_once<'a>(
    entries: impl Iterator<Item = &'a Entry>,
    found: &[Value],
    mark: &str,
    wrong: &mut Vec<String>,
) {
    let ids: BTreeSet<&str> = found.iter().filter_map(|item| item["id"].as_str()).collect();
    let mut entries_count = 0;
    for entry in entries {
        entries_count += 1;
        let id = entry.answer["id"].as_str().unwrap_or_default();
        if !ids.contains(id) {
            wrong.push(format!("{} {id} was acknowledged and is not there", entry.what));
        }
    }
    let marks: BTreeSet<String> = found.iter().map(|item| item[mark].to_string()).collect();
    if marks.len() != found.len() {
        wrong.push(format!("something with the same {mark} is there twice"));
    }
    if found.len() != entries_count {
        wrong.push(format!("{} are there with a {mark}, and {entries_count} were acknowledged", found.len()));
    }
}

fn check_messages(conversation: &str, messages: &[Value], journal: &Journal, wrong: &mut Vec<String>) {
    let mut by_id = BTreeMap::new();
    let mut said = BTreeSet::new();
    for (place, message) in messages.iter().enumerate() {
        if message["position"].as_u64() != u64::try_from(place + 1).ok() {
            wrong.push(format!(
                "conversation {conversation} has {} at place {}",
                message["position"],
                place + 1
            ));
        }
        if message["role"] == "user" && !said.insert(message["content"].as_str().unwrap_or_default()) {
            wrong.push(format!("conversation {conversation} holds twice: {}", message["content"]));
        }
        by_id.insert(message["id"].as_str().unwrap_or_default(), message);
    }
    for entry in &journal.entries {
        let wanted: Vec<(&Value, Option<&Value>, &Value)> = match entry.what {
            "messages" if entry.path.contains(conversation) => {
                vec![(&entry.answer["id"], Some(&entry.answer["position"]), &entry.body["content"])]
            }
            "turns" if entry.body["conversation_id"] == conversation => vec![
                (&entry.answer["user_message_id"], None, &entry.body["text"]),
                (&entry.answer["reply_message_id"], None, &entry.answer["reply"]),
            ],
            _ => continue,
        };
        for (id, position, content) in wanted {
            match by_id.get(id.as_str().unwrap_or_default()) {
                None => {
                    wrong.push(format!("message {id} of {conversation} was acknowledged and is not there"));
                }
                Some(found)
                    if found["content"] != *content
                        || position.is_some_and(|position| found["position"] != *position) =>
                {
                    wrong.push(format!("message {id} of {conversation} is another one now: {found}"));
                }
                Some(_) => {}
            }
        }
    }
}

/// A whole list, page by page.
async fn list(stage: &Stage, token: &str, path: &str, wrong: &mut Vec<String>) -> Vec<Value> {
    let mut items = Vec::new();
    let mut cursor = String::new();
    loop {
        let url = format!("{}{path}?limit=100{cursor}", stage.base);
        let page: Value = match stage.client.get(&url).bearer_auth(token).send().await {
            Ok(response) => response.json().await.unwrap_or_default(),
            Err(error) => Value::String(error.to_string()),
        };
        let Some(found) = page["items"].as_array() else {
            wrong.push(format!("{path} cannot be listed: {page}"));
            return items;
        };
        items.extend(found.iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(position: u64, id: &str, content: &str) -> Value {
        json!({"position": position, "id": id, "role": "user", "content": content})
    }

    fn journal() -> Journal {
        let entry = |id: &str, position: u64, content: &str| Entry {
            what: "messages",
            path: "/conversations/c/messages".to_owned(),
            key: String::new(),
            body: json!({"content": content}),
            answer: json!({"id": id, "position": position}),
        };
        Journal { entries: vec![entry("a", 1, "One."), entry("b", 2, "Two.")], ..Journal::default() }
    }

    #[test]
    fn what_is_lost_moved_changed_or_there_twice_is_found() {
        let wrong = |messages: &[Value]| {
            let mut wrong = Vec::new();
            check_messages("c", messages, &journal(), &mut wrong);
            wrong.join("; ")
        };
        let (one, two) = (message(1, "a", "One."), message(2, "b", "Two."));
        assert_eq!(wrong(&[one.clone(), two.clone()]), "");
        assert!(wrong(std::slice::from_ref(&one)).contains("acknowledged and is not there"));
        assert!(wrong(&[one.clone(), message(3, "b", "Two.")]).contains("at place 2"));
        assert!(wrong(&[one.clone(), message(2, "b", "Three.")]).contains("another one now"));
        assert!(wrong(&[one, two, message(3, "c", "Two.")]).contains("holds twice"));
    }
}
