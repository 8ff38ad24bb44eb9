//! How many requests one client address may send in a second, so that nobody alone takes the node's
//! time. Refused before anything else is looked at.

use crate::{auth, error::ApiError, limits::Limits, problem::Problem, state::Shared};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};
use std::{
    net::{IpAddr, Ipv6Addr},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// A client may send as much as in so many seconds at once, after a pause.
const BURST_SECONDS: u32 = 2;
/// After so many checks, addresses that have been quiet are forgotten.
const FORGET_EVERY: u64 = 4096;

/// Where a connection comes from; the server puts it into every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// The rates of all clients.
pub(crate) struct Rates {
    limiter: Option<DefaultKeyedRateLimiter<IpAddr>>,
    loopback: bool,
    checks: AtomicU64,
}

impl Rates {
    pub(crate) fn new(limits: &Limits) -> Self {
        let limiter = limits.requests_per_second.map(|rate| {
            let burst = rate.saturating_mul(BURST_SECONDS.try_into().unwrap_or(rate));
            RateLimiter::keyed(Quota::per_second(rate).allow_burst(burst))
        });
        Self { limiter, loopback: limits.limit_loopback, checks: AtomicU64::new(0) }
    }

    /// Counts a request; gives the pause after which the next would pass when this one does not.
    fn check(&self, address: IpAddr) -> Result<(), Duration> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        if address.is_loopback() && !self.loopback {
            return Ok(());
        }
        if self.checks.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            limiter.retain_recent();
        }
        limiter
            .check_key(&network_of(address))
            .map_err(|not_until| not_until.wait_time_from(DefaultClock::default().now()))
    }
}

/// A client of IPv6 has a whole network of 64 bits to send from.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from(u128::from(address) & !u128::from(u64::MAX)))
        }
    }
}

/// Refuses a request of a client that sends too many. The organisation's own systems, which show its
/// token, are not counted.
pub(crate) async fn limit(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let address = request.extensions().get::<ClientAddress>().copied();
    let pause = match address {
        Some(ClientAddress(address)) if !auth::shows_token(&shared, &request) => {
            shared.rates.check(address).err()
        }
        Some(_) | None => None,
    };
    match pause {
        None => next.run(request).await,
        Some(pause) => {
            // At least a little: a client that is told 0 comes back at once.
            let pause = pause.max(Duration::from_millis(100));
            let error = ApiError::TooManyRequests;
            let problem = Problem::new(error.code(), error.to_string()).retry_after(pause);
            problem.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Rates, network_of};
    use crate::Limits;
    use std::num::NonZeroU32;

    fn limits(rate: u32) -> Limits {
        Limits { requests_per_second: NonZeroU32::new(rate), ..Limits::default() }
    }

    #[test]
    fn one_client_that_sends_too_much_is_refused_and_another_is_not() {
        let rates = Rates::new(&limits(1));
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());

        let answers = [rates.check(one), rates.check(one), rates.check(one)];

        assert_eq!(answers[..2], [Ok(()), Ok(())]);
        assert!(answers[2].is_err());
        assert_eq!(rates.check(other), Ok(()));
    }

    #[test]
    fn without_a_rate_and_from_loopback_nobody_is_counted() {
        let unlimited = Rates::new(&limits(0));
        let limited = Rates::new(&limits(1));

        for _ in 0..10 {
            assert_eq!(unlimited.check("192.0.2.1".parse().unwrap()), Ok(()));
            assert_eq!(limited.check("127.0.0.1".parse().unwrap()), Ok(()));
        }
    }

    #[test]
    fn addresses_of_one_network_of_ipv6_are_one_client() {
        let one = network_of("2001:db8::1".parse().unwrap());

        assert_eq!(one, network_of("2001:db8::ffff".parse().unwrap()));
        assert_ne!(one, network_of("2001:db8:0:1::1".parse().unwrap()));
        assert_eq!(
            network_of("::ffff:192.0.2.1".parse().unwrap()),
            network_of("192.0.2.1".parse().unwrap())
        );
    }
}
