//! Clients that others wrote or generated, against a running server.

mod curl;
mod generated;

use std::path::Path;

/// The root of the work tree.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
