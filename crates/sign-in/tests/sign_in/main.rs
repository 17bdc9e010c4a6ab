//! Sign-in over a real nats-server and a real OpenID Connect provider.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests stop at the first thing that is wrong"
)]

mod passwords;
