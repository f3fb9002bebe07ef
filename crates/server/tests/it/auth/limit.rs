use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::support::{Answer, Ella};

async fn sign_in_from(ella: &Ella, forwarded: &str) -> Answer {
    let request =
        ella.request(Method::POST, "/auth/anonymous").json(&json!({"device_id": Uuid::from_u128(7)}));
    Answer::of(if forwarded.is_empty() { request } else { request.header("x-forwarded-for", forwarded) })
        .await
}

fn assert_too_fast(answer: &Answer) {
    answer.assert_problem(429);
    let seconds: u64 = answer.header("retry-after").parse().expect("whole seconds");
    assert!((1..=60).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn an_address_may_sign_in_twice_the_rate_at_once_and_is_then_asked_to_wait() {
    let ella = Ella::with().flag("--sign-ins-per-minute", 1).start().await;
    sign_in_from(&ella, "").await.assert(200);
    sign_in_from(&ella, "").await.assert(200);
    assert_too_fast(&sign_in_from(&ella, "").await);
    // Nobody's word for another address is taken, unless they are a trusted proxy.
    assert_too_fast(&sign_in_from(&ella, "198.51.100.7").await);
    // The limit comes before everything that is in the body.
    let nonsense = ella.request(Method::POST, "/auth/anonymous").body("nonsense");
    assert_too_fast(&Answer::of(nonsense).await);
    let large = ella.request(Method::POST, "/auth/anonymous").body(vec![b'x'; 300 * 1024]);
    assert_too_fast(&Answer::of(large).await);
}

#[tokio::test]
async fn a_classroom_of_120_signs_in_at_once_by_default_and_the_next_one_waits() {
    let ella = Ella::with().flag("--sign-ins-per-minute", 60).start().await;
    let sign_ins = (0..120).map(|_| sign_in_from(&ella, ""));
    for answer in futures::future::join_all(sign_ins).await {
        answer.assert(200);
    }
    // One place comes free each second, so a slow machine may see one or two more.
    let more = futures::future::join_all((0..120).map(|_| sign_in_from(&ella, ""))).await;
    let refused: Vec<_> = more.iter().filter(|answer| answer.status != 200).collect();
    assert!(!refused.is_empty());
    for answer in refused {
        assert_too_fast(answer);
    }
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_has_its_own_limit() {
    let ella = Ella::with()
        .flag("--sign-ins-per-minute", 1)
        .flag("--trusted-proxies", "127.0.0.0/8,10.0.0.0/8")
        .start()
        .await;
    for client in ["198.51.100.7", "198.51.100.8", "2001:db8:1:1::1"] {
        sign_in_from(&ella, client).await.assert(200);
        // What stands left of the client's address anyone could have written; proxies on the way do not count.
        sign_in_from(&ella, &format!("203.0.113.99, {client}, 10.1.2.3")).await.assert(200);
        assert_too_fast(&sign_in_from(&ella, client).await);
    }
    // One IPv6 customer has a whole /64.
    assert_too_fast(&sign_in_from(&ella, "2001:db8:1:1:ffff::2").await);
    sign_in_from(&ella, "2001:db8:1:2::1").await.assert(200);
}

#[tokio::test]
async fn zero_switches_the_limit_off() {
    let ella = Ella::with().flag("--sign-ins-per-minute", 0).start().await;
    let sign_ins = (0..130).map(|_| sign_in_from(&ella, ""));
    for answer in futures::future::join_all(sign_ins).await {
        answer.assert(200);
    }
}
