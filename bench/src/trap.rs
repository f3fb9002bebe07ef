//! The connection trap (`ella-bench trap`): a provider that takes 2.5 s, a pool of ten connections, and more students
//! than that. Ella as she is, and beside her the same Ella with the trap in front: a connection with an open
//! transaction for every turn, from its arrival to its answer, as `Depends(get_db)` holds one. The trap stands in the
//! bench alone; no setting builds it into the product.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
};
use tokio_postgres::{Client, NoTls};

use crate::{
    database::{Cluster, Database},
    ella::Ella,
    load::{Load, connect, read_message},
    numbers::{float, hundredth, milliseconds, ms},
    process::Server,
    provider::PAUSE,
    report::table,
};

/// The provider's delay.
const DELAY_MS: u64 = 2500;
/// Connections of the pool, of both.
const POOL: usize = 10;
/// As long as `SQLAlchemy`'s pool waits by default.
const POOL_WAIT: Duration = Duration::from_secs(30);
/// All students have begun before the first is answered.
const WITHIN: Duration = Duration::from_secs(2);

/// Lets so many students talk at once, for each number.
pub(crate) async fn report(program: &str, counts: &[usize]) -> String {
    let counts = if counts.is_empty() { &[100, 101, 1000] } else { counts };
    let mut rows = Vec::new();
    let cluster = Cluster::start(40).await;
    for (number, &count) in counts.iter().enumerate() {
        let database = cluster.database(&format!("trap_{number}")).await;
        let provider = Server::start_part(&["provider", &format!("delay-ms={DELAY_MS}")]);
        let settings = [
            database.setting(None),
            format!("--database-pool={POOL}"),
            format!("--llm=openai:slow@http://{}/v1", provider.address),
            "--student-tokens-per-day=0".to_owned(),
            "--tokens-per-day=0".to_owned(),
            "--turn-budget-ms=10000".to_owned(),
            format!("--llm-in-flight={}", count + 1000),
        ];
        let ella = Ella::start(program, &settings, &[]);
        let turns: Vec<Load> =
            ella.scenes(count).await.iter().map(|scene| scene.says("Yesterday I go to the beach.")).collect();
        let (free, busy) = send(ella.server.address, turns.clone(), &database).await;
        rows.push(row("Ella", count, &free, busy, Some(ella.server.peak_memory_bytes())));
        let (address, _trap) = serve(&database, ella.server.address).await;
        let (trapped, busy) = send(address, turns, &database).await;
        rows.push(row("with the trap", count, &trapped, busy, None));
        ella.server.stop();
        provider.stop();
    }
    cluster.stop().await;
    let head = [
        "",
        "students",
        "failed",
        "added latency p50",
        "p99",
        "longest turn",
        "connections in use, most",
        "peak memory",
    ];
    format!(
        "## The connection trap\n\nThe brief: \"the 101st student will experience a database timeout or crash\". The \
         provider takes {:.1} s, the pool has {POOL} connections, all students begin within {} s. In the trap, a turn \
         waits up to {} s for a connection (SQLAlchemy's default) and holds it until it is answered. Added latency is \
         what a turn took beyond the provider's own time; connections in use are those at work or in a transaction, \
         Ella's own behind the trap among them.\n\n{}",
        float(usize::try_from(DELAY_MS).unwrap_or(0)) / 1000.0,
        WITHIN.as_secs(),
        POOL_WAIT.as_secs(),
        table(&head, &rows)
    )
}

struct Turn {
    well: bool,
    took_ms: f64,
}

fn row(name: &str, count: usize, turns: &[Turn], busy: f64, memory: Option<u64>) -> Vec<String> {
    assert_eq!(turns.len(), count, "a turn was lost");
    let own = milliseconds(Duration::from_millis(DELAY_MS) + 2 * PAUSE);
    let added: Vec<f64> = turns.iter().filter(|turn| turn.well).map(|turn| turn.took_ms - own).collect();
    let longest = turns.iter().map(|turn| turn.took_ms).fold(0.0, f64::max);
    vec![
        name.to_owned(),
        count.to_string(),
        (count - added.len()).to_string(),
        ms(hundredth(&added, 50)),
        ms(hundredth(&added, 99)),
        format!("{:.1} s", longest / 1000.0),
        format!("{busy:.0}"),
        memory.map(|bytes| format!("{} MB", bytes / 1_000_000)).unwrap_or_default(),
    ]
}

async fn send(server: SocketAddr, turns: Vec<Load>, database: &Database) -> (Vec<Turn>, f64) {
    let (apart, began) =
        (WITHIN / u32::try_from(turns.len()).unwrap_or(1).max(1), tokio::time::Instant::now());
    let mut students = JoinSet::new();
    for (turn, number) in turns.into_iter().zip(0_u32..) {
        let mut connection = connect(server).await;
        students.spawn(async move {
            tokio::time::sleep_until(began + apart * number).await;
            let sent = Instant::now();
            let answer = turn.over(&mut connection).await;
            let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            // A turn of the built-in voice is no answer here: there was time enough for the model.
            let well = answer.status == 200 && said["engine"]["degraded"] == false;
            Turn { well, took_ms: milliseconds(sent.elapsed()) }
        });
    }
    let mut done = Box::pin(students.join_all());
    let mut busy: f64 = 0.0;
    let question = "select count(*) from pg_stat_activity where datname = current_database() \
                    and pid <> pg_backend_pid() and state in ('active', 'idle in transaction')";
    loop {
        tokio::select! {
            turns = &mut done => return (turns, busy),
            () = tokio::time::sleep(Duration::from_millis(100)) => busy = busy.max(database.number(question).await),
        }
    }
}

struct Pool {
    room: Semaphore,
    idle: Mutex<Vec<Client>>,
}

/// Serves the trap before `ella`; where, and what keeps it alive.
async fn serve(database: &Database, ella: SocketAddr) -> (SocketAddr, JoinSet<()>) {
    let (mut tasks, mut idle) = (JoinSet::new(), Vec::new());
    for _ in 0..POOL {
        let (client, connection) = database.config().connect(NoTls).await.expect("a connection");
        idle.push(client);
        tasks.spawn(async move {
            // It ends with the bench.
            let _ = connection.await;
        });
    }
    let pool = Arc::new(Pool { room: Semaphore::new(POOL), idle: Mutex::new(idle) });
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tasks.spawn(async move {
        let mut students = JoinSet::new();
        loop {
            let Ok((student, _)) = listener.accept().await else { continue };
            let pool = Arc::clone(&pool);
            students.spawn(async move {
                // A student who hangs up has no further turn.
                let _ = turn(student, &pool, ella).await;
            });
        }
    });
    (address, tasks)
}

async fn turn(mut student: TcpStream, pool: &Pool, ella: SocketAddr) -> std::io::Result<()> {
    let request = read_message(&mut student).await?;
    let Ok(Ok(_room)) = tokio::time::timeout(POOL_WAIT, pool.room.acquire()).await else {
        return student.write_all(b"HTTP/1.1 500 QueuePool limit\r\ncontent-length: 0\r\n\r\n").await;
    };
    let client = pool.idle.lock().expect("nobody panicked").pop().expect("one for each permit");
    client.batch_execute("begin; select user_id from students limit 1").await.expect("the session opens");
    let mut upstream = connect(ella).await;
    upstream.write_all(&request.bytes).await?;
    let answer = read_message(&mut upstream).await?;
    client.batch_execute("commit").await.expect("the session closes");
    pool.idle.lock().expect("nobody panicked").push(client);
    student.write_all(&answer.bytes).await
}
