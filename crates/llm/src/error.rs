//! What can go wrong with a provider, sorted by what the race does about it.

use std::fmt;
use std::time::Duration;

/// Why a provider gave no answer, or broke its answer off. Never holds key material or what a student said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {message}")]
pub struct ProviderError {
    /// The class of the failure.
    pub kind: ProviderErrorKind,
    /// A sentence for the person who runs the server.
    pub message: String,
}

/// The classes of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderErrorKind {
    /// No connection could be made.
    Unreachable,
    /// This machine has no file left to open a connection with.
    OutOfFiles,
    /// Nothing, or no whole sentence, came in time.
    Timeout,
    /// The provider asks us to wait (429, or 503 with `Retry-After`).
    RateLimited {
        /// How long it wants to be left alone, when it says so.
        retry_after: Option<Duration>,
    },
    /// The key is missing, wrong or not allowed to use the model (401, 403).
    Unauthorized,
    /// A safety filter, or the model itself, declined to answer.
    Refused,
    /// The answer is not what the protocol or the schema promises.
    Malformed,
    /// Another HTTP status than success.
    Server(u16),
    /// The answer ended without a word.
    Empty,
    /// The answer was cut by the token limit, or is longer than anyone could listen to.
    TooLong,
    /// The connection ended in the middle of the answer.
    BrokenOff,
}

impl ProviderErrorKind {
    /// One stable word, for metrics and stored telemetry.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::OutOfFiles => "out_of_files",
            Self::Timeout => "timeout",
            Self::RateLimited { .. } => "rate_limited",
            Self::Unauthorized => "unauthorized",
            Self::Refused => "refused",
            Self::Malformed => "malformed",
            Self::Server(_) => "server",
            Self::Empty => "empty",
            Self::TooLong => "too_long",
            Self::BrokenOff => "broken_off",
        }
    }

    /// Whether it says something about the provider rather than about this one prompt.
    ///
    /// A refusal or an answer that is too long would have come from a perfectly healthy provider, and what this
    /// machine has not got is not its fault.
    pub(crate) fn is_providers_fault(self) -> bool {
        !matches!(self, Self::Refused | Self::TooLong | Self::OutOfFiles)
    }

    /// Whether the provider turned the call away before it read the prompt, so that nothing is billed.
    pub(crate) fn is_free(self) -> bool {
        matches!(
            self,
            Self::Unreachable
                | Self::OutOfFiles
                | Self::RateLimited { .. }
                | Self::Unauthorized
                | Self::Server(_)
        )
    }
}

impl fmt::Display for ProviderErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(status) => write!(formatter, "server ({status})"),
            other => formatter.write_str(other.as_str()),
        }
    }
}

impl ProviderError {
    /// Builds an error of a class with a sentence.
    pub fn new(kind: ProviderErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}
