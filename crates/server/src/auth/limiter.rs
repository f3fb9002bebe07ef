//! Sign-ins are limited per client address: a classroom shares one, a flood does too.

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::request::Parts,
};
use governor::{
    Quota, RateLimiter, clock::Clock as _, clock::DefaultClock, state::keyed::DefaultKeyedStateStore,
};

use crate::{
    app::App,
    http::{
        ApiError,
        address::{bucket, client_address},
    },
};

type Keyed = RateLimiter<IpAddr, DefaultKeyedStateStore<IpAddr>, DefaultClock>;

/// Counts sign-ins per client address.
pub struct SignInLimiter {
    limiter: Option<Keyed>,
    clock: DefaultClock,
}

impl SignInLimiter {
    /// Twice `per_minute` at once, then `per_minute` a minute; 0 is no limit.
    #[must_use]
    pub fn new(per_minute: u32) -> Self {
        let limiter = NonZeroU32::new(per_minute).map(|rate| {
            let burst = NonZeroU32::new(rate.get().saturating_mul(2)).unwrap_or(rate);
            RateLimiter::keyed(Quota::per_minute(rate).allow_burst(burst))
        });
        Self { limiter, clock: DefaultClock::default() }
    }

    /// Takes a place for `client`, or says after how many seconds there is one.
    fn check(&self, client: IpAddr) -> Result<(), u64> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        limiter.check_key(&bucket(client)).map_err(|refused| {
            let wait = refused.wait_time_from(self.clock.now());
            wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
        })
    }

    /// Forgets clients that have been quiet, so that the list does not grow for ever.
    pub fn forget_quiet_clients(&self) {
        if let Some(limiter) = &self.limiter {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

/// A sign-in that its address may still make.
#[derive(Clone, Copy, Debug)]
pub struct SignInAllowed;

impl FromRequestParts<App> for SignInAllowed {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        // Without a peer (no real connection) there is no client to slow down.
        let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() else {
            return Ok(Self);
        };
        let client = client_address(peer.ip(), &parts.headers, &app.config.trusted_proxies);
        app.sign_ins.check(client).map(|()| Self).map_err(ApiError::TooManyRequests)
    }
}
