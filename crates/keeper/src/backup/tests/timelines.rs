use super::*;

impl Home {
    /// The first timeline holds the note "one" and was restored to its end: its files are kept aside, and the second
    /// timeline lives.
    async fn on_the_second_timeline(&self) -> (PathBuf, Running<'_>) {
        let running = self.start().await;
        running.backup(Kind::Full).await;
        assert_eq!(running.due().await, None);
        running.note("one").await;
        running.archive().await;
        running.stop().await;
        let aside = self.restore(Target::Latest).await.unwrap().kept_aside.unwrap();
        (aside, self.start().await)
    }

    /// Somebody puts old files back in the place of the living ones, by hand.
    fn put_back(&self, aside: &Path) {
        let living = self.folder.path().join("postgres");
        std::fs::rename(&living, self.folder.path().join("thrown-away")).unwrap();
        std::fs::rename(aside, &living).unwrap();
    }

    /// The living files are lost, and with them what they say of their timeline.
    fn lose(&self) {
        std::fs::remove_dir_all(self.folder.path().join("postgres")).unwrap();
    }
}

/// Trap 1. With PostgreSQL's default the second recovery follows the newest timeline, which left the old one before
/// "two" was written, and ends without it.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_recovery_to_a_later_moment_of_the_first_timeline_finds_it() {
    let home = Home::new("timelines").await;
    let running = home.start().await;
    running.backup(Kind::Full).await;
    let after_one = running.note("one").await;
    let after_two = running.note("two").await;
    running.note("three").await;
    running.archive().await;
    running.stop().await;

    let recovered = home.restore(Target::At(after_one)).await.unwrap();
    assert!(!recovered.was_clamped);
    let aside = recovered.kept_aside.unwrap();
    assert!(aside.join("PG_VERSION").is_file(), "the old files are kept");
    let running = home.start().await;
    assert_eq!(running.notes().await, ["one"]);
    running.note("other").await;
    running.backup(Kind::Full).await;
    running.archive().await;
    assert!(home.archived("00000002.history").is_some(), "the living server archives its history");
    let info = home.backups.list(Copy::Local).await.unwrap();
    assert_eq!(info.iter().map(|backup| backup.timeline).collect::<Vec<_>>(), [1, 2]);
    running.stop().await;

    home.restore(Target::At(after_two)).await.unwrap();
    let running = home.start().await;
    assert_eq!(running.notes().await, ["one", "two"]);
    running.archive().await;
    running.stop().await;

    // And the newest is the newest one that lives, not the one with most in it.
    home.restore(Target::Latest).await.unwrap();
    let running = home.start().await;
    assert_eq!(running.notes().await, ["one", "two"]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_files_that_were_put_back_by_hand_are_the_living_ones_again() {
    let home = Home::new("put-back").await;
    let (aside, running) = home.on_the_second_timeline().await;
    assert_eq!(running.due().await, Some(Kind::Full), "the restore begins a timeline");
    running.backup(Kind::Full).await;
    assert_eq!(running.due().await, None);
    let abandoned = running.note("abandoned").await;
    running.archive().await;
    running.stop().await;

    home.put_back(&aside);
    let running = home.start().await;
    assert_eq!(running.due().await, Some(Kind::Full), "it is on another timeline than the last backup");
    running.backup(Kind::Full).await;
    assert_eq!(running.due().await, None);
    running.note("two").await;
    running.archive().await;
    running.stop().await;

    home.restore(Target::Latest).await.unwrap();
    let running = home.start().await;
    assert_eq!(running.notes().await, ["one", "two"]);
    running.stop().await;
    home.restore(Target::At(abandoned)).await.unwrap();
    let running = home.start().await;
    assert_eq!(running.notes().await, ["abandoned", "one"], "what lived then can be had as well");
    running.stop().await;
}

/// The archive does not say which of two timelines lives; the files do.
#[tokio::test(flavor = "multi_thread")]
async fn old_files_that_were_put_back_by_hand_are_followed_also_before_their_first_backup() {
    let home = Home::new("put-back-at-once").await;
    let (aside, running) = home.on_the_second_timeline().await;
    running.backup(Kind::Full).await;
    running.note("abandoned").await;
    running.archive().await;
    running.stop().await;

    home.put_back(&aside);
    let running = home.start().await;
    running.due().await;
    let moment = running.note("two").await;
    running.archive().await;
    running.note("three").await;
    running.archive().await;
    let drill = running.drill().await;
    assert_eq!((drill.fault, drill.rows["notes"]), (None, 3), "a drill is of what lives");
    let settings = settings(home.folder.path(), Vec::new());
    let side = home.backups.beside(None, Target::At(moment), &settings, &quiet(), now()).await.unwrap();
    assert_eq!(notes(&side.administrator()).await, ["one", "two"]);
    side.stop().await;
    running.stop().await;

    home.restore(Target::Latest).await.unwrap();
    let running = home.start().await;
    assert_eq!(running.notes().await, ["one", "three", "two"]);
    running.stop().await;
}

/// The full backup after a restore is made while students are served: what they say until it is there must not hang on it.
#[tokio::test(flavor = "multi_thread")]
async fn until_its_first_backup_a_new_timeline_is_reached_from_an_older_one() {
    let home = Home::new("before-its-backup").await;
    let (_, running) = home.on_the_second_timeline().await;
    assert_eq!(running.due().await, Some(Kind::Full), "and it is not made");
    eventually("its history is archived", || home.archived("00000002.history").is_some()).await;
    let moment = running.note("two").await;
    running.note("three").await;
    running.archive().await;
    running.stop().await;

    home.lose();
    home.restore(Target::Latest).await.unwrap();
    let running = home.start().await;
    assert_eq!(running.notes().await, ["one", "three", "two"]);
    running.archive().await;
    running.stop().await;
    home.lose();
    home.restore(Target::At(moment)).await.unwrap();
    let running = home.start().await;
    assert_eq!(running.notes().await, ["one", "two"]);
    running.stop().await;
}

/// What is written to a restored database before the server runs is archived as well, also where a segment got full.
#[tokio::test(flavor = "multi_thread")]
async fn a_segment_that_was_full_before_the_server_ran_is_archived() {
    let home = Home::new("full-at-once").await;
    let running = home.start().await;
    running.backup(Kind::Full).await;
    running.note("one").await;
    running.archive().await;
    running.stop().await;
    // Asked for its heartbeat, it ends its segment.
    let last_write = "select max(at) from ella.beats, pg_switch_wal()".to_owned();
    let (ending, settings) =
        (Questions { last_write, ..questions() }, settings(home.folder.path(), Vec::new()));
    home.backups.in_place(None, Target::Latest, &ending, &settings, &quiet(), now()).await.unwrap();
    let running = home.start().await;
    running.note("two").await;
    running.archive().await;
    let side = home.backups.beside(None, Target::Latest, &settings, &quiet(), now()).await.unwrap();
    assert_eq!(notes(&side.administrator()).await, ["one", "two"]);
    side.stop().await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_on_a_timeline_that_was_left_asks_for_no_backup() {
    let home = Home::new("left-gap").await;
    let (aside, running) = home.on_the_second_timeline().await;
    running.backup(Kind::Full).await;
    running.note("abandoned").await;
    running.archive().await;
    running.note("more").await;
    let lost = running.archive().await;
    running.note("most").await;
    running.archive().await;
    running.stop().await;
    std::fs::remove_file(home.archived(&lost).unwrap()).unwrap();
    home.put_back(&aside);

    let running = home.start().await;
    running.backup(Kind::Full).await;
    let continuity = home.backups.continuity(Copy::Local).await.unwrap();
    assert_eq!(continuity.open_gaps, Vec::<String>::new());
    assert_eq!(continuity.past_gaps, [format!("WAL segment {lost}")]);
    running.stop().await;
}

/// Trap 6. A copy that archives would write its own timeline between the living one's segments.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_beside_the_living_database_leaves_the_repository_alone() {
    let home = Home::new("beside").await;
    let running = home.start().await;
    running.backup(Kind::Full).await;
    let moment = running.note("one").await;
    running.note("two").await;
    running.archive().await;
    let before = files_in(&home.repository().join("archive"));

    let settings = settings(home.folder.path(), Vec::new());
    let side = home.backups.beside(None, Target::At(moment), &settings, &quiet(), now()).await.unwrap();
    let config = side.administrator();
    assert_eq!(notes(&config).await, ["one"]);
    assert_eq!(running.notes().await, ["one", "two"], "the living one lives on");
    assert_eq!(ask(&config, "show archive_mode").await, "off");
    let niceness = "select split_part(pg_read_file('/proc/self/stat'), ' ', 19)";
    let own: i32 = ask(&config, niceness).await.parse().unwrap();
    let living: i32 = ask(&running.postgres.administrator(), niceness).await.parse().unwrap();
    assert!(own > living || living == 19, "students' work goes before a copy's: {own}, {living}");
    assert_eq!(ask(&config, "show default_transaction_read_only").await, "on");
    // Even if somebody writes into it.
    run(&config, "begin read write; create table x (); commit; select pg_switch_wal(); checkpoint").await;
    let folder = side.socket_dir().to_owned();
    side.stop().await;
    assert!(!folder.exists());
    assert_eq!(files_in(&home.repository().join("archive")), before);
    let left: Vec<_> =
        std::fs::read_dir(home.folder.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(left.iter().all(|name| !name.to_str().unwrap().starts_with("beside")), "{left:?}");
    running.stop().await;
}
