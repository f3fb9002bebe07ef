//! Whom PostgreSQL picks to end a deadlock.

use serde_json::json;

use crate::support::Ella;
use ella_test_support::database::{ask, execute};

/// The next so many statements that store a message are told that they were picked. A sequence counts them, because it
/// is not taken back with what failed.
async fn pick(ella: &Ella, times: u32) {
    let sql = format!(
        "set search_path = ella;
         create sequence if not exists picked;
         create or replace function pick() returns trigger language plpgsql security definer
             set search_path = ella as $$
         begin
             if nextval('picked') <= {times} then
                 raise exception 'as if there were a deadlock' using errcode = '40P01';
             end if;
             return new;
         end $$;
         create or replace trigger pick before insert on messages for each row execute function pick();
         alter sequence picked restart;"
    );
    execute(&ella.database.administrator, &sql).await;
}

async fn tried(ella: &Ella) -> String {
    ask(&ella.database.administrator, "select last_value from ella.picked").await
}

#[tokio::test]
async fn tries_again_also_without_a_key_and_not_for_ever() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let path = format!("/conversations/{call}/messages");
    let message = json!({"role": "user", "content": "Hello"});

    pick(&ella, 1).await;
    let stored = ana.post(&path, message.clone()).await;
    assert_eq!(stored.assert(201).body["position"], 1, "nothing of the first try is left");
    assert_eq!(tried(&ella).await, "2");

    pick(&ella, 100).await;
    let refused = ana.post(&path, message).await;
    refused.assert_problem(503);
    assert_ne!(refused.header("retry-after"), "");
    let tries: u32 = tried(&ella).await.parse().unwrap();
    assert!((2..10).contains(&tries), "{tries}");
}
