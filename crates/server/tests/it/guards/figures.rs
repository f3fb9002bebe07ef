//! Row counts, for drills.

use ella::guards::figures::row_counts;

use super::scene;
use crate::database::tables;

#[tokio::test]
async fn every_table_is_counted() {
    let (_database, owner) = scene().await;
    let counts = row_counts(&owner).await.unwrap();
    assert_eq!(counts.keys().cloned().collect::<Vec<_>>(), tables(&owner).await);
    assert_eq!((counts["students"], counts["messages"], counts["erased_students"]), (2, 80, 0));
}
