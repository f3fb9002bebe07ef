//! Real counterparts for tests: what the product talks to, under a test's control.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test that cannot be set up has failed"
)]

pub mod browser;
pub mod database;
pub mod provider;
pub mod soak;
pub mod storage;
