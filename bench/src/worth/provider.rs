//! Providers without sockets, with the habits of real ones.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use ella_llm::{Chunk, ChunkStream, Finish, Provider, ProviderError, ProviderErrorKind, Request, Usage};
use futures::{
    FutureExt, StreamExt,
    future::{self, BoxFuture},
    stream,
};

use super::{answer, random::Random};

/// The 95th percentile of the normal distribution, in standard deviations.
const Z95: f64 = 1.645;
/// Where the largest of some 700 calls stands, in standard deviations.
const Z_LARGEST: f64 = 3.0;
/// Tokens in one piece of a stream.
const PIECE: usize = 4;
/// A token is about four characters of English.
const CHARACTERS_A_TOKEN: usize = 4;

/// How a provider behaves.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Habit {
    /// It answers, its first token after `delay`, then so many tokens a second (give or take a fifth).
    Answers { delay: Delay, tokens_a_second: f64 },
    /// Nobody is at its address.
    Down,
    /// It takes every call and never says a word.
    Hangs,
}

/// The time to a first token, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Delay {
    /// A lognormal with this median and 95th percentile.
    Lognormal { p50: f64, p95: f64 },
    /// The same up to its 95th percentile, and beyond it a second lognormal that leads to the largest delay seen, at
    /// three standard deviations. Measured tails are heavier than a lognormal's.
    HeavyTail { p50: f64, p95: f64, largest: f64 },
}

impl Delay {
    fn draw(self, random: &mut Random) -> Duration {
        let z = random.normal();
        let milliseconds = match self {
            Self::HeavyTail { p95, largest, .. } if z > Z95 => {
                p95 * ((largest / p95).ln() * (z - Z95) / (Z_LARGEST - Z95)).exp()
            }
            Self::Lognormal { p50, p95 } | Self::HeavyTail { p50, p95, .. } => {
                p50 * ((p95 / p50).ln() * z / Z95).exp()
            }
        };
        Duration::from_secs_f64(milliseconds / 1000.0)
    }
}

/// One provider of a scene.
pub(crate) struct Simulated {
    pub(crate) model: &'static str,
    pub(crate) habit: Habit,
    pub(crate) seed: u64,
    pub(crate) calls: AtomicU64,
}

impl Provider for Simulated {
    fn name(&self) -> &'static str {
        "simulated"
    }

    fn model(&self) -> &str {
        self.model
    }

    fn speak(&self, request: Arc<Request>) -> ChunkStream {
        let mut random = Random::of(self.seed, self.calls.fetch_add(1, Ordering::Relaxed));
        let (first, rate) = match self.habit {
            Habit::Answers { delay, tokens_a_second } => {
                (delay.draw(&mut random), tokens_a_second * (0.2 * random.normal()).exp())
            }
            Habit::Down => {
                let refused = ProviderError::new(ProviderErrorKind::Unreachable, "nobody is there");
                return stream::once(future::ready(Err(refused))).boxed();
            }
            Habit::Hangs => return stream::pending().boxed(),
        };
        let text = answer::draw(&mut random);
        let usage = Usage {
            prompt_tokens: prompt_tokens(&request),
            completion_tokens: tokens(&text),
            estimated: false,
        };
        let pieces: Vec<String> = text
            .chars()
            .collect::<Vec<_>>()
            .chunks(PIECE * CHARACTERS_A_TOKEN)
            .map(|piece| piece.iter().collect())
            .collect();
        let between = Duration::from_secs_f64(4.0 / rate);
        let said = stream::unfold((pieces.into_iter(), first), move |(mut pieces, wait)| async move {
            let piece = pieces.next()?;
            tokio::time::sleep(wait).await;
            Some((Ok(Chunk::Text(piece)), (pieces, between)))
        });
        said.chain(stream::iter([Ok(Chunk::Finished(Finish::Complete)), Ok(Chunk::Usage(usage))])).boxed()
    }

    fn warm(&self) -> BoxFuture<'static, Result<(), ProviderError>> {
        future::ready(Ok(())).boxed()
    }
}

fn prompt_tokens(request: &Request) -> u32 {
    let messages: usize = request.messages.iter().map(|message| message.text.len()).sum();
    count(request.system.len() + messages)
}

fn tokens(text: &str) -> u32 {
    count(text.len())
}

fn count(characters: usize) -> u32 {
    u32::try_from(characters.div_ceil(CHARACTERS_A_TOKEN)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_have_the_figures_that_they_are_made_of() {
        for (delay, largest) in [
            (Delay::Lognormal { p50: 591.0, p95: 679.0 }, 780.0..840.0),
            (Delay::HeavyTail { p50: 591.0, p95: 679.0, largest: 928.0 }, 1050.0..1150.0),
        ] {
            let mut random = Random::of(1, 1);
            let mut drawn: Vec<f64> =
                (0..100_000).map(|_| delay.draw(&mut random).as_secs_f64() * 1000.0).collect();
            drawn.sort_by(f64::total_cmp);
            assert!((588.0..594.0).contains(&drawn[50_000]), "{delay:?}: {}", drawn[50_000]);
            assert!((675.0..683.0).contains(&drawn[95_000]), "{delay:?}: {}", drawn[95_000]);
            assert!(largest.contains(&drawn[99_990]), "{delay:?}: {}", drawn[99_990]);
        }
    }
}
