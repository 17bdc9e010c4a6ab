//! What a log is: whose, in which zone, by which kind of clock, and which beginning it goes back to.

use std::collections::BTreeMap;
use std::fmt;

use data_encoding::BASE32_NOPAD;
use homeroom_domain::{SchoolId, Zone};
use serde::{Deserialize, Serialize};

/// The format of the stream and its commits.
pub(crate) const FORMAT: &str = "1";

/// One beginning of a log. A log that was deleted and made anew has another epoch, whatever its positions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(String);

impl Epoch {
    /// Makes an epoch of 80 random bits, drawn at the edge.
    pub fn from_bits(bits: [u8; 10]) -> Self {
        Self(BASE32_NOPAD.encode(&bits).to_ascii_lowercase())
    }

    /// The epoch as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Epoch {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The kind of clock a log was begun with; the two are never mixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockKind {
    /// The real clock of the machine.
    Real,
    /// A clock moved by hand or running at its own speed.
    Simulated,
}

impl ClockKind {
    /// The kind as it is written in metadata.
    pub fn as_str(self) -> &'static str {
        match self {
            ClockKind::Real => "real",
            ClockKind::Simulated => "simulated",
        }
    }
}

/// What a log is. Kept in the stream's metadata, fixed at its creation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The school.
    pub school: SchoolId,
    /// The school's zone.
    pub zone: Zone,
    /// The kind of clock.
    pub clock: ClockKind,
    /// The beginning.
    pub epoch: Epoch,
}

impl Identity {
    /// The stream's name.
    pub(crate) fn stream(school: &SchoolId) -> String {
        format!("HR_{school}")
    }

    /// The stream's metadata.
    pub(crate) fn metadata(&self) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            ("homeroom.format", FORMAT.to_owned()),
            ("homeroom.epoch", self.epoch.to_string()),
            ("homeroom.zone", self.zone.name().to_owned()),
            ("homeroom.clock", self.clock.as_str().to_owned()),
        ])
    }

    /// Reads the stream's metadata; the error is one sentence.
    pub(crate) fn from_metadata(
        school: &SchoolId,
        metadata: &BTreeMap<String, String>,
    ) -> Result<Self, String> {
        let get = |key: &str| {
            metadata
                .get(key)
                .map(String::as_str)
                .ok_or(format!("it has no {key} in its metadata"))
        };
        let format = get("homeroom.format")?;
        if format != FORMAT {
            return Err(format!(
                "it has format {format}, this program reads {FORMAT}"
            ));
        }
        let zone = get("homeroom.zone")?;
        Ok(Self {
            school: school.clone(),
            zone: zone
                .parse()
                .map_err(|_| format!("its zone {zone:?} is unknown"))?,
            clock: match get("homeroom.clock")? {
                "real" => ClockKind::Real,
                "simulated" => ClockKind::Simulated,
                other => return Err(format!("its clock {other:?} is unknown")),
            },
            epoch: Epoch::from(get("homeroom.epoch")?),
        })
    }
}
