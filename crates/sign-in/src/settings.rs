//! What a school may set. The defaults are what we advise.

use serde::{Deserialize, Serialize};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// For whom the terms differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Students and guardians: on a phone of their own, deciding over nobody else.
    Student,
    /// Staff, and whoever decides over others.
    Staff,
}

/// The terms of one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// The fewest characters of a new password.
    pub password_length_min: usize,
    /// A sign-in session ends when it was not used for so many milliseconds.
    pub idle_ms: i64,
    /// It ends after so many milliseconds in any case.
    pub absolute_ms: i64,
}

/// What one hashing of a password costs: argon2id's parameters, which every hash records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

/// How many passwords are hashed at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hashing {
    /// So many at once; each takes [`Cost::memory_kib`].
    pub parallel: usize,
    /// So many more may wait; whoever comes then is refused at once.
    pub waiting_max: usize,
}

/// How wrong passwords are slowed; the module `guesses` tells the scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slowing {
    /// Wrong passwords that cost nothing, for one account from one address or known device.
    pub free_by_source: u32,
    /// The longest delay between two tries for one account from one address or known device, in milliseconds.
    pub delay_by_source_ms_max: i64,
    /// Wrong passwords that cost nothing, for one account from everywhere but known devices.
    pub free_by_account: u32,
    /// The longest delay between two tries for one account from everywhere but known devices, in milliseconds.
    pub delay_by_account_ms_max: i64,
    /// Wrong passwords are forgotten when there was none for so many milliseconds.
    pub forget_ms: i64,
    /// A device is known for so many milliseconds after the last sign-in on it.
    pub device_ms: i64,
}

/// What a school may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Students and guardians.
    pub student: Terms,
    /// Staff.
    pub staff: Terms,
    /// A first password is good for so many milliseconds.
    pub first_password_ms: i64,
    /// What one hashing costs.
    pub cost: Cost,
    /// How many at once.
    pub hashing: Hashing,
    /// How wrong passwords are slowed.
    pub slowing: Slowing,
}

impl Settings {
    /// The terms of a group.
    pub fn terms(&self, group: Group) -> &Terms {
        match group {
            Group::Student => &self.student,
            Group::Staff => &self.staff,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            student: Terms {
                password_length_min: 8,
                idle_ms: 30 * DAY_MS,
                absolute_ms: 400 * DAY_MS,
            },
            staff: Terms {
                password_length_min: 10,
                idle_ms: 12 * HOUR_MS,
                absolute_ms: 30 * DAY_MS,
            },
            // Printed lists are handed out over weeks, and lie about for longer.
            first_password_ms: 60 * DAY_MS,
            cost: Cost::default(),
            hashing: Hashing::default(),
            slowing: Slowing::default(),
        }
    }
}

impl Default for Cost {
    /// OWASP's: 19 MiB, two passes, one lane.
    fn default() -> Self {
        Self {
            memory_kib: 19_456,
            passes: 2,
            lanes: 1,
        }
    }
}

impl Default for Hashing {
    fn default() -> Self {
        Self {
            parallel: std::thread::available_parallelism().map_or(1, usize::from),
            // At 25 ms each on two cores the last one waits for 13 seconds.
            waiting_max: 1_024,
        }
    }
}

impl Default for Slowing {
    fn default() -> Self {
        Self {
            free_by_source: 4,
            delay_by_source_ms_max: 15 * MINUTE_MS,
            free_by_account: 30,
            delay_by_account_ms_max: MINUTE_MS,
            forget_ms: DAY_MS,
            device_ms: 400 * DAY_MS,
        }
    }
}
