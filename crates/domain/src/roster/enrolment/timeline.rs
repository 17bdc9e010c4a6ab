//! Where a student stands over time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{ClassId, PersonId};
use crate::roster::RosterEvent;
use crate::time::SchoolDate;

/// How a student left for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Leaving {
    /// 退学
    Left,
    /// 转学: to another school.
    TransferredOut,
    /// 毕业
    Graduated,
}

impl Leaving {
    /// The word as it is written in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Leaving::Left => "left",
            Leaving::TransferredOut => "transferred_out",
            Leaving::Graduated => "graduated",
        }
    }
}

/// What a student is to the school on one date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The first day is still to come.
    NotYetEnrolled,
    /// A member of a class, with duty.
    Enrolled,
    /// 休学: a member of a class, without duty.
    Suspended,
    /// No member of any class any more.
    Gone(Leaving),
}

impl Standing {
    /// The word as it is written in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Standing::NotYetEnrolled => "not_yet_enrolled",
            Standing::Enrolled => "enrolled",
            Standing::Suspended => "suspended",
            Standing::Gone(leaving) => leaving.as_str(),
        }
    }
}

/// One change of where a student stands, from a date on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum EnrolmentChange {
    /// Belongs to the school, as a member of a class.
    Enrolled {
        /// The class.
        class: ClassId,
        /// The first day.
        on: SchoolDate,
    },
    /// Belongs to another class.
    Moved {
        /// The class.
        class: ClassId,
        /// The first day in it.
        on: SchoolDate,
    },
    /// Is away with the school's leave for months.
    Suspended {
        /// The first day away.
        from: SchoolDate,
    },
    /// Is back.
    Resumed {
        /// The first day back.
        from: SchoolDate,
    },
    /// Belongs to the school no longer.
    Left {
        /// The last day, on which there is still duty.
        last_day: SchoolDate,
        /// How.
        how: Leaving,
    },
}

impl EnrolmentChange {
    /// What an event says of where somebody stands; `None` of most events.
    pub fn of(event: &RosterEvent) -> Option<(&PersonId, Self)> {
        Some(match event {
            RosterEvent::StudentEnrolled(e) => {
                let (class, on) = (e.class.clone(), e.on);
                (&e.student, Self::Enrolled { class, on })
            }
            RosterEvent::StudentMoved(e) => {
                let (class, on) = (e.to.clone(), e.on);
                (&e.student, Self::Moved { class, on })
            }
            RosterEvent::StudentSuspended(e) => (&e.student, Self::Suspended { from: e.from }),
            RosterEvent::StudentResumed(e) => (&e.student, Self::Resumed { from: e.from }),
            RosterEvent::StudentLeft(e) => {
                let (last_day, how) = (e.last_day, e.how);
                (&e.student, Self::Left { last_day, how })
            }
            _ => return None,
        })
    }

    /// The first date on which it holds.
    fn holds_from(&self) -> SchoolDate {
        match self {
            Self::Enrolled { on, .. } | Self::Moved { on, .. } => *on,
            Self::Suspended { from } | Self::Resumed { from } => *from,
            Self::Left { last_day, .. } => last_day.succ_opt().unwrap_or(*last_day),
        }
    }

    fn class(&self) -> Option<&ClassId> {
        match self {
            Self::Enrolled { class, .. } | Self::Moved { class, .. } => Some(class),
            _ => None,
        }
    }

    fn standing(&self) -> Option<Standing> {
        Some(match self {
            Self::Enrolled { .. } | Self::Resumed { .. } => Standing::Enrolled,
            Self::Suspended { .. } => Standing::Suspended,
            Self::Left { how, .. } => Standing::Gone(*how),
            Self::Moved { .. } => return None,
        })
    }
}

/// Where one student stands over time: a pure function of what was told, in the order of telling. On any date what
/// holds is what began last; of two that begin on one date, what was told last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Enrolment(Vec<EnrolmentChange>);

impl Enrolment {
    /// One more change.
    pub fn tell(&mut self, change: EnrolmentChange) {
        self.0.push(change);
    }

    /// What the student is to the school on a date.
    pub fn standing(&self, date: SchoolDate) -> Standing {
        let standing = self.newest(date, EnrolmentChange::standing);
        standing.unwrap_or(Standing::NotYetEnrolled)
    }

    /// The class that the student is a member of on a date, with duty or suspended.
    pub fn class_on(&self, date: SchoolDate) -> Option<&ClassId> {
        let member = matches!(
            self.standing(date),
            Standing::Enrolled | Standing::Suspended
        );
        self.newest(date, EnrolmentChange::class).filter(|_| member)
    }

    /// The class in which the student has duty on a date: none before the first day, after the last, or while
    /// suspended.
    pub fn duty_on(&self, date: SchoolDate) -> Option<&ClassId> {
        let on_duty = self.standing(date) == Standing::Enrolled;
        self.newest(date, EnrolmentChange::class)
            .filter(|_| on_duty)
    }

    fn newest<'a, T>(
        &'a self,
        date: SchoolDate,
        of: impl Fn(&'a EnrolmentChange) -> Option<T>,
    ) -> Option<T> {
        let held = self.0.iter().filter(|change| change.holds_from() <= date);
        let told = held.filter_map(|change| Some((change.holds_from(), of(change)?)));
        // Of equals, max_by_key gives the last.
        told.max_by_key(|(from, _)| *from).map(|(_, told)| told)
    }
}

impl FromIterator<EnrolmentChange> for Enrolment {
    fn from_iter<I: IntoIterator<Item = EnrolmentChange>>(changes: I) -> Self {
        Self(changes.into_iter().collect())
    }
}
