//! Known devices: a cookie that says that its account has signed in on this device before.

use homeroom_domain::{Moment, PersonId, SchoolId};
use secrecy::{ExposeSecret, SecretString};

use crate::random::{self, RandomError};
use crate::secret::{Purpose, SchoolSecret, same};
use data_encoding::BASE32_NOPAD;

const PREFIX: &str = "hrd";

/// What the browser keeps to be known again: `hrd_<school>_<device>_<since, Unix milliseconds>_<mac>`. It opens nothing by
/// itself. Bound to one account, so that nobody's own device counts as another's; nothing about it is kept by us.
#[derive(Debug, Clone)]
pub struct DeviceCookie(SecretString);

impl DeviceCookie {
    /// The cookie's value: letters, digits and `_`.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// A cookie for the device an account has just signed in on; the device stays the same one if it was known.
    pub(crate) fn issue(
        secret: &SchoolSecret,
        school: &SchoolId,
        person: &PersonId,
        known: Option<Device>,
        at: Moment,
    ) -> Result<Self, RandomError> {
        let device = match known {
            Some(known) => known.0,
            None => BASE32_NOPAD
                .encode(&random::bytes::<10>()?)
                .to_ascii_lowercase(),
        };
        let since = at.unix_ms().to_string();
        let mac = mac(secret, person, &device, &since);
        let text = format!("{PREFIX}_{school}_{device}_{since}_{mac}");
        Ok(Self(SecretString::from(text)))
    }
}

/// A device that is known for one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Device(pub(crate) String);

/// The device a cookie stands for; none if it is another account's, too old or not ours. A cookie that is not good is as
/// good as none: whoever has it is slowed as a stranger.
pub(crate) fn known(
    secret: &SchoolSecret,
    school: &SchoolId,
    person: &PersonId,
    cookie: &str,
    life_ms: i64,
    at: Moment,
) -> Option<Device> {
    let parts: Vec<&str> = cookie.splitn(6, '_').collect();
    let [PREFIX, of_school, device, since, given] = parts[..] else {
        return None;
    };
    if of_school != school.as_str() || !same(given, &mac(secret, person, device, since)) {
        return None;
    }
    let since = Moment::from_unix_ms(since.parse().ok()?);
    (at < since.plus_ms(life_ms)).then(|| Device(device.to_owned()))
}

fn mac(secret: &SchoolSecret, person: &PersonId, device: &str, since: &str) -> String {
    let parts = [person.as_str(), device, since].map(str::as_bytes);
    secret.keyed_hex(Purpose::Device, &parts)
}
