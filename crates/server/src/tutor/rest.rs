//! What a model still writes when its reply has been said already.

use std::time::Duration;

use ella_llm::{Outcome, Turn};
use futures::StreamExt;

use crate::app::App;

/// At shutdown a model may go on writing for so long; then what is there counts. It leaves time to store it before the
/// background work is given up.
const AT_SHUTDOWN: Duration = Duration::from_secs(5);

/// Listens to a turn to its end, for as long as a turn may take.
pub(super) async fn to_its_end(app: &App, mut turn: Turn) -> Outcome {
    turn.wait_for_the_rest();
    let cut_off = async {
        app.tasks.ending().await;
        tokio::time::sleep(AT_SHUTDOWN).await;
    };
    tokio::select! {
        () = async { while turn.next().await.is_some() {} } => {}
        () = cut_off => {}
    }
    turn.outcome()
}
