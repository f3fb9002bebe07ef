//! How well a provider corrects (`ella-bench score`): every utterance of `utterances.json` is said to a running Ella,
//! and her corrections are compared with a teacher's.

mod edits;
mod maths;
mod moods;
mod set;

use std::net::SocketAddr;

use serde_json::{Value, json};

pub(crate) use moods::Mood;

use crate::{
    ella::{self, Ella, Scene},
    load::Load,
    process::Server,
};
use maths::Score;
use set::Correction;

/// Scores one provider after the other; spaces stand between them. Each is a value of `ELLA_LLM`, or one of the scripted
/// teachers `perfect`, `silent` and `eager`. With a count, only so many utterances, evenly out of the set.
pub(crate) async fn report(program: &str, providers: &str, counts: &[usize]) -> String {
    let mut tables = Vec::new();
    for provider in providers.split_whitespace() {
        tables.push(one(program, provider, counts).await);
    }
    tables.join("\n")
}

async fn one(program: &str, provider: &str, counts: &[usize]) -> String {
    let scripted =
        Mood::named(provider).map(|_| Server::start_part(&["provider", &format!("mood={provider}")]));
    let setting = match &scripted {
        Some(server) => format!("openai:{provider}@http://{}/v1", server.address),
        None => provider.to_owned(),
    };
    // Small machines with large models need time; how much is no matter here.
    let settings = [
        format!("--llm={setting}"),
        "--student-tokens-per-day=0".to_owned(),
        "--tokens-per-day=0".to_owned(),
        "--turn-budget-ms=60000".to_owned(),
        "--first-sentence-ms=60000".to_owned(),
    ];
    let ella = Ella::start(program, &settings, &[]);
    let set = set::read();
    let wanted = counts.first().copied().unwrap_or(set.len()).clamp(1, set.len());
    let chosen = (0..wanted).map(|number| &set[number * set.len() / wanted]);
    let mut score = Score::default();
    for (number, utterance) in chosen.enumerate() {
        let server = ella.server.address;
        let student = student_of(server, number, &utterance.level).await;
        let answer = student.says(&utterance.text).once(server).await;
        let proposed = (answer["engine"]["degraded"] == false).then(|| corrections(&answer["corrections"]));
        score.add(utterance, proposed.as_deref());
    }
    ella.server.stop();
    format!("## Corrections by {}\n\n{}", without_address(provider), score.table())
}

/// Providers by their models; where those are served is no matter.
fn without_address(providers: &str) -> String {
    let named = providers.split(',').map(|one| one.split('@').next().unwrap_or(one));
    named.collect::<Vec<_>>().join(", ")
}

/// A student of this level, in a conversation of one turn.
async fn student_of(server: SocketAddr, number: usize, level: &str) -> Scene {
    let scene = ella::scene(server, number).await;
    let placement = json!({"cefr_level": level, "confidence": 1.0, "transcript": []});
    Load::post("/placements", &scene.token, &placement).once(server).await;
    scene
}

fn corrections(answer: &Value) -> Vec<Correction> {
    answer.as_array().into_iter().flatten().filter_map(Correction::read).collect()
}
