use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::{Answer, Ella, Student};

/// A student with a name, who joined a minute after the one before.
async fn named<'a>(ella: &'a Ella, name: Option<&str>) -> Student<'a> {
    ella.advance(SignedDuration::from_mins(1));
    let student = ella.student().await;
    student.put("/users/me", json!({"name": name})).await.assert(200);
    student
}

async fn placed(student: &Student<'_>, level: &str) {
    let placement = json!({"cefr_level": level, "confidence": 0.9, "transcript": []});
    student.post("/placements", placement).await.assert(201);
}

/// The names on a page; the nameless are dashes.
fn names(page: &Answer) -> Vec<String> {
    let rows = page.assert(200).body["items"].as_array().unwrap();
    rows.iter().map(|row| row["name"].as_str().unwrap_or("-").to_owned()).collect()
}

#[tokio::test]
async fn students_are_listed_in_each_order_and_found_by_name_or_id() {
    let ella = Ella::start().await;
    let zoé = named(&ella, Some("Zoé")).await;
    let ana = named(&ella, Some("ana")).await;
    let nobody = named(&ella, None).await;
    let ben = named(&ella, Some("Ben Ana")).await;
    placed(&ana, "B2").await;
    placed(&nobody, "A1").await;
    for (student, days) in [(&ben, 0), (&zoé, 24)] {
        ella.advance(SignedDuration::from_hours(days));
        student.conversation().await;
    }
    let list = async |query: &str| names(&ella.admin_get(&format!("/admin/students{query}")).await);
    assert_eq!(list("").await, ["Ben Ana", "-", "ana", "Zoé"]);
    assert_eq!(list("?sort=joined").await, ["Ben Ana", "-", "ana", "Zoé"]);
    assert_eq!(list("?sort=name").await, ["ana", "Ben Ana", "Zoé", "-"]);
    assert_eq!(list("?sort=level").await, ["-", "ana", "Zoé", "Ben Ana"]);
    assert_eq!(list("?sort=active").await, ["Zoé", "Ben Ana", "ana", "-"]);
    assert_eq!(list("?search=ANA").await, ["Ben Ana", "ana"]);
    assert_eq!(list("?search=%20zO%C3%89%20").await, ["Zoé"]);
    assert_eq!(list(&format!("?search={}", nobody.id)).await, ["-"]);
    // It is text, not a pattern, and the middle of an id is no beginning.
    for nothing in ["%25", "_", "nn", &ana.id.to_string()[4..]] {
        assert_eq!(list(&format!("?search={nothing}")).await, Vec::<String>::new(), "{nothing}");
    }
}

#[tokio::test]
async fn a_name_is_found_and_put_in_order_whatever_its_accents() {
    let ella = Ella::start().await;
    let given =
        ["Zoé", "Émile", "Elise", "Élise", "Łukasz", "Emil", "Weiß", "Bjørn", "İpek", "Дмитрий", "Ｅｖｅ"];
    for name in given {
        named(&ella, Some(name)).await;
    }
    let list = async |query: String| names(&ella.admin_get(&format!("/admin/students{query}")).await);
    let ordered =
        ["Bjørn", "Elise", "Élise", "Emil", "Émile", "Ｅｖｅ", "İpek", "Łukasz", "Weiß", "Zoé", "Дмитрий"];
    assert_eq!(list("?sort=name".to_owned()).await, ordered);
    for (search, found) in [
        ("elise", vec!["Elise", "Élise"]),
        ("ÉLISE", vec!["Elise", "Élise"]),
        // The same letter, written with a mark of its own.
        ("e\u{301}lise", vec!["Elise", "Élise"]),
        ("lukasz", vec!["Łukasz"]),
        ("WEISS", vec!["Weiß"]),
        ("bjorn", vec!["Bjørn"]),
        ("ipek", vec!["İpek"]),
        ("eve", vec!["Ｅｖｅ"]),
        // A mark alone is in nobody's name.
        ("\u{301}", vec![]),
    ] {
        let encoded = escaped(search);
        assert_eq!(list(format!("?sort=name&search={encoded}")).await, found, "{search}");
    }
    for name in given {
        let encoded = escaped(name);
        assert!(list(format!("?search={encoded}")).await.contains(&name.to_owned()), "{name}");
    }
    // Page by page it is the same order, also where two differ in an accent alone.
    let (mut found, mut cursor) = (Vec::new(), String::new());
    for _ in given {
        let page = ella.admin_get(&format!("/admin/students?sort=name&limit=1{cursor}")).await;
        found.extend(names(&page));
        cursor = page.body["next_cursor"].as_str().map(|next| format!("&cursor={next}")).unwrap_or_default();
    }
    assert_eq!((found, cursor.as_str()), (ordered.map(str::to_owned).to_vec(), ""));
}

/// Text as it stands in a query.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |escaped, byte| escaped + &format!("%{byte:02X}"))
}

#[tokio::test]
async fn a_row_says_who_it_is_and_how_much_was_said() {
    let ella = Ella::start().await;
    let ana = named(&ella, Some("Ana")).await;
    let joined = ella.now();
    for (words, seconds) in [("I like tea", 60), ("Hello", 30)] {
        let id = ana.conversation().await;
        ana.says(&id, words).await;
        ana.put(&format!("/conversations/{id}/complete"), json!({"duration_seconds": seconds}))
            .await
            .assert(200);
    }
    let page = ella.admin_get("/admin/students").await;
    assert_eq!(
        page.assert(200).body,
        json!({"items": [{
            "id": ana.id, "name": "Ana", "age": null, "cefr_level": null,
            "created_at": format!("{joined:.6}"), "last_active_on": "2026-11-22",
            "conversations": 2, "speaking_time_seconds": 90, "words_spoken": 4,
        }], "next_cursor": null})
    );
}

#[tokio::test]
async fn pages_hold_each_student_once_while_others_join() {
    let ella = Ella::start().await;
    for index in 0..7 {
        // Two of a name: the id decides between them.
        named(&ella, Some(&format!("Student {}", index / 2))).await;
    }
    for sort in ["joined", "name", "level", "active"] {
        let all = names(&ella.admin_get(&format!("/admin/students?sort={sort}&limit=100")).await);
        let mut found = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = ella.admin_get(&format!("/admin/students?sort={sort}&limit=2{cursor}")).await;
            found.extend(names(&page));
            match page.body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
            // A newcomer in front of the page does not push anybody onto the next one.
            if sort == "joined" && found.len() == 2 {
                named(&ella, Some("Newcomer")).await;
            }
        }
        assert_eq!(found, all, "{sort}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_query_is_told_all_at_once() {
    let ella = Ella::start().await;
    for _ in 0..3 {
        named(&ella, Some("Ana")).await;
    }
    let long = "x".repeat(101);
    for (query, faults) in [
        ("search=", vec!["query.search"]),
        ("search=%20", vec!["query.search"]),
        ("search=%00", vec!["query.search"]),
        (&format!("search={long}"), vec!["query.search"]),
        ("sort=", vec!["query.sort"]),
        ("sort=Name", vec!["query.sort"]),
        (
            "sort=age&limit=0&cursor=x&search=",
            vec!["query.search", "query.sort", "query.limit", "query.cursor"],
        ),
    ] {
        ella.admin_get(&format!("/admin/students?{query}")).await.assert_faults(&faults);
    }
    let page = ella.admin_get("/admin/students?sort=name&search=ana&limit=1").await;
    let cursor = page.body["next_cursor"].as_str().unwrap().to_owned();
    ella.admin_get(&format!("/admin/students?sort=name&search=ana&cursor={cursor}")).await.assert(200);
    for other in ["sort=name", "sort=level&search=ana", "sort=name&search=an"] {
        let answer = ella.admin_get(&format!("/admin/students?{other}&cursor={cursor}")).await;
        answer.assert_faults(&["query.cursor"]);
    }
}

#[tokio::test]
async fn one_student_is_shown_whole() {
    let ella = Ella::start().await;
    let ana = named(&ella, Some("Ana")).await;
    ana.put("/users/me", json!({"age": 12, "location": "Lisbon"})).await.assert(200);
    placed(&ana, "A2").await;
    ella.advance(SignedDuration::from_hours(1));
    placed(&ana, "B1").await;
    let id = ana.conversation().await;
    ana.says(&id, "I like tea").await;
    let path = format!("/admin/students/{}", ana.id);
    let shown = ella.admin_get(&format!("{path}?tz=Asia/Tokyo")).await;
    let profile = ana.get("/users/me").await.body;
    for field in ["id", "name", "age", "location", "cefr_level", "settings", "created_at", "updated_at"] {
        assert_eq!(shown.assert(200).body[field], profile[field], "{field}");
    }
    assert_eq!(shown.body["last_active_on"], "2026-11-22");
    assert_eq!(shown.body["progress"], ana.get("/progress/summary?tz=Asia/Tokyo").await.body);
    let placements = ana.get("/placements").await.body;
    assert_eq!(shown.body["placements"], json!({"total": 2, "latest": placements["items"][0]}));
    ella.admin_get(&format!("{path}?tz=Nowhere")).await.assert_faults(&["query.tz"]);

    let ben = named(&ella, None).await;
    let shown = ella.admin_get(&format!("/admin/students/{}", ben.id)).await;
    assert_eq!(shown.assert(200).body["placements"], json!({"total": 0, "latest": null}));
    assert_eq!(shown.body["last_active_on"], Value::Null);
}

#[tokio::test]
async fn a_students_conversations_are_listed_newest_first() {
    let ella = Ella::start().await;
    let (ana, ben) = (named(&ella, Some("Ana")).await, named(&ella, Some("Ben")).await);
    let path = format!("/admin/students/{}/conversations", ana.id);
    assert_eq!(ella.admin_get(&path).await.assert(200).body, json!({"items": [], "next_cursor": null}));
    ben.conversation().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.insert(0, ana.conversation().await);
    }
    let corrections = json!([{"original": "has", "corrected": "have", "category": "grammar"}]);
    let message = json!({"role": "user", "content": "I has tea", "corrections": corrections});
    ana.post(&format!("/conversations/{}/messages", ids[0]), message).await.assert(201);
    ana.put(&format!("/conversations/{}/complete", ids[0]), json!({"duration_seconds": 60}))
        .await
        .assert(200);
    let all = ella.admin_get(&path).await;
    let mut first = ana.get(&format!("/conversations/{}", ids[0])).await.body;
    first["messages_sent"] = json!(1);
    first["words_spoken"] = json!(3);
    first["corrections"] = json!({"grammar": 1, "vocab": 0, "fluency": 0, "spelling": 0, "pronunciation": 0});
    assert_eq!(all.assert(200).body["items"][0], first);
    let mut found = Vec::new();
    let mut cursor = String::new();
    for _ in 0..3 {
        let page = ella.admin_get(&format!("{path}?limit=1{cursor}")).await;
        found.push(page.assert(200).body["items"][0]["id"].as_str().unwrap().to_owned());
        cursor = page.body["next_cursor"].as_str().map(|next| format!("&cursor={next}")).unwrap_or_default();
    }
    assert_eq!((found, cursor.as_str()), (ids, ""));
    let page = ella.admin_get(&format!("{path}?limit=1")).await;
    let cursor = page.body["next_cursor"].as_str().unwrap();
    let bens = format!("/admin/students/{}/conversations?limit=0&cursor={cursor}", ben.id);
    ella.admin_get(&bens).await.assert_faults(&["query.limit", "query.cursor"]);
}
