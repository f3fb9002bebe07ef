use super::*;

/// Lessons: with an archive command that fails, a stop took minutes. And trap 7: WAL that cannot be archived is kept.
#[tokio::test(flavor = "multi_thread")]
async fn archiving_that_fails_is_seen_keeps_its_wal_and_does_not_hold_up_a_stop() {
    let home = Home::new("failing").await;
    let running = home.start().await;
    running.archive().await;
    let place = home.repository();
    let away = home.folder.path().join("away");
    std::fs::rename(&place, &away).unwrap();
    std::fs::write(&place, "in the way").unwrap();
    for text in ["one", "two", "three"] {
        running.note(text).await;
        ask(&running.postgres.administrator(), "select pg_walfile_name(pg_switch_wal())").await;
    }
    let began = Instant::now();
    let archiving = loop {
        let archiving = home.backups.archiving(&running.living()).await.unwrap();
        if archiving.fails() && archiving.waiting >= 3 {
            break archiving;
        }
        assert!(began.elapsed() < Duration::from_mins(1), "{archiving:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(archiving.failures > 0);
    let error = home.backups.make_repository(Copy::Local).await.unwrap_err();
    println!("{error}");
    let began = Instant::now();
    running.stop().await;
    let took = began.elapsed();
    println!("a stop while archiving fails took {took:?}");
    assert!(took < Duration::from_secs(20), "{took:?}");

    std::fs::remove_file(&place).unwrap();
    std::fs::rename(&away, &place).unwrap();
    let running = home.start().await;
    let began = Instant::now();
    while home.backups.archiving(&running.living()).await.unwrap().waiting > 0 {
        assert!(began.elapsed() < Duration::from_mins(2), "what waited is archived");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    running.backup(Kind::Full).await;
    assert_eq!(home.backups.continuity(Copy::Local).await.unwrap().open_gaps, Vec::<String>::new());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_server_makes_no_backups_and_a_busy_one_makes_small_ones() {
    let home = Home::new("due").await;
    let running = home.start().await;
    let hour = jiff::SignedDuration::from_hours(1);
    let due = async |hours: i64| {
        let backups = home.backups.list(Copy::Local).await.unwrap();
        let at = now() + hour * i32::try_from(hours).unwrap();
        home.backups.due(Copy::Local, &backups, hour, hour * 24, &running.living(), at).await.unwrap()
    };
    assert_eq!(due(0).await, Some(Kind::Full), "the first one");
    running.backup(Kind::Full).await;
    assert_eq!(due(0).await, None, "too soon");
    assert_eq!(due(200).await, None, "nothing was written");
    running.note("one").await;
    assert_eq!(due(2).await, Some(Kind::Incremental));
    assert_eq!(due(25).await, Some(Kind::Full));
    // What is big, somebody has to say.
    let big = BackupSettings { small_bytes: 0, ..backup_settings(home.folder.path(), KEY) };
    let big = Backups::prepare(&big).unwrap();
    let backups = home.backups.list(Copy::Local).await.unwrap();
    let big_due = async |hours: i32| {
        let at = now() + hour * hours;
        big.due(Copy::Local, &backups, hour, hour * 24, &running.living(), at).await.unwrap()
    };
    assert_eq!([big_due(25).await, big_due(24 * 7).await], [Some(Kind::Incremental), Some(Kind::Full)]);
    running.backup(Kind::Incremental).await;
    let backups = home.backups.list(Copy::Local).await.unwrap();
    println!("{} and {} bytes", backups[0].repository_bytes, backups[1].repository_bytes);
    assert!(backups[1].repository_bytes * 4 < backups[0].repository_bytes);
    running.stop().await;
}

/// Trap 10. A segment of 16 MiB is begun every few seconds in which somebody speaks, and a database has a thousand files.
#[tokio::test(flavor = "multi_thread")]
async fn little_takes_little_room_and_nobody_can_read_it() {
    let home = Home::new("room").await;
    let running = home.start().await;
    running.backup(Kind::Full).await;
    running.note("one").await;
    let segment = running.archive().await;
    let bytes = std::fs::metadata(home.archived(&segment).unwrap()).unwrap().len();
    println!("a nearly empty segment takes {bytes} bytes");
    assert!(bytes < 64 << 10, "{bytes}");
    let files = files_in(&home.repository());
    let in_bundles =
        files.iter().filter(|file| file.parent().is_some_and(|folder| folder.ends_with("bundle")));
    println!("{} files, {} of them bundles", files.len(), in_bundles.clone().count());
    assert!(in_bundles.count() > 0 && files.len() < 100, "{files:?}");
    for file in &files {
        // So begins what was encrypted with a password.
        assert!(std::fs::read(file).unwrap().starts_with(b"Salted__"), "{}", file.display());
    }
    running.stop().await;
}

/// What was written after a start is archived as soon as at any other time, without anybody's asking.
#[tokio::test(flavor = "multi_thread")]
async fn little_is_archived_in_time_also_after_a_restart() {
    let home = Home::new("restart").await;
    let running = home.start().await;
    running.stop().await;
    let running = home.start().await;
    let living = running.living();
    assert!(home.backups.wake_the_archiving(&living).await.unwrap());
    assert!(!home.backups.wake_the_archiving(&living).await.unwrap(), "once is enough");
    running.note("one").await;
    let segment =
        ask(&running.postgres.administrator(), "select pg_walfile_name(pg_current_wal_lsn())").await;
    eventually("it is archived by itself", || home.archived(&segment).is_some()).await;
    running.stop().await;
}
