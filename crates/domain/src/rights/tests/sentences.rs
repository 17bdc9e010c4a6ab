//! The same rights told a second time, by role and in words: what the table must come to, written without looking at it.

use super::*;
use Action::*;

/// What a role may: about oneself (a guardian: the child), in the office's scope, and in the whole school. Whatever
/// is not told is not permitted.
pub(super) struct Told {
    pub(super) role: Role,
    pub(super) own: &'static [Action],
    pub(super) scope: &'static [Action],
    pub(super) all: &'static [Action],
}

/// What all staff who lead students come to know of whoever is in their care.
macro_rules! cares {
    ($($more:ident),* $(,)?) => {
        &[
            ReadStudentDay, ReadClassDay, ReadSlips, ReadSlipTrail, ReadReason, ReadWhoIsExcused,
            ReadWhoHasLeaveNow, ReadReports, ReadPerson, ReadContacts, ReadOffices, $($more),*
        ]
    };
}

pub(super) const TOLD: [Told; 13] = [
    // A student does and sees what is their own, to the last detail, and who else has seen it.
    Told {
        role: Role::Student,
        own: &[
            CheckIn,
            ReadStudentDay,
            ReadPlace,
            SubmitSlip,
            ReadSlips,
            ReadSlipTrail,
            ReadReason,
            ReadWhoIsExcused,
            ReadPerson,
            ReadContacts,
            ReadOffices,
            ReadWhoRead,
            ManageOwnSignIn,
        ],
        scope: &[],
        all: &[ReadRules, ReadClock, ReadCalendar],
    },
    // A guardian may for the child what the child may, but not check in: that is being there.
    Told {
        role: Role::Guardian,
        own: &[
            ReadStudentDay,
            ReadPlace,
            SubmitSlip,
            ReadSlips,
            ReadSlipTrail,
            ReadReason,
            ReadWhoIsExcused,
            ReadPerson,
            ReadContacts,
            ReadOffices,
            ReadWhoRead,
            ManageOwnSignIn,
        ],
        scope: &[],
        all: &[ReadRules, ReadClock, ReadCalendar],
    },
    // A class cadre takes attendance in the class and inspects it.
    Told {
        role: Role::ClassCadre,
        own: &[DelegateOffice, ManageOwnSignIn],
        scope: &[
            ReadWhoIsExcused,
            FileReport,
            ReadReports,
            ReadClasses,
            ReadOffices,
        ],
        all: &[ReadRules, ReadTemplates, ReadClock, ReadCalendar],
    },
    // A department cadre inspects classes and reads what was found.
    Told {
        role: Role::DepartmentCadre,
        own: &[DelegateOffice, ManageOwnSignIn],
        scope: &[FileReport, ReadReports, ReadOffices],
        all: &[
            ReadRules,
            ReadTemplates,
            ReadClasses,
            ReadClock,
            ReadCalendar,
        ],
    },
    // A subject teacher reads who is excused in their classes, not the reason.
    Told {
        role: Role::SubjectTeacher,
        own: &[DelegateOffice, ManageOwnSignIn],
        scope: &[ReadWhoIsExcused, ReadPerson, ReadOffices],
        all: &[
            ReadRules,
            ReadTemplates,
            ReadClasses,
            ReadClock,
            ReadCalendar,
        ],
    },
    // A homeroom teacher knows everything of the class, decides its slips, sets its rules, names its cadres.
    Told {
        role: Role::HomeroomTeacher,
        own: &[DelegateOffice, ManageOwnSignIn, ManageApiKeys],
        scope: cares![
            ReadPlace,
            ChangeRules,
            ApproveSlip,
            RejectSlip,
            FileReport,
            ChangeGuardians,
            AppointClassCadre,
        ],
        all: &[
            ReadRules,
            ReadTemplates,
            ReadClasses,
            ReadClock,
            ReadCalendar,
        ],
    },
    // A counsellor knows as much of more classes, and decides no slip yet.
    Told {
        role: Role::Counsellor,
        own: &[DelegateOffice, ManageOwnSignIn, ManageApiKeys],
        scope: cares![ReadPlace, ChangeRules, FileReport],
        all: &[
            ReadRules,
            ReadTemplates,
            ReadClasses,
            ReadClock,
            ReadCalendar,
        ],
    },
    // The student-affairs officer and the secretary run the department.
    Told {
        role: Role::StudentAffairsOfficer,
        own: &[DelegateOffice, ManageOwnSignIn, ManageApiKeys],
        scope: cares![
            ReadPlace,
            ChangeRules,
            FileReport,
            PublishTemplate,
            ChangeCalendar,
            ChangeEnrolment,
            ChangeGuardians,
            AppointOffice,
            AppointClassCadre,
        ],
        all: &[
            ReadRules,
            ReadTemplates,
            ReadClasses,
            ReadClock,
            ReadCalendar,
        ],
    },
    Told {
        role: Role::DepartmentSecretary,
        own: &[DelegateOffice, ManageOwnSignIn, ManageApiKeys],
        scope: cares![
            ReadPlace,
            ChangeRules,
            FileReport,
            PublishTemplate,
            ChangeCalendar,
            ChangeEnrolment,
            ChangeGuardians,
            AppointOffice,
            AppointClassCadre,
        ],
        all: &[
            ReadRules,
            ReadTemplates,
            ReadClasses,
            ReadClock,
            ReadCalendar,
        ],
    },
    // A school leader decides on people and looks over the readers' shoulders; where a phone was is not theirs to know.
    Told {
        role: Role::SchoolLeader,
        own: &[DelegateOffice, ManageOwnSignIn, ManageApiKeys],
        scope: cares![AppointOffice, AppointSeniorOffice, ReadWhoRead],
        all: &[
            ReadRules,
            ReadTemplates,
            ReadClasses,
            ReadClock,
            ReadCalendar,
        ],
    },
    // The guard opens the gate to whoever has leave now.
    Told {
        role: Role::Guard,
        own: &[DelegateOffice, ManageOwnSignIn],
        scope: &[ReadWhoHasLeaveNow],
        all: &[ReadClasses, ReadClock, ReadCalendar],
    },
    // The IT admin keeps roster, offices, sign-in, keys and clock, and reads nobody's days, slips, reasons or places.
    Told {
        role: Role::ItAdmin,
        own: &[DelegateOffice, ManageOwnSignIn],
        scope: &[],
        all: &[
            ImportRoster,
            ReadClasses,
            ReadPerson,
            ChangeEnrolment,
            ChangeGuardians,
            AppointOffice,
            AppointClassCadre,
            AppointSeniorOffice,
            ReadOffices,
            ManageSignIn,
            ManageApiKeys,
            ReadClock,
            ReadCalendar,
            ChangeCalendar,
            MoveClock,
            ReadRules,
            ReadTemplates,
        ],
    },
    // The clock closes sessions.
    Told {
        role: Role::Clock,
        own: &[],
        scope: &[],
        all: &[CloseSession],
    },
];

pub(super) fn told(role: Role) -> &'static Told {
    TOLD.iter().find(|told| told.role == role).unwrap()
}

#[test]
fn every_cell_of_the_table_is_what_the_sentences_say() {
    for told in &TOLD {
        for action in Action::ALL {
            let within = |list: &[Action]| list.iter().filter(|of| *of == action).count();
            let said = [within(told.own), within(told.scope), within(told.all)];
            let expected = match said {
                [0, 0, 0] => Reach::Never,
                [1, 0, 0] => Reach::Own,
                [0, 1, 0] => Reach::Scope,
                [0, 0, 1] => Reach::All,
                _ => panic!("{:?} is told of {action:?} more than once", told.role),
            };
            assert_eq!(
                reach(*action, told.role),
                expected,
                "{action:?} by {:?}",
                told.role
            );
        }
    }
    assert_eq!(TOLD.len(), Role::ALL.len());
}

#[test]
fn whoever_may_not_know_a_reason_or_a_place_is_told_neither() {
    for role in [
        Role::ClassCadre,
        Role::DepartmentCadre,
        Role::SubjectTeacher,
        Role::Guard,
        Role::ItAdmin,
        Role::Clock,
    ] {
        for action in [
            ReadReason,
            ReadPlace,
            ReadSlips,
            ReadSlipTrail,
            ReadClassDay,
            ReadStudentDay,
        ] {
            assert_eq!(reach(action, role), Reach::Never, "{action:?} by {role:?}");
        }
    }
}

#[test]
fn no_cadre_and_no_subject_teacher_decides_a_slip() {
    for role in Role::ALL {
        for action in [ApproveSlip, RejectSlip] {
            let decides = reach(action, role) != Reach::Never;
            assert_eq!(decides, role == Role::HomeroomTeacher, "{role:?}");
        }
    }
}
