//! How often one person, and one address, may ask.
//!
//! A school stands behind one address: 1,100 students sign in and check in within the same minute, and all of them pass. So
//! whoever is signed in counts as themselves and not as their address, and an address has room for a department that signs
//! in, some of it more than once. Whoever guesses passwords is slowed where the account is known: see `homeroom_sign_in`.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use homeroom_domain::PersonId;

use crate::error::{self, ApiError};

/// Requests that one person may make at once, and a second thereafter: a teacher's screen asks for twenty classes at once.
const PERSON_BURST: NonZeroU32 = NonZeroU32::new(120).unwrap();
const PERSON_PER_S: NonZeroU32 = NonZeroU32::new(20).unwrap();
/// The same from one address by nobody who is signed in.
const ADDRESS_BURST: NonZeroU32 = NonZeroU32::new(4_000).unwrap();
const ADDRESS_PER_S: NonZeroU32 = NonZeroU32::new(40).unwrap();
/// More than so many, and those that have been quiet are forgotten.
const KNOWN_MAX: usize = 20_000;

/// Who has asked how often lately. Of this process alone: two of them let twice as many pass.
#[derive(Debug)]
pub(crate) struct Limits {
    people: DefaultKeyedRateLimiter<PersonId>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
}

impl Limits {
    pub(crate) fn new() -> Self {
        let quota = |per_s, burst| Quota::per_second(per_s).allow_burst(burst);
        Self {
            people: RateLimiter::keyed(quota(PERSON_PER_S, PERSON_BURST)),
            addresses: RateLimiter::keyed(quota(ADDRESS_PER_S, ADDRESS_BURST)),
        }
    }

    /// Counts a request of a person; refused if there were too many.
    pub(crate) fn person(&self, person: &PersonId) -> Result<(), ApiError> {
        count(&self.people, person)
    }

    /// Counts a request of nobody known from an address; refused if there were too many.
    pub(crate) fn address(&self, address: IpAddr) -> Result<(), ApiError> {
        count(&self.addresses, &key(address))
    }
}

fn count<K: Clone + Eq + Hash>(
    known: &DefaultKeyedRateLimiter<K>,
    key: &K,
) -> Result<(), ApiError> {
    if known.len() > KNOWN_MAX {
        known.retain_recent();
        known.shrink_to_fit();
    }
    known.check_key(key).map_err(|not_until| {
        let wait = not_until.wait_time_from(DefaultClock::default().now());
        error::too_many_requests(seconds_up(wait))
    })
}

fn seconds_up(wait: Duration) -> u32 {
    u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX)
}

/// What counts as one address. Whoever has one address of IPv6 has all 2^64 of its network.
fn key(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => v4.into(),
            None => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_department_behind_one_address_passes_and_a_flood_does_not() {
        let (limits, school) = (Limits::new(), "203.0.113.7".parse().unwrap());
        for student in 0..1_100 {
            let student = PersonId::parse(&format!("p{student}")).unwrap();
            // Mistyped twice, then signed in, checked in, and looked.
            for _ in 0..3 {
                limits.address(school).unwrap();
            }
            for _ in 0..10 {
                limits.person(&student).unwrap();
            }
        }
        let refused = (0..10_000).find_map(|_| limits.address(school).err());
        assert_eq!(refused.unwrap().said().code, "too-many-requests");
        limits.address("203.0.113.8".parse().unwrap()).unwrap();
    }

    #[test]
    fn one_person_is_told_when_to_come_back() {
        let (limits, person) = (Limits::new(), PersonId::parse("p1").unwrap());
        let refused = (0..500).find_map(|_| limits.person(&person).err()).unwrap();
        assert_eq!(refused.said().status, 429);
        assert_eq!(refused.said().retry_after_s, Some(1));
    }

    #[test]
    fn a_network_of_ipv6_is_one_address_and_an_ipv4_written_as_ipv6_is_itself() {
        let parse = |text: &str| text.parse().unwrap();
        assert_eq!(
            key(parse("2001:db8:1:2::5")),
            key(parse("2001:db8:1:2:9:9:9:9"))
        );
        assert_ne!(key(parse("2001:db8:1:2::5")), key(parse("2001:db8:1:3::5")));
        assert_eq!(key(parse("::ffff:203.0.113.7")), parse("203.0.113.7"));
    }
}
