use super::endpoints::{Caller, OF_THE_CONTRACT, all, json_body, ready};
use crate::support::{Answer, Ella};

#[tokio::test]
async fn each_endpoint_serves_the_caller_it_is_for() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let endpoints = all();
    assert_eq!(endpoints.len(), OF_THE_CONTRACT + 5);
    for endpoint in endpoints {
        let conversation = ready(&ana).await;
        let answer = endpoint.succeed(&ana, &conversation).await;
        assert!(matches!(answer.status, 200 | 201), "{}: {}", endpoint.name(), answer.text);
        assert_eq!(answer.header("content-type"), "application/json", "{}", endpoint.name());
    }
}

#[tokio::test]
async fn nobody_else_gets_in_however_good_or_bad_the_rest_of_the_request_is() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let conversation = ready(&ana).await;
    let id = ana.id.to_string();
    for endpoint in all().into_iter().filter(|endpoint| endpoint.caller != Caller::Anybody) {
        let anonymous = || endpoint.anonymous(&ella, &id, &conversation);
        for request in [
            anonymous(),
            json_body(anonymous(), endpoint.good_body(&conversation)),
            json_body(anonymous(), "{"),
            json_body(anonymous(), vec![b' '; 2 << 20]),
            anonymous().body("text"),
            endpoint.with_query(&ella, &id, &conversation, "?limit=0"),
            endpoint.anonymous(&ella, "no-uuid", "no-uuid"),
        ] {
            let answer = Answer::of(request).await;
            assert_eq!(answer.status, 401, "{}: {}", endpoint.name(), answer.text);
            answer.assert_problem(401);
            let challenge = if endpoint.caller == Caller::AStudent { "Bearer" } else { "" };
            assert_eq!(answer.header("www-authenticate"), challenge, "{}", endpoint.name());
            assert!(!answer.header("server-timing").contains("db"), "{}", endpoint.name());
        }
    }
}
