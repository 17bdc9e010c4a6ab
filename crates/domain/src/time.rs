//! Instants, school dates and times of day. Nothing here reads a clock.

use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, TimeZone, Utc};
pub use chrono_tz::Tz as Zone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A calendar date in the school's own zone.
pub type SchoolDate = NaiveDate;

/// An instant in UTC, to the millisecond.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Moment {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    unix_ms: i64,
}

/// A string that is not an instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not an instant: expected RFC 3339 with an offset, such as 2026-11-23T07:11:00+08:00"
)]
pub struct MomentError(String);

impl Moment {
    /// The earliest instant accepted: 1970-01-01T00:00:00Z.
    pub const MIN: Moment = Moment { unix_ms: 0 };
    /// The latest instant accepted: 9999-12-31T00:00:00Z, the last year RFC 3339 can write.
    pub const MAX: Moment = Moment {
        unix_ms: 253_402_214_400_000,
    };

    /// The instant so many milliseconds after 1970-01-01T00:00:00Z, held within [`Moment::MIN`] and [`Moment::MAX`].
    pub fn from_unix_ms(unix_ms: i64) -> Self {
        Self { unix_ms }.clamp(Self::MIN, Self::MAX)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn unix_ms(self) -> i64 {
        self.unix_ms
    }

    /// Reads RFC 3339 with an offset; fractions beyond the millisecond are dropped.
    ///
    /// # Errors
    /// When the text is anything else, names an impossible date, or lies outside [`Moment::MIN`] to [`Moment::MAX`].
    pub fn parse(text: &str) -> Result<Self, MomentError> {
        let error = || MomentError(text.chars().take(64).collect());
        let at = DateTime::parse_from_rfc3339(text).map_err(|_| error())?;
        let moment = Self {
            unix_ms: at.timestamp_millis(),
        };
        if (Self::MIN..=Self::MAX).contains(&moment) {
            Ok(moment)
        } else {
            Err(error())
        }
    }

    /// The instant in UTC.
    pub fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.unix_ms).unwrap_or_default()
    }

    /// The calendar date at this instant in the school's zone.
    pub fn date(self, zone: Zone) -> SchoolDate {
        self.utc().with_timezone(&zone).date_naive()
    }

    /// The wall-clock time at this instant in the school's zone, to the second.
    pub fn time_of_day(self, zone: Zone) -> NaiveTime {
        use chrono::Timelike;
        let time = self.utc().with_timezone(&zone).time();
        time.with_nanosecond(0).unwrap_or(time)
    }

    /// The instant of a wall-clock time on a school date.
    ///
    /// A time that a clock change skips means the first instant after the gap; one that it repeats means the first.
    pub fn at(date: SchoolDate, time: NaiveTime, zone: Zone) -> Self {
        let naive = date.and_time(time);
        let local = zone
            .from_local_datetime(&naive)
            .earliest()
            // No zone skips more than a day; walk forward to the end of the gap by the minute.
            .or_else(|| {
                (1..=24 * 60).find_map(|m| {
                    zone.from_local_datetime(&(naive + chrono::Duration::minutes(m)))
                        .earliest()
                })
            });
        Self::from_unix_ms(local.map_or(naive.and_utc().timestamp_millis(), |at| {
            at.timestamp_millis()
        }))
    }

    /// RFC 3339 with the school's own offset, to the second where there are no milliseconds.
    pub fn rfc3339(self, zone: Zone) -> String {
        self.utc()
            .with_timezone(&zone)
            .to_rfc3339_opts(SecondsFormat::AutoSi, false)
    }

    /// This instant so many milliseconds later (earlier, if negative).
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Self {
        Self::from_unix_ms(self.unix_ms.saturating_add(ms))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.utc().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl TryFrom<String> for Moment {
    type Error = MomentError;
    fn try_from(text: String) -> Result<Self, MomentError> {
        Self::parse(&text)
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> String {
        moment.to_string()
    }
}
