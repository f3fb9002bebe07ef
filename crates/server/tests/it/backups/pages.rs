use super::*;

/// A page of the living database is damaged: the daily look finds it, and says so wherever one may look.
#[tokio::test]
async fn a_damaged_page_is_found_in_quiet_hours_and_said() {
    let (folder, program) = {
        let folder = Folder::prepared().await;
        let program = with_backups(&folder).flag("--quiet-hours", "0-24").serve().await;
        first_backup(&program).await;
        (folder, program)
    };
    let ana = program.sign_in(PHONE).await;
    let conversation = ana.conversation().await;
    let pages = async |program: &Program| {
        let looked = async || {
            let pages = report(&folder, program).await["backups"]["pages"].clone();
            (!pages["last_at"].is_null()).then_some(pages)
        };
        eventually("somebody has looked", looked).await
    };
    let sound = pages(&program).await;
    assert_eq!((&sound["condition"], &sound["faults"]), (&"ok".into(), &serde_json::json!([])), "{sound}");
    let said = "The words on the page that is going to be damaged";
    ana.post(
        &format!("/conversations/{conversation}/messages"),
        serde_json::json!({"role": "user", "content": said}),
    )
    .await
    .assert(201);
    drop(ana);
    let file = sql(&folder, "select pg_relation_filepath('ella.messages')").await.unwrap();
    program.stop().await;

    let file = folder.cluster().join(file);
    let mut bytes = fs::read(&file).unwrap();
    let place =
        bytes.windows(said.len()).position(|window| window == said.as_bytes()).expect("it is on the disk");
    bytes[place] ^= 1;
    fs::write(&file, bytes).unwrap();
    // A day later.
    let mut last: Value = serde_json::from_str(&folder.read("page_check.json")).unwrap();
    last["at"] = "2020-01-01T00:00:00Z".into();
    folder.write("page_check.json", &last.to_string());
    let program = with_backups(&folder).flag("--quiet-hours", "0-24").serve().await;
    eventually("the damage is found", async || {
        (report(&folder, &program).await["backups"]["pages"]["condition"] == "failing").then_some(())
    })
    .await;
    let found = pages(&program).await;
    let advice = found["what_to_do"].as_str().unwrap();
    assert!(found["faults"][0].as_str().unwrap().contains("messages"), "{found}");
    assert!(advice.contains("ella restore --to latest"), "{advice}");
    let health = program.get("/health").await;
    health.assert(200);
    assert_eq!(
        (&health.body["status"], &health.body["backups"]["status"]),
        (&"degraded".into(), &"failing".into())
    );
    assert!(program.log().contains("a page or an index of the database is damaged"), "{}", program.log());
    let status = command(&folder, &["backup", "status"]).end().await;
    assert_eq!(status.status.code(), Some(4), "{status:?}");
    assert!(status.printed.contains("pages") && status.printed.contains("FAILING"), "{status:?}");
    program.stop().await;
}

#[tokio::test]
async fn outside_quiet_hours_and_without_them_nobody_looks() {
    let folder = Folder::prepared().await;
    let hour = another_hour();
    for (quiet, part) in [(hour.as_str(), "Nobody has looked yet"), ("off", "ELLA_QUIET_HOURS")] {
        let program = Start::on(&folder).flag("--quiet-hours", quiet).serve().await;
        eventually("it has been decided", async || {
            let report = report(&folder, &program).await;
            let task = report["tasks"].as_array()?.iter().find(|task| task["name"] == "look at every page");
            (quiet == "off" || task.is_some()).then_some(())
        })
        .await;
        let pages = report(&folder, &program).await["backups"]["pages"].clone();
        assert!(pages["says"].as_str().unwrap().contains(part) && pages["last_at"].is_null(), "{pages}");
        program.stop().await;
    }
    let bad = Start::on(&folder).flag("--quiet-hours", "2-2").end().await;
    assert!(bad.log.contains("ELLA_QUIET_HOURS") && bad.log.contains("22-4"), "{bad:?}");
}

/// Quiet hours that are not now, nor in the next hour.
fn another_hour() -> String {
    #[expect(clippy::disallowed_methods, reason = "the program has the machine's time")]
    let hour = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).hour();
    let from = (hour + 6) % 24;
    format!("{from}-{}", from + 1)
}
