use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Ella, JWT_SECRET, Student};

async fn get_with(ella: &Ella, authorization: &str) -> Answer {
    Answer::of(ella.request(Method::GET, "/users/me").header("authorization", authorization)).await
}

fn assert_unauthorized(answer: &Answer) {
    answer.assert_problem(401);
    assert_eq!(answer.header("www-authenticate"), "Bearer");
}

fn claims(ana: &Student<'_>) -> Value {
    let now = ana.ella.now().as_second();
    json!({"sub": ana.id, "iss": "ella", "aud": "ella-app", "iat": now, "exp": now + 60})
}

fn sign(algorithm: Algorithm, claims: &Value, secret: &str) -> String {
    let token = encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(secret.as_bytes()));
    format!("Bearer {}", token.unwrap())
}

#[tokio::test]
async fn a_good_token_is_a_token_however_the_scheme_is_spelled() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let token = &ana.token;
    for good in [format!("Bearer {token}"), format!("bearer {token}"), format!("BEARER   {token}  ")] {
        get_with(&ella, &good).await.assert(200);
    }
    get_with(&ella, &sign(Algorithm::HS256, &claims(&ana), JWT_SECRET)).await.assert(200);
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let token = &ana.token;
    assert_unauthorized(&ella.get("/users/me").await);
    for bad in [
        "",
        "Bearer",
        "Bearer ",
        token,
        &format!("Basic {token}"),
        "Bearer a.b.c",
        "Bearer ...",
        "Bearer clé",
    ] {
        assert_unauthorized(&get_with(&ella, bad).await);
    }
    let twice = ana.request(Method::GET, "/users/me").bearer_auth(token);
    assert_unauthorized(&Answer::of(twice).await);
    let in_the_query = format!("/users/me?access_token={token}");
    assert_unauthorized(&ella.get(&in_the_query).await);
}

#[tokio::test]
async fn a_forged_token_is_refused() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let good = claims(&ana);
    for other in [Algorithm::HS384, Algorithm::HS512] {
        assert_unauthorized(&get_with(&ella, &sign(other, &good, JWT_SECRET)).await);
    }
    let forged = sign(Algorithm::HS256, &good, "a secret that somebody else made up, long too");
    assert_unauthorized(&get_with(&ella, &forged).await);

    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    for algorithm in ["none", "None", "NONE", "RS256", "hs256"] {
        let header = part(&json!({"alg": algorithm, "typ": "JWT"}));
        let signature = ana.token.rsplit('.').next().unwrap();
        for signature in ["", signature] {
            let token = format!("Bearer {header}.{}.{signature}", part(&good));
            assert_unauthorized(&get_with(&ella, &token).await);
        }
    }
    // Another student's id under Ana's signature.
    let mut theirs = good;
    theirs["sub"] = json!("0198c0de-1111-7000-8000-000000000000");
    let parts: Vec<&str> = ana.token.split('.').collect();
    let token = format!("Bearer {}.{}.{}", parts[0], part(&theirs), parts[2]);
    assert_unauthorized(&get_with(&ella, &token).await);
}

#[tokio::test]
async fn a_token_needs_every_claim_as_it_should_be() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for name in ["sub", "iss", "aud", "iat", "exp"] {
        for wrong in
            [None, Some(json!(null)), Some(json!("something else")), Some(json!([])), Some(json!({}))]
        {
            let mut claims = claims(&ana);
            match &wrong {
                Some(value) => claims[name] = value.clone(),
                None => drop(claims.as_object_mut().unwrap().remove(name)),
            }
            let answer = get_with(&ella, &sign(Algorithm::HS256, &claims, JWT_SECRET)).await;
            assert_eq!(answer.status, 401, "{name} {wrong:?}");
            assert_unauthorized(&answer);
        }
    }
    let mut of_nobody = claims(&ana);
    of_nobody["sub"] = json!("0198c0de-1111-7000-8000-000000000000");
    assert_unauthorized(&get_with(&ella, &sign(Algorithm::HS256, &of_nobody, JWT_SECRET)).await);
}

#[tokio::test]
async fn a_token_that_is_not_good_yet_is_refused() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let mut claims = claims(&ana);
    claims["nbf"] = json!(ella.now().as_second() + 30);
    let token = sign(Algorithm::HS256, &claims, JWT_SECRET);
    assert_unauthorized(&get_with(&ella, &token).await);
    ella.advance(SignedDuration::from_secs(30));
    get_with(&ella, &token).await.assert(200);
}

#[tokio::test]
async fn a_token_lives_thirty_days_and_not_a_second_longer() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    ella.advance(SignedDuration::from_secs(30 * 24 * 3600 - 1));
    ana.get("/users/me").await.assert(200);
    ella.advance(SignedDuration::from_secs(1));
    let answer = ana.get("/users/me").await;
    assert_unauthorized(&answer);
    assert!(answer.body["detail"].as_str().unwrap().contains("expired"), "{}", answer.text);
}

#[tokio::test]
async fn how_long_a_token_lives_can_be_set() {
    let ella = Ella::with().flag("--token-days", 1).start().await;
    let ana = ella.student().await;
    ella.advance(SignedDuration::from_secs(24 * 3600 - 1));
    ana.get("/users/me").await.assert(200);
    ella.advance(SignedDuration::from_secs(1));
    assert_unauthorized(&ana.get("/users/me").await);
}

#[tokio::test]
async fn after_a_change_of_the_secret_old_tokens_are_still_good() {
    const NEW: &str = "the new token secret of the tests, long too";
    // With commas between, the secrets themselves must have none.
    const PLAIN: &str = "a token secret of the tests without a comma";
    let before = Ella::with().flag("--jwt-secret", PLAIN).start().await;
    let ana = before.student().await;
    let after = Ella::with()
        .flag("--jwt-secret", NEW)
        .flag("--jwt-previous-secrets", format!("one that is older still and long enough,{PLAIN}"))
        .start_on(before.database.clone())
        .await;
    let authorization = format!("Bearer {}", ana.token);
    get_with(&after, &authorization).await.assert(200);
    let forgotten = Ella::with().flag("--jwt-secret", NEW).start_on(before.database.clone()).await;
    assert_unauthorized(&get_with(&forgotten, &authorization).await);
}
