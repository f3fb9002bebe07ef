use reqwest::Method;
use serde_json::json;

use super::*;

#[tokio::test]
async fn on_a_disk_that_is_nearly_full_reads_go_on_and_writes_are_refused() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    program.sign_in(PHONE).await;
    program.stop().await;
    // Every disk has less than 99 % free.
    let program = Start::on(&folder).flag("--disk-free-percent", 99).serve().await;
    eventually("the disk was looked at", async || {
        (report(&folder, &program).await["backups"]["disk"]["writes_refused"] == true).then_some(())
    })
    .await;
    let ana = program.sign_in(PHONE).await;
    assert!(!ana.created, "who is known may sign in");
    ana.get("/users/me").await.assert(200);
    let refused = ana.send(Method::PUT, "/users/me", Some(json!({"name": "Ana"}))).await;
    refused.assert_problem(503);
    assert!(!refused.header("retry-after").is_empty());
    ana.post("/conversations", json!({})).await.assert_problem(503);
    let health = program.get("/health").await;
    health.assert(200);
    assert_eq!(health.body["status"], "degraded");
    let disk = report(&folder, &program).await["backups"]["disk"].clone();
    assert_eq!(disk["condition"], "failing");
    assert!(disk["what_to_do"].as_str().unwrap().contains("Free some space"), "{disk}");
    program.stop().await;
}
