//! What Ella adds to a streamed turn (`ella-bench streaming`): from the provider's writing of a word to the student's
//! reading of it, on one machine and one clock.

use std::time::Duration;

use tokio::{io::AsyncReadExt, net::TcpStream, task::JoinSet};

use crate::{
    ella::Ella,
    load::{Load, connect},
    process::Server,
    provider::microseconds,
    report::table,
};

/// The provider's shortest delay; each call has one of its own, up to so much more.
const DELAY_MS: usize = 100;
/// Between the first words of two calls, so that a thousand streams are one crowd and not one instant.
const APART_US: usize = 2500;
/// Streams for each row at least, and rounds at most.
const AT_LEAST: usize = 500;
const ROUNDS: usize = 100;
/// A stream that takes longer is broken.
const PATIENCE: Duration = Duration::from_mins(1);

/// One stream: how late its first words and its first sentence were, in milliseconds.
#[derive(Clone, Copy, Debug)]
struct Late {
    words: f64,
    sentence: f64,
}

/// Streams so many turns at once, for each number, and says what came of it.
pub(crate) async fn report(program: &str, counts: &[usize]) -> String {
    let counts = if counts.is_empty() { &[1, 100, 1000] } else { counts };
    let mut rows = Vec::new();
    for &count in counts {
        let words = format!("delay-ms={DELAY_MS} apart-us={APART_US} spread={count}");
        let words: Vec<&str> = std::iter::once("provider").chain(words.split(' ')).collect();
        let provider = Server::start_part(&words);
        let settings = [
            format!("--llm=openai:streaming@http://{}/v1", provider.address),
            "--student-tokens-per-day=0".to_owned(),
            "--tokens-per-day=0".to_owned(),
            "--turn-budget-ms=30000".to_owned(),
            "--first-sentence-ms=30000".to_owned(),
        ];
        let ella = Ella::start(program, &settings, &[]);
        let rounds = AT_LEAST.div_ceil(count).min(ROUNDS);
        let scenes = ella.scenes(count).await;
        let mut late = Vec::new();
        for round in 0..rounds {
            let turns =
                scenes.iter().map(|scene| scene.streams(&format!("I go there {round} times."))).collect();
            late.extend(stream(ella.server.address, turns).await);
        }
        rows.push(row("through Ella", count, &late));
        ella.server.stop();
        if count == 1 {
            let direct = Load::post("/v1/chat/completions", "", &serde_json::json!({"messages": []}));
            let mut late = Vec::new();
            for _ in 0..rounds {
                late.extend(stream(provider.address, vec![direct.clone()]).await);
            }
            rows.push(row("straight from the provider", count, &late));
        }
    }
    let head = ["way", "streams at once", "measured", "first words p50", "p99", "first sentence p50", "p99"];
    format!(
        "## Streamed turns\n\nFrom the provider's writing of the words to their reading by the student. The goal is \
         under 1 ms at the median.\n\n{}",
        table(&head, &rows)
    )
}

fn row(way: &str, count: usize, late: &[Late]) -> Vec<String> {
    let at = |of: fn(&Late) -> f64, hundredths: usize| {
        let mut sorted: Vec<f64> = late.iter().map(of).collect();
        sorted.sort_by(f64::total_cmp);
        format!("{:.2} ms", sorted.get(sorted.len() * hundredths / 100).copied().unwrap_or(f64::NAN))
    };
    vec![
        way.to_owned(),
        count.to_string(),
        late.len().to_string(),
        at(|late| late.words, 50),
        at(|late| late.words, 99),
        at(|late| late.sentence, 50),
        at(|late| late.sentence, 99),
    ]
}

/// Sends all turns at once and reads their streams.
async fn stream(server: std::net::SocketAddr, turns: Vec<Load>) -> Vec<Late> {
    let mut connections = Vec::with_capacity(turns.len());
    for _ in &turns {
        connections.push(connect(server).await);
    }
    let mut students = JoinSet::new();
    for (turn, mut connection) in turns.into_iter().zip(connections) {
        students.spawn(async move {
            turn.send(&mut connection).await;
            tokio::time::timeout(PATIENCE, listen(&mut connection)).await.expect("the stream ends")
        });
    }
    students.join_all().await
}

/// Reads a stream to its end, and notes when its first words and its first sentence came.
async fn listen(connection: &mut TcpStream) -> Late {
    let (mut heard, mut words, mut sentence) = (Vec::new(), None, None);
    while connection.read_buf(&mut heard).await.expect("more of the stream") > 0 {
        let now = microseconds();
        let text = String::from_utf8_lossy(&heard);
        words = words.or_else(|| late(now, number_after(&text, "Hello at ")?));
        sentence = sentence.or_else(|| late(now, number_after(from(&text, &SENTENCE)?, "done at ")?));
        if text.ends_with("0\r\n\r\n") {
            break;
        }
    }
    let text = String::from_utf8_lossy(&heard);
    assert!(from(&text, &END).is_some(), "a stream that did not end well: {text}");
    let (words, sentence) = words.zip(sentence).unwrap_or_else(|| panic!("words were missing: {text}"));
    Late { words, sentence }
}

/// Where the first sentence is said: as an event of its own, or, straight from the provider, wherever it is.
const SENTENCE: [&str; 2] = ["event: sentence", "\"choices\""];
/// The last thing in a good stream.
const END: [&str; 2] = ["event: done", "[DONE]"];

fn from<'a>(text: &'a str, any: &[&str]) -> Option<&'a str> {
    any.iter().find_map(|mark| text.find(mark)).and_then(|at| text.get(at..))
}

/// The number after a mark, once it has come whole.
fn number_after(text: &str, mark: &str) -> Option<u128> {
    let (_, rest) = text.split_once(mark)?;
    let end = rest.find(|character: char| !character.is_ascii_digit())?;
    rest.get(..end)?.parse().ok()
}

#[expect(clippy::unnecessary_wraps, reason = "it ends a chain of things that may be missing")]
fn late(now: u128, then: u128) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "some milliseconds")]
    let late = now.saturating_sub(then) as f64 / 1000.0;
    Some(late)
}
