//! Slowing whoever guesses passwords, without letting anybody lock others out.
//!
//! Nothing is ever locked; a wrong password makes the next try wait. Two counts are kept of each account's wrong passwords
//! (the scheme is OWASP's "device cookies", with delays in the place of lock-outs):
//!
//! | count | kept | free | then |
//! |---|---|---|---|
//! | from one **source**: a known device, or a client's address | by each `serve`, in bounded memory | 4 | 1 s, 2 s, 4 s ... 15 min |
//! | from **everywhere** but known devices | in the bucket, shared by every `serve` | 30 | 1 s, 2 s, 4 s ... 1 min |
//!
//! - A device is known for an account once that account has signed in on it ([`crate::DeviceCookie`]). It has a count of
//!   its own and the second count does not hold it up: whoever guesses at my account, from my school's one address or
//!   from ten thousand, does not slow me on my own phone. A stolen device's thief guesses alone: 4, and then 96 a day.
//! - From one address a guesser has some 100 tries a day at one account, from any number of addresses some 1,500: the
//!   commonest passwords are refused when they are chosen, and of the others that is nothing.
//! - On a device that is not known yet, the owner of an account that is being guessed at waits a minute at most for each
//!   try, and may find that the guesser was quicker. A first password is not held up at all, since it cannot be guessed:
//!   the office hands out a new one, and they are in.
//! - A try that came too early is refused unseen: it neither counts nor makes the wait longer.
//! - A number that nobody has is counted and slowed like any other, so that slowing tells nobody which numbers exist.
//! - A try counts as wrong from the moment it begins and is taken back if it was right: a hundred at once are a hundred.
//! - The address is the caller's to know (which proxy to believe); of an IPv6 address the first 64 bits count, since a
//!   household has them all. How often one address may try at all is the server's rate limit, not ours.

mod counter;
mod slots;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use data_encoding::HEXLOWER;
use homeroom_domain::{Moment, PersonId};
use homeroom_log::Bucket;
use quick_cache::sync::Cache;

use crate::device::Device;
use crate::error::SignInError;
use crate::secret::{Purpose, SchoolSecret};
use crate::settings::Slowing;
use counter::{Counter, Pace};
use slots::Slots;

/// Counts of each kind kept in memory. A guesser who wants to push one out needs so many wrong passwords elsewhere.
const COUNTERS_MAX: usize = 100_000;

type Shared = Arc<Mutex<Counter>>;

pub(crate) struct Guesses {
    secret: SchoolSecret,
    slowing: Slowing,
    slots: Slots,
    sources: Cache<String, Shared>,
    accounts: Cache<String, Shared>,
}

/// Whose password is tried.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Guessed<'a> {
    Person(&'a PersonId),
    /// A number that nobody has, as it was typed.
    Nobody(&'a str),
}

/// From where.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// A device this account is known on.
    Known(Device),
    Address(IpAddr),
}

/// Why a password was not looked at.
#[derive(Debug)]
pub(crate) enum NotNow {
    Slowed { until: Moment },
    Failed(SignInError),
}

/// A password that is being tried: counted as wrong until told otherwise.
#[must_use]
pub(crate) struct Try<'a> {
    guesses: &'a Guesses,
    source: Shared,
    /// The account's hash and count; none from a known device.
    account: Option<(String, Shared)>,
    at: Moment,
    is_settled: bool,
}

impl Guesses {
    pub(crate) fn new(bucket: Bucket, secret: SchoolSecret, slowing: Slowing) -> Self {
        Self {
            secret,
            slowing,
            slots: Slots::new(bucket),
            sources: Cache::new(COUNTERS_MAX),
            accounts: Cache::new(COUNTERS_MAX),
        }
    }

    /// Begins a try, if it may be made now.
    pub(crate) async fn begin(
        &self,
        guessed: Guessed<'_>,
        source: &Source,
        at: Moment,
    ) -> Result<Try<'_>, NotNow> {
        let account = match guessed {
            Guessed::Person(person) => [b"person", person.as_str().as_bytes()],
            Guessed::Nobody(typed) => [b"nobody", typed.as_bytes()],
        };
        let account = HEXLOWER.encode(&self.secret.keyed(Purpose::GuessedAccount, &account)[..16]);
        let shared = match source {
            Source::Known(_) => None,
            Source::Address(_) => {
                let elsewhere = self.slots.get(&account).await.map_err(NotNow::Failed)?;
                let counter = counter(&self.accounts, &account);
                lock(&counter).join(elsewhere);
                Some((account.clone(), counter))
            }
        };
        let source = counter(&self.sources, &self.source_key(&account, source));
        {
            // Both are looked at and counted under their locks: of many at once each sees those before it.
            let mut by_source = lock(&source);
            let mut by_account = shared.as_ref().map(|(_, counter)| lock(counter));
            let wait = by_source.not_before(self.source_pace(), at).max(
                by_account
                    .as_ref()
                    .and_then(|counter| counter.not_before(self.account_pace(), at)),
            );
            if let Some(until) = wait {
                return Err(NotNow::Slowed { until });
            }
            by_source.count(self.source_pace(), at);
            if let Some(counter) = &mut by_account {
                counter.count(self.account_pace(), at);
            }
        }
        Ok(Try {
            guesses: self,
            source,
            account: shared,
            at,
            is_settled: false,
        })
    }

    fn source_key(&self, account: &str, source: &Source) -> String {
        let (kind, what) = match source {
            Source::Known(device) => ("device", device.0.clone()),
            Source::Address(address) => ("address", network(*address)),
        };
        let parts = [account, kind, &what].map(str::as_bytes);
        HEXLOWER.encode(&self.secret.keyed(Purpose::GuessSource, &parts)[..16])
    }

    fn source_pace(&self) -> Pace {
        Pace {
            free: self.slowing.free_by_source,
            delay_ms_max: self.slowing.delay_by_source_ms_max,
            forget_ms: self.slowing.forget_ms,
        }
    }

    fn account_pace(&self) -> Pace {
        Pace {
            free: self.slowing.free_by_account,
            delay_ms_max: self.slowing.delay_by_account_ms_max,
            forget_ms: self.slowing.forget_ms,
        }
    }
}

impl Try<'_> {
    /// It was right: this source begins anew; what others tried stays counted.
    pub(crate) fn was_right(mut self) {
        self.is_settled = true;
        *lock(&self.source) = Counter::default();
        if let Some((_, counter)) = &self.account {
            lock(counter).take_back();
        }
    }

    /// It was wrong, which every `serve` is to know.
    pub(crate) async fn was_wrong(mut self) -> Result<(), SignInError> {
        self.is_settled = true;
        let Some((account, _)) = &self.account else {
            return Ok(());
        };
        let pace = self.guesses.account_pace();
        self.guesses.slots.add(account, pace, self.at).await
    }
}

impl Drop for Try<'_> {
    /// Nobody was told whether it was right: too many waited, or the client hung up.
    fn drop(&mut self) {
        if self.is_settled {
            return;
        }
        lock(&self.source).take_back();
        if let Some((_, counter)) = &self.account {
            lock(counter).take_back();
        }
    }
}

fn counter(cache: &Cache<String, Shared>, key: &str) -> Shared {
    let made =
        cache.get_or_insert_with(key, || Ok::<_, std::convert::Infallible>(Shared::default()));
    match made {
        Ok(counter) => counter,
        Err(never) => match never {},
    }
}

/// A count is whole after each step, so a panic elsewhere does not spoil it.
fn lock(counter: &Mutex<Counter>) -> MutexGuard<'_, Counter> {
    counter.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What counts of an address.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => HEXLOWER.encode(&address.octets()[..8]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_household_is_one_address_and_a_mapped_address_is_the_address() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.7"), of("192.0.2.7"));
        assert_ne!(of("192.0.2.8"), of("192.0.2.7"));
    }
}
