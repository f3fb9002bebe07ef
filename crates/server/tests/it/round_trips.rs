//! A turn costs one round trip to the database before the model is asked and one after it.
//!
//! A gatekeeper between server and database holds every reply back until it has seen a whole batch of statements. If
//! the server waited for one reply before it sent the next statement of a batch, nothing would ever move again.

use std::{collections::VecDeque, time::Duration};

use serde_json::json;

use crate::support::{Ella, Gatekeeper, test_cluster};

#[tokio::test]
async fn a_turn_is_one_batch_of_statements_before_the_model_and_one_after_it() {
    let mut database = test_cluster().await.database().await;
    let gatekeeper = Gatekeeper::before(&mut database.application);
    let ella = Ella::with().flag("--database-pool", 1).start_on(database).await;
    let ana = ella.student().await;
    let conversation = ana.conversation().await;
    let turn = json!({"conversation_id": conversation, "text": "I go to school yesterday"});
    // The first one prepares its statements on the only connection.
    ana.post("/llm/conversation-turn", turn.clone()).await.assert(200);

    // The words, the student and the last turns together; then the reply.
    gatekeeper.expect([3, 1]);
    let answer =
        tokio::time::timeout(Duration::from_secs(30), ana.post("/llm/conversation-turn", turn)).await;
    answer.expect("no statement waits for the one before it").assert(200);
    assert_eq!(gatekeeper.left(), VecDeque::new(), "every batch came, and nothing else");
}
