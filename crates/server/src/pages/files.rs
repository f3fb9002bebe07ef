//! The files of `web/`, inside the program.

use std::{
    collections::HashMap,
    io::Write as _,
    sync::{LazyLock, OnceLock},
};

use aws_lc_rs::digest;
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};

use crate::secrets::hex;

/// A file of the pages.
pub struct File {
    name: &'static str,
    content: &'static [u8],
    version: String,
    zipped: OnceLock<Bytes>,
}

/// Names each file once; a test compares the list with what lies in `web/`.
macro_rules! files {
    ($($name:literal)*) => {
        /// Every file, by its path below `web/`.
        pub(super) const FILES: &[(&str, &[u8])] =
            &[$(($name, include_bytes!(concat!("../../../../web/", $name))),)*];
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

impl File {
    /// The file with this path below `web/`.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        static MADE: LazyLock<HashMap<&str, File>> =
            LazyLock::new(|| FILES.iter().map(|(name, content)| (*name, File::new(name, content))).collect());
        MADE.get(name)
    }

    fn new(name: &'static str, content: &'static [u8]) -> Self {
        let hash = digest::digest(&digest::SHA256, content);
        let version = hex(hash.as_ref().get(..8).unwrap_or_default());
        Self { name, content, version, zipped: OnceLock::new() }
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> Bytes {
        Bytes::from_static(self.content)
    }

    /// Its bytes, compressed. That is done once, when they are first asked for, so that no start waits for it.
    #[must_use]
    pub fn zipped(&self) -> Bytes {
        let zip = || {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(self.content).and_then(|()| encoder.finish()).map(Bytes::from)
        };
        // Writing to memory cannot fail; if it did, an empty file would be noticed.
        self.zipped.get_or_init(|| zip().unwrap_or_default()).clone()
    }

    /// The tag of this version in this encoding.
    #[must_use]
    pub fn tag(&self, zipped: bool) -> String {
        format!("\"{}{}\"", self.version, if zipped { "-gzip" } else { "" })
    }

    /// Its content type.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.name.rsplit_once('.').map(|(_, extension)| extension) {
            Some("html") => "text/html; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("svg") => "image/svg+xml",
            _ => "application/octet-stream",
        }
    }
}
