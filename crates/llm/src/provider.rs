//! A provider: something that turns a [`Request`] into a stream of [`Chunk`]s.

use std::sync::Arc;

use futures::future::BoxFuture;
use futures::stream::BoxStream;

use crate::error::ProviderError;
use crate::outcome::Usage;
use crate::request::Request;

/// What a provider streams. It ends after [`Chunk::Finished`], or with one error.
pub type ChunkStream = BoxStream<'static, Result<Chunk, ProviderError>>;

/// A piece of an answer. Keep-alives and empty pieces are none.
#[derive(Debug, Clone, PartialEq)]
pub enum Chunk {
    /// More of the answer; never empty.
    Text(String),
    /// What the provider counted.
    Usage(Usage),
    /// The answer is over. Usage may still follow.
    Finished(Finish),
}

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// The model had no more to say.
    Complete,
    /// The token limit cut it.
    Length,
}

/// A model behind an address.
///
/// Each call is made once: whether to try again, where and when is the race's decision.
pub trait Provider: Send + Sync + 'static {
    /// `gemini` or `openai`: what `engine.provider` says.
    fn name(&self) -> &str;
    /// The model's name.
    fn model(&self) -> &str;
    /// Starts a call when first polled; dropping the stream ends it and frees its connection.
    fn speak(&self, request: Arc<Request>) -> ChunkStream;
    /// Whether each call takes a connection of its own, as over HTTP/1.1; over HTTP/2 many share one.
    fn needs_a_connection_a_call(&self) -> bool {
        false
    }
    /// Opens a connection, or keeps it open, with a request that costs nothing.
    fn warm(&self) -> BoxFuture<'static, Result<(), ProviderError>>;
}
