//! The providers, in order, with what we know of each.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use tokio::time::Instant;

use crate::connections::Connections;
use crate::deadlines::Deadlines;
use crate::error::{ProviderError, ProviderErrorKind};
use crate::health::{FirstTokens, Health, ProviderState, Standing, TOO_SLOW, TRY_SLOW_EVERY};
use crate::limits::{HedgeBudget, InUse, Permit};
use crate::provider::Provider;
use crate::race::Turn;
use crate::request::Request;
use crate::spec::{Keys, ProviderSpec, SpecError};
use crate::transport::HttpProvider;

/// Call [`Relay::warm`] at start and this often: servers close connections that are idle for some minutes.
pub const WARM_EVERY: Duration = Duration::from_mins(2);

/// What the person who runs the server may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// `ELLA_HEDGE_MS`: wait this long for the first token before the next provider is called too. `None` begins
    /// with 800 ms and follows each provider's observed p90 between 500 and 1200 ms once 50 calls are known.
    pub hedge: Option<Duration>,
    /// `ELLA_LLM_IN_FLIGHT`: provider calls at once; past it a turn ends at once without a voice.
    pub in_flight_limit: usize,
    /// Calls at once to providers of which each takes a connection of its own ([`Provider::needs_a_connection_a_call`]);
    /// past it a turn ends in the same way. For a program that may not open as many connections as it may make calls.
    pub connection_limit: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { hedge: None, in_flight_limit: 12_000, connection_limit: 12_000 }
    }
}

/// A provider as the health page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderStatus {
    /// `gemini` or `openai`.
    pub name: String,
    /// The model.
    pub model: String,
    /// How it is doing.
    pub state: ProviderState,
}

/// How warming one provider went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warmed {
    /// `gemini` or `openai`.
    pub name: String,
    /// The model.
    pub model: String,
    /// An error here is worth a line in the log: above all a key that is refused.
    pub result: Result<(), ProviderError>,
}

/// The providers in order of preference. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Relay {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    members: Vec<Arc<Member>>,
    pub(crate) settings: Settings,
    pub(crate) hedges: HedgeBudget,
    in_flight: InUse,
    connections: InUse,
}

/// Leave to make one call, given back when dropped.
#[derive(Debug)]
pub(crate) struct Admission {
    _call: Permit,
    _connection: Option<Permit>,
}

/// A provider and what we know of it.
pub(crate) struct Member {
    pub(crate) provider: Arc<dyn Provider>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    health: Health,
    first_tokens: FirstTokens,
    last_called: Option<Instant>,
    /// When it was last called in its place although it is slow.
    tried: Option<Instant>,
}

impl Relay {
    /// A relay over providers of any make.
    #[must_use]
    pub fn new(providers: Vec<Arc<dyn Provider>>, settings: Settings) -> Self {
        let members = providers
            .into_iter()
            .map(|provider| Arc::new(Member { provider, known: Mutex::default() }))
            .collect();
        let hedges = HedgeBudget::default();
        let (in_flight, connections) = (InUse::default(), InUse::default());
        Self { shared: Arc::new(Shared { members, settings, hedges, in_flight, connections }) }
    }

    /// A relay over the providers of `ELLA_LLM` ([`crate::parse_specs`]). Calls nobody yet.
    ///
    /// # Errors
    /// [`SpecError`] when a key is missing or unusable.
    pub fn from_specs(specs: &[ProviderSpec], keys: &Keys, settings: Settings) -> Result<Self, SpecError> {
        let connections = Connections::new(settings.in_flight_limit)?;
        let providers = specs
            .iter()
            .map(|spec| {
                let provider = HttpProvider::new(spec, keys, connections.clone())?;
                Ok(Arc::new(provider) as Arc<dyn Provider>)
            })
            .collect::<Result<_, SpecError>>()?;
        Ok(Self::new(providers, settings))
    }

    /// Starts a turn. Providers are called when the turn is polled; dropping it drops every call.
    #[must_use]
    pub fn speak(&self, request: Request, deadlines: Deadlines) -> Turn {
        Turn::new(Arc::clone(&self.shared), request, deadlines)
    }

    /// Every provider in configured order, for the health page.
    #[must_use]
    pub fn providers(&self) -> Vec<ProviderStatus> {
        let now = Instant::now();
        let status = |member: &Arc<Member>| ProviderStatus {
            name: member.provider.name().to_owned(),
            model: member.provider.model().to_owned(),
            state: member.known().health.state(now),
        };
        self.shared.members.iter().map(status).collect()
    }

    /// Calls to providers that are running now.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.shared.in_flight.count()
    }

    /// Whether no provider is configured.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shared.members.is_empty()
    }

    /// Opens a connection to every provider that was not called lately. For a task to call at start and
    /// [`WARM_EVERY`] so often, so that the first turn after a quiet hour is no slower. Says nothing about health:
    /// only real turns do.
    pub async fn warm(&self) -> Vec<Warmed> {
        let now = Instant::now();
        let idle = |member: &&Arc<Member>| {
            member
                .known()
                .last_called
                .is_none_or(|called| now.saturating_duration_since(called) >= WARM_EVERY / 2)
        };
        let warm = |member: &Arc<Member>| {
            let (name, model) = (member.provider.name().to_owned(), member.provider.model().to_owned());
            let call = member.provider.warm();
            async move { Warmed { name, model, result: call.await } }
        };
        join_all(self.shared.members.iter().filter(idle).map(warm)).await
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Relay").field("providers", &self.providers()).finish_non_exhaustive()
    }
}

impl Shared {
    /// Whom to call, in order: those in their place, then those that are too slow while somebody else is not, then
    /// those that failed lately. Who asked to be left alone is left alone.
    pub(crate) fn order(&self, now: Instant) -> VecDeque<Arc<Member>> {
        let standing = |wanted: Standing| {
            self.members.iter().filter(move |member| member.known().health.standing(now) == wanted).cloned()
        };
        let in_place: Vec<Arc<Member>> = standing(Standing::InPlace).collect();
        let someone_is_quick =
            in_place.iter().any(|member| member.pace().is_some_and(|pace| pace <= TOO_SLOW));
        let (slow, quick): (Vec<_>, Vec<_>) =
            in_place.into_iter().partition(|member| someone_is_quick && member.steps_back(now));
        quick.into_iter().chain(slow).chain(standing(Standing::Last)).collect()
    }

    /// Leave to call this provider, unless too many calls are in flight already.
    pub(crate) fn admit(&self, provider: &dyn Provider) -> Option<Admission> {
        let call = self.in_flight.enter(self.settings.in_flight_limit)?;
        let connection = if provider.needs_a_connection_a_call() {
            Some(self.connections.enter(self.settings.connection_limit)?)
        } else {
            None
        };
        Some(Admission { _call: call, _connection: connection })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }
}

impl Member {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn called(&self, now: Instant) {
        let mut known = self.known();
        known.health.called(now);
        known.last_called = Some(now);
    }

    pub(crate) fn succeeded(&self) {
        self.known().health.succeeded();
    }

    pub(crate) fn failed(&self, kind: ProviderErrorKind, now: Instant) {
        self.known().health.failed(kind, now);
    }

    /// The time to a first token, or what was waited for one in vain.
    pub(crate) fn first_token(&self, time: Duration) {
        self.known().first_tokens.record(time);
    }

    fn pace(&self) -> Option<Duration> {
        self.known().first_tokens.pace()
    }

    /// Whether it is too slow to be called in its place; now and then it is tried there nevertheless.
    fn steps_back(&self, now: Instant) -> bool {
        let mut known = self.known();
        if known.first_tokens.pace().is_none_or(|pace| pace <= TOO_SLOW) {
            known.tried = None;
            return false;
        }
        let tried = *known.tried.get_or_insert(now);
        if now.saturating_duration_since(tried) < TRY_SLOW_EVERY {
            return true;
        }
        known.tried = Some(now);
        false
    }

    pub(crate) fn hedge(&self, settings: &Settings) -> Duration {
        settings.hedge.unwrap_or_else(|| self.known().first_tokens.hedge())
    }

    pub(crate) fn is_resting(&self, now: Instant) -> bool {
        self.known().health.standing(now) == Standing::Resting
    }

    pub(crate) fn is_failing(&self, now: Instant) -> bool {
        self.known().health.state(now) == ProviderState::Failing
    }
}
