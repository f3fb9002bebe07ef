use super::*;

const NOTE: &str = "a note that is long enough to be found in the file of its table";

impl Running<'_> {
    /// Damages the page of the notes while nobody looks, and starts again.
    async fn damage(self) -> Self {
        let administrator = self.postgres.administrator();
        run(&administrator, "checkpoint").await;
        let file = ask(&administrator, "select pg_relation_filepath('ella.notes')").await;
        let home = self.home;
        self.stop().await;
        let file = home.folder.path().join("postgres").join(file);
        let mut bytes = std::fs::read(&file).unwrap();
        let place = bytes.windows(6).position(|six| six == &NOTE.as_bytes()[..6]).unwrap();
        bytes[place] ^= 1;
        std::fs::write(&file, bytes).unwrap();
        home.start().await
    }
}

/// The living database is looked at while it serves; and a restore heals it, out of a backup from before the damage and
/// the archive, although a newer backup has copied the page as it was.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_page_of_the_living_database_is_found_and_comes_back_whole() {
    let home = Home::new("pages").await;
    let running = home.start().await;
    let patience = Duration::from_mins(5);
    running.backup(Kind::Full).await;
    running.note(NOTE).await;
    running.archive().await;
    assert_eq!(running.living().check_pages(patience).await.unwrap(), Vec::<String>::new());
    let running = running.damage().await;
    let faults = running.living().check_pages(patience).await.unwrap();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].contains("notes") && faults[0].contains("invalid page"), "{faults:?}");
    let second = running.living().check_pages(Duration::ZERO).await.unwrap_err().to_string();
    assert!(second.contains("took longer"), "{second}");

    running.backup(Kind::Full).await;
    let listed = home.backups.list(Copy::Local).await.unwrap();
    assert_eq!(listed.iter().map(|backup| backup.has_bad_pages).collect::<Vec<_>>(), [false, true]);
    running.stop().await;
    home.restore(Target::Latest).await.unwrap();
    let running = home.start().await;
    let words = NOTE.split_whitespace().count();
    assert_eq!(running.notes().await.len(), words, "the note is read again");
    assert_eq!(running.living().check_pages(patience).await.unwrap(), Vec::<String>::new());
    running.stop().await;
}
