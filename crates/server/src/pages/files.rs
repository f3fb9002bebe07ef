//! The files of `web/`, inside the program.

use std::{collections::HashMap, path::Path, sync::LazyLock};

use crate::http::file::File;

/// Names each file once; a test compares the list with what lies in `web/`.
macro_rules! files {
    ($($name:literal)*) => {
        /// Every file, by its path below `web/`.
        const FILES: &[(&str, &[u8])] = &[$(($name, include_bytes!(concat!("../../../../web/", $name))),)*];
    };
}

files! {
    "dashboard.html"
    "practice.html"
    "assets/icon.svg"
    "assets/style.css"
    "assets/shared/charts.js"
    "assets/shared/dom.js"
    "assets/shared/format.js"
    "assets/shared/http.js"
    "assets/shared/parts.js"
    "assets/dashboard/dashboard.css"
    "assets/dashboard/main.js"
    "assets/dashboard/overview.js"
    "assets/dashboard/server.js"
    "assets/dashboard/sign-in.js"
    "assets/dashboard/speed.js"
    "assets/dashboard/student.js"
    "assets/dashboard/students.js"
    "assets/dashboard/transcript.js"
    "assets/practice/analysis.js"
    "assets/practice/call.js"
    "assets/practice/client.js"
    "assets/practice/main.js"
    "assets/practice/placement.js"
    "assets/practice/practice.css"
    "assets/practice/progress.js"
    "assets/practice/speech.js"
    "assets/practice/stream.js"
}

/// The file with this path below `web/`.
pub(super) fn find(name: &str) -> Option<&'static File> {
    static MADE: LazyLock<HashMap<&str, File>> = LazyLock::new(|| {
        FILES.iter().map(|(name, content)| (*name, File::new(kind(name), *content))).collect()
    });
    MADE.get(name)
}

/// The content type of a file with this name.
fn kind(name: &str) -> &'static str {
    match Path::new(name).extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
