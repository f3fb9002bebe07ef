//! Growth (`ella-bench growth`): every endpoint beside so many messages, in databases of different size that are asked
//! in turn. They are filled by the database itself.

use std::time::Instant;

use serde_json::{Value, json};

use crate::{
    database::{Cluster, Database},
    ella::{Ella, Scene, student},
    load::{Load, connect},
    numbers::{float, hundredth, median, milliseconds},
    plot::{Line, lines},
    report::{plot, table},
};

/// Messages of the databases, unless told otherwise.
const MESSAGES: [usize; 3] = [10_000, 100_000, 1_000_000];
/// Requests for each endpoint and size: rounds, and requests each.
const ROUNDS: usize = 10;
const REQUESTS: usize = 20;
/// Starts of Ella for the statistics, which are kept for a minute.
const STARTS: usize = 5;
/// What a student of the filled database has.
const CALLS: usize = 20;
const MESSAGES_A_CALL: usize = 20;
/// Flat means: the largest database takes at most so many times as long as the smallest.
const FLAT: f64 = 1.3;
const ADMIN_KEY: &str = "the admin key of a bench, long enough";
/// Counted anew, as once a minute.
const STATS: &str = "GET /admin/stats, counted anew";

/// One database and its Ella.
struct Place {
    messages: usize,
    database: Database,
    ella: Ella,
    student: Scene,
    took: Times,
}

/// Fills a database for each number of messages, and asks them all.
pub(crate) async fn report(program: &str, numbers: &[usize]) -> String {
    let sizes = if numbers.is_empty() { &MESSAGES } else { numbers };
    let cluster = Cluster::start(60).await;
    let mut places = Vec::new();
    for &messages in sizes {
        places.push(fill(program, &cluster, messages).await);
    }
    for round in 0..ROUNDS {
        for place in &mut places {
            for (endpoint, load, expected) in requests(&place.student, &place.ella, round).await {
                let mut connection = connect(place.ella.server.address).await;
                for _ in 0..REQUESTS {
                    let sent = Instant::now();
                    let answer = load.over(&mut connection).await;
                    note(&mut place.took, endpoint, milliseconds(sent.elapsed()));
                    assert_eq!(
                        answer.status,
                        expected,
                        "{endpoint}: {}",
                        String::from_utf8_lossy(&answer.body)
                    );
                }
            }
        }
    }
    let mut done = Vec::new();
    for Place { messages, database, ella, mut took, .. } in places {
        ella.server.stop();
        for _ in 0..STARTS {
            let ella = start(program, &database);
            let (mut connection, load) =
                (connect(ella.server.address).await, Load::admin("/admin/stats", ADMIN_KEY));
            let sent = Instant::now();
            let stats = load.over(&mut connection).await.json();
            note(&mut took, STATS, milliseconds(sent.elapsed()));
            let counted = stats["messages"]["total"].as_u64().unwrap_or(0);
            assert!(counted >= messages as u64, "{counted} messages of {messages}");
            ella.server.stop();
        }
        done.push((messages, took));
    }
    cluster.stop().await;
    say(&done)
}

fn note(took: &mut Times, endpoint: &'static str, time: f64) {
    match took.iter_mut().find(|(known, _)| *known == endpoint) {
        Some((_, times)) => times.push(time),
        None => took.push((endpoint, vec![time])),
    }
}

fn start(program: &str, database: &Database) -> Ella {
    let settings =
        [database.setting(None), "--database-pool=4".to_owned(), format!("--admin-key={ADMIN_KEY}")];
    Ella::start(program, &settings, &[])
}

/// A database with so many messages, in which one student of many is ours.
async fn fill(program: &str, cluster: &Cluster, messages: usize) -> Place {
    let database = cluster.database(&format!("growth_{messages}")).await;
    let ella = start(program, &database);
    let student = student(ella.server.address, 0).await;
    let students = messages.div_ceil(CALLS * MESSAGES_A_CALL);
    // Ids of version 7 carry their time, as the server's do.
    database
        .execute(&format!(
            "create function bench_id(at timestamptz) returns uuid language sql volatile as $$
                 select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7'
                     || substr(made, 1, 3) || '8' || substr(made, 4, 15))::uuid
                 from (select md5(random()::text) as made) m $$;
             insert into students (user_id, created_at, updated_at, last_active_on, age, focus_grammar, focus_vocab,
                 focus_fluency, cefr_level)
             select bench_id(now() - interval '1 year'), now() - interval '1 year', now(), current_date, 12, true, true,
                 true, (array['A1', 'A2', 'B1', 'B2', 'C1', 'C2'])[1 + n % 6]
             from generate_series(2, {students}) n;
             insert into conversations (user_id, id, started_at, completed_at, last_message_at, duration_seconds,
                 last_position, student_messages, student_words, corrections_grammar, topic)
             select user_id, bench_id(at), at, at + interval '20 minutes', at + interval '20 minutes', 1200,
                 {MESSAGES_A_CALL}, {MESSAGES_A_CALL} / 2, {MESSAGES_A_CALL} * 4, 3, 'my weekend'
             from students, generate_series(1, {CALLS}) call,
                 lateral (select now() - interval '365 days' * (call - random()) / {CALLS} as at where user_id is not null) t;
             insert into messages (user_id, conversation_id, position, word_count, id, created_at, stt_ms, llm_ms, tts_ms,
                 first_token_ms, turn_ms, turn_stt_ms, answers_position, prompt_tokens, completion_tokens, prompt_version,
                 degraded, truncated, by_student, provider, model, content, corrections)
             select user_id, c.id, position, 8, bench_id(at), at, case when mine then 210 end,
                 case when not mine then 600 end, case when not mine then 150 end, case when not mine then 500 end,
                 case when not mine then 900 end, case when not mine then 210 end,
                 case when not mine then position - 1 end, case when not mine then 800 end,
                 case when not mine then 40 end, case when not mine then 1 end, case when not mine then false end,
                 case when not mine then false end, mine, case when not mine then 'gemini' end,
                 case when not mine then 'gemini-3.5-flash-lite' end,
                 case when mine then 'Yesterday I go to the beach with my sister ' || position
                     else 'That sounds like a lovely day! What did you two do at the beach? ' || position end,
                 case when mine and position % 3 = 0 then
                     '[{{\"original\": \"I go\", \"corrected\": \"I went\", \"category\": \"grammar\"}}]'::jsonb
                     else '[]'::jsonb end
             from conversations c, generate_series(1, {MESSAGES_A_CALL}) position,
                 lateral (select c.started_at + position * interval '30 seconds' as at, position % 2 = 1 as mine) m
             order by c.started_at, position"
        ))
        .await;
    database.execute("vacuum analyze").await;
    let newest = database.ask("select id from conversations order by id desc limit 1").await;
    assert!(!newest.is_empty(), "the database was not filled");
    Place { messages, database, ella, student, took: Vec::new() }
}

/// One of each request, with the status that it must get.
async fn requests(student: &Scene, ella: &Ella, round: usize) -> Vec<(&'static str, Load, u16)> {
    let (address, token) = (ella.server.address, student.token.as_str());
    let topic = json!({"topic": format!("topic {round}")});
    let call = Load::post("/conversations", token, &topic).once(address).await;
    let id = call["id"].as_str().expect("an id").to_owned();
    let calls = Load::get("/conversations?limit=100&status=completed", token).once(address).await;
    let filled = calls["items"].as_array().and_then(|items| items.last()).expect("a filled conversation");
    let old = filled["id"].as_str().expect("an id").to_owned();
    let placement =
        json!({"cefr_level": "B1", "confidence": 0.7, "transcript": [{"role": "user", "content": "Hello"}]});
    Load::post("/placements", token, &placement).once(address).await;
    let user = student.user_id.as_str().unwrap_or_default();
    let message = json!({"role": "user", "content": "I go there."});
    let scene = Scene { conversation_id: Value::from(id.as_str()), ..student.clone() };
    let focus = json!({"focus": {"grammar": true}});
    let opening = json!({"topic": "my weekend"});
    let device = json!({"device_id": "4b3c1f0e-9a59-4d39-8a6e-000000000000"});
    vec![
        ("GET /", Load::get("/", ""), 200),
        ("GET /health", Load::get("/health", ""), 200),
        ("POST /auth/anonymous", Load::post("/auth/anonymous", "", &device), 200),
        ("GET /users/me", Load::get("/users/me", token), 200),
        ("PUT /users/me", Load::put("/users/me", token, &json!({"age": 12})), 200),
        ("PUT /users/me/settings", Load::put("/users/me/settings", token, &focus), 200),
        ("POST /placements", Load::post("/placements", token, &placement), 201),
        ("GET /placements/latest", Load::get("/placements/latest", token), 200),
        ("GET /placements", Load::get("/placements", token), 200),
        ("POST /conversations", Load::post("/conversations", token, &json!({"topic": "a new one"})), 201),
        ("GET /conversations", Load::get("/conversations", token), 200),
        ("GET /conversations/{id}", Load::get(&format!("/conversations/{old}"), token), 200),
        (
            "PUT /conversations/{id}/complete",
            Load::put(&format!("/conversations/{old}/complete"), token, &json!({})),
            200,
        ),
        (
            "POST /conversations/{id}/messages",
            Load::post(&format!("/conversations/{id}/messages"), token, &message),
            201,
        ),
        (
            "GET /conversations/{id}/messages",
            Load::get(&format!("/conversations/{old}/messages"), token),
            200,
        ),
        ("GET /progress/summary", Load::get("/progress/summary", token), 200),
        ("POST /llm/conversation-starter", Load::post("/llm/conversation-starter", token, &opening), 200),
        ("POST /llm/conversation-turn", scene.says("Yesterday I go to the beach."), 200),
        ("POST /llm/placement-turn", Load::post("/llm/placement-turn", token, &json!({})), 200),
        (
            "POST /llm/session-analysis",
            Load::post("/llm/session-analysis", token, &json!({"conversation_id": old})),
            200,
        ),
        ("GET /admin/stats", Load::admin("/admin/stats", ADMIN_KEY), 200),
        (
            "GET /admin/conversations/{id}/transcript",
            Load::admin(&format!("/admin/conversations/{old}/transcript"), ADMIN_KEY),
            200,
        ),
        (
            "GET /admin/placements/{user_id}/transcript",
            Load::admin(&format!("/admin/placements/{user}/transcript"), ADMIN_KEY),
            200,
        ),
    ]
}

/// Milliseconds of each request, by endpoint.
type Times = Vec<(&'static str, Vec<f64>)>;

fn say(done: &[(usize, Times)]) -> String {
    let mut head = vec!["endpoint".to_owned()];
    head.extend(done.iter().map(|(messages, _)| format!("p50 / p99, ms, at {messages}")));
    head.extend(["largest over smallest, p50".to_owned(), "flat".to_owned()]);
    let endpoints = done.first().map(|(_, took)| took.as_slice()).unwrap_or_default();
    let mut rows = Vec::new();
    let mut drawn = Vec::new();
    for (place, (endpoint, _)) in endpoints.iter().enumerate() {
        let times: Vec<(usize, &Vec<f64>)> = done
            .iter()
            .filter_map(|(messages, took)| took.get(place).map(|(_, times)| (*messages, times)))
            .collect();
        let middle: Vec<f64> = times.iter().map(|(_, times)| median(times)).collect();
        let ratio = middle.last().unwrap_or(&f64::NAN) / middle.first().unwrap_or(&f64::NAN);
        let mut row = vec![format!("`{endpoint}`")];
        row.extend(
            times.iter().map(|(_, times)| format!("{:.2} / {:.2}", median(times), hundredth(times, 99))),
        );
        row.push(format!("{ratio:.2}"));
        row.push(if ratio <= FLAT { "yes" } else { "**no**" }.to_owned());
        rows.push(row);
        if [STATS, "POST /llm/conversation-turn", "GET /progress/summary", "GET /users/me"].contains(endpoint)
        {
            let points =
                times.iter().map(|(messages, times)| (float(*messages).log10(), median(times))).collect();
            drawn.push(Line { name: endpoint, points });
        }
    }
    let svg = lines("Growth", "messages, power of ten", "p50, ms", &drawn);
    format!(
        "## Growth\n\nEvery endpoint, one request at a time, {} for each size, the databases asked in turn. A student has \
         {CALLS} conversations of {MESSAGES_A_CALL} messages in each of them, over a year. Flat: at most {FLAT} times as \
         long in the largest.\n\n{}{}",
        ROUNDS * REQUESTS,
        table(&head.iter().map(String::as_str).collect::<Vec<_>>(), &rows),
        plot("growth", &svg)
    )
}
