use super::*;
use crate::backup::Drill;

impl Running<'_> {
    pub(super) async fn drill(&self) -> Drill {
        let settings = settings(self.home.folder.path(), Vec::new());
        let (questions, quiet, living) = (questions(), quiet(), self.living());
        let drilling = self.home.backups.drill(Copy::Local, &questions, &living, &settings, &quiet, now());
        drilling.await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_proves_that_all_is_there_and_measures_what_is_lost() {
    let home = Home::new("drill").await;
    let running = home.start().await;
    running.backup(Kind::Full).await;
    running.note("one").await;
    running.archive().await;
    let drill = running.drill().await;
    println!("{drill:?}");
    assert_eq!(drill.fault, None);
    assert_eq!(drill.loss_seconds, Some(0.0));
    assert_eq!(drill.rows["notes"], 1);
    assert!(drill.restore_seconds > 0.0 && drill.recovery_seconds > 0.0);
    assert_eq!(home.backups.last_drill(), Some(drill.clone()));
    // Who asks for a drill from where nothing is has not shown that all is lost.
    let (settings, questions, quiet, living) =
        (settings(home.folder.path(), Vec::new()), questions(), quiet(), running.living());
    let nowhere = home.backups.drill(Copy::OffMachine, &questions, &living, &settings, &quiet, now()).await;
    let sentence = nowhere.unwrap_err().to_string();
    assert!(sentence.contains("ELLA_BACKUP_S3") && sentence.contains("not set"), "{sentence}");
    assert_eq!(home.backups.last_drill(), Some(drill));

    // What has not been archived yet would be lost, and the drill says so.
    let first = now();
    running.note("two").await;
    let drill = running.drill().await;
    assert_eq!(drill.fault, None);
    let loss = drill.loss_seconds.unwrap();
    assert!(loss >= 0.0 && loss <= now().duration_since(first).as_secs_f64() + 60.0, "{loss}");
    assert!(!home.folder.path().join("drill").exists(), "it is removed");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_that_finds_less_than_the_living_database_has_does_not_pass() {
    let home = Home::new("drill-rows").await;
    let running = home.start().await;
    running.backup(Kind::Full).await;
    running.archive().await;
    // Not archived yet, and more than may be missing.
    let many = "insert into ella.notes select 'n' || n from generate_series(1, 5000) n";
    run(&running.postgres.administrator(), many).await;
    let drill = running.drill().await;
    let fault = drill.fault.unwrap();
    assert!(fault.contains("heartbeat") || fault.contains("notes has"), "{fault}");
    running.stop().await;
}

/// A page whose checksum is wrong is seen by the next backup, and a drill of it does not pass.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_page_is_reported() {
    let home = Home::new("drill-page").await;
    let running = home.start().await;
    running.note("one").await;
    let administrator = running.postgres.administrator();
    run(&administrator, "checkpoint").await;
    let file = ask(&administrator, "select pg_relation_filepath('ella.notes')").await;
    running.stop().await;
    let file = home.folder.path().join("postgres").join(file);
    let mut bytes = std::fs::read(&file).unwrap();
    // In the middle of the row, which lies at the end of the page.
    let place = bytes.len() - 8;
    bytes[place] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let running = home.start().await;
    running.backup(Kind::Full).await;
    assert!(home.backups.list(Copy::Local).await.unwrap()[0].has_bad_pages);
    let drill = running.drill().await;
    let fault = drill.fault.expect("it does not pass");
    assert!(fault.contains("invalid page") || fault.contains("pg_amcheck"), "{fault}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_drill_is_refused_and_leaves_the_first_alone() {
    let home = Home::new("drill-twice").await;
    let running = home.start().await;
    running.backup(Kind::Full).await;
    running.note("one").await;
    running.archive().await;
    // Of another process, such as a command beside the server.
    let other = prepare(home.folder.path(), KEY);
    let settings = settings(home.folder.path(), Vec::new());
    let (questions, living) = (questions(), running.living());
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let tell: Progress = Arc::new(move |_: &str| tell.send(()).unwrap_or_default());
    let first = home.backups.drill(Copy::Local, &questions, &living, &settings, &tell, now());
    let second = async {
        told.recv().await.expect("the first is at work");
        other.drill(Copy::Local, &questions, &living, &settings, &quiet(), now()).await
    };
    let (first, second) = tokio::join!(first, second);
    let first = first.unwrap();
    assert_eq!(first.fault, None);
    let sentence = second.unwrap_err().to_string();
    assert!(sentence.contains("Another drill is at work"), "{sentence}");
    assert_eq!(other.last_drill(), Some(first), "the second is no drill that did not pass");
    // With the first the lock is gone.
    assert_eq!(running.drill().await.fault, None);
    running.stop().await;
}
