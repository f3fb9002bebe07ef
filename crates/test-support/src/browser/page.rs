//! One page: going somewhere, looking, typing, and what was heard on the way.

use serde_json::{Value, json};

use super::pipe::Pipe;

/// Milliseconds that a page may take to become what a test waits for.
const PATIENCE: u32 = 20_000;

/// A page in a profile of its own; both go with it.
pub struct Page {
    pipe: Pipe,
    context: String,
    session: String,
}

impl Page {
    pub(super) async fn new(pipe: Pipe, context: String, session: String) -> Self {
        let page = Self { pipe, context, session };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.command(&format!("{domain}.enable"), json!({})).await;
        }
        // What a policy has forbidden is told to the page and not to us.
        page.before_each_document(
            "window.violations = []; addEventListener('securitypolicyviolation', (event) => \
             violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));",
        )
        .await;
        page
    }

    /// A command of the protocol.
    pub async fn command(&self, method: &str, parameters: Value) -> Value {
        let done = self.pipe.ask(Some(&self.session), method, parameters).await;
        done.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// A script that runs in every document before its own.
    pub async fn before_each_document(&self, script: &str) {
        self.command("Page.addScriptToEvaluateOnNewDocument", json!({"source": script})).await;
    }

    /// Goes to an address and waits until the page is there.
    pub async fn go(&self, address: &str) {
        let gone = self.command("Page.navigate", json!({"url": address})).await;
        assert!(gone["errorText"].is_null(), "{address}: {gone}");
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'").await;
    }

    /// What an expression says, waited for if it is a promise.
    pub async fn evaluate(&self, expression: &str) -> Value {
        self.try_evaluate(expression).await.unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    async fn try_evaluate(&self, expression: &str) -> Result<Value, String> {
        let wanted = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let mut told = self.pipe.ask(Some(&self.session), "Runtime.evaluate", wanted).await?;
        match told.get("exceptionDetails") {
            Some(thrown) => Err(thrown["exception"]["description"].as_str().unwrap_or("thrown").to_owned()),
            None => Ok(told["result"]["value"].take()),
        }
    }

    /// Waits until an expression holds, and says what it is.
    pub async fn until(&self, expression: &str) -> Value {
        let watch = format!(
            "new Promise((resolve, reject) => {{ const since = performance.now(); const look = () => {{ let found; \
             try {{ found = {expression}; }} catch {{ found = null; }} \
             if (found) resolve(found instanceof Node ? true : found); \
             else if (performance.now() - since > {PATIENCE}) reject(new Error(`never: ${{document.body?.innerText}}`)); \
             else setTimeout(look, 15); }}; look(); }})"
        );
        loop {
            match self.try_evaluate(&watch).await {
                Ok(found) => return found,
                // The document it was watching went away in the middle.
                Err(error) if !error.contains("never: ") && is_another_document(&error) => {}
                Err(error) => panic!("{expression}: {error}"),
            }
        }
    }

    /// Waits until the page shows a text.
    pub async fn shows(&self, text: &str) {
        self.until(&format!("document.body.innerText.includes({})", json!(text))).await;
    }

    /// All that the page shows.
    pub async fn text(&self) -> String {
        self.evaluate("document.body.innerText").await.as_str().unwrap_or_default().to_owned()
    }

    /// Presses the button or follows the link with this text.
    pub async fn press(&self, text: &str) {
        let find = format!(
            "[...document.querySelectorAll('button, a, summary')].find((one) => one.checkVisibility() && one.textContent.trim() === {})",
            json!(text)
        );
        self.until(&find).await;
        self.evaluate(&format!("{find}.click()")).await;
    }

    /// Puts the cursor into an element.
    pub async fn focus(&self, selector: &str) {
        self.until(&format!("document.querySelector({})", json!(selector))).await;
        self.evaluate(&format!("document.querySelector({}).focus()", json!(selector))).await;
    }

    /// Types at the cursor.
    pub async fn type_text(&self, text: &str) {
        self.command("Input.insertText", json!({"text": text})).await;
    }

    /// Presses a key: `Tab`, `Enter`, `Escape` or the like, or `Shift+Tab`.
    pub async fn key(&self, key: &str) {
        let (key, modifiers) = key.strip_prefix("Shift+").map_or((key, 0), |key| (key, 8));
        let (code, text) = match key {
            "Enter" => (13, "\r"),
            "Tab" => (9, ""),
            "Escape" => (27, ""),
            " " => (32, " "),
            other => panic!("no such key here: {other}"),
        };
        let mut event = json!({
            "type": "keyDown", "key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": modifiers,
        });
        if text.is_empty() {
            event["type"] = json!("rawKeyDown");
        } else {
            event["text"] = json!(text);
        }
        self.command("Input.dispatchKeyEvent", event).await;
        let up = json!({"type": "keyUp", "key": key, "code": key, "windowsVirtualKeyCode": code});
        self.command("Input.dispatchKeyEvent", up).await;
    }

    /// The page's size in CSS pixels.
    pub async fn size(&self, width: u32, height: u32) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.command("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// Media features, such as `("prefers-color-scheme", "dark")`, and `print` or nothing for the kind.
    pub async fn media(&self, kind: &str, features: &[(&str, &str)]) {
        let features: Vec<Value> =
            features.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        self.command("Emulation.setEmulatedMedia", json!({"media": kind, "features": features})).await;
    }

    /// Cuts the page off, or lets it back in.
    pub async fn offline(&self, offline: bool) {
        let network =
            json!({"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
        self.command("Network.emulateNetworkConditions", network).await;
    }

    /// What was told under this name.
    #[must_use]
    pub fn events(&self, method: &str) -> Vec<Value> {
        let events = self.pipe.events(&self.session).into_iter();
        events.filter(|event| event["method"] == method).map(|mut event| event["params"].take()).collect()
    }

    /// Forgets what was told so far.
    pub fn forget_events(&self) {
        self.pipe.forget(&self.session);
    }
}

/// Whether this is what the browser says when a document goes away while it is asked something.
fn is_another_document(error: &str) -> bool {
    ["context", "navigated", "collected"].iter().any(|word| error.contains(word))
}

impl Drop for Page {
    fn drop(&mut self) {
        self.pipe.tell("Target.disposeBrowserContext", &json!({"browserContextId": self.context}));
        self.pipe.forget(&self.session);
    }
}
