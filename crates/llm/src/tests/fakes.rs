//! Providers that are no sockets, for tests in stopped time.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use tokio::time::sleep;

use crate::*;

/// What a provider does after so many milliseconds more.
#[derive(Clone)]
pub(super) enum Step {
    Says(u64, &'static str),
    /// Over and over.
    Drips(u64, &'static str),
    /// Tells its tokens, those of the prompt first.
    Counts(u32, u32),
    Ends(u64),
    Fails(u64, ProviderErrorKind),
}

/// A provider that does these things, and then nothing, with its connection open.
#[derive(Clone)]
pub(super) struct Fake(pub(super) &'static str, pub(super) Vec<Step>);

impl Provider for Fake {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn model(&self) -> &str {
        self.0
    }

    fn speak(&self, _: Arc<Request>) -> ChunkStream {
        let steps = self.1.clone().into_iter().flat_map(|step| match step {
            Step::Drips(..) => vec![step; 200],
            step => vec![step],
        });
        let chunks = stream::iter(steps).then(|step| async move {
            let wait = match step {
                Step::Says(wait, _) | Step::Drips(wait, _) | Step::Ends(wait) | Step::Fails(wait, _) => wait,
                Step::Counts(..) => 0,
            };
            sleep(Duration::from_millis(wait)).await;
            match step {
                Step::Says(_, text) | Step::Drips(_, text) => Ok(Chunk::Text(text.to_owned())),
                Step::Counts(prompt_tokens, completion_tokens) => {
                    Ok(Chunk::Usage(Usage { prompt_tokens, completion_tokens, estimated: false }))
                }
                Step::Ends(_) => Ok(Chunk::Finished(Finish::Complete)),
                Step::Fails(_, kind) => Err(ProviderError::new(kind, "as told")),
            }
        });
        chunks.chain(stream::pending()).boxed()
    }

    fn warm(&self) -> BoxFuture<'static, Result<(), ProviderError>> {
        async { Ok(()) }.boxed()
    }
}

pub(super) fn relay_of(fakes: &[Fake]) -> Relay {
    let providers = fakes.iter().map(|fake| Arc::new(fake.clone()) as Arc<dyn Provider>);
    Relay::new(providers.collect(), Settings::default())
}
