//! A token outlives its student by up to thirty days.

use ella_test_support::database::execute;
use uuid::Uuid;

use super::endpoints::{json_body, of_students, ready};
use crate::support::{Answer, Ella};

#[tokio::test]
async fn a_student_who_is_no_longer_there_is_told_so_on_every_endpoint_before_anything_else() {
    let ella = Ella::start().await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    let (conversation, bens) = (ready(&ana).await, ready(&ben).await);
    let erase = format!("select ella.erase_student('{}', now(), gen_random_uuid())", ana.id);
    execute(&ella.database.administrator, &erase).await;

    for endpoint in of_students() {
        let request = |conversation: &str| endpoint.request(&ana, conversation);
        let good = |conversation: &str| json_body(request(conversation), endpoint.good_body(conversation));
        let key = Uuid::from_u128(7).to_string();
        for request in [
            good(&conversation),
            good(&bens),
            good("no-uuid"),
            good(&conversation).header("idempotency-key", &key),
            good(&conversation).header("idempotency-key", "no-uuid"),
            request(&conversation),
            endpoint
                .with_query(&ella, "", &conversation, "?limit=0&tz=Nowhere&status=x")
                .bearer_auth(&ana.token),
            request(&conversation).body("not JSON, and not said to be"),
            json_body(request(&conversation), "{"),
            json_body(request(&conversation), vec![b' '; 2 << 20]),
        ] {
            let answer = Answer::of(request).await;
            assert_eq!(answer.status, 401, "{}: {}", endpoint.name(), answer.text);
            answer.assert_problem(401);
            assert_eq!(answer.header("www-authenticate"), "Bearer", "{}", endpoint.name());
        }
    }
    // Ben has lost nothing.
    ben.get(&format!("/conversations/{bens}")).await.assert(200);
}
