//! An Ella with backups here and in S3, and a database of the size that is wished.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
    time::{Duration, Instant},
};

use ella_test_support::storage::Storage;
use serde_json::{Value, json};

use crate::{
    ella::{Scene, scene},
    load::Load,
    process::{Folder, Server, private_folder},
};

/// Bytes that a message takes with its indexes, about.
const BYTES_A_MESSAGE: usize = 640;
/// Messages in a conversation, and conversations of a student.
const MESSAGES: usize = 20;
const CONVERSATIONS: usize = 10;
/// What is waited for at most: an archive that is caught up.
const PATIENCE: Duration = Duration::from_mins(15);

/// The server, its folder, and the S3 beside.
pub(crate) struct School {
    program: String,
    pub(crate) storage: Storage,
    /// Runs unless a disaster has come.
    pub(crate) server: Option<Server>,
    pub(crate) data: PathBuf,
    key: String,
    /// A student who goes on talking, so that it can be seen what is lost.
    pub(crate) ana: Scene,
    said: usize,
    folder: Folder,
}

/// What a command said.
pub(crate) struct Ran {
    pub(crate) printed: String,
    /// How long it took.
    pub(crate) took: Duration,
}

impl School {
    /// A school with one student.
    pub(crate) async fn open(program: &str) -> Self {
        let folder = private_folder();
        let storage = Storage::start(folder.path())
            .await
            .expect("the S3 server: run `sh setup/python.sh storage` first");
        let data = folder.path().join("data");
        let server = start(program, &data, &storage, None, "on");
        let ana = scene(server.address, 0).await;
        let key = std::fs::read_to_string(data.join("recovery.key")).expect("the recovery key");
        let school = Self {
            program: program.to_owned(),
            storage,
            server: Some(server),
            data,
            key: key.trim().to_owned(),
            ana,
            said: 0,
            folder,
        };
        school.backed_up();
        school
    }

    /// Waits until there is a backup of the present timeline in both places: the first one, without which nothing is
    /// copied, or the one that the server makes after a restore.
    pub(crate) fn backed_up(&self) {
        let timeline = self.sql("select timeline_id from pg_control_checkpoint()");
        let timeline: u64 = timeline.parse().expect("a number");
        let is_of_it = |backup: &Value| backup["timeline"].as_u64() == Some(timeline);
        eventually("the backups", || {
            let listed = self.command(&["backup", "list", "--json"]).output().ok()?;
            let listed: Value = serde_json::from_slice(&listed.stdout).ok()?;
            let all = listed
                .as_array()?
                .iter()
                .all(|copy| copy["backups"].as_array().and_then(|it| it.last()).is_some_and(is_of_it));
            all.then_some(())
        });
    }

    /// Fills the database with students who have talked, as fast as PostgreSQL can.
    pub(crate) fn fill(&mut self, megabytes: usize) {
        let students = (megabytes * 1_000_000 / BYTES_A_MESSAGE / MESSAGES / CONVERSATIONS).max(1);
        let filled = format!(
            "set session_replication_role = replica; set search_path = ella;
            insert into students (user_id, created_at, updated_at, focus_grammar, focus_vocab, focus_fluency)
                select md5('s' || s)::uuid, now(), now(), true, true, true from generate_series(1, {students}) s;
            insert into conversations (user_id, id, started_at, last_message_at, last_position, student_messages, student_words)
                select md5('s' || s)::uuid, md5('c' || s || '-' || c)::uuid, now(), now(), {MESSAGES}, {MESSAGES} / 2, 600
                from generate_series(1, {students}) s, generate_series(1, {CONVERSATIONS}) c;
            insert into messages (user_id, conversation_id, position, word_count, id, created_at, by_student, content)
                select md5('s' || s)::uuid, md5('c' || s || '-' || c)::uuid, m, 60,
                    md5('m' || s || '-' || c || '-' || m)::uuid, now(), m % 2 = 1,
                    'Last weekend I went with my friend ' || md5(random()::text) || ' to the market, and we have bought '
                    || md5(random()::text) || '. Then it begun to rain, so we did run home and drinked hot chocolate with '
                    || md5(random()::text) || '. In the evening my mother asked me whether I have done my homework about '
                    || md5(random()::text) || ', and I said that I will do it after the film is finished.'
                from generate_series(1, {students}) s, generate_series(1, {CONVERSATIONS}) c, generate_series(1, {MESSAGES}) m;
            reset session_replication_role; analyze"
        );
        self.sql(&filled);
        self.archived();
    }

    /// Waits until everything that was written is in the archive here and in S3.
    pub(crate) fn archived(&self) {
        let written = now_of(&self.sql("select extract(epoch from now())"));
        self.sql("select pg_switch_wal()");
        eventually("the archive is caught up", || {
            let status = self.command(&["backup", "status", "--json"]).output().ok()?;
            let status: Value = serde_json::from_slice(&status.stdout).ok()?;
            let up_to = |copy: &Value| copy["archived_up_to"].as_str().map(str::to_owned);
            let all = status["repositories"].as_array()?.iter().filter_map(up_to).collect::<Vec<_>>();
            (all.len() == 2 && all.iter().all(|up_to| seconds(up_to) >= written)).then_some(())
        });
    }

    /// Bytes of the database.
    pub(crate) fn bytes(&self) -> u64 {
        self.sql("select pg_database_size('ella')").parse().expect("a size")
    }

    /// Ana says so much, half a second apart; when each was acknowledged.
    pub(crate) async fn talk(&mut self, messages: usize) -> Vec<Instant> {
        let address = self.server.as_ref().expect("it serves").address;
        let path = format!("/conversations/{}/messages", self.ana.conversation_id.as_str().expect("an id"));
        let mut said = Vec::new();
        for _ in 0..messages {
            let body = json!({"role": "user", "content": format!("said {}", self.said)});
            Load::post(&path, &self.ana.token, &body).once(address).await;
            self.said += 1;
            said.push(Instant::now());
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        said
    }

    /// How many of the last messages are gone.
    pub(crate) fn gone(&self) -> usize {
        let there = "select count(*) from ella.messages where content like 'said %'";
        self.said - self.sql(there).parse::<usize>().expect("a number")
    }

    /// Forgets about what is gone, so that the next disaster is counted for itself.
    pub(crate) fn count_anew(&mut self) {
        self.said -= self.gone();
    }

    /// What a statement of the superuser's answers.
    pub(crate) fn sql(&self, statement: &str) -> String {
        let noted = std::fs::read_to_string(self.data.join("postgres/postmaster.pid")).expect("it runs");
        sql_at(noted.lines().nth(4).expect("the socket's folder"), statement)
    }

    /// A command beside the server.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(words)
            .arg(format!("--data-dir={}", self.data.display()))
            .env("ELLA_RECOVERY_KEY", &self.key);
        command.envs(self.storage.environment());
        command
    }

    /// Runs one that must succeed.
    pub(crate) fn run(&self, words: &[&str]) -> Ran {
        let began = Instant::now();
        let output = self.command(words).output().expect("the program runs");
        let took = began.elapsed();
        Ran { printed: good(words, &output), took }
    }

    /// Starts the server again; how long that took.
    pub(crate) fn start(&mut self) -> Duration {
        let server = start(&self.program, &self.data, &self.storage, Some(&self.key), "on");
        let took = server.start_took;
        self.server = Some(server);
        took
    }

    /// Another server, without backups, in a folder of its own.
    pub(crate) fn without_backups(&self) -> Server {
        start(&self.program, &self.folder.path().join("bare"), &self.storage, None, "off")
    }

    pub(crate) fn stop(&mut self) {
        self.server.take().expect("it serves").stop();
    }

    /// Where an empty machine's data would be.
    pub(crate) fn elsewhere(&self) -> PathBuf {
        self.folder.path().join("elsewhere")
    }
}

fn start(program: &str, data: &Path, storage: &Storage, key: Option<&str>, backups: &str) -> Server {
    let mut command = Command::new(program);
    command.arg(format!("--data-dir={}", data.display()));
    // Backups are made when they are measured, and not meanwhile.
    command.args(["--listen=127.0.0.1:0", "--metrics-listen=off", "--log=error", "--backup-minutes=10080"]);
    command.args([
        "--backup-verify-hours=0",
        "--backup-drill-hours=0",
        "--quiet-hours=off",
        "--disk-free-percent=0",
    ]);
    command.arg(format!("--backups={backups}")).envs(storage.environment());
    command.envs(key.map(|key| ("ELLA_RECOVERY_KEY", key)));
    Server::start_with(&mut command)
}

fn good(words: &[&str], output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{words:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// What a statement of the superuser's answers, at the socket in this folder.
pub(crate) fn sql_at(socket: &str, statement: &str) -> String {
    let mut psql = Command::new("psql");
    psql.args(["-XAtqv", "ON_ERROR_STOP=1", "-U", "postgres", "-d", "ella", "-h", socket, "-c", statement]);
    good(&["psql"], &psql.output().expect("psql runs")).trim().to_owned()
}

/// Asks again and again until there is an answer.
pub(crate) fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(began.elapsed() < PATIENCE, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn now_of(epoch: &str) -> i64 {
    epoch.trim().split('.').next().and_then(|seconds| seconds.parse().ok()).expect("seconds")
}

/// Seconds of a time such as `2026-11-22T10:00:00Z`.
fn seconds(time: &str) -> i64 {
    let date = Command::new("date").args(["-u", "-d", time, "+%s"]).output().expect("date runs");
    now_of(&good(&["date"], &date))
}
