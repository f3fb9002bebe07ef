//! Real counterparts for tests: what the product talks to, under a test's control.

pub mod provider;
