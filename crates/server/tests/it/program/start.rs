//! What a newcomer sees, and what they find again.

use std::{fs, os::unix::fs::MetadataExt};

use serde_json::json;

use super::{Folder, Program, Start, is_root};

const PHONE: &str = "1b4e28ba-2fa1-41d2-883f-0016d3cca427";

#[tokio::test]
async fn a_first_start_needs_a_folder_and_says_all_that_a_newcomer_wants_to_know() {
    let folder = Folder::new();
    let program = Start::on(&folder).serve().await;
    println!("a first start took {:?}", program.started_in);
    let (data, address) = (folder.data().display().to_string(), program.address);
    let lines: Vec<String> =
        program.printed.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for line in [
        format!("Ella serves on http://{address}"),
        format!("documentation http://{address}/docs"),
        format!("data folder {data}"),
        format!("admin key {data}/admin.key"),
        "Zoe's voice the built-in one (set ELLA_LLM for a language model)".to_owned(),
        format!("Talk with Zoe: ella talk --server http://{address}"),
    ] {
        assert!(lines.contains(&line), "{line:?} is not in:\n{}", program.printed);
    }
    let advice = lines.iter().find(|line| line.starts_with("recovery key")).expect("advice on the key");
    for part in [&format!("{data}/recovery.key"), "made just now", "keep a copy of it off this machine"] {
        assert!(advice.contains(part), "{advice}");
    }
    program.get("/").await.assert(200);
    program.get("/docs").await.assert(200);
    let health = program.get("/health").await;
    health.assert(200);
    assert_eq!((&health.body["status"], &health.body["tutor"]["status"]), (&json!("ok"), &json!("built_in")));
    assert!(program.sign_in(PHONE).await.created);
    program.stop().await;
}

#[tokio::test]
async fn a_second_start_has_the_same_students_and_their_tokens_are_still_good() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    let ana = program.sign_in(PHONE).await;
    ana.put("/users/me", json!({"name": "Ana"})).await.assert(200);
    let (id, token) = (ana.id.clone(), ana.token.clone());
    program.stop().await;

    let program = Program::serve(&folder).await;
    println!("a second start took {:?}", program.started_in);
    assert!(!program.printed.contains("made just now"), "{}", program.printed);
    let mut ana = program.sign_in(PHONE).await;
    assert!(!ana.created);
    assert_eq!(ana.id, id);
    ana.token = token;
    assert_eq!(ana.get("/users/me").await.assert(200).body["name"], "Ana");
    program.stop().await;
}

#[tokio::test]
async fn whoever_missed_the_advice_is_reminded_where_the_recovery_key_lies() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    let place = folder.data().join("recovery.key").display().to_string();
    let reminder = program.printed.lines().find(|line| line.contains(&place));
    assert!(reminder.is_some_and(|line| line.contains("keep a copy")), "{}", program.printed);
    program.stop().await;
    // Who sets the key keeps it already.
    let program = Start::on(&folder).env("ELLA_RECOVERY_KEY", folder.read("recovery.key")).serve().await;
    assert!(!program.printed.contains("recovery"), "{}", program.printed);
    program.stop().await;
}

#[tokio::test]
async fn an_ordinary_user_runs_it_in_a_home_of_their_own() {
    let folder = Folder::new();
    let home = folder.path().join("home");
    fs::create_dir(&home).unwrap();
    if is_root() {
        std::os::unix::fs::chown(&home, Some(65534), Some(65534)).unwrap();
    }
    let owner = fs::metadata(&home).unwrap().uid();
    let start =
        || Start::on(&folder).without("--data-dir").by_an_ordinary_user(&folder).env("HOME", home.display());
    let program = start().serve().await;
    let data = home.join(".local/share/ella");
    assert!(program.printed.contains(&data.display().to_string()), "{}", program.printed);
    for owned in [data.join("recovery.key"), data.join("postgres/PG_VERSION")] {
        assert_eq!(fs::metadata(&owned).unwrap().uid(), owner, "{}", owned.display());
    }
    let id = program.sign_in(PHONE).await.id;
    program.stop().await;
    let program = start().serve().await;
    assert_eq!(program.sign_in(PHONE).await.id, id);
    program.stop().await;
}
