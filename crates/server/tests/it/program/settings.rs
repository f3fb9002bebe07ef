//! Bad settings are refused at start, by name and with what is allowed.

use super::{Folder, Start};
use crate::database::connect;

/// A variable, a bad value, and what is said about it.
const REFUSED: &[(&str, &str, &str)] = &[
    ("ELLA_LISTEN", "8000", "an address such as 127.0.0.1:8000"),
    ("ELLA_LISTEN", "localhost", "an address such as 127.0.0.1:8000"),
    ("ELLA_METRICS_LISTEN", "no", "an address such as 127.0.0.1:9464, or off"),
    ("ELLA_DATABASE_POOL", "0", "1..=1000"),
    ("ELLA_DATABASE_POOL", "ten", "(1 to 1000)"),
    ("ELLA_TOKEN_DAYS", "0", "1..=3650"),
    ("ELLA_TRUSTED_PROXIES", "10.0.0.0/33", "a network such as 10.0.0.0/8"),
    ("ELLA_CORS_ORIGINS", "*", "an origin such as https://app.example"),
    ("ELLA_SIGN_INS_PER_MINUTE", "-1", "0 switches the limit off"),
    ("ELLA_REQUEST_SECONDS", "601", "1..=600"),
    ("ELLA_SHUTDOWN_SECONDS", "601", "0..=600"),
    ("ELLA_TURN_BUDGET_MS", "99", "100..=60000"),
    ("ELLA_FIRST_SENTENCE_MS", "60001", "100..=60000"),
    ("ELLA_HEDGE_MS", "49", "50..=60000"),
    ("ELLA_LLM_IN_FLIGHT", "0", "1..=1000000"),
    ("ELLA_STUDENT_TOKENS_PER_DAY", "-1", "0 for no limit"),
    ("ELLA_TOKENS_PER_DAY", "many", "0 for no limit"),
    ("ELLA_LOG", "ella=loud", "off, error, warn, info, debug or trace"),
    ("ELLA_LOG_FORM", "xml", "auto, text, json"),
];

#[tokio::test]
async fn a_bad_value_is_refused_with_its_name_and_what_is_allowed() {
    let folder = Folder::new();
    for (name, value, allowed) in REFUSED {
        let mut start = Start::bare(&folder).env("ELLA_DATA_DIR", folder.data().display());
        start = start.env(name, value);
        let ended = start.end().await;
        let flag = name.trim_start_matches("ELLA_").to_lowercase().replace('_', "-");
        assert_eq!(ended.status.code(), Some(2), "{name}: {ended:?}");
        for part in [name, &format!("--{flag}") as &str, value, allowed] {
            assert!(ended.log.contains(part), "{name}={value}: {part:?} is not in: {}", ended.log);
        }
        assert_eq!(ended.log.lines().count(), 1, "{}", ended.log);
    }
    assert!(!folder.data().exists());
}

#[tokio::test]
async fn a_bad_secret_is_refused_without_being_shown() {
    let folder = Folder::new();
    for name in ["ELLA_RECOVERY_KEY", "ELLA_ADMIN_KEY", "ELLA_JWT_SECRET", "ELLA_JWT_PREVIOUS_SECRETS"] {
        let ended = Start::on(&folder).env(name, "too-short-a-secret").end().await;
        assert_eq!(ended.status.code(), Some(2), "{name}: {ended:?}");
        assert!(ended.log.contains(name) && ended.log.contains("at least 32 characters"), "{}", ended.log);
        assert!(!ended.log.contains("too-short-a-secret"), "{}", ended.log);
    }
}

#[tokio::test]
async fn a_models_key_without_its_model_is_refused_without_being_shown() {
    let folder = Folder::new();
    let ended = Start::on(&folder).env("ELLA_LLM_KEYS", "llama=good,gsk-secret").end().await;
    assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    assert!(ended.log.contains("ELLA_LLM_KEYS") && ended.log.contains("model=key"), "{}", ended.log);
    assert!(!ended.log.contains("gsk-secret"), "{}", ended.log);
}

#[tokio::test]
async fn a_bad_voice_is_refused_with_what_is_allowed() {
    let folder = Folder::new();
    for (value, part) in
        [("gemini", "gemini"), ("claude:x", "claude"), ("openai:gpt-4.1-mini", "OPENAI_API_KEY")]
    {
        let ended = Start::on(&folder).env("ELLA_LLM", value).end().await;
        ended.assert_sentence(&["ELLA_LLM", part]);
    }
    assert!(!folder.data().exists());
}

#[tokio::test]
async fn a_bad_flag_or_command_is_refused_with_a_hint() {
    let folder = Folder::new();
    for (start, part) in [
        (Start::bare(&folder).flag("--lisen", "127.0.0.1:0"), "--listen"),
        (Start::bare(&folder).command("sreve"), "serve"),
    ] {
        let ended = start.end().await;
        assert_eq!(ended.status.code(), Some(2), "{ended:?}");
        assert!(ended.log.contains(part), "{}", ended.log);
    }
}

#[tokio::test]
async fn the_managed_databases_own_timeouts_follow_the_requests_deadline() {
    let folder = Folder::prepared().await;
    for (seconds, expected) in [(4, ["2s", "1s", "4s"]), (60, ["5s", "2s", "10s"])] {
        let program = Start::on(&folder).flag("--request-seconds", seconds).serve().await;
        let application = connect(&folder.application()).await;
        let mut shown = Vec::new();
        for name in ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"] {
            let row = application.query_one(&format!("show {name}"), &[]).await.unwrap();
            shown.push(row.get::<_, String>(0));
        }
        assert_eq!(shown, expected, "with {seconds} s");
        drop(application);
        program.stop().await;
    }
}
