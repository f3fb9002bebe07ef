use super::*;

/// Trap 2. pgBackRest's own `verify` and `info` say that all is well, and PostgreSQL ends at the gap as if nothing had
/// come after it.
#[tokio::test(flavor = "multi_thread")]
async fn a_missing_segment_is_reported_and_never_restored_across_in_silence() {
    let home = Home::new("gap").await;
    let running = home.start().await;
    running.backup(Kind::Full).await;
    running.note("one").await;
    running.archive().await;
    running.note("two").await;
    let lost = running.archive().await;
    running.note("three").await;
    running.archive().await;
    assert_eq!(home.backups.continuity(Copy::Local).await.unwrap().open_gaps, Vec::<String>::new());
    std::fs::remove_file(home.archived(&lost).unwrap()).unwrap();

    let verified = home.backups.verify(Copy::Local, now()).await.unwrap();
    println!("pgBackRest says of it: sound {}", verified.is_sound);
    let continuity = home.backups.continuity(Copy::Local).await.unwrap();
    assert_eq!(continuity.open_gaps, [format!("WAL segment {lost}")]);
    let drill = running.drill().await;
    assert!(drill.fault.as_deref().is_some_and(|fault| fault.contains("gap")), "{drill:?}");
    running.stop().await;

    let error = home.restore(Target::Latest).await.unwrap_err();
    let BackupError::Gap { missing, reached, .. } = &error else { panic!("{error}") };
    assert!(missing.contains(&lost), "{error}");
    let running = home.start().await;
    assert_eq!(running.notes().await, ["one", "three", "two"], "the living data are untouched");
    // A full backup after the gap makes the present safe again.
    running.backup(Kind::Full).await;
    let continuity = home.backups.continuity(Copy::Local).await.unwrap();
    assert_eq!((continuity.open_gaps.len(), continuity.past_gaps.len()), (0, 1));
    running.stop().await;

    // The moment that the sentence names can be had.
    let before: Timestamp = reached.replacen(' ', "T", 1).parse().unwrap();
    home.restore(Target::At(before)).await.unwrap();
    let running = home.start().await;
    assert_eq!(running.notes().await, ["one"]);
    running.stop().await;
}

/// Trap 3. The exit code is 0 all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_segment_is_found_by_reading_what_the_verification_says() {
    let home = Home::new("damage").await;
    let running = home.start().await;
    running.backup(Kind::Full).await;
    running.note("one").await;
    let segment = running.archive().await;
    assert!(home.backups.verify(Copy::Local, now()).await.unwrap().is_sound);
    let file = home.archived(&segment).unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let verified = home.backups.verify(Copy::Local, now()).await.unwrap();
    assert!(!verified.is_sound && !verified.faults.is_empty(), "{verified:?}");
    assert_eq!(home.backups.last_verification(Copy::Local), Some(verified), "it is kept");
    running.stop().await;
}
