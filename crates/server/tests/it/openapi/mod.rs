//! What the API says of itself, and whether it is true.

mod answers;
mod complete;
mod examples;
mod schema;
mod snapshot;
