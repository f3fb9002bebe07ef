//! The README's `curl` lines do what they say.

use tokio::process::Command;

use super::root;
use crate::support::{ADMIN_KEY, Ella};

/// The README's blocks that are marked as tested, as one script.
fn script() -> String {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("a README");
    let blocks: Vec<&str> = readme
        .split("```sh tested\n")
        .skip(1)
        .map(|rest| rest.split_once("```").expect("a block ends").0)
        .collect();
    assert!(blocks.len() >= 3, "the README shows more than {} tested blocks", blocks.len());
    blocks.concat()
}

#[tokio::test]
async fn the_lines_of_the_readme_work_as_they_stand() {
    let ella = Ella::start().await;
    let written = script();
    let mut script = written.clone();
    // What differs between a reader's server and this one.
    for (from, to) in [
        ("ELLA=http://127.0.0.1:8000\n", format!("ELLA=http://{}\n", ella.address)),
        ("ADMIN_KEY=$(sudo cat /var/lib/ella/admin.key)\n", format!("ADMIN_KEY='{ADMIN_KEY}'\n")),
    ] {
        assert_eq!(script.matches(from).count(), 1, "the README has {from:?} once");
        script = script.replace(from, &to);
    }
    let done = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &script])
        .kill_on_drop(true)
        .output()
        .await
        .expect("bash is there");
    let (said, complained) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{said}\n{complained}");
    for part in [
        "event: sentence",
        "event: done",
        "\"reply\"",
        "\"corrections_complete\"",
        "\"courage\"",
        "\"status\":\"completed\"",
        "\"students\"",
    ] {
        assert!(said.contains(part), "{part} is answered:\n{said}");
    }
}
