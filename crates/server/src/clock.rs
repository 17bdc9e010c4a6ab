//! The clock: the machine's own, one moved by hand, or one running at its own speed from a given instant.
//!
//! Whatever happens at a time happens by this clock, in every process of the school: a clock that is not real is
//! shared through a small bucket beside the log, so that a whole term can pass in seconds and a restart goes on.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use homeroom_domain::{Moment, Zone};
use homeroom_log::{
    Bucket, BucketError, ClockKind, Connection, Identity, Revision, SimulatedClock,
};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// The key under which a clock moved by hand stands.
const NOW: &str = "now";
/// The key under which a running clock is anchored.
const ANCHOR: &str = "anchor";
/// How often a clock moved by hand in another process is looked at.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// Longest sleep at once: the machine's clock may be set meanwhile.
const SLEEP_MAX: Duration = Duration::from_secs(30);
/// The fastest clock: a day in less than a tenth of a second.
const SPEED_MAX: f64 = 1_000_000.0;

/// Which clock a school is run by: `real`, `manual` or `<instant>x<speed>`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ClockSetting {
    /// The machine's.
    Real,
    /// Moved by hand through `PUT /v1/clock`.
    Manual,
    /// Started at an instant, so many times as fast as the real one.
    Scaled {
        /// The instant it starts at.
        start: Moment,
        /// Seconds it moves in one real second; above 0.
        speed: f64,
    },
}

/// A text that names no clock.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no clock: expected real, manual, or <instant>x<speed> such as 2026-11-23T06:30:00+08:00x60"
)]
pub struct ClockSettingError(String);

impl ClockSetting {
    /// Reads a setting.
    ///
    /// # Errors
    /// When the text names no clock, or a speed that is not above 0 and at most 1,000,000.
    pub fn parse(text: &str) -> Result<Self, ClockSettingError> {
        let error = || ClockSettingError(text.chars().take(64).collect());
        match text {
            "real" => Ok(Self::Real),
            "manual" => Ok(Self::Manual),
            _ => {
                let (start, speed) = text.rsplit_once('x').ok_or_else(error)?;
                let start = Moment::parse(start).map_err(|_| error())?;
                let speed: f64 = speed.parse().map_err(|_| error())?;
                let sound = speed > 0.0 && speed <= SPEED_MAX;
                if sound {
                    Ok(Self::Scaled { start, speed })
                } else {
                    Err(error())
                }
            }
        }
    }

    /// The kind of log this clock fits.
    pub fn kind(self) -> ClockKind {
        match self {
            Self::Real => ClockKind::Real,
            Self::Manual | Self::Scaled { .. } => ClockKind::Simulated,
        }
    }
}

impl FromStr for ClockSetting {
    type Err = ClockSettingError;
    fn from_str(text: &str) -> Result<Self, ClockSettingError> {
        Self::parse(text)
    }
}

impl fmt::Display for ClockSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Real => f.write_str("real"),
            Self::Manual => f.write_str("manual"),
            Self::Scaled { start, speed } => write!(f, "{start}x{speed}"),
        }
    }
}

/// Why a clock cannot be used or moved.
#[derive(Debug, thiserror::Error)]
pub enum ClockError {
    /// The log was begun by the other kind of clock.
    #[error("this log was begun with a {begun} clock and never takes a {asked} one", begun = begun.as_str(), asked = asked.as_str())]
    Mixed {
        /// What it was begun with.
        begun: ClockKind,
        /// What was asked for.
        asked: ClockKind,
    },
    /// The school runs by another simulated clock.
    #[error("this school's clock is {has}; start it with that one")]
    OtherSetting {
        /// The setting it runs by.
        has: &'static str,
    },
    /// The clock is moved by hand and nobody has set it yet.
    #[error("the manual clock is not set; PUT /v1/clock first")]
    NotSet,
    /// This clock is not moved by hand.
    #[error("only a manual clock can be moved by hand")]
    NotManual,
    /// A clock never moves back.
    #[error("the clock only moves forward; it shows {}", now.rfc3339(*zone))]
    Backwards {
        /// What it shows.
        now: Moment,
        /// The school's zone.
        zone: Zone,
    },
    /// What is shared cannot be read.
    #[error("the shared clock holds what no clock wrote: {0}")]
    Damaged(String),
    /// The bucket cannot be used.
    #[error("the shared clock cannot be had: {0}")]
    Unavailable(#[from] BucketError),
}

/// A running clock as it is shared: pairs a real instant with a simulated one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Anchor {
    real_ms: i64,
    simulated: Moment,
    speed: f64,
}

impl Anchor {
    fn at(&self, real_ms: i64) -> Moment {
        let passed_ms = (real_ms - self.real_ms).max(0) as f64 * self.speed;
        self.simulated.plus_ms(passed_ms as i64)
    }

    /// Real time until the clock shows `due`.
    fn until(&self, due: Moment, real_ms: i64) -> Duration {
        let left_ms = (due.unix_ms() - self.at(real_ms).unix_ms()).max(0) as f64;
        Duration::from_secs_f64(left_ms / self.speed / 1_000.0)
    }
}

/// The clock of a school. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Clock {
    kind: Arc<Kind>,
    zone: Zone,
}

#[derive(Debug)]
enum Kind {
    Real,
    Manual {
        bucket: Bucket,
        now: watch::Sender<Option<Moment>>,
    },
    Scaled(Anchor),
}

impl Clock {
    /// Opens the clock a school runs by. A running clock is anchored by whoever opens it first.
    ///
    /// # Errors
    /// When the log was begun with another kind of clock, the school runs by another simulated one, or the bucket
    /// cannot be used.
    pub async fn open(
        connection: &Connection,
        identity: &Identity,
        setting: ClockSetting,
    ) -> Result<Self, ClockError> {
        if setting.kind() != identity.clock {
            return Err(ClockError::Mixed {
                begun: identity.clock,
                asked: setting.kind(),
            });
        }
        let bucket = Bucket::clock(connection.clone(), &identity.school);
        let kind = match setting {
            ClockSetting::Real => Kind::Real,
            ClockSetting::Manual if bucket.get(ANCHOR).await?.is_some() => {
                return Err(ClockError::OtherSetting {
                    has: "running at its own speed",
                });
            }
            ClockSetting::Manual => {
                let shared = read_now(&bucket).await?.map(|(now, _)| now);
                Kind::Manual {
                    bucket,
                    now: watch::Sender::new(shared),
                }
            }
            ClockSetting::Scaled { .. } if bucket.get(NOW).await?.is_some() => {
                return Err(ClockError::OtherSetting {
                    has: "moved by hand",
                });
            }
            ClockSetting::Scaled { start, speed } => {
                Kind::Scaled(anchor(&bucket, start, speed).await?)
            }
        };
        let clock = Self {
            kind: Arc::new(kind),
            zone: identity.zone,
        };
        if let Kind::Manual { bucket, .. } = &*clock.kind {
            tokio::spawn(follow(Arc::downgrade(&clock.kind), bucket.clone()));
        }
        Ok(clock)
    }

    /// What the clock shows.
    ///
    /// # Errors
    /// [`ClockError::NotSet`] on a manual clock that nobody has set.
    pub fn now(&self) -> Result<Moment, ClockError> {
        match &*self.kind {
            Kind::Real => Ok(Moment::from_unix_ms(real_ms())),
            Kind::Manual { now, .. } => now.borrow().ok_or(ClockError::NotSet),
            Kind::Scaled(anchor) => Ok(anchor.at(real_ms())),
        }
    }

    /// Moves a manual clock; the same instant again is no move.
    ///
    /// # Errors
    /// When the clock is not manual, or `to` lies before what it shows.
    pub async fn set(&self, to: Moment) -> Result<(), ClockError> {
        let Kind::Manual { bucket, now } = &*self.kind else {
            return Err(ClockError::NotManual);
        };
        loop {
            let shared = read_now(bucket).await?;
            if let Some((shows, _)) = shared
                && to < shows
            {
                advance(now, shows);
                return Err(ClockError::Backwards {
                    now: shows,
                    zone: self.zone,
                });
            }
            let seen = shared.map_or(Revision::NONE, |(_, revision)| revision);
            match bucket.put(NOW, Bytes::from(to.to_string()), seen).await {
                Ok(_) => {
                    advance(now, to);
                    return Ok(());
                }
                Err(BucketError::Moved(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Waits until the clock shows another instant than `seen`. Only a manual clock jumps; on any other this never
    /// ends, and [`Clock::reach`] is what to wait for.
    pub async fn changed(&self, seen: Option<Moment>) {
        match &*self.kind {
            Kind::Manual { now, .. } => {
                let _ = now.subscribe().wait_for(|now| *now != seen).await;
            }
            Kind::Real | Kind::Scaled(_) => std::future::pending().await,
        }
    }

    /// Waits until the clock shows `due` or later.
    pub async fn reach(&self, due: Moment) {
        match &*self.kind {
            Kind::Manual { now, .. } => {
                let _ = now
                    .subscribe()
                    .wait_for(|now| now.is_some_and(|now| now >= due))
                    .await;
            }
            Kind::Real => {
                let real = Anchor {
                    real_ms: 0,
                    simulated: Moment::MIN,
                    speed: 1.0,
                };
                sleep_until(&real, due).await;
            }
            Kind::Scaled(anchor) => sleep_until(anchor, due).await,
        }
    }

    /// What a commit says of the clock it was decided by: nothing of the real one.
    pub fn simulated(&self) -> Option<SimulatedClock> {
        match &*self.kind {
            Kind::Real => None,
            Kind::Manual { .. } => Some(SimulatedClock::Manual),
            Kind::Scaled(_) => Some(SimulatedClock::Scaled),
        }
    }

    /// `real`, `manual` or `scaled`.
    pub fn name(&self) -> &'static str {
        match &*self.kind {
            Kind::Real => "real",
            Kind::Manual { .. } => "manual",
            Kind::Scaled(_) => "scaled",
        }
    }

    /// Seconds it moves in one real second; `None` of a manual clock.
    pub fn speed(&self) -> Option<f64> {
        match &*self.kind {
            Kind::Real => Some(1.0),
            Kind::Manual { .. } => None,
            Kind::Scaled(anchor) => Some(anchor.speed),
        }
    }
}

async fn sleep_until(anchor: &Anchor, due: Moment) {
    loop {
        let left = anchor.until(due, real_ms());
        if left.is_zero() {
            return;
        }
        // Never too early by a rounded millisecond, which would only turn the loop once more.
        tokio::time::sleep(left.clamp(Duration::from_millis(1), SLEEP_MAX)).await;
    }
}

/// Takes over what other processes set, as long as the clock is used.
async fn follow(clock: std::sync::Weak<Kind>, bucket: Bucket) {
    loop {
        tokio::time::sleep(POLL_INTERVAL).await;
        let Some(kind) = clock.upgrade() else { return };
        if let (Kind::Manual { now, .. }, Ok(Some((shared, _)))) = (&*kind, read_now(&bucket).await)
        {
            advance(now, shared);
        }
    }
}

/// Moves what this process shows; never back, whatever order news arrives in.
fn advance(now: &watch::Sender<Option<Moment>>, to: Moment) {
    now.send_if_modified(|now| {
        let later = now.is_none_or(|now| now < to);
        if later {
            *now = Some(to);
        }
        later
    });
}

async fn read_now(bucket: &Bucket) -> Result<Option<(Moment, Revision)>, ClockError> {
    let Some((value, revision)) = bucket.get(NOW).await? else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(&value);
    let now = Moment::parse(&text).map_err(|error| ClockError::Damaged(error.to_string()))?;
    Ok(Some((now, revision)))
}

/// The shared anchor; made now if there is none. Of two who make it at once, both get the same.
async fn anchor(bucket: &Bucket, start: Moment, speed: f64) -> Result<Anchor, ClockError> {
    let damaged = |error: serde_json::Error| ClockError::Damaged(error.to_string());
    loop {
        if let Some((value, _)) = bucket.get(ANCHOR).await? {
            let anchor: Anchor = serde_json::from_slice(&value).map_err(damaged)?;
            if anchor.speed != speed {
                tracing::warn!(
                    speed = anchor.speed,
                    "the clock goes on at the speed it was started with"
                );
            }
            return Ok(anchor);
        }
        let fresh = Anchor {
            real_ms: real_ms(),
            simulated: start,
            speed,
        };
        let value = serde_json::to_vec(&fresh).map_err(damaged)?;
        match bucket.put(ANCHOR, Bytes::from(value), Revision::NONE).await {
            Ok(_) => return Ok(fresh),
            Err(BucketError::Moved(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn real_ms() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_settings_are_read_and_written_alike() {
        assert_eq!(ClockSetting::parse("real"), Ok(ClockSetting::Real));
        assert_eq!(ClockSetting::parse("manual"), Ok(ClockSetting::Manual));
        let start = Moment::parse("2026-11-23T06:30:00+08:00").unwrap();
        let scaled = ClockSetting::Scaled { start, speed: 60.0 };
        assert_eq!(
            ClockSetting::parse("2026-11-23T06:30:00+08:00x60"),
            Ok(scaled)
        );
        assert_eq!(ClockSetting::parse(&scaled.to_string()), Ok(scaled));
        let slow = ClockSetting::parse("2026-11-23T06:30:00Zx0.5").unwrap();
        assert!(matches!(slow, ClockSetting::Scaled { speed: 0.5, .. }));
    }

    #[test]
    fn what_is_no_clock_is_refused() {
        for bad in [
            "",
            "Real",
            "manual ",
            "2026-11-23T06:30:00+08:00",
            "2026-11-23T06:30:00+08:00x",
            "2026-11-23T06:30:00+08:00x0",
            "2026-11-23T06:30:00+08:00x-1",
            "2026-11-23T06:30:00+08:00xNaN",
            "2026-11-23T06:30:00+08:00xinf",
            "2026-11-23T06:30:00+08:00x1000001",
            "2026-02-30T06:30:00+08:00x1",
            "x60",
        ] {
            assert!(ClockSetting::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_running_clock_keeps_its_speed_and_never_shows_less_than_its_start() {
        let start = Moment::parse("2026-11-23T06:30:00+08:00").unwrap();
        let anchor = Anchor {
            real_ms: 1_000,
            simulated: start,
            speed: 60.0,
        };
        assert_eq!(anchor.at(1_000), start);
        assert_eq!(anchor.at(2_500), start.plus_ms(90_000));
        assert_eq!(anchor.at(0), start, "a machine whose clock was set back");
        assert_eq!(
            anchor.until(start.plus_ms(60_000), 1_000),
            Duration::from_secs(1)
        );
        assert_eq!(anchor.until(start, 5_000), Duration::ZERO);
    }
}
