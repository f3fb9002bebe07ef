//! No database connection is held while a provider is being waited for.

use ella_test_support::provider::{Gate, Script};
use futures::future::join_all;
use serde_json::json;

use super::{ANALYSIS, PLACEMENT, STARTER, messages, reply, says, to_stream, zoe};
use crate::support::{Ella, Stream, Student};

#[tokio::test]
async fn forty_waiting_turns_leave_the_one_connection_free() {
    const STUDENTS: usize = 40;
    let (zoe, gate) = (zoe(), Gate::new());
    zoe.always(Script::new().wait_for(&gate).text(reply("Thank you for waiting.")).finish());
    let ella = Ella::with()
        .flag("--llm", zoe.openai("m"))
        .flag("--database-pool", 1)
        .flag("--turn-budget-ms", 60_000)
        .flag("--first-sentence-ms", 60_000)
        .start()
        .await;
    let students = join_all((0..STUDENTS).map(|_| ella.student())).await;
    let calls = join_all(students.iter().map(Student::conversation)).await;
    let turns = join_all(students.iter().zip(&calls).map(|(student, call)| says(student, call, "Hello")));
    let meanwhile = async {
        zoe.wait_for_calls(STUDENTS).await.unwrap();
        // Everybody waits now, and the connection serves others.
        for (student, call) in students.iter().zip(&calls).take(3) {
            assert_eq!(messages(student, call).await.len(), 1);
        }
        assert_eq!(ella.get("/health").await.assert(200).body["database"]["status"], "ok");
        gate.open();
    };
    let (answers, ()) = futures::join!(turns, meanwhile);
    for answer in answers {
        assert_eq!(answer.body["reply"], "Thank you for waiting.");
    }
    super::eventually(async || (ella.app.tutor.relay().in_flight() == 0).then_some(())).await;
}

#[tokio::test]
async fn nor_does_any_other_endpoint_hold_it() {
    let (zoe, gate) = (zoe(), Gate::new());
    zoe.always(Script::new().wait_for(&gate).text(reply("Thank you for waiting.")).finish());
    let ella = Ella::with()
        .flag("--llm", zoe.openai("m"))
        .flag("--database-pool", 1)
        .flag("--turn-budget-ms", 60_000)
        .flag("--first-sentence-ms", 60_000)
        .start()
        .await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    let [call, other] = [ana.conversation().await, ana.conversation().await];
    ana.says(&call, "Hello").await;
    let waiting = [
        (&ben, STARTER, json!({"topic": "tea"})),
        (&ana, STARTER, json!({"topic": "coffee", "conversation_id": other})),
        (&ana, PLACEMENT, json!({"text": "Hello"})),
        (&ana, ANALYSIS, json!({"conversation_id": call})),
    ];
    let answers = join_all(waiting.into_iter().map(|(who, path, body)| who.post(path, body)));
    let heard = async { Stream::of(to_stream(&ana, &other, "Hello")).await.rest().await };
    let meanwhile = async {
        zoe.wait_for_calls(5).await.unwrap();
        assert_eq!(messages(&ana, &call).await.len(), 1, "the connection serves others");
        gate.open();
    };
    let (answers, heard, ()) = futures::join!(answers, heard, meanwhile);
    for answer in answers {
        assert_eq!(answer.assert(200).body["engine"]["degraded"], false);
    }
    heard.assert_done();
}
