//! `homeroom.json`: what a data folder is. Written once.

use homeroom_domain::{SchoolId, Zone};
use homeroom_log::{Epoch, Identity};
use homeroom_server::ClockSetting;
use serde::{Deserialize, Serialize};

pub(super) const FILE: &str = "homeroom.json";
/// The layout of the folder.
const FORMAT: u32 = 1;

/// Where the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogPlace {
    /// In the folder, behind a nats-server of its own.
    Private,
    /// On a cluster that somebody else runs.
    External,
}

/// What a data folder is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    /// The school.
    pub(crate) school: SchoolId,
    /// Its zone.
    pub(crate) zone: Zone,
    /// The clock it is run by.
    pub(crate) clock: ClockSetting,
    /// Where its log is.
    pub(crate) log: LogPlace,
    /// The log's beginning.
    pub(crate) epoch: Epoch,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    school: SchoolId,
    zone: Zone,
    clock: String,
    log: LogPlace,
    epoch: Epoch,
}

impl Settings {
    /// The settings of a folder for this log.
    pub(crate) fn of(identity: &Identity, clock: ClockSetting, log: LogPlace) -> Self {
        Self {
            school: identity.school.clone(),
            zone: identity.zone,
            clock,
            log,
            epoch: identity.epoch.clone(),
        }
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let file: File = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if file.format != FORMAT {
            return Err(format!(
                "it has format {}, this program reads {FORMAT}",
                file.format
            ));
        }
        Ok(Self {
            school: file.school,
            zone: file.zone,
            clock: ClockSetting::parse(&file.clock).map_err(|error| error.to_string())?,
            log: file.log,
            epoch: file.epoch,
        })
    }

    pub(super) fn write(&self) -> String {
        let file = File {
            format: FORMAT,
            school: self.school.clone(),
            zone: self.zone,
            clock: self.clock.to_string(),
            log: self.log,
            epoch: self.epoch.clone(),
        };
        serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
    }
}
