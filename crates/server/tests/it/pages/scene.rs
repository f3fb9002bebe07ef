//! How a test of the practice room begins, and what is done there again and again.

use std::net::SocketAddr;

use ella_test_support::{
    browser::Page,
    provider::{Script, ScriptedProvider},
};
use serde_json::{Value, json};

use super::{TIMERS, line::Line, page};
use crate::support::Ella;

/// A voice that notes what it is to say, and an ear that a test speaks into: a machine without sound has none.
const SOUND: &str = "
    window.spoken = []; window.hushed = 0;
    window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
    Object.defineProperty(window, 'speechSynthesis', { value: {
        speak(utterance) { spoken.push(utterance.text); setTimeout(() => utterance.onstart?.(), 5); },
        cancel() { hushed++; },
    } });
    window.SpeechRecognition = window.webkitSpeechRecognition = class {
        start() { if (window.deaf) throw new Error('no'); window.ear = this; }
        stop() { this.onend?.(); }
    };
    window.hearAll = (pieces, isFinal) => ear.onresult({
        results: pieces.map((transcript) => Object.assign([{ transcript }], { isFinal })) });
    window.hear = (transcript, isFinal) => hearAll([transcript], isFinal);
";

/// A practice room that is yet to be opened: without a model, without sound, at the server's own address.
#[derive(Default)]
pub(super) struct Scene {
    has_model: bool,
    has_line: bool,
    host: Option<&'static str>,
    scripts: Vec<&'static str>,
}

/// Where a call with Zoe has begun.
pub(super) struct Call {
    pub(super) page: Page,
    pub(super) ella: Ella,
    zoe: Option<ScriptedProvider>,
    line: Option<Line>,
}

impl Scene {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Zoe says what the test tells her.
    pub(super) fn with_model(mut self) -> Self {
        self.has_model = true;
        self
    }

    /// With a voice and an ear.
    pub(super) fn with_sound(mut self) -> Self {
        self.scripts.push(SOUND);
        self
    }

    /// With timers that the test hurries.
    pub(super) fn with_timers(mut self) -> Self {
        self.scripts.push(TIMERS);
        self
    }

    /// Over a line that the test disturbs.
    pub(super) fn over_a_line(mut self) -> Self {
        self.has_line = true;
        self
    }

    /// Under another name of this machine's.
    pub(super) fn at(mut self, host: &'static str) -> Self {
        self.host = Some(host);
        self
    }

    /// Opens the room, skips the interview, and lets Zoe say "Hi!" where a model speaks for her. None without a browser.
    pub(super) async fn call(self) -> Option<Call> {
        let page = page().await?;
        let zoe = self.has_model.then(|| ScriptedProvider::start().unwrap());
        let ella = match &zoe {
            Some(zoe) => ella_with(zoe).await,
            None => Ella::start().await,
        };
        let line = if self.has_line { Some(Line::to(ella.address).await) } else { None };
        let address = line.as_ref().map_or(ella.address, |line| line.address);
        for script in self.scripts {
            page.before_each_document(script).await;
        }
        page.go(&practice(self.host, address)).await;
        page.press("Skip it and talk").await;
        if let Some(zoe) = &zoe {
            // On this topic no opener lies ready.
            zoe.next(Script::answer(json!({"reply": "Hi!", "topic": "tea"}).to_string()));
            page.focus("#topic").await;
            page.type_text("tea").await;
            page.key("Enter").await;
        } else {
            page.press("my weekend").await;
        }
        let call = Call { page, ella, zoe, line };
        call.answered(1).await;
        Some(call)
    }
}

/// The room's address.
fn practice(host: Option<&str>, address: SocketAddr) -> String {
    match host {
        Some(host) => format!("http://{host}:{}/practice", address.port()),
        None => format!("http://{address}/practice"),
    }
}

impl Call {
    /// The model that speaks for Zoe.
    pub(super) fn zoe(&self) -> &ScriptedProvider {
        self.zoe.as_ref().expect("a scene with a model")
    }

    pub(super) fn line(&self) -> &Line {
        self.line.as_ref().expect("a scene over a line")
    }

    pub(super) async fn say(&self, text: &str) {
        say(&self.page, text).await;
    }

    /// Waits until Zoe has answered so often, and has nothing more to say.
    pub(super) async fn answered(&self, times: usize) {
        zoe_has_answered(&self.page, times).await;
    }

    /// What was said, as the teacher sees it.
    pub(super) async fn transcript(&self) -> Value {
        transcript(&self.ella).await
    }
}

/// Zoe has answered so often, and has nothing more to say.
pub(super) async fn zoe_has_answered(page: &Page, times: usize) {
    page.until(&format!(
        "document.querySelectorAll('.zoes').length === {times} && !document.querySelector('.log .dots')"
    ))
    .await;
}

pub(super) async fn say(page: &Page, text: &str) {
    page.focus("textarea").await;
    page.type_text(text).await;
    page.key("Enter").await;
}

/// A server whose Zoe speaks through the scripted provider, with a budget that no test machine exceeds.
pub(super) async fn ella_with(zoe: &ScriptedProvider) -> Ella {
    Ella::with()
        .flag("--llm", zoe.openai("m"))
        .flag("--turn-budget-ms", 30_000)
        .flag("--first-sentence-ms", 30_000)
        .start()
        .await
}

/// The only student's conversation, as the teacher sees it.
pub(super) async fn transcript(ella: &Ella) -> Value {
    let stats = ella.admin_get("/admin/stats").await.body;
    let id = stats["recent_conversations"][0]["id"].as_str().unwrap().to_owned();
    ella.admin_get(&format!("/admin/conversations/{id}/transcript")).await.body.clone()
}
