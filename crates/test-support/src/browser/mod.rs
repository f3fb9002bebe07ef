//! A real Chromium, driven through its debugging pipe (the Chrome `DevTools` Protocol). Nothing has to be installed
//! besides the browser itself.

mod page;
mod pipe;

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use tokio::sync::OnceCell;

pub use page::Page;
use pipe::Pipe;

/// The name that every run's profile begins with; the number of its process follows.
const PROFILE: &str = "ella-test-browser-";
/// What the browser may be called.
const PROGRAMS: &[&str] = &["chromium", "google-chrome", "google-chrome-stable"];
/// No word to anybody, no first-run, no sandbox that root may not have; and a name for this machine that no browser
/// takes for a secure place.
const FLAGS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--metrics-recording-only",
    "--mute-audio",
    "--no-first-run",
    "--no-default-browser-check",
    "--host-resolver-rules=MAP ella.test 127.0.0.1",
    "--remote-debugging-pipe",
];

/// The browser of a test run. It ends with the run: its pipe breaks then.
pub struct Browser {
    pipe: Pipe,
}

impl Browser {
    /// The browser of this run, started when it is first asked for; none when there is no Chromium on this machine.
    pub async fn shared() -> Option<&'static Self> {
        static BROWSER: OnceCell<Option<Browser>> = OnceCell::const_new();
        BROWSER.get_or_init(|| async { program().map(|program| Self::start(&program)) }).await.as_ref()
    }

    fn start(program: &Path) -> Self {
        remove_leftovers();
        let profile = std::env::temp_dir().join(format!("{PROFILE}{}", std::process::id()));
        let profile = format!("--user-data-dir={}", profile.display());
        Self { pipe: Pipe::to(program, FLAGS.iter().copied().chain([profile.as_str()])) }
    }

    /// An empty page in a profile of its own.
    pub async fn page(&self) -> Page {
        let context = self.ask("Target.createBrowserContext", json!({"disposeOnDetach": true})).await;
        let context = text(&context["browserContextId"]);
        let target = json!({"url": "about:blank", "browserContextId": context});
        let target = text(&self.ask("Target.createTarget", target).await["targetId"]);
        let session = json!({"targetId": target, "flatten": true});
        let session = text(&self.ask("Target.attachToTarget", session).await["sessionId"]);
        Page::new(self.pipe.clone(), context, session).await
    }

    async fn ask(&self, method: &str, parameters: Value) -> Value {
        self.pipe.ask(None, method, parameters).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("an id").to_owned()
}

fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let named =
        |name: &&str| folders.iter().map(|folder| folder.join(name)).find(|program| program.is_file());
    PROGRAMS.iter().find_map(named)
}

/// Profiles of earlier runs whose process is gone.
fn remove_leftovers() {
    let Ok(entries) = fs::read_dir(std::env::temp_dir()) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(PROFILE));
        if process.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
            // Someone else's, or being removed by another run: not worth a word.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
