//! Every test that goes through HTTP or a real program. The tree mirrors the addresses.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::needless_pass_by_value,
    unreachable_pub,
    reason = "tests say what they expect, and fail when it is not so"
)]

mod admin;
mod auth;
mod backups;
mod clients;
mod conventions;
mod conversations;
mod database;
mod external_database;
mod guards;
mod llm;
mod openapi;
mod operator;
mod pages;
mod paging;
mod placements;
mod program;
mod progress;
mod proxy;
mod readme;
mod round_trips;
mod support;
mod system;
mod talk;
mod users;
