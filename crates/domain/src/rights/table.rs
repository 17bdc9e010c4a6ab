//! The table. One row an action, one column a role; a cell is
//!
//! - `-`      never
//! - `own`    about oneself; of a guardian, about one's child
//! - `scope`  about whatever lies in the office's scope
//! - `all`    about anything in the school

use crate::office::Role;

use super::Action;

/// How far a role reaches in an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// Never.
    Never,
    /// About oneself; of a guardian, about one's child.
    Own,
    /// About whatever lies in the office's scope.
    Scope,
    /// About anything in the school.
    All,
}

impl Reach {
    /// The reach as a cell of the table shows it.
    pub fn as_str(self) -> &'static str {
        match self {
            Reach::Never => "-",
            Reach::Own => "own",
            Reach::Scope => "scope",
            Reach::All => "all",
        }
    }
}

/// How far a role reaches in an action.
pub fn reach(action: Action, role: Role) -> Reach {
    let Row { action: of, cells } = &TABLE[action as usize];
    debug_assert_eq!(*of, action, "the rows stand in the order of the actions");
    cells[column(role)]
}

/// The roles in the order of the columns.
pub(super) const COLUMNS: [Role; 13] = [
    Role::Student,
    Role::Guardian,
    Role::ClassCadre,
    Role::DepartmentCadre,
    Role::SubjectTeacher,
    Role::HomeroomTeacher,
    Role::Counsellor,
    Role::StudentAffairsOfficer,
    Role::DepartmentSecretary,
    Role::SchoolLeader,
    Role::Guard,
    Role::ItAdmin,
    Role::Clock,
];

fn column(role: Role) -> usize {
    match role {
        Role::Student => 0,
        Role::Guardian => 1,
        Role::ClassCadre => 2,
        Role::DepartmentCadre => 3,
        Role::SubjectTeacher => 4,
        Role::HomeroomTeacher => 5,
        Role::Counsellor => 6,
        Role::StudentAffairsOfficer => 7,
        Role::DepartmentSecretary => 8,
        Role::SchoolLeader => 9,
        Role::Guard => 10,
        Role::ItAdmin => 11,
        Role::Clock => 12,
    }
}

struct Row {
    action: Action,
    cells: [Reach; COLUMNS.len()],
}

macro_rules! cell {
    (-) => {
        Reach::Never
    };
    (own) => {
        Reach::Own
    };
    (scope) => {
        Reach::Scope
    };
    (all) => {
        Reach::All
    };
}

macro_rules! table {
    ($($action:ident [$($cell:tt)+])+) => {
        const TABLE: [Row; Action::ALL.len()] = [
            $(Row { action: Action::$action, cells: [$(cell!($cell)),+] }),+
        ];
    };
}

#[rustfmt::skip]
table! {
//                    stu-  guar- class dept  sub-  home- coun- affrs secr- lead- guard IT    clock
//                    dent  dian  cadre cadre ject  room  sllor offcr tary  er          admin
CheckIn             [ own   -     -     -     -     -     -     -     -     -     -     -     - ]
ReadStudentDay      [ own   own   -     -     -     scope scope scope scope scope -     -     - ]
ReadClassDay        [ -     -     -     -     -     scope scope scope scope scope -     -     - ]
ReadPlace           [ own   own   -     -     -     scope scope scope scope -     -     -     - ]
CloseSession        [ -     -     -     -     -     -     -     -     -     -     -     -     all ]
ChangeRules         [ -     -     -     -     -     scope scope scope scope -     -     -     - ]
ReadRules           [ all   all   all   all   all   all   all   all   all   all   -     all   - ]
ChangeCalendar      [ -     -     -     -     -     -     -     scope scope -     -     all   - ]
ReadCalendar        [ all   all   all   all   all   all   all   all   all   all   all   all   - ]

SubmitSlip          [ own   own   -     -     -     -     -     -     -     -     -     -     - ]
ApproveSlip         [ -     -     -     -     -     scope -     -     -     -     -     -     - ]
RejectSlip          [ -     -     -     -     -     scope -     -     -     -     -     -     - ]
ReadSlips           [ own   own   -     -     -     scope scope scope scope scope -     -     - ]
ReadSlipTrail       [ own   own   -     -     -     scope scope scope scope scope -     -     - ]
ReadReason          [ own   own   -     -     -     scope scope scope scope scope -     -     - ]
ReadWhoIsExcused    [ own   own   scope -     scope scope scope scope scope scope -     -     - ]
ReadWhoHasLeaveNow  [ -     -     -     -     -     scope scope scope scope scope scope -     - ]

FileReport          [ -     -     scope scope -     scope scope scope scope -     -     -     - ]
ReadReports         [ -     -     scope scope -     scope scope scope scope scope -     -     - ]
PublishTemplate     [ -     -     -     -     -     -     -     scope scope -     -     -     - ]
ReadTemplates       [ -     -     all   all   all   all   all   all   all   all   -     all   - ]

ImportRoster        [ -     -     -     -     -     -     -     -     -     -     -     all   - ]
ReadClasses         [ -     -     scope all   all   all   all   all   all   all   all   all   - ]
ReadPerson          [ own   own   -     -     scope scope scope scope scope scope -     all   - ]
ReadContacts        [ own   own   -     -     -     scope scope scope scope scope -     -     - ]
ChangeEnrolment     [ -     -     -     -     -     -     -     scope scope -     -     all   - ]
ChangeGuardians     [ -     -     -     -     -     scope -     scope scope -     -     all   - ]

AppointOffice       [ -     -     -     -     -     -     -     scope scope scope -     all   - ]
AppointClassCadre   [ -     -     -     -     -     scope -     scope scope -     -     all   - ]
AppointSeniorOffice [ -     -     -     -     -     -     -     -     -     scope -     all   - ]
DelegateOffice      [ -     -     own   own   own   own   own   own   own   own   own   own   - ]
ReadOffices         [ own   own   scope scope scope scope scope scope scope scope -     all   - ]
ReadWhoRead         [ own   own   -     -     -     -     -     -     -     scope -     -     - ]

ManageOwnSignIn     [ own   own   own   own   own   own   own   own   own   own   own   own   - ]
ManageSignIn        [ -     -     -     -     -     -     -     -     -     -     -     all   - ]
ManageApiKeys       [ -     -     -     -     -     own   own   own   own   own   -     all   - ]
ReadClock           [ all   all   all   all   all   all   all   all   all   all   all   all   - ]
MoveClock           [ -     -     -     -     -     -     -     -     -     -     -     all   - ]
}
