//! The pages, in a real browser.

mod accessibility;
mod class;
mod dashboard;
mod haste;
mod keyboard;
mod line;
mod practice;
mod practice_again;
mod practice_network;
mod practice_speech;
mod scene;
mod server_view;
mod serving;
mod sign_in;
mod states;

use std::{path::Path, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ella::{
    database::{Database, Pool},
    demo::{self, Demo},
};
use ella_test_support::browser::{Browser, Page};
use serde_json::{Value, json};

use crate::support::{ADMIN_KEY, Ella};

/// Timers that a test makes faster (`hurry = 20`) or stops (`hurry = 1e-6`), but for the short ones that look whether
/// something is there; and what is done again and again, by its milliseconds.
const TIMERS: &str = "
    window.hurry = 1; window.repeated = new Map();
    const [later, again] = [window.setTimeout, window.setInterval];
    window.setTimeout = (act, time, ...rest) => later(act, time < 100 ? time : Math.min(time / hurry, 2 ** 31 - 1), ...rest);
    window.setInterval = (act, time) => { repeated.set(time, act); return again(act, time); };
";

/// A page in the browser of this run, or none with a word where there is no Chromium. In CI there has to be one.
async fn page() -> Option<Page> {
    match Browser::shared().await {
        Some(browser) => Some(browser.page().await),
        None => {
            skipped("Chromium is missing (setup/install.sh test gets it)");
            None
        }
    }
}

/// Says why something is not looked at; in CI that is a failure.
#[expect(clippy::print_stderr, reason = "a word to the person who runs the tests")]
#[track_caller]
fn skipped(missing: &str) {
    assert!(std::env::var_os("CI").is_none(), "{missing}");
    eprintln!("skipped: {missing}");
}

impl Ella {
    /// An address of this server's.
    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Fills the database with a made-up class.
    async fn with_class(self, students: u16, conversations: u32) -> Self {
        let class = Demo { students, conversations, seed: 1, beside_real_students: false };
        demo::add(&owner(&self), &class, self.now()).await.unwrap();
        self
    }
}

/// The server's database, as the owner of its tables.
fn owner(ella: &Ella) -> Database {
    let mut config = ella.database.administrator.clone();
    config.options("-c role=ella_owner -c search_path=ella");
    Database::new(Pool::new(config, tokio_postgres::NoTls, 1).expect("a pool"))
}

/// Holds back requests to addresses of this pattern.
async fn hold(page: &Page, pattern: &str) {
    page.command("Fetch.enable", json!({"patterns": [{"urlPattern": pattern}]})).await;
}

/// The request that the browser has held back, with so many before it.
async fn stopped(page: &Page, seen: usize) -> Value {
    let request = async {
        loop {
            if let Some(request) = page.events("Fetch.requestPaused").get(seen) {
                return request["requestId"].clone();
            }
            // Each question to the browser takes it a moment.
            page.evaluate("1").await;
        }
    };
    let Ok(request) = tokio::time::timeout(Duration::from_secs(20), request).await else {
        panic!("the browser has not held back {} requests within 20 s", seen + 1)
    };
    request
}

/// Answers the request that the browser has held back, with so many before it.
async fn answer(page: &Page, seen: usize, status: u16, body: &Value) {
    let request = stopped(page, seen).await;
    let answer = json!({
        "requestId": request, "responseCode": status, "body": BASE64_STANDARD.encode(body.to_string()),
        "responseHeaders": [{"name": "content-type", "value": "application/json"}],
    });
    page.command("Fetch.fulfillRequest", answer).await;
}

/// Signs in to the dashboard and goes to a view, waiting for its heading.
async fn enter(page: &Page, ella: &Ella, view: &str, heading: &str) {
    page.go(&ella.url(&format!("/dashboard{view}"))).await;
    page.focus("#key").await;
    page.type_text(ADMIN_KEY).await;
    page.key("Enter").await;
    heads(page, heading).await;
}

/// Waits for a heading of the first order.
async fn heads(page: &Page, heading: &str) {
    page.until(&format!("document.querySelector('h1')?.textContent === {}", json!(heading))).await;
}

/// Follows an address behind the `#`.
async fn follow(page: &Page, view: &str, heading: &str) {
    page.evaluate(&format!("location.hash = {}", json!(view))).await;
    heads(page, heading).await;
}

/// Nothing was thrown, nothing was forbidden, and nobody but this server was asked.
#[track_caller]
fn assert_quiet(page: &Page, ella: &Ella) {
    let thrown = page.events("Runtime.exceptionThrown");
    assert!(thrown.is_empty(), "{thrown:?}");
    let own = [ella.url("/"), format!("http://ella.test:{}/", ella.address.port())];
    for sent in page.events("Network.requestWillBeSent") {
        let url = sent["request"]["url"].as_str().unwrap();
        assert!(own.iter().any(|own| url.starts_with(own.as_str())), "{url} is another server's");
        assert!(!url.contains(&ADMIN_KEY.replace(' ', "%20")) && !url.contains("key"), "{url} holds a key");
    }
}

/// The policy has forbidden nothing so far.
async fn assert_nothing_forbidden(page: &Page) {
    assert_eq!(page.evaluate("window.violations").await, json!([]));
}

/// A screen: its width and height in pixels, and its colours.
type Screen = (u32, u32, &'static str);

/// Both widths and both colours, which are the same on a phone and a laptop.
const SCREENS: &[Screen] = &[(390, 844, "dark"), (1280, 800, "light")];

/// What is shown is for everybody, on a phone and a laptop, in dark and light.
async fn assert_for_everybody(page: &Page) {
    let found = faults_by_axe(page).await;
    assert!(found.is_empty(), "{found:#?}\non this page:\n{}", page.text().await);
}

/// What is wrong with what is shown, on each screen.
async fn faults_by_axe(page: &Page) -> Vec<String> {
    let mut found = Vec::new();
    for &(width, height, scheme) in SCREENS {
        page.size(width, height).await;
        page.media("", &[("prefers-color-scheme", scheme)]).await;
        let faults = faults_on_this_screen(page).await.into_iter();
        found.extend(faults.map(|fault| format!("{scheme} {width}: {fault}")));
        let wide = page.evaluate("document.documentElement.scrollWidth - innerWidth").await;
        if wide.as_i64() > Some(0) {
            found.push(format!("{scheme} {width}: {wide} pixels too wide"));
        }
    }
    found
}

/// What axe-core finds, as `rule: target`; none without axe-core, which has to be there in CI.
async fn faults_on_this_screen(page: &Page) -> Vec<String> {
    let Some(axe) = axe() else { return Vec::new() };
    if page.evaluate("typeof axe").await == "undefined" {
        page.evaluate(&format!("{axe}; true")).await;
    }
    let found = page
        .evaluate(
            "axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations.flatMap((rule) => \
             rule.nodes.map((node) => `${rule.id}: ${node.target} ${node.failureSummary}`)))",
        )
        .await;
    let found = found.as_array().expect("a list").iter();
    found.map(|fault| fault.as_str().unwrap_or_default().to_owned()).collect()
}

/// axe-core's script, out of the package that `setup/python.sh clients` gets.
fn axe() -> Option<String> {
    let libraries = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.setup/clients/lib");
    let found = std::fs::read_dir(libraries).ok().into_iter().flatten().flatten().find_map(|python| {
        std::fs::read_to_string(python.path().join("site-packages/axe_playwright_python/axe.min.js")).ok()
    });
    if found.is_none() {
        skipped("axe-core is missing (setup/python.sh clients gets it)");
    }
    found
}

/// The requests of the page to this path.
fn asked(page: &Page, path: &str) -> Vec<Value> {
    let sent = page.events("Network.requestWillBeSent").into_iter();
    sent.filter(|sent| sent["request"]["url"].as_str().is_some_and(|url| url.contains(path))).collect()
}
