//! How often one address may ask.

use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

/// Requests a second that an address may make in the long run.
const PER_SECOND: NonZeroU32 = NonZeroU32::new(20).unwrap();
/// Requests that it may make at once after a pause.
const AT_ONCE: NonZeroU32 = NonZeroU32::new(100).unwrap();
/// Addresses that are remembered before those that have not asked lately are forgotten.
const MOST_ADDRESSES: usize = 10_000;

/// Counts each address's requests.
pub struct Limit<C: Clock> {
    limiter: RateLimiter<IpAddr, DefaultKeyedStateStore<IpAddr>, C, NoOpMiddleware<C::Instant>>,
}

impl<C: Clock> Limit<C> {
    /// Counts by this clock.
    pub fn new(clock: C) -> Self {
        let quota = Quota::per_second(PER_SECOND).allow_burst(AT_ONCE);
        Self { limiter: RateLimiter::new(quota, DefaultKeyedStateStore::default(), clock) }
    }

    /// Whether an address may ask now. One of IPv6 is that of its network: whoever has one has all of it.
    pub fn allows(&self, address: IpAddr) -> bool {
        if self.limiter.len() > MOST_ADDRESSES {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(&network(address)).is_ok()
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = address.to_bits() >> 64 << 64;
            IpAddr::V6(network.into())
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use governor::clock::FakeRelativeClock;

    use super::*;

    #[test]
    fn an_address_that_asks_too_often_is_turned_away_until_it_pauses() {
        let clock = FakeRelativeClock::default();
        let limit = Limit::new(clock.clone());
        let (one, other) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        for _ in 0..AT_ONCE.get() {
            assert!(limit.allows(one));
        }
        assert!(!limit.allows(one) && limit.allows(other));
        clock.advance(Duration::from_secs(1));
        let allowed = (0..AT_ONCE.get()).filter(|_| limit.allows(one)).count();
        assert_eq!(allowed, PER_SECOND.get() as usize);
    }

    #[test]
    fn a_network_of_version_six_counts_as_one_address() {
        let one: IpAddr = "2001:db8::1".parse().unwrap();
        assert_eq!(network(one), network("2001:db8::ffff:1".parse().unwrap()));
        assert_ne!(network(one), network("2001:db8:0:1::1".parse().unwrap()));
        assert_eq!(network("::ffff:10.0.0.1".parse().unwrap()), IpAddr::from([10, 0, 0, 1]));
    }
}
