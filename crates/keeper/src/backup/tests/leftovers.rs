use super::*;

impl Home {
    /// What of restores beside is there.
    fn beside(&self) -> Vec<String> {
        let folders = [self.folder.path().to_owned(), self.folder.path().join("backups")];
        let entries =
            folders.iter().flat_map(|folder| std::fs::read_dir(folder).into_iter().flatten().flatten());
        let names = entries.map(|entry| entry.file_name().into_string().unwrap());
        names.filter(|name| name.contains("beside-")).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_restore_left_is_cleared_away_and_a_living_one_is_not() {
    let home = Home::new("leftovers").await;
    let running = home.start().await;
    running.note("one").await;
    running.backup(Kind::Full).await;
    running.archive().await;
    let settings = settings(home.folder.path(), Vec::new());
    let quiet = quiet();
    let side = async || home.backups.beside(None, Target::Latest, &settings, &quiet, now()).await.unwrap();
    let living = side().await;
    // As a process leaves it that was killed: nobody holds the lock.
    let (data, backups) = (home.folder.path(), home.folder.path().join("backups"));
    for left in ["beside-20200101T000000Z/postgres/base", "drill/postgres"] {
        std::fs::create_dir_all(data.join(left)).unwrap();
    }
    std::fs::create_dir_all(backups.join("for-beside-20200101T000000Z")).unwrap();
    std::fs::create_dir_all(backups.join("for-beside-20200202T000000Z")).unwrap();
    std::fs::create_dir_all(data.join("restoring/postgres")).unwrap();

    // Another program on the same folder sees it the same way.
    let other = prepare(data, KEY);
    assert_eq!(other.clear_leftovers(false).await.unwrap(), 3);
    assert!(
        !data.join("drill").exists() && data.join("restoring").exists(),
        "somebody may be restoring in place"
    );
    assert_eq!(home.beside().len(), 2, "the living one's two folders: {:?}", home.beside());
    assert_eq!(notes(&living.administrator()).await, ["one"]);
    assert_eq!(other.clear_leftovers(true).await.unwrap(), 1);
    assert!(!data.join("restoring").exists());

    // Two in the same second do not get into each other's way.
    let second = side().await;
    assert_eq!(notes(&living.administrator()).await, notes(&second.administrator()).await);
    living.stop().await;
    second.stop().await;
    assert_eq!(home.beside(), Vec::<String>::new());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_beside_that_is_given_up_leaves_nothing() {
    let home = Home::new("given-up").await;
    let running = home.start().await;
    running.note("one").await;
    running.backup(Kind::Full).await;
    running.archive().await;
    let settings = settings(home.folder.path(), Vec::new());
    for stage in ["Restoring", "Recovering"] {
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let tell: Progress = Arc::new(move |said: &str| tell.send(said.to_owned()).unwrap_or_default());
        let restoring = home.backups.beside(None, Target::Latest, &settings, &tell, now());
        let stopped = async { while !told.recv().await.expect("it is at work").contains(stage) {} };
        tokio::select! {
            side = restoring => panic!("it was not given up: {side:?}"),
            () = stopped => {}
        }
        home.backups.clear_leftovers(false).await.unwrap();
        assert_eq!(home.beside(), Vec::<String>::new(), "{stage}");
    }
    running.stop().await;
}
