//! A school's sign-in on a nats-server of its own; time is whatever a test says.

use homeroom_domain::{Moment, PersonId, SchoolId, Zone};
use homeroom_log::server_process::{NatsBinary, NatsServer};
use homeroom_log::{ClockKind, Epoch, Identity, connect, create};
use homeroom_sign_in::password::About;
use homeroom_sign_in::{
    Attempt, Client, Cost, Group, NewPassword, Settings, SignIn, SignInRefused, SignedIn,
};
use tempfile::TempDir;

pub(crate) const OWN: &str = "correct horse battery";
const SCHOOL: &str = "203.0.113.7";

/// A nats-server with a school in it.
pub(crate) struct Kept {
    nats: NatsServer,
    _dir: TempDir,
}

pub(crate) fn school() -> SchoolId {
    SchoolId::parse("s1").unwrap()
}

pub(crate) fn person(id: &str) -> PersonId {
    PersonId::parse(id).unwrap()
}

/// So many seconds after Monday 2026-11-23 08:00 in Shanghai.
pub(crate) fn at(seconds: i64) -> Moment {
    let monday = Moment::parse("2026-11-23T08:00:00+08:00").unwrap();
    monday.plus_ms(seconds * 1_000)
}

/// Settings whose hashing costs nothing: what it costs is tested by itself.
pub(crate) fn cheap() -> Settings {
    Settings {
        cost: Cost {
            memory_kib: 64,
            passes: 1,
            lanes: 1,
        },
        ..Settings::default()
    }
}

impl Kept {
    pub(crate) async fn start() -> Self {
        let dir = TempDir::new().unwrap();
        let binary = NatsBinary::find(None).expect("ops/get-nats gets one");
        let nats = NatsServer::start(&binary, dir.path(), &school(), None).unwrap();
        let identity = Identity {
            school: school(),
            zone: Zone::Asia__Shanghai,
            clock: ClockKind::Real,
            epoch: Epoch::from_bits([3; 10]),
        };
        let admin = connect(&nats.url("admin"), "test").await.unwrap();
        create(&admin, &identity, 1).await.unwrap();
        Self { nats, _dir: dir }
    }

    /// One more `serve` of the school, with a memory of its own.
    pub(crate) async fn serve(&self, settings: Settings) -> SignIn {
        let serve = connect(&self.nats.url("serve"), "test").await.unwrap();
        SignIn::open(serve, &school(), settings).await.unwrap()
    }
}

/// Where somebody is.
pub(crate) fn client<'a>(address: &str, device_cookie: Option<&'a str>) -> Client<'a> {
    Client {
        address: address.parse().unwrap(),
        device_cookie,
        device_name: "a phone",
    }
}

/// Tries a password from an address, or on a device.
pub(crate) async fn tries(
    sign_in: &SignIn,
    who: &str,
    password: &str,
    client: Client<'_>,
    when: Moment,
) -> Result<SignedIn, SignInRefused> {
    let id = person(who);
    let attempt = Attempt {
        number: who,
        person: Some(&id),
        group: Group::Staff,
        password: password.into(),
        client,
    };
    sign_in.sign_in(attempt, when).await
}

/// The same from the school's own address.
pub(crate) async fn signs_in(
    sign_in: &SignIn,
    who: &str,
    password: &str,
    when: Moment,
) -> Result<SignedIn, SignInRefused> {
    tries(sign_in, who, password, client(SCHOOL, None), when).await
}

/// Somebody who has chosen a password of their own, at the beginning; signed in.
pub(crate) async fn settled(sign_in: &SignIn, who: &str) -> SignedIn {
    let first = sign_in.give_first_password(&person(who), at(0)).await;
    let first = first.unwrap();
    let begun = signs_in(sign_in, who, first.expose(), at(0)).await.unwrap();
    let wish = NewPassword {
        token: begun.token.expose(),
        current: None,
        new: OWN.into(),
        about: About { known: &[who] },
        client: client(SCHOOL, None),
    };
    sign_in.change_password(wish, at(0)).await.unwrap()
}
