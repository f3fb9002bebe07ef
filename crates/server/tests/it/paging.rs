//! What holds for every list.

use serde_json::Value;

use crate::support::{Answer, Student};

/// `path` with one more parameter.
pub fn with(path: &str, parameter: &str) -> String {
    format!("{path}{}{parameter}", if path.contains('?') { '&' } else { '?' })
}

/// Walks through a list page by page; each page but the last is full.
pub async fn walk(student: &Student<'_>, path: &str, limit: usize) -> Vec<Value> {
    let mut items = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = student.get(&with(path, &format!("limit={limit}{cursor}"))).await;
        page.assert(200);
        assert_eq!(page.body.as_object().unwrap().len(), 2, "{}", page.text);
        let rows = page.body["items"].as_array().unwrap();
        items.extend_from_slice(rows);
        match next(&page) {
            Some(next) => {
                assert_eq!(rows.len(), limit);
                cursor = format!("&cursor={next}");
            }
            None => return items,
        }
    }
}

/// A page's cursor.
pub fn next(page: &Answer) -> Option<String> {
    assert!(page.body.as_object().unwrap().contains_key("next_cursor"), "{}", page.text);
    page.body["next_cursor"].as_str().map(str::to_owned)
}

/// One field of every row.
pub fn column(rows: &[Value], name: &str) -> Vec<Value> {
    rows.iter().map(|row| row[name].clone()).collect()
}

/// A list with more than one row says what is wrong with a limit or a cursor, both at once.
pub async fn says_what_is_wrong_with_a_page(student: &Student<'_>, path: &str) {
    for limit in ["", "0", "101", "-1", "+5", "5.0", "many", "99999999999999999999", "%FF"] {
        student.get(&with(path, &format!("limit={limit}"))).await.assert_faults(&["query.limit"]);
    }
    for limit in ["1", "100"] {
        student.get(&with(path, &format!("limit={limit}"))).await.assert(200);
    }
    let page = student.get(&with(path, "limit=1")).await;
    let cursor = next(&page).expect("there is more than one row");
    student.get(&with(path, &format!("cursor={cursor}"))).await.assert(200);
    let other = if &cursor[9..10] == "A" { "B" } else { "A" };
    let tampered = format!("{}{other}{}", &cursor[..9], &cursor[10..]);
    let cut = &cursor[..cursor.len() - 4];
    for forged in ["", "AAAA", "%00", "not%20base64!", cut, &format!("{cursor}AAAA"), &tampered] {
        student.get(&with(path, &format!("cursor={forged}"))).await.assert_faults(&["query.cursor"]);
    }
    student.get(&with(path, "limit=x&cursor=y")).await.assert_faults(&["query.limit", "query.cursor"]);
}
