//! What holds for every endpoint.

mod bodies;
mod callers;
mod content;
mod cors;
pub mod endpoints;
mod failures;
mod headers;
mod ids;
mod lists;
mod lost_student;
mod order;
mod routes;
mod text;
mod types;
