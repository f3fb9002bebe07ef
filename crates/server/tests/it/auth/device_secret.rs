use ella_test_support::database::ask;
use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::{Answer, Ella};

const DEVICE: &str = "4b3c1f0e-9a59-4d39-8a6e-0d4d8f3f6f55";
const SECRET: &str = "a secret that only this device knows";
const OTHER: &str = "another secret than the one it knows";

async fn sign_in(ella: &Ella, secret: Value) -> Answer {
    ella.post("/auth/anonymous", json!({"device_id": DEVICE, "device_secret": secret})).await
}

#[tokio::test]
async fn once_sent_every_later_sign_in_must_send_the_same() {
    let ella = Ella::start().await;
    let student = sign_in(&ella, json!(SECRET)).await.assert(200).body["user_id"].clone();
    for wrong in [json!(OTHER), json!(null), json!(SECRET.to_uppercase()), json!(format!("{SECRET} "))] {
        let refused = sign_in(&ella, wrong).await;
        refused.assert_problem(401);
        assert_eq!(refused.header("www-authenticate"), "Bearer");
        assert!(!refused.text.contains(student.as_str().unwrap()));
    }
    let left_out = ella.post("/auth/anonymous", json!({"device_id": DEVICE})).await;
    left_out.assert_problem(401);
    let right = sign_in(&ella, json!(SECRET)).await;
    assert_eq!(right.assert(200).body["user_id"], student);
    assert_eq!(right.body["created"], false);
}

#[tokio::test]
async fn a_device_may_send_its_first_secret_later() {
    let ella = Ella::start().await;
    let student = sign_in(&ella, json!(null)).await.assert(200).body["user_id"].clone();
    assert_eq!(sign_in(&ella, json!(null)).await.assert(200).body["user_id"], student);
    assert_eq!(sign_in(&ella, json!(SECRET)).await.assert(200).body["user_id"], student);
    sign_in(&ella, json!(null)).await.assert_problem(401);
    sign_in(&ella, json!(OTHER)).await.assert_problem(401);
}

#[tokio::test]
async fn when_two_secrets_arrive_at_once_one_of_them_holds() {
    let ella = Ella::start().await;
    sign_in(&ella, json!(null)).await.assert(200);
    let secrets = [SECRET, OTHER];
    let answers = join_all((0..12).map(|turn| sign_in(&ella, json!(secrets[turn % 2])))).await;
    let accepted: Vec<usize> = (0..12).filter(|turn| answers[*turn].status == 200).collect();
    let holds = accepted[0] % 2;
    assert_eq!(accepted, (0..12).filter(|turn| turn % 2 == holds).collect::<Vec<_>>());
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.assert_problem(401);
    }
    sign_in(&ella, json!(secrets[holds])).await.assert(200);
    sign_in(&ella, json!(secrets[1 - holds])).await.assert_problem(401);
}

#[tokio::test]
async fn a_secret_is_measured_in_characters_and_not_trimmed() {
    let ella = Ella::start().await;
    // 32 characters, 128 bytes; 34 with its spaces, which belong to it.
    for (device, secret, other) in [
        ("00000000-0000-4000-8000-000000000001", "🦊".repeat(32), "🦊".repeat(33)),
        ("00000000-0000-4000-8000-000000000002", "🦊".repeat(128), "🦊".repeat(127)),
        ("00000000-0000-4000-8000-000000000003", " ".repeat(32), " ".repeat(33)),
        ("00000000-0000-4000-8000-000000000004", format!(" {} ", "s".repeat(32)), "s".repeat(32)),
    ] {
        let with = |secret: &str| json!({"device_id": device, "device_secret": secret});
        ella.post("/auth/anonymous", with(&secret)).await.assert(200);
        ella.post("/auth/anonymous", with(&other)).await.assert_problem(401);
        ella.post("/auth/anonymous", with(&secret)).await.assert(200);
    }
    let nul = format!("{}\0", "s".repeat(40));
    sign_in(&ella, json!(nul)).await.assert_faults(&["body.device_secret"]);
}

#[tokio::test]
async fn the_secret_is_kept_only_as_a_hash() {
    let ella = Ella::start().await;
    sign_in(&ella, json!(SECRET)).await.assert(200);
    let row = ask(&ella.database.administrator, "select devices::text from ella.devices").await;
    let digits = ella::secrets::hex(SECRET.as_bytes());
    assert!(!row.contains(SECRET) && !row.contains(&digits), "{row}");
}
