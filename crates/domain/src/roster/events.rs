//! What may happen to the roster.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{ClassId, PersonId};
use crate::office::Office;
use crate::sealed::{Mark, Sealed};
use crate::time::{Moment, SchoolDate};

use super::Leaving;

/// A class exists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClassOpened {
    /// The class.
    pub class: ClassId,
    /// The code the school uses for it (24JY1); unique in the school.
    pub code: String,
    /// Its name (24级计算机应用1班); unique in the school.
    pub name: String,
    /// The year its students entered.
    pub entered: u16,
    /// What they study.
    pub major: String,
}

/// A class's name, year or major was corrected; its code stays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClassCorrected {
    /// The class.
    pub class: ClassId,
    /// Its name from now on.
    pub name: String,
    /// The year its students entered.
    pub entered: u16,
    /// What they study.
    pub major: String,
}

/// A student belongs to the school, as a member of a class, from a date on. Of one who left and comes back it happens again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StudentEnrolled {
    /// The student.
    pub student: PersonId,
    /// The class.
    pub class: ClassId,
    /// The first day.
    pub on: SchoolDate,
    /// The dorm room, if the student boards.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dorm: Option<String>,
    /// The mark of the school number (学号).
    pub number: Mark,
    /// The mark of the whole identity.
    pub identity: Mark,
    /// [`Identity`](crate::roster::Identity), sealed.
    pub sealed: Sealed,
}

/// A student's name, sex, phone or dorm room changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StudentCorrected {
    /// The student.
    pub student: PersonId,
    /// The dorm room, if the student boards.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dorm: Option<String>,
    /// The mark of the whole identity.
    pub identity: Mark,
    /// [`Identity`](crate::roster::Identity), sealed.
    pub sealed: Sealed,
}

/// A student moved from one class to another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StudentMoved {
    /// The student.
    pub student: PersonId,
    /// The class left.
    pub from: ClassId,
    /// The class joined.
    pub to: ClassId,
    /// The first day in it.
    pub on: SchoolDate,
}

/// A student is away for months (休学): a member of the class without duty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StudentSuspended {
    /// The student.
    pub student: PersonId,
    /// The first day away.
    pub from: SchoolDate,
}

/// A suspended student is back (复学).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StudentResumed {
    /// The student.
    pub student: PersonId,
    /// The first day back.
    pub from: SchoolDate,
}

/// A student leaves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StudentLeft {
    /// The student.
    pub student: PersonId,
    /// The last day, on which there is still duty.
    pub last_day: SchoolDate,
    /// The first instant after it, in the school's zone.
    pub until: Moment,
    /// How.
    pub how: Leaving,
}

/// A class has come to its end; its students leave, each by an event of their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClassGraduated {
    /// The class.
    pub class: ClassId,
    /// The last day.
    pub last_day: SchoolDate,
    /// The first instant after it, in the school's zone.
    pub until: Moment,
}

/// A guardian exists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GuardianRegistered {
    /// The guardian.
    pub guardian: PersonId,
    /// The mark of the number, which is the phone.
    pub number: Mark,
    /// The mark of the whole identity.
    pub identity: Mark,
    /// [`Identity`](crate::roster::Identity), sealed.
    pub sealed: Sealed,
}

/// A guardian's name changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GuardianCorrected {
    /// The guardian.
    pub guardian: PersonId,
    /// The mark of the whole identity.
    pub identity: Mark,
    /// [`Identity`](crate::roster::Identity), sealed.
    pub sealed: Sealed,
}

/// A guardian is a student's from now on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GuardianAdded {
    /// The guardian.
    pub guardian: PersonId,
    /// The student.
    pub student: PersonId,
}

/// A guardian is a student's no longer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GuardianRemoved {
    /// The guardian.
    pub guardian: PersonId,
    /// The student.
    pub student: PersonId,
}

/// A member of staff exists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StaffJoined {
    /// The member of staff.
    pub staff: PersonId,
    /// The mark of the staff number (工号).
    pub number: Mark,
    /// The mark of the whole identity.
    pub identity: Mark,
    /// [`Identity`](crate::roster::Identity), sealed.
    pub sealed: Sealed,
}

/// A member of staff's name or phone changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StaffCorrected {
    /// The member of staff.
    pub staff: PersonId,
    /// The mark of the whole identity.
    pub identity: Mark,
    /// [`Identity`](crate::roster::Identity), sealed.
    pub sealed: Sealed,
}

/// A person holds an office.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OfficeAppointed {
    /// Who.
    pub person: PersonId,
    /// What.
    pub office: Office,
    /// The first instant at which it counts.
    pub from: Moment,
    /// The instant from which it counts no longer, where that is known beforehand.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub to: Option<Moment>,
    /// The holder for whom this person stands in, if it is not their own office.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deputises_for: Option<PersonId>,
    /// True if a roster file told it; false if somebody appointed by hand, which a file does not undo.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub imported: bool,
}

/// A person holds an office no longer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OfficeEnded {
    /// Who.
    pub person: PersonId,
    /// What.
    pub office: Office,
    /// The instant from which it counts no longer; what was to begin later does not begin.
    pub to: Moment,
    /// The holder for whom this person stood in, if it was not their own office.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deputises_for: Option<PersonId>,
    /// True if a roster file no longer told it; false if it was ended by hand, which a file does not undo.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub imported: bool,
}

crate::events! {
    /// What may happen to the roster.
    pub enum RosterEvent {
        /// A class exists.
        ClassOpened(ClassOpened) = "class_opened" v 1;
        /// A class was corrected.
        ClassCorrected(ClassCorrected) = "class_corrected" v 1;
        /// A student belongs to a class.
        StudentEnrolled(StudentEnrolled) = "student_enrolled" v 1;
        /// A student was corrected.
        StudentCorrected(StudentCorrected) = "student_corrected" v 1;
        /// A student moved class.
        StudentMoved(StudentMoved) = "student_moved" v 1;
        /// A student is away for months.
        StudentSuspended(StudentSuspended) = "student_suspended" v 1;
        /// A suspended student is back.
        StudentResumed(StudentResumed) = "student_resumed" v 1;
        /// A student leaves.
        StudentLeft(StudentLeft) = "student_left" v 1;
        /// A class has come to its end.
        ClassGraduated(ClassGraduated) = "class_graduated" v 1;
        /// A guardian exists.
        GuardianRegistered(GuardianRegistered) = "guardian_registered" v 1;
        /// A guardian was corrected.
        GuardianCorrected(GuardianCorrected) = "guardian_corrected" v 1;
        /// A guardian is a student's.
        GuardianAdded(GuardianAdded) = "guardian_added" v 1;
        /// A guardian is a student's no longer.
        GuardianRemoved(GuardianRemoved) = "guardian_removed" v 1;
        /// A member of staff exists.
        StaffJoined(StaffJoined) = "staff_joined" v 1;
        /// A member of staff was corrected.
        StaffCorrected(StaffCorrected) = "staff_corrected" v 1;
        /// An office begins.
        OfficeAppointed(OfficeAppointed) = "office_appointed" v 1;
        /// An office ends.
        OfficeEnded(OfficeEnded) = "office_ended" v 1;
    }
}
