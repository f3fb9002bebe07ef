use jiff::SignedDuration;

use super::{bare, whole};
use crate::support::Ella;

#[tokio::test]
async fn there_is_none_before_the_first() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    ana.get("/placements/latest").await.assert_problem(404);
}

#[tokio::test]
async fn the_newest_is_told_also_within_one_moment() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    ana.post("/placements", bare("A1")).await.assert(201);
    let second = ana.post("/placements", bare("A2")).await;
    assert_eq!(ana.get("/placements/latest").await.assert(200).body, second.body);
    ella.advance(SignedDuration::from_hours(1));
    let third = ana.post("/placements", whole()).await;
    assert_eq!(ana.get("/placements/latest").await.assert(200).body, third.body);
}

#[tokio::test]
async fn another_students_is_not_seen() {
    let ella = Ella::start().await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    ana.post("/placements", whole()).await.assert(201);
    ben.get("/placements/latest").await.assert_problem(404);
}
