//! Every test that goes through HTTP or a real program. The tree mirrors the addresses.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    missing_docs,
    unreachable_pub,
    reason = "tests say what they expect, and fail when it is not so"
)]

mod external_database;
mod round_trips;
mod auth;
mod conventions;
mod openapi;
mod admin;
mod conversations;
mod paging;
mod placements;
mod progress;
mod database;
mod program;
mod clients;
mod proxy;
mod readme;
mod support;
mod system;
mod llm;
mod support;
mod talk;
mod users;
