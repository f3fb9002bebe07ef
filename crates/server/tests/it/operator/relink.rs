//! `ella student relink`.

use reqwest::Method;
use serde_json::{Value, json};

use super::beside;
use crate::{
    program::{Folder, Program},
    support::Answer,
};

const PHONE: &str = "550e8400-e29b-41d4-a716-446655440000";
const NEW_PHONE: &str = "6fa459ea-ee8a-4ca4-894e-db77e160355e";
const SECRET: &str = "a secret of the phone, 32 or more characters";
const NEW_SECRET: &str = "another secret after the phone was set up anew";

async fn sign_in(program: &Program, device: &str, secret: Option<&str>) -> Answer {
    let mut body = json!({"device_id": device});
    if let Some(secret) = secret {
        body["device_secret"] = json!(secret);
    }
    Answer::of(program.request(Method::POST, "/auth/anonymous").json(&body)).await
}

fn id(answer: &Answer) -> Value {
    answer.assert(200).body["user_id"].clone()
}

#[tokio::test]
async fn a_phone_that_lost_its_secret_brings_a_new_one_and_that_one_stays() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    let ana = id(&sign_in(&program, PHONE, Some(SECRET)).await);
    sign_in(&program, PHONE, Some(NEW_SECRET)).await.assert(401);
    for (words, secret, earlier) in
        [(vec![], NEW_SECRET, SECRET), (vec!["--device", PHONE], SECRET, NEW_SECRET)]
    {
        let mut command = vec!["student", "relink", ana.as_str().unwrap()];
        command.extend(words);
        let ended = beside(&folder, &command).end().await;
        assert!(ended.assert_success().printed.contains("may bring a new one"), "{ended:?}");
        assert_eq!(id(&sign_in(&program, PHONE, Some(secret)).await), ana);
        sign_in(&program, PHONE, Some(earlier)).await.assert(401);
        sign_in(&program, PHONE, None).await.assert(401);
    }
    program.stop().await;
}

#[tokio::test]
async fn a_new_phone_finds_the_old_student() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    let ana = id(&sign_in(&program, PHONE, Some(SECRET)).await);
    let relink = async |student: &Value, device: &str| {
        beside(&folder, &["student", "relink", student.as_str().unwrap(), "--device", device]).end().await
    };
    // Never seen before.
    let unseen = "7d444840-9dc0-41d1-b245-5ffdce74fad2";
    assert!(relink(&ana, unseen).await.assert_success().printed.contains("is the student's now"));
    assert_eq!(id(&sign_in(&program, unseen, None).await), ana);
    // Signed in already, and so somebody else, who has done nothing yet.
    let stranger = sign_in(&program, NEW_PHONE, Some(NEW_SECRET)).await;
    assert_ne!(id(&stranger), ana);
    relink(&ana, NEW_PHONE).await.assert_success();
    // The phone still holds the stranger's token: nothing may go where nobody looks for it.
    let with_old_token = |method: Method, path: &str| {
        program.request(method, path).bearer_auth(stranger.body["access_token"].as_str().unwrap())
    };
    let write = with_old_token(Method::POST, "/conversations").json(&json!({}));
    Answer::of(write).await.assert_problem(401);
    let write = with_old_token(Method::PUT, "/users/me").json(&json!({"name": "Ana"}));
    Answer::of(write).await.assert_problem(401);
    Answer::of(with_old_token(Method::GET, "/users/me")).await.assert_problem(401);
    assert!(folder.read("erased.json").contains(stranger.body["user_id"].as_str().unwrap()));
    assert_eq!(id(&sign_in(&program, NEW_PHONE, Some(NEW_SECRET)).await), ana);
    // The old one is still theirs.
    assert_eq!(id(&sign_in(&program, PHONE, Some(SECRET)).await), ana);

    // Whoever has talked with Zoe keeps the phone.
    let busy = "16fd2706-8baf-433b-82eb-8c7fada847da";
    let ben = program.sign_in(busy).await;
    ben.conversation().await;
    let ended = relink(&ana, busy).await;
    ended.assert_sentence(&["another student's", &ben.id, "Nothing was changed"]);
    assert_eq!(id(&sign_in(&program, busy, None).await), json!(ben.id));
    // So does whoever has another phone, on which they would be gone.
    let [first, second] = ["2c5ea4c0-4067-41fe-8bad-9b1deb4d3b7d", "3d6ea4c0-4067-41fe-8bad-9b1deb4d3b7d"];
    let cleo = id(&sign_in(&program, first, None).await);
    relink(&cleo, second).await.assert_success();
    relink(&ana, second).await.assert_sentence(&["uses other phones too", "Nothing was changed"]);
    assert_eq!(id(&sign_in(&program, second, None).await), cleo);
    let nobody = json!("018f0000-0000-7000-8000-00000000000f");
    relink(&nobody, unseen).await.assert_sentence(&["There is no student"]);
    drop(ben);
    program.stop().await;
}

#[tokio::test]
async fn another_recovery_key_tells_no_phones() {
    let folder = Folder::prepared().await;
    let program = Program::serve(&folder).await;
    let ana = id(&sign_in(&program, PHONE, None).await);
    let command = ["student", "relink", ana.as_str().unwrap(), "--device", NEW_PHONE];
    let ended = beside(&folder, &command).env("ELLA_RECOVERY_KEY", "x".repeat(40)).end().await;
    ended.assert_sentence(&["was made with another recovery key"]);
    program.stop().await;
}
