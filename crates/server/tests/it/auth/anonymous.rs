use ella_test_support::database::ask;
use futures::future::join_all;
use serde_json::json;

use crate::support::Ella;

const DEVICE: &str = "4b3c1f0e-9a59-4d39-8a6e-0d4d8f3f6f55";

#[tokio::test]
async fn a_new_device_gets_a_student_and_a_known_one_the_same_student_again() {
    let ella = Ella::start().await;
    let mut first = ella.post("/auth/anonymous", json!({"device_id": DEVICE})).await;
    first.assert(200);
    let token = first.body["access_token"].take();
    let student = first.body["user_id"].clone();
    assert_eq!(
        first.body,
        json!({
            "access_token": null, "token_type": "bearer", "expires_in": 30 * 24 * 3600,
            "user_id": student, "created": true,
        })
    );
    assert_eq!(student.as_str().unwrap().as_bytes()[14], b'7', "a version 7 id: {student}");
    let me = ella.request(reqwest::Method::GET, "/users/me").bearer_auth(token.as_str().unwrap());
    assert_eq!(crate::support::Answer::of(me).await.assert(200).body["id"], student);

    let again = ella.post("/auth/anonymous", json!({"device_id": DEVICE})).await;
    again.assert(200);
    assert_eq!((&again.body["user_id"], &again.body["created"]), (&student, &json!(false)));
}

#[tokio::test]
async fn any_spelling_of_a_device_id_is_the_same_device() {
    let ella = Ella::start().await;
    let student = ella.post("/auth/anonymous", json!({"device_id": DEVICE})).await.body["user_id"].clone();
    let spellings = [
        DEVICE.to_uppercase(),
        DEVICE.replace('-', ""),
        format!("{{{DEVICE}}}"),
        format!("urn:uuid:{DEVICE}"),
    ];
    for spelling in spellings {
        let answer = ella.post("/auth/anonymous", json!({"device_id": spelling})).await;
        answer.assert(200);
        assert_eq!(
            (&answer.body["user_id"], &answer.body["created"]),
            (&student, &json!(false)),
            "{spelling}"
        );
    }
}

#[tokio::test]
async fn first_sign_ins_at_the_same_moment_yield_one_student() {
    let ella = Ella::start().await;
    let sign_ins = (0..20).map(|_| ella.post("/auth/anonymous", json!({"device_id": DEVICE})));
    let answers = join_all(sign_ins).await;
    let student = &answers[0].body["user_id"];
    for answer in &answers {
        assert_eq!(&answer.assert(200).body["user_id"], student);
    }
    let created = answers.iter().filter(|answer| answer.body["created"] == true).count();
    assert_eq!(created, 1);
    assert_eq!(ask(&ella.database.administrator, "select count(*) from ella.students").await, "1");
}

#[tokio::test]
async fn the_device_id_is_kept_only_as_a_hash() {
    let ella = Ella::start().await;
    ella.post("/auth/anonymous", json!({"device_id": DEVICE})).await.assert(200);
    let row = ask(&ella.database.administrator, "select devices::text from ella.devices").await;
    let digits = DEVICE.replace('-', "");
    assert!(!row.is_empty() && !row.contains(DEVICE) && !row.contains(&digits), "{row}");
}

#[tokio::test]
async fn what_is_no_sign_in_is_refused_with_every_fault() {
    let ella = Ella::start().await;
    for (body, faults) in [
        (json!({}), vec!["body.device_id"]),
        (json!({"device_id": null}), vec!["body.device_id"]),
        (json!({"device_id": 7}), vec!["body.device_id"]),
        (json!({"device_id": ""}), vec!["body.device_id"]),
        (json!({"device_id": format!(" {DEVICE}x")}), vec!["body.device_id"]),
        (json!({"device_id": "x", "device_secret": "short"}), vec!["body.device_id", "body.device_secret"]),
        (json!({"device_id": DEVICE, "device_secret": 7}), vec!["body.device_secret"]),
        (json!({"device_id": DEVICE, "device_secret": "x".repeat(129)}), vec!["body.device_secret"]),
        (json!({"device_id": DEVICE, "device_secret": "x".repeat(31)}), vec!["body.device_secret"]),
        (json!([]), vec!["body"]),
        (json!(null), vec!["body"]),
    ] {
        ella.post("/auth/anonymous", body).await.assert_faults(&faults);
    }
    assert_eq!(ask(&ella.database.administrator, "select count(*) from ella.students").await, "0");
}
