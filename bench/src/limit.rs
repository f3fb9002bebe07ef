//! The limit (`ella-bench limit`): the turn's database work through the API against `pgbench` running the same
//! statements, and the smallest requests against an empty handler.

use std::time::{Duration, Instant};

use crate::{
    database::{Cluster, Database},
    ella::{Ella, student},
    load::Load,
    numbers::{float, median},
    process::Server,
    report::table,
};

const STATEMENTS: &str = include_str!("../../queries/tutor.sql");
/// Students who talk without a pause.
const CLIENTS: usize = 16;
/// Rounds of each, interleaved.
const ROUNDS: usize = 5;
/// Milliseconds of each round, unless told otherwise.
const ROUND_MS: usize = 4000;
/// What a round of pgbench's begins with, and is not counted.
const WARM_SECONDS: u64 = 2;
/// Requests a round of the small ones.
const REQUESTS: usize = 10_000;

/// What one round of turns came to.
struct Round {
    a_second: f64,
    cpu_us: f64,
    database_us: f64,
}

/// Measures `program`, each round so many milliseconds long.
pub(crate) async fn report(program: &str, numbers: &[usize]) -> String {
    let round = Duration::from_millis(numbers.first().copied().unwrap_or(ROUND_MS) as u64);
    let requests = if numbers.is_empty() { REQUESTS } else { 100 };
    let cluster = Cluster::start(60).await;
    let database = cluster.database("limit_of_turns").await;
    let settings = [database.setting(None), format!("--database-pool={CLIENTS}")];
    let ella = Ella::start(program, &settings, &[]);
    let scenes = ella.scenes(2 * CLIENTS).await;
    let (talking, benched) = scenes.split_at(CLIENTS);
    let empty = Server::start_part(&["empty-handler"]);
    let script = script(&database, benched).await;
    let (mut api, mut pgbench) = (Vec::new(), Vec::new());
    let (mut nothing, mut me, mut health) = (Vec::new(), Vec::new(), Vec::new());
    let one = student(ella.server.address, 0).await;
    for _ in 0..ROUNDS {
        api.push(talk(&ella, &cluster, talking, round).await);
        pgbench.push(run_pgbench(&database, &cluster, &script, round).await);
        nothing.push(cost(&empty, &Load::get("/", ""), requests).await);
        me.push(cost(&ella.server, &Load::get("/users/me", &one.token), requests).await);
        health.push(cost(&ella.server, &Load::get("/health", ""), requests).await);
    }
    ella.server.stop();
    empty.stop();
    cluster.stop().await;
    let mid = |rounds: &[Round], of: fn(&Round) -> f64| median(&rounds.iter().map(of).collect::<Vec<_>>());
    let ratio =
        median(&api.iter().zip(&pgbench).map(|(api, bare)| api.a_second / bare.a_second).collect::<Vec<_>>());
    let turns = |name: &str, rounds: &[Round], share: String| {
        vec![
            name.to_owned(),
            format!("{:.0}", mid(rounds, |round| round.a_second)),
            share,
            format!("{:.0} µs", mid(rounds, |round| round.cpu_us)).replace("NaN µs", "-"),
            format!("{:.0} µs", mid(rounds, |round| round.database_us)),
        ]
    };
    let rows = [
        turns("pgbench, the same statements", &pgbench, "1.00".to_owned()),
        turns("`POST /llm/conversation-turn`, built-in voice", &api, format!("{ratio:.2} (goal: 0.70)")),
    ];
    let bare = median(&nothing);
    let small = |name: &str, cost: f64, goal: &str| {
        vec![name.to_owned(), format!("{cost:.0} µs"), format!("{:.0} µs", cost - bare), goal.to_owned()]
    };
    let few = [
        small("an empty axum handler", bare, ""),
        small("`GET /users/me`", median(&me), "60 µs"),
        small("`GET /health`", median(&health), ""),
    ];
    format!(
        "## The limit\n\n{CLIENTS} clients without a pause, medians of {ROUNDS} interleaved rounds of {:.1} s. The driver \
         (pgbench, and for the API the bench itself) shares the two cores; its CPU is not in the figures, but it takes \
         what is measured of their time.\n\n{}\n{}",
        round.as_secs_f64(),
        table(&["", "turns a second", "of pgbench's", "CPU a turn, the program's", "PostgreSQL's"], &rows),
        table(&["", "CPU a request", "over the empty handler", "goal"], &few)
    )
}

/// Lets the scenes talk for a while.
async fn talk(ella: &Ella, cluster: &Cluster, scenes: &[crate::ella::Scene], round: Duration) -> Round {
    let (cpu, database, began) = (ella.server.cpu(), cluster.cpu(), Instant::now());
    let mut students = tokio::task::JoinSet::new();
    for scene in scenes {
        let (turn, server) = (scene.says("Yesterday I go to the beach."), ella.server.address);
        students.spawn(async move {
            let mut connection = crate::load::connect(server).await;
            let mut turns = 0;
            while began.elapsed() < round {
                let answer = turn.over(&mut connection).await.json();
                assert!(answer["reply"].is_string(), "a wrong answer: {answer}");
                turns += 1;
            }
            turns
        });
    }
    let turns: usize = students.join_all().await.into_iter().sum();
    let took = began.elapsed();
    let each = |spent: Duration| spent.as_secs_f64() * 1e6 / float(turns);
    Round {
        a_second: float(turns) / took.as_secs_f64(),
        cpu_us: each(ella.server.cpu().saturating_sub(cpu)),
        database_us: each(cluster.cpu().saturating_sub(database)),
    }
}

async fn run_pgbench(database: &Database, cluster: &Cluster, script: &str, round: Duration) -> Round {
    let folder = crate::process::private_folder();
    let file = folder.path().join("turn.sql");
    std::fs::write(&file, script).expect("a script");
    let seconds = round.as_secs().max(1) + WARM_SECONDS;
    let mut command = database.program("pgbench");
    command.args(["--no-vacuum", "--protocol=prepared", "--jobs=2", "--define=known=0", "--progress=1"]);
    command.arg(format!("--client={CLIENTS}")).arg(format!("--time={seconds}")).arg("--file").arg(&file);
    let running = tokio::task::spawn_blocking(move || command.output());
    // New connections plan every statement several times over, and Ella's are not new.
    tokio::time::sleep(Duration::from_secs(WARM_SECONDS)).await;
    let before = cluster.cpu();
    let output = running.await.expect("it ran").expect("pgbench is installed with PostgreSQL");
    let spent = cluster.cpu().saturating_sub(before);
    let (said, progress) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(
        output.status.success() && said.contains("number of failed transactions: 0 "),
        "{said}{progress}"
    );
    let warm = progress.lines().filter_map(a_second).skip(usize::try_from(WARM_SECONDS).unwrap_or(0));
    let warm: Vec<f64> = warm.collect();
    assert!(!warm.is_empty(), "pgbench says how far it is: {progress}");
    let turns: f64 = warm.iter().sum();
    Round {
        a_second: turns / float(warm.len()),
        // pgbench's own is not accounted: it is a driver and no server.
        cpu_us: f64::NAN,
        database_us: spent.as_secs_f64() * 1e6 / turns,
    }
}

/// The figure of a line such as `progress: 3.0 s, 450.1 tps, lat ...`.
fn a_second(line: &str) -> Option<f64> {
    line.strip_prefix("progress: ")?.split_once(" s, ")?.1.split_once(" tps")?.0.parse().ok()
}

/// The turn's statements for pgbench: three in one round trip, then one; each client with a conversation of its own.
async fn script(database: &Database, scenes: &[crate::ella::Scene]) -> String {
    let text = |value: &serde_json::Value| value.as_str().expect("an id").to_owned();
    let values: Vec<String> = scenes
        .iter()
        .enumerate()
        .map(|(number, scene)| {
            let conversation = text(&scene.conversation_id);
            format!("({number}, (select user_id from conversations where id = '{conversation}'), '{conversation}'::uuid)")
        })
        .collect();
    database
        .execute("create table pgbench_scenes (number int primary key, user_id uuid, conversation_id uuid)")
        .await;
    database.execute(&format!("insert into pgbench_scenes values {}", values.join(","))).await;
    // Values that do not change are written out; those of a client are its variables.
    let fixed = |statement: &str, also: &[(&str, &str)]| {
        let mut statement = statement.to_owned();
        let always = [
            ("today", "current_date"),
            ("now", "now()"),
            ("key", "null"),
            ("path", "null"),
            ("word_count", "5"),
            ("conversation_id", ":conversation_id::uuid"),
            ("user_id", ":user_id::uuid"),
        ];
        for (name, value) in also.iter().chain(&always) {
            statement = replaced(&statement, name, value);
        }
        statement
    };
    let begin = fixed(
        query("begin_turn"),
        &[
            ("body_hash", "null"),
            ("claimed_until", "null"),
            ("message_id", "gen_random_uuid()"),
            ("stt_ms", "210"),
            ("tts_ms", "null"),
            ("content", "'Yesterday I go to the beach.'"),
        ],
    );
    let context = fixed(query("turn_context"), &[]);
    let history = fixed(query("turn_history"), &[("most", "40"), ("opening", "2")]);
    let finish = fixed(
        query("finish_turn"),
        &[
            ("corrections_grammar", "0"),
            ("corrections_vocab", "0"),
            ("corrections_fluency", "0"),
            ("corrections", "'[]'::jsonb"),
            ("has_corrections", "false"),
            ("answers_position", ":position"),
            ("response", "null::jsonb"),
            ("id", "gen_random_uuid()"),
            ("llm_ms", "0"),
            ("first_token_ms", "0"),
            ("turn_ms", "1"),
            ("turn_stt_ms", "210"),
            ("prompt_tokens", "null"),
            ("completion_tokens", "null"),
            ("prompt_version", "null"),
            ("degraded", "true"),
            ("truncated", "false"),
            ("provider", "'built-in'"),
            ("model", "'built-in'"),
            ("content", "'That sounds good. What did you do next?'"),
            ("attempts", "null::jsonb"),
        ],
    );
    // Each client learns once which conversation is its own and how long it is; each turn makes it longer by two.
    let scene = "select p.user_id, p.conversation_id, c.last_position - 1 as position from pgbench_scenes p \
                 join conversations c on c.id = p.conversation_id where number = :client_id \\gset";
    format!(
        "\\if :known = 0\n{scene}\n\\set known 1\n\\endif\n\\set position :position + 2\n\\startpipeline\n{begin};\n{context};\n{history};\n\\endpipeline\n\
         {finish};\n"
    )
}

/// A statement of the product by its name, without comments.
fn query(name: &str) -> &'static str {
    let at = STATEMENTS.find(&format!("--! {name}")).unwrap_or_else(|| panic!("no query {name}"));
    let rest = &STATEMENTS[at..];
    let (_, statement) = rest.split_once('\n').expect("a statement");
    statement.split_once(';').expect("its end").0.trim()
}

/// Puts a value in the place of a parameter, and leaves `::casts` and longer names alone.
fn replaced(statement: &str, name: &str, value: &str) -> String {
    let mark = format!(":{name}");
    let (mut done, mut rest) = (String::new(), statement);
    while let Some(at) = rest.find(&mark) {
        let after = &rest[at + mark.len()..];
        let longer = after.starts_with(|next: char| next.is_alphanumeric() || next == '_');
        let cast = rest[..at].ends_with(':');
        done.push_str(&rest[..at]);
        done.push_str(if longer || cast { &mark } else { value });
        rest = after;
    }
    done + rest
}

/// Microseconds of the server's CPU that one request costs.
async fn cost(server: &Server, load: &Load, requests: usize) -> f64 {
    let before = server.cpu();
    load.run(server.address, requests, CLIENTS).await;
    server.cpu().saturating_sub(before).as_secs_f64() * 1e6 / float(requests)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_told_from_casts_and_longer_names() {
        assert_eq!(
            replaced("a = :id and b = :id_2 and c = :key::id", "id", "1"),
            "a = 1 and b = :id_2 and c = :key::id"
        );
        assert_eq!(a_second("progress: 3.0 s, 450.5 tps, lat 2 ms stddev 1, 0 failed"), Some(450.5));
        assert!(query("finish_turn").starts_with("with open"));
    }
}
