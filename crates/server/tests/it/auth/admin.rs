use reqwest::Method;

use crate::support::{ADMIN_KEY, Answer, Ella};

const PATHS: [&str; 3] = [
    "/admin/stats",
    "/admin/conversations/0198c0de-1111-7000-8000-000000000000/transcript",
    "/admin/placements/no-uuid/transcript",
];

async fn get_with(ella: &Ella, path: &str, key: &[u8]) -> Answer {
    Answer::of(ella.request(Method::GET, path).header("x-admin-key", key)).await
}

#[tokio::test]
async fn a_missing_key_is_401_a_wrong_one_403_before_anything_else() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for path in PATHS {
        ella.get(path).await.assert_problem(401);
        get_with(&ella, path, b"").await.assert_problem(401);
        // A student is no teacher.
        ana.get(path).await.assert_problem(401);
        let nearly = &ADMIN_KEY[..ADMIN_KEY.len() - 1];
        for wrong in
            [nearly.as_bytes(), ADMIN_KEY.to_uppercase().as_bytes(), b"x", "clé".as_bytes(), b"\xff\xfe"]
        {
            get_with(&ella, path, wrong).await.assert_problem(403);
        }
    }
    ella.admin_get(PATHS[0]).await.assert(200);
    ella.admin_get(PATHS[1]).await.assert_problem(404);
    ella.admin_get(PATHS[2]).await.assert_problem(404);
}

#[tokio::test]
async fn the_key_opens_nothing_of_a_students() {
    let ella = Ella::start().await;
    get_with(&ella, "/users/me", ADMIN_KEY.as_bytes()).await.assert_problem(401);
}
