//! One call with Zoe, from hello to goodbye.

use std::io;

use uuid::Uuid;

use super::{
    Input, Screen,
    answers::{Analysis, Engine, Starter, Turn},
    client::{Client, Failure},
    screen::Ink,
    words::Words,
};
use crate::words::count_words;

const HELP: [&str; 4] = [
    "Type what you would say, and Zoe answers.",
    "/analyse   look back at this call",
    "/help      these lines",
    "/quit      say goodbye (Ctrl-D does the same)",
];

struct Call<'a, 'b> {
    client: Client,
    screen: &'a mut Screen<'b>,
    conversation: Uuid,
    told_of_built_in_voice: bool,
    figures: Figures,
}

/// What is worth saying at the end.
#[derive(Default)]
struct Figures {
    turns: u32,
    words: i64,
    corrections: usize,
    latencies: Vec<u64>,
}

pub(super) async fn hold(
    client: Client,
    mut input: Input,
    screen: &mut Screen<'_>,
    topic: Option<String>,
    remembered: bool,
) -> Result<(), String> {
    welcome(screen, &client, remembered).map_err(gone)?;
    let topic = match topic {
        Some(topic) => topic,
        None => match ask_for_topic(screen, &mut input).await.map_err(gone)? {
            Some(topic) => topic,
            None => return screen.line("Goodbye!").map_err(gone),
        },
    };
    let topic = Some(topic.trim()).filter(|topic| !topic.is_empty());
    let conversation = client.start(topic).await.map_err(Failure::sentence)?.id;
    let mut call =
        Call { client, screen, conversation, told_of_built_in_voice: false, figures: Figures::default() };
    call.begin().await?;
    call.go_on(&mut input).await?;
    call.end().await
}

fn welcome(screen: &mut Screen<'_>, client: &Client, remembered: bool) -> io::Result<()> {
    let greeting = if client.is_new { "Welcome to Ella!" } else { "Welcome back!" };
    screen.line(&format!("{greeting} Zoe is your English tutor. /help lists what you can type."))?;
    if remembered {
        return Ok(());
    }
    screen.aside(Ink::Dim, "(No place to remember you was found: next time Zoe will not know you.)")
}

async fn ask_for_topic(screen: &mut Screen<'_>, input: &mut Input) -> io::Result<Option<String>> {
    screen.line("What would you like to talk about? Press Enter to let Zoe choose.")?;
    loop {
        screen.prompt()?;
        let Some(line) = input.line().await else {
            screen.typed_nothing()?;
            return Ok(None);
        };
        screen.typed(&line)?;
        match line.as_str() {
            "/quit" => return Ok(None),
            "/help" => help(screen)?,
            "/analyse" => screen.aside(Ink::Dim, "There is nothing to look back at yet.")?,
            _ => return Ok(Some(line)),
        }
    }
}

fn help(screen: &mut Screen<'_>) -> io::Result<()> {
    HELP.iter().try_for_each(|line| screen.aside(Ink::Dim, line))
}

impl Call<'_, '_> {
    async fn begin(&mut self) -> Result<(), String> {
        let starter = self.client.starter(self.conversation).await.map_err(Failure::sentence)?;
        self.show_starter(&starter).map_err(gone)
    }

    fn show_starter(&mut self, starter: &Starter) -> io::Result<()> {
        self.screen.aside(Ink::Dim, &format!("(topic: {})", starter.topic))?;
        self.screen.zoe(&starter.text)?;
        self.tell_who_speaks(&starter.engine)
    }

    async fn go_on(&mut self, input: &mut Input) -> Result<(), String> {
        loop {
            self.screen.prompt().map_err(gone)?;
            let Some(line) = input.line().await else {
                return self.screen.typed_nothing().map_err(gone);
            };
            self.screen.typed(&line).map_err(gone)?;
            match line.as_str() {
                "" => {}
                "/quit" => return Ok(()),
                "/help" => help(self.screen).map_err(gone)?,
                "/analyse" => self.look_back().await.map_err(gone)?,
                command if is_command(command) => self
                    .screen
                    .aside(Ink::Dim, &format!("{command} is nothing that can be done; /help lists what can."))
                    .map_err(gone)?,
                words => self.say(words).await.map_err(gone)?,
            }
        }
    }

    async fn say(&mut self, said: &str) -> io::Result<()> {
        let mut words = Words::on(self.screen);
        match self.client.turn(self.conversation, said, &mut words).await {
            Ok(turn) => {
                words.end(&turn.reply)?;
                self.figures.note(said, &turn);
                self.show_rest(&turn)
            }
            Err(Failure::Refused(sentence)) => self.screen.aside(Ink::Wrong, &sentence),
            Err(Failure::Lost(sentence)) => {
                self.screen.aside(Ink::Wrong, &format!("{sentence} Say it again in a moment."))
            }
            Err(Failure::Terminal(error)) => Err(error),
        }
    }

    /// What comes with Zoe's words.
    fn show_rest(&mut self, turn: &Turn) -> io::Result<()> {
        self.tell_who_speaks(&turn.engine)?;
        for correction in &turn.corrections {
            let explanation = correction.explanation.as_deref();
            self.screen.correction(&correction.original, &correction.corrected, explanation)?;
        }
        let latency = &turn.latency_ms;
        let mut figures = format!(
            "first words {} ms · voice {} ms · turn {} ms",
            latency.first_token, latency.llm, latency.total
        );
        if turn.engine.truncated {
            figures.push_str(" · cut short");
        }
        if !turn.corrections_complete {
            figures.push_str(" · more corrections may follow");
        }
        self.screen.aside(Ink::Dim, &figures)
    }

    /// Says once that no language model answers; says it again after one did.
    fn tell_who_speaks(&mut self, engine: &Engine) -> io::Result<()> {
        let tell = engine.degraded && !self.told_of_built_in_voice;
        self.told_of_built_in_voice = engine.degraded;
        if !tell {
            return Ok(());
        }
        let who = format!(
            "(Zoe's built-in voice, {} {}: no language model answers, so nothing is corrected.)",
            engine.provider, engine.model
        );
        self.screen.aside(Ink::Dim, &who)
    }

    async fn look_back(&mut self) -> io::Result<()> {
        match self.client.analysis(self.conversation).await {
            Ok(analysis) => self.show_analysis(&analysis),
            Err(failure) => self.screen.aside(Ink::Wrong, &failure.sentence()),
        }
    }

    fn show_analysis(&mut self, analysis: &Analysis) -> io::Result<()> {
        let courage = &analysis.courage;
        self.screen.zoe(&analysis.summary)?;
        self.screen.aside(Ink::Right, &format!("courage {} of 100", courage.score))?;
        let figures = format!(
            "turns {} · words a turn {:.1} · longest {} · questions {} · your share of the words {:.0} %",
            courage.turns,
            courage.words_per_turn,
            courage.longest_turn_words,
            courage.questions_asked,
            100.0 * courage.speaking_share
        );
        self.screen.aside(Ink::Dim, &figures)?;
        for moment in &analysis.best_moments {
            self.screen.aside(Ink::Plain, &format!("“{}”  {}", moment.quote, moment.why))?;
        }
        for step in &analysis.next_steps {
            self.screen.aside(Ink::Plain, &format!("next: {step}"))?;
        }
        Ok(())
    }

    /// Completes the conversation and says goodbye.
    async fn end(self) -> Result<(), String> {
        let completed = self.client.complete(self.conversation).await;
        let seconds = completed.as_ref().ok().and_then(|conversation| conversation.duration_seconds);
        self.screen.line(&format!("Goodbye! {}", self.figures.summary(seconds))).map_err(gone)?;
        completed.map(|_| ()).map_err(|failure| {
            format!(
                "The call could not be completed: {} The server will do it by itself.",
                failure.sentence()
            )
        })
    }
}

impl Figures {
    fn note(&mut self, words: &str, turn: &Turn) {
        self.turns += 1;
        self.words += i64::from(count_words(words));
        self.corrections += turn.corrections.len();
        self.latencies.push(turn.latency_ms.total);
    }

    fn summary(&self, seconds: Option<u64>) -> String {
        let mut latencies = self.latencies.clone();
        latencies.sort_unstable();
        let Some(median) = latencies.get(latencies.len() / 2) else {
            return "You have not said anything this time.".to_owned();
        };
        let said = format!("{} in {}", counted(self.words, "word"), counted(i64::from(self.turns), "turn"));
        let time =
            seconds.map(|seconds| format!(", {} min {} s", seconds / 60, seconds % 60)).unwrap_or_default();
        let corrections = i64::try_from(self.corrections).unwrap_or(i64::MAX);
        format!(
            "You said {said}{time}, with {}. Half of Zoe's answers took no more than {median} ms.",
            counted(corrections, "correction")
        )
    }
}

fn counted(count: i64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// A slash and a word; a student may say "/" too.
fn is_command(line: &str) -> bool {
    line.strip_prefix('/')
        .is_some_and(|word| !word.is_empty() && word.chars().all(|character| character.is_ascii_alphabetic()))
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err gives")]
fn gone(error: io::Error) -> String {
    format!("The terminal takes no more text: {error}.")
}
