use super::*;
use crate::program::metrics;

async fn json(folder: &Folder, words: &[&str]) -> Value {
    let ended = command(folder, words).command("--json").end().await;
    ended.assert_success();
    serde_json::from_str(&ended.printed).unwrap_or_else(|error| panic!("{error}: {}", ended.printed))
}

#[tokio::test]
async fn a_person_and_a_machine_can_make_list_check_and_try_backups() {
    let folder = Folder::prepared().await;
    let (program, figures) = metrics::serve(with_backups(&folder)).await;
    first_backup(&program).await;
    let ana = program.sign_in(PHONE).await;
    ana.conversation().await;
    let made = json(&folder, &["backup", "now"]).await;
    assert_eq!(made[0]["backup"]["kind"], "incr");
    let listed = json(&folder, &["backup", "list"]).await;
    assert_eq!(listed[0]["backups"].as_array().unwrap().len(), 2);
    let ended = command(&folder, &["backup", "list"]).end().await;
    let lines: Vec<&str> = ended.printed.lines().collect();
    assert!(
        lines[0].starts_with("local repository, /") && lines[1].contains(" ago") && lines[1].contains("MB"),
        "{lines:?}"
    );
    archived(&folder).await;

    let ended = command(&folder, &["backup", "verify"]).end().await;
    ended.assert_success();
    assert!(ended.printed.contains("every file is right, and none is missing"), "{ended:?}");
    let ended = command(&folder, &["backup", "drill"]).end().await;
    ended.assert_success();
    println!("{}{}", ended.log, ended.printed);
    assert!(
        ended.printed.contains("Everything was back") && ended.printed.contains("1 students"),
        "{ended:?}"
    );
    let drilled = json(&folder, &["backup", "status"]).await;
    assert_eq!(drilled["status"], "local_only");
    assert!(drilled["drill"]["recovery_seconds"].as_f64().unwrap() > 0.0, "{drilled}");
    let health = program.get("/health").await.body;
    assert!(!health["backups"]["last_drill_at"].is_null(), "the server knows of the drill: {health}");
    let human = command(&folder, &["backup", "status"]).end().await;
    assert!(
        human.printed.contains("local_only") && human.printed.contains("can be restored from"),
        "{human:?}"
    );

    // And so does whoever watches with Prometheus.
    let figure = async |series: &str| metrics::value(&metrics::figures(&figures).await, series);
    for series in [
        "ella_backup_status{status=\"local_only\"}",
        "ella_drill_recovery_seconds",
        "ella_disk_free_bytes",
        "ella_wal_bytes",
    ] {
        assert!(figure(series).await > 0.0, "{series}: {}", metrics::figures(&figures).await);
    }
    let failing = "ella_verification_failing{repository=\"local\"}";
    assert!(figure(failing).await < 0.5 && metrics::figures(&figures).await.contains(failing));

    // A file that is not as it was written.
    let segment = files_in(&folder.data().join("backups/repository/archive")).into_iter();
    let segment =
        segment.filter(|path| path.extension().is_some_and(|extension| extension == "zst")).min().unwrap();
    let mut bytes = fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&segment, bytes).unwrap();
    assert_eq!(command(&folder, &["backup", "verify"]).end().await.status.code(), Some(4));
    assert_eq!(command(&folder, &["backup", "status"]).end().await.status.code(), Some(4));
    assert!(figure(failing).await > 0.5);
    drop(ana);
    program.stop().await;

    let ended = command(&folder, &["backup", "now"]).end().await;
    ended.assert_sentence(&["No ella runs", "ella serve"]);
    let external = command(&folder, &["backup", "list"]).env("DATABASE_URL", "postgresql://x/y").end().await;
    external.assert_sentence(&["belong to whoever runs it"]);
}

/// On a terminal there is a bar; what goes elsewhere holds none of it.
#[tokio::test]
async fn who_waits_at_a_terminal_sees_how_far_it_is() {
    const TERMINAL: &str =
        "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
    let (folder, program) = backed_up().await;
    let piped = command(&folder, &["backup", "now", "--full"]).end().await;
    piped.assert_success();
    assert!(!piped.log.contains('\r') && !piped.log.contains(" % "), "{piped:?}");
    // The program opens the terminal for its errors as well.
    let shell = |words: &str| {
        format!("exec {} {words} --data-dir={} 2>&1", env!("CARGO_BIN_EXE_ella"), folder.data().display())
    };
    for words in ["backup now --full", "backup drill"] {
        let shell = shell(words);
        let output = tokio::process::Command::new("python3")
            .args(["-c", TERMINAL, "sh", "-c", &shell])
            .stdin(std::process::Stdio::null())
            .output()
            .await
            .unwrap();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{words}: {printed}");
        assert!(printed.contains("\r\u{1b}[K[="), "a bar that fills: {printed}");
        assert!(
            printed.contains(" %  ") && printed.contains(" ago ") || words.contains("drill"),
            "{printed}"
        );
    }
    program.stop().await;
}
