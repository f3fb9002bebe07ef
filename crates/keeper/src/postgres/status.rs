use std::{fmt, time::Duration};

/// How PostgreSQL is; requests that need it are answered with 503 unless it is [`Status::Ready`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It has been started again and does not answer yet.
    Starting,
    /// It answers.
    Ready,
    /// It died and will be started again.
    Restarting {
        /// 1 for the first restart in a row.
        attempt: u32,
        /// How long the keeper waits before it.
        wait: Duration,
        /// What it died of, in one phrase.
        because: String,
    },
    /// It was told to stop.
    Stopping,
    /// It has stopped, and the folder is free.
    Stopped,
    /// It cannot be started again without help; the keeper has given up.
    Failed {
        /// What is wrong and what to do.
        because: String,
    },
}

impl Status {
    /// Whether connections can be expected to work.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        *self == Self::Ready
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Starting => formatter.write_str("starting"),
            Self::Ready => formatter.write_str("ready"),
            Self::Restarting { attempt, because, .. } => {
                write!(formatter, "restarting (attempt {attempt}): {because}")
            }
            Self::Stopping => formatter.write_str("stopping"),
            Self::Stopped => formatter.write_str("stopped"),
            Self::Failed { because } => write!(formatter, "failed: {because}"),
        }
    }
}
