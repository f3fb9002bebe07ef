use serde_json::{Value, json};

use super::endpoints::{placement, ready};
use crate::support::{Ella, Student};

/// Ana's three lists, each with at least two rows, and one of them filtered.
async fn lists(student: &Student<'_>) -> Vec<String> {
    let conversation = ready(student).await;
    ready(student).await;
    student.zoe_says(&conversation, "And then?").await;
    student.post("/placements", placement()).await.assert(201);
    vec![
        "/conversations?x=".to_owned(),
        "/conversations?status=active".to_owned(),
        "/placements?x=".to_owned(),
        format!("/conversations/{conversation}/messages?x="),
    ]
}

async fn cursor_of(student: &Student<'_>, list: &str) -> String {
    let page = student.get(&format!("{list}&limit=1")).await;
    page.assert(200).body["next_cursor"]
        .as_str()
        .unwrap_or_else(|| panic!("{list} goes on: {}", page.text))
        .to_owned()
}

#[tokio::test]
async fn a_page_has_20_rows_unless_the_client_says_otherwise() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let conversation = ana.conversation().await;
    for turn in 0..101 {
        ana.says(&conversation, &format!("Turn {turn}")).await;
    }
    let list = format!("/conversations/{conversation}/messages");
    for (query, rows, more) in [
        ("", 20, true),
        ("?limit=1", 1, true),
        ("?limit=100", 100, true),
        ("?limit=007", 7, true),
        ("?limit=1&limit=3", 3, true),
    ] {
        let page = ana.get(&format!("{list}{query}")).await;
        assert_eq!(page.assert(200).body["items"].as_array().unwrap().len(), rows, "{query}");
        assert_eq!(page.body["next_cursor"].is_string(), more, "{query}");
    }
    let page = ana.get(&format!("{list}?limit=100")).await;
    let cursor = page.body["next_cursor"].as_str().unwrap();
    let end = ana.get(&format!("{list}?limit=100&cursor={cursor}")).await;
    assert_eq!(end.assert(200).body["items"].as_array().unwrap().len(), 1);
    assert_eq!(end.body["next_cursor"], Value::Null);
    assert_eq!(end.body["items"][0]["position"], 101);
}

#[tokio::test]
async fn a_list_without_rows_is_a_list() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let conversation = ana.conversation().await;
    for list in
        ["/placements", "/conversations?status=completed", &format!("/conversations/{conversation}/messages")]
    {
        assert_eq!(ana.get(list).await.assert(200).body, json!({"items": [], "next_cursor": null}), "{list}");
    }
}

#[tokio::test]
async fn a_limit_that_is_none_is_refused() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for list in lists(&ana).await {
        for limit in [
            "",
            "0",
            "101",
            "-1",
            "1.0",
            "1e1",
            "+5",
            "%2B5",
            "5%20",
            "%205",
            "x",
            "0x10",
            "null",
            "%ff",
            "99999999999999999999",
            "%D9%A5",
        ] {
            let answer = ana.get(&format!("{list}&limit={limit}")).await;
            assert_eq!(answer.status, 422, "{list} {limit}: {}", answer.text);
            answer.assert_faults(&["query.limit"]);
        }
        ana.get(&format!("{list}&limit=5&unknown=&cursor2=x")).await.assert(200);
    }
}

#[tokio::test]
async fn a_status_that_is_none_is_refused_together_with_everything_else() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for status in ["", "Active", "done", "active,completed", "%00", "active%20"] {
        ana.get(&format!("/conversations?status={status}")).await.assert_faults(&["query.status"]);
    }
    let all = ana.get("/conversations?cursor=&limit=0&status=x").await;
    all.assert_faults(&["query.status", "query.limit", "query.cursor"]);
}

#[tokio::test]
async fn a_cursor_opens_nothing_but_its_own_list() {
    let ella = Ella::start().await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    let (anas, bens) = (lists(&ana).await, lists(&ben).await);
    let mut own: Vec<(&Student<'_>, &String, String)> = Vec::new();
    for (student, lists) in [(&ana, &anas), (&ben, &bens)] {
        for list in lists {
            own.push((student, list, cursor_of(student, list).await));
        }
    }
    for (student, list, cursor) in &own {
        student.get(&format!("{list}&cursor={cursor}")).await.assert(200);
        for (_, other_list, other) in own.iter().filter(|(_, _, other)| other != cursor) {
            let answer = student.get(&format!("{list}&cursor={other}")).await;
            assert_eq!(answer.status, 422, "{list} with the cursor of {other_list}: {}", answer.text);
            answer.assert_faults(&["query.cursor"]);
        }
    }
}

#[tokio::test]
async fn a_cursor_that_was_tampered_with_is_refused() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for list in lists(&ana).await {
        let good = cursor_of(&ana, &list).await;
        let mut bad: Vec<String> =
            ["", "x", "AAAA", "%00", "%ff", "null", "0", "..", "%F0%9F%A6%8A", "'%20or%201=1"]
                .map(str::to_owned)
                .into();
        bad.push(good.to_lowercase());
        bad.push(format!("{good}A"));
        bad.push(format!("{good}%3D"));
        bad.push(good.repeat(50));
        for place in 0..good.len() {
            let mut changed = good.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            bad.push(String::from_utf8(changed).unwrap());
            bad.push(good[..place].to_owned());
        }
        for cursor in bad {
            let answer = ana.get(&format!("{list}&cursor={cursor}")).await;
            assert_eq!(answer.status, 422, "{list} {cursor}: {}", answer.text);
            answer.assert_faults(&["query.cursor"]);
        }
        ana.get(&format!("{list}&cursor={good}")).await.assert(200);
    }
}
