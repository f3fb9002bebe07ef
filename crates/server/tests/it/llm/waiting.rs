//! No database connection is held while a provider is being waited for.

use ella_test_support::provider::{Gate, Script};
use futures::future::join_all;

use super::{messages, reply, says, zoe};
use crate::support::{Ella, Student};

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
