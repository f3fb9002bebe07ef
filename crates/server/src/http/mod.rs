//! What all endpoints share: how requests are read, how answers and errors look, and how long either may take.

pub mod accept;
pub mod address;
pub mod body;
pub mod context;
pub mod cursor;
pub mod error;
pub mod file;
pub mod frame;
pub mod json;
pub mod openapi;
pub mod parse;
pub mod path;
pub mod query;
pub mod retry;
pub mod serve;
pub mod stream;

pub use body::Body;
pub use error::ApiError;
pub use json::{Created, Json};
pub use path::PathId;
