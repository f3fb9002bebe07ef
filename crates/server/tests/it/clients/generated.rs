//! A client that openapi-python-client writes from our description spends a student's first day with us.

use std::{fs, path::Path};

use ella::router;
use tokio::process::Command;

use super::root;
use crate::support::{ADMIN_KEY, Ella};

#[tokio::test]
async fn a_generated_client_spends_a_first_day() {
    let programs = root().join(".setup/clients/bin");
    if !programs.join("openapi-python-client").is_file() {
        let missing = "the client generator is missing (setup/python.sh clients gets it)";
        assert!(std::env::var_os("CI").is_none(), "{missing}");
        eprintln!("skipped: {missing}");
        return;
    }
    let ella = Ella::start().await;
    let folder = std::env::temp_dir().join(format!("ella-test-generated-{}", ella.app.new_id()));
    fs::create_dir_all(&folder).unwrap();
    let document = folder.join("openapi.json");
    fs::write(&document, router::document().to_json().unwrap()).unwrap();

    let generated = run(
        Command::new(programs.join("openapi-python-client"))
            .args(["generate", "--meta", "none", "--fail-on-warning", "--path"])
            .arg(&document)
            .arg("--output-path")
            .arg(folder.join("ella_client")),
        &programs,
    )
    .await;
    assert!(!generated.contains("Warning"), "{generated}");
    let said = run(
        Command::new(programs.join("python"))
            .arg(root().join("crates/server/tests/it/clients/first_day.py"))
            .arg(format!("http://{}", ella.address))
            .arg(ADMIN_KEY)
            .env("PYTHONPATH", &folder)
            .env("PYTHONDONTWRITEBYTECODE", "1"),
        &programs,
    )
    .await;
    assert!(said.trim_end().ends_with("a good first day"), "{said}");
    let _ = fs::remove_dir_all(folder);
}

/// What a program printed; its whole output when it failed.
async fn run(command: &mut Command, programs: &Path) -> String {
    // The generator tidies up with a formatter that is installed beside it.
    let path = std::env::var("PATH").unwrap_or_default();
    let done = command
        .env("PATH", format!("{}:{path}", programs.display()))
        .env_remove("PYTHONHOME")
        .kill_on_drop(true)
        .output()
        .await
        .expect("the program starts");
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{said}");
    said
}
