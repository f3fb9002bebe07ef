//! Cold start (`ella-bench start`): from `exec` to the first 200 of a spoken turn.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use crate::{
    database::Cluster,
    ella::{Ella, RECOVERY_KEY, scene},
    numbers::{median, milliseconds, ms},
    process::{Server, private_folder},
    report::table,
};

/// Starts of each kind, unless told otherwise.
const STARTS: usize = 5;
/// In fifteen minutes the news that a connection was dropped has long arrived. A turn that overtakes it may be refused,
/// to be sent again; that is `stability`'s question.
const NEWS: Duration = Duration::from_millis(200);

/// Starts `program` so often in each way.
pub(crate) async fn report(program: &str, numbers: &[usize]) -> String {
    let starts = numbers.first().copied().unwrap_or(STARTS).max(1);
    let cluster = Cluster::start(40).await;
    let (mut first, mut managed, mut external, mut warm, mut idle) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for number in 0..starts {
        let folder = private_folder();
        let command = |settings: &[String]| {
            let mut command = Command::new(program);
            command.arg(format!("--data-dir={}", folder.path().join("data").display()));
            command.env("ELLA_RECOVERY_KEY", RECOVERY_KEY);
            command.args(["--listen=127.0.0.1:0", "--metrics-listen=off", "--log=error"]).args(settings);
            command
        };
        first.push(begin(&mut command(&[])).await);
        managed.push(begin(&mut command(&[])).await);
        let database = cluster.database(&format!("start_{number}")).await;
        let settings = [database.setting(None)];
        // The schema is there at an ordinary start.
        begin(&mut command(&settings)).await;
        external.push(begin(&mut command(&settings)).await);

        let ella = Ella::start(program, &settings, &[]);
        let scene = scene(ella.server.address, 0).await;
        let turn = scene.says("Yesterday I go to the beach.");
        turn.run(ella.server.address, 20, 4).await;
        for _ in 0..4 {
            let sent = Instant::now();
            turn.once(ella.server.address).await;
            warm.push(milliseconds(sent.elapsed()));
            // What fifteen idle minutes can do at worst: whoever sits between has dropped every connection.
            database
                .ask(
                    "select count(pg_terminate_backend(pid)) from pg_stat_activity
                      where datname = current_database() and pid <> pg_backend_pid()",
                )
                .await;
            tokio::time::sleep(NEWS).await;
            let sent = Instant::now();
            turn.once(ella.server.address).await;
            idle.push(milliseconds(sent.elapsed()));
        }
        ella.server.stop();
    }
    cluster.stop().await;
    let row = |name: &str, times: &[f64], brief: &str| {
        let longest = times.iter().copied().fold(0.0, f64::max);
        vec![name.to_owned(), ms(median(times)), ms(longest), brief.to_owned()]
    };
    let rows = [
        row("first start ever, the cluster is made", &first, ""),
        row("start, managed PostgreSQL included", &managed, "1 to 3 s"),
        row("start, external PostgreSQL", &external, "1 to 3 s"),
        row("a turn on a warm server", &warm, ""),
        row("the first turn after idle minutes, every database connection gone", &idle, "1 to 3 s"),
    ];
    format!(
        "## Cold start\n\nThe brief: after 15 minutes \"the next API request faces a 1 to 3-second container boot time\". \
         From `exec` to the first 200 of a turn, sign-in and a new conversation before it included; medians of {starts}. \
         Ella never sleeps, so the idle quarter of an hour is simulated: all its database connections are ended by the \
         other side.\n\n{}",
        table(&["what", "median", "longest", "the brief's serverless"], &rows)
    )
}

/// Milliseconds from the start of a command to the first turn that it answered.
async fn begin(command: &mut Command) -> f64 {
    let began = Instant::now();
    let server = Server::start_with(command);
    let scene = scene(server.address, 0).await;
    let answer = scene.says("Yesterday I go to the beach.").once(server.address).await;
    let took: Duration = began.elapsed();
    assert!(answer["reply"].is_string(), "a wrong answer: {answer}");
    server.stop();
    milliseconds(took)
}
