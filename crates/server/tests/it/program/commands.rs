//! The commands beside `ella serve`.

use std::collections::BTreeMap;

use super::{Folder, Program, Start, eventually, is_root, signal};

/// What `ella config` prints: the value and the source of each setting.
fn settings(printed: &str) -> BTreeMap<&str, (String, &str)> {
    let line = |line| {
        let (name, rest): (&str, &str) = str::split_once(line, ' ').expect("a name and a value");
        let (value, source) = rest.trim().rsplit_once(" (").expect("a source");
        (name, (value.trim().to_owned(), source.trim_end_matches(')')))
    };
    printed.lines().map(line).collect()
}

#[tokio::test]
async fn config_prints_what_counts_and_where_it_comes_from_and_no_secret() {
    let folder = Folder::new();
    let secret = "a secret of one's own that is long enough";
    let url = "postgresql://ella:hunter2@db.example/ella";
    let start = Start::bare(&folder).command("config").flag("--listen", "127.0.0.1:9000");
    let start = start.env("ELLA_TOKEN_DAYS", 7).env("ELLA_ADMIN_KEY", secret).env("DATABASE_URL", url);
    let start =
        start.env("ELLA_LISTEN", "127.0.0.1:1").env("GEMINI_API_KEY", "AIza-secret").env("HOME", "/home/ana");
    let start = start.env("ELLA_JWT_PREVIOUS_SECRETS", format!("{secret},{secret}"));
    let start = start.env("ELLA_LLM", "openai:m@http://ana:hunter3@one/v1,openai:m@http://two/v1");
    // Set to nothing, as in a file of variables: not set.
    let start =
        start.env("ELLA_RECOVERY_KEY", "").env("ELLA_TRUSTED_PROXIES", "").env("ELLA_REQUEST_SECONDS", "");
    let ended = start.end().await;
    let printed = &ended.assert_success().printed;
    let settings = settings(printed);
    let shown = |name: &str| (settings[name].0.as_str(), settings[name].1);
    assert_eq!(shown("ELLA_LISTEN"), ("127.0.0.1:9000", "flag"));
    assert_eq!(shown("ELLA_TOKEN_DAYS"), ("7", "environment"));
    assert_eq!(shown("ELLA_DATABASE_POOL"), ("10", "default"));
    assert_eq!(shown("ELLA_LLM").0, "openai:m@http://****@one/v1,openai:m@http://two/v1");
    for name in ["ELLA_RECOVERY_KEY", "ELLA_TRUSTED_PROXIES", "ELLA_BACKUP_S3"] {
        assert_eq!(shown(name), ("-", "not set"), "{name}");
    }
    assert_eq!(shown("ELLA_REQUEST_SECONDS"), ("10", "default"));
    assert_eq!(shown("ELLA_FIRST_SENTENCE_MS"), ("2000", "default"));
    assert_eq!(shown("ELLA_DISK_FREE_PERCENT"), ("10, but at most 2 GiB", "default"));
    assert_eq!(shown("ELLA_ADMIN_KEY").1, "environment");
    assert!(shown("ELLA_ADMIN_KEY").0.starts_with("****"), "{printed}");
    let data = if is_root() { "/var/lib/ella" } else { "/home/ana/.local/share/ella" };
    assert_eq!(shown("ELLA_DATA_DIR"), (data, "default"));
    for hidden in [secret, "hunter2", "hunter3", "AIza-secret"] {
        assert!(!printed.contains(hidden), "{printed}");
    }
    // Nothing was made.
    assert!(!folder.data().exists());
}

#[tokio::test]
async fn migrate_makes_the_database_shows_the_recovery_key_and_stops() {
    let folder = Folder::new();
    let ended = Start::on(&folder).command("migrate").end().await;
    let printed = &ended.assert_success().printed;
    let key = folder.data().join("recovery.key").display().to_string();
    assert!(printed.contains(&key) && printed.contains("keep a copy"), "{printed}");
    assert!(ended.log.contains("migrated the database"), "{}", ended.log);
    assert!(!folder.cluster().join("postmaster.pid").exists());
    let again = Start::on(&folder).command("migrate").end().await;
    again.assert_success();
    assert!(!again.log.contains("migrated the database"), "{}", again.log);
    Program::serve(&folder).await.stop().await;
}

#[tokio::test]
async fn a_first_migration_with_backups_on_has_nothing_alarming_to_say() {
    let folder = Folder::new();
    let migrate = || Start::on(&folder).flag("--backups", "on").command("migrate").end();
    for ended in [migrate().await, migrate().await] {
        ended.assert_success();
        assert!(!ended.log.contains("WARN") && !ended.log.contains("ERROR"), "{}", ended.log);
    }
}

#[tokio::test]
async fn what_nobody_reads_or_cannot_be_written_is_no_crash() {
    let folder = Folder::prepared().await;
    let through = |line: &str| Start::on(&folder).after(&["sh", "-c", line, "sh"]);
    let ended = through(r#""$@" | head -n 1"#).command("config").end().await;
    assert_eq!((ended.printed.lines().count(), ended.log.as_str()), (1, ""));
    let ended = through(r#"exec "$@" >/dev/full"#).command("config").end().await;
    ended.assert_sentence(&["could not be written", "No space left on device"]);

    // A server serves all the same.
    let serving = through(r#"exec "$@" >/dev/full 2>"$SAID""#);
    let said = folder.path().join("said");
    let mut child = serving.env("SAID", said.display()).spawn();
    let printed = || std::fs::read_to_string(&said).unwrap_or_default();
    eventually("it serves", async || printed().contains("where could not be printed").then_some(())).await;
    signal(child.id().unwrap(), "TERM");
    assert!(child.wait().await.unwrap().success(), "{}", printed());
}

#[tokio::test]
async fn migrate_needs_no_free_port() {
    let folder = Folder::prepared().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let start = Start::on(&folder).command("migrate").flag("--listen", taken.local_addr().unwrap());
    start.end().await.assert_success();
}

#[tokio::test]
async fn openapi_prints_the_description_that_is_served() {
    let folder = Folder::prepared().await;
    let ended = Start::bare(&folder).command("openapi").end().await;
    let printed: serde_json::Value = serde_json::from_str(&ended.assert_success().printed).unwrap();
    let program = Program::serve(&folder).await;
    assert_eq!(program.get("/openapi.json").await.assert(200).body, printed);
    program.stop().await;
}

#[tokio::test]
async fn help_names_every_setting_and_its_variable() {
    let folder = Folder::new();
    let ended = Start::bare(&folder).command("--help").end().await;
    let printed = &ended.assert_success().printed;
    for part in ["serve", "migrate", "talk", "config", "--listen", "ELLA_LISTEN", "DATABASE_URL", "ELLA_LLM"]
    {
        assert!(printed.contains(part), "{part} is not in: {printed}");
    }
}

#[tokio::test]
async fn demo_fills_a_running_server_and_one_that_is_not_running_but_only_once() {
    let folder = Folder::prepared().await;
    let small = || Start::on(&folder).command("demo").flag("--students", 3).flag("--conversations", 9);
    let program = Program::serve(&folder).await;
    let ended = small().end().await;
    assert!(ended.assert_success().printed.contains("3 students, 9 conversations"), "{}", ended.printed);
    // The address is the running server's, whatever the command's own settings are.
    let address = format!("Look at it: http://{}/dashboard", program.address);
    assert!(ended.printed.contains(&address), "{address} is not in: {}", ended.printed);
    let request = program.request(reqwest::Method::GET, "/admin/students");
    let key = folder.read("admin.key");
    let answer = crate::support::Answer::of(request.header("x-admin-key", key)).await;
    assert_eq!(answer.assert(200).body["items"].as_array().unwrap().len(), 3);
    program.stop().await;
    small().end().await.assert_sentence(&["A made-up class is in this database already", "ELLA_DATA_DIR"]);

    let folder = Folder::prepared().await;
    let start = Start::on(&folder).command("demo").flag("--students", 2).flag("--conversations", 1);
    assert!(start.end().await.assert_success().printed.contains("2 students, 1 conversations"));
}
