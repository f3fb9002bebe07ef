//! What a person does who runs the server: commands beside it, on a connection of their own that may do what the
//! server's pool may not.

pub mod connection;
pub mod plan;
pub mod rescue;
pub mod student;

pub use connection::Operator;
