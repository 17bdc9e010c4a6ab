//! What there is to do, and to know.

use crate::office::Role;
use crate::refusal::Language;

/// Declares the actions: each with its name in JSON, in Chinese and in English.
macro_rules! actions {
    ($($(#[$doc:meta])* $action:ident = $name:literal, $chinese:literal, $english:literal;)+) => {
        /// Something that somebody may do, or may come to know: a command, a query, or one kind of detail within an
        /// answer. Every endpoint asks for one of these.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $($(#[$doc])* $action,)+
        }

        impl Action {
            /// Every action, in the order of the table.
            pub const ALL: &'static [Action] = &[$(Action::$action),+];

            /// The action as programs write it, in snake case.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Action::$action => $name,)+
                }
            }

            /// The action as people say it.
            pub fn name(self, language: Language) -> &'static str {
                match (self, language) {
                    $((Action::$action, Language::Chinese) => $chinese,
                    (Action::$action, Language::English) => $english,)+
                }
            }
        }
    };
}

actions! {
    /// A phone's attempt.
    CheckIn = "check_in", "打卡", "check in";
    /// Read a student's day with the facts that explain it; neither place nor reason.
    ReadStudentDay = "read_student_day", "查看学生某日考勤", "read a student's day";
    /// Read a class's day, everybody in it.
    ReadClassDay = "read_class_day", "查看班级某日考勤", "read a class's day";
    /// Read where a phone was and which phone it was; the reading is recorded.
    ReadPlace = "read_place", "查看打卡位置", "read where a phone was";
    /// End a session's time.
    CloseSession = "close_session", "关闭打卡场次", "close a session";
    /// Make, revise and retire check-in rules.
    ChangeRules = "change_rules", "设置打卡规则", "change check-in rules";
    /// Read check-in rules.
    ReadRules = "read_rules", "查看打卡规则", "read check-in rules";

    /// Import public holidays and make-up workdays, and set the school's own days.
    ChangeCalendar = "change_calendar", "设置校历", "change the calendar";
    /// Read the school's calendar.
    ReadCalendar = "read_calendar", "查看校历", "read the calendar";

    /// Ask for leave.
    SubmitSlip = "submit_slip", "提交假条", "ask for leave";
    /// Say yes to a slip.
    ApproveSlip = "approve_slip", "批准假条", "approve a slip";
    /// Say no to a slip.
    RejectSlip = "reject_slip", "驳回假条", "reject a slip";
    /// Read slips: type, times and where they stand; not the reason.
    ReadSlips = "read_slips", "查看假条", "read slips";
    /// Read a slip's whole trail; what is sealed in it is [`Action::ReadReason`].
    ReadSlipTrail = "read_slip_trail", "查看假条留痕", "read a slip's trail";
    /// Read why leave was asked and what was said in deciding it; the reading is recorded.
    ReadReason = "read_reason", "查看请假事由", "read why leave was asked";
    /// Read who of a class is excused on a date, from when to when; neither the type of leave nor the reason.
    ReadWhoIsExcused = "read_who_is_excused", "查看何人准假", "read who is excused";
    /// Read who has leave at this moment: name, class and until when.
    ReadWhoHasLeaveNow = "read_who_has_leave_now", "查看此刻准假名单", "read who has leave now";

    /// File an inspection.
    FileReport = "file_report", "提交检查汇报", "file a report";
    /// Read the reports on a class.
    ReadReports = "read_reports", "查看检查汇报", "read reports";
    /// Publish a report template, or a new version of one.
    PublishTemplate = "publish_template", "发布汇报模板", "publish a template";
    /// Read report templates.
    ReadTemplates = "read_templates", "查看汇报模板", "read templates";

    /// Import the roster. It gives any office to anybody, so it is the IT admin's alone.
    ImportRoster = "import_roster", "导入名册", "import the roster";
    /// Read the list of classes.
    ReadClasses = "read_classes", "查看班级列表", "read the classes";
    /// Read who somebody is: name, number, class, dorm room, enrolled or not.
    ReadPerson = "read_person", "查看人员基本信息", "read who somebody is";
    /// Read phone numbers and who somebody's guardians are.
    ReadContacts = "read_contacts", "查看联系方式与家长", "read phones and guardians";
    /// Enrol, move, suspend, resume, let leave; graduate a class.
    ChangeEnrolment = "change_enrolment", "办理学籍异动", "change enrolment";
    /// Say who somebody's guardians are.
    ChangeGuardians = "change_guardians", "登记家长", "change guardians";

    /// Appoint to an office and end it: every office but the two below.
    AppointOffice = "appoint_office", "任免职务", "appoint to offices";
    /// Appoint class cadres and end their offices.
    AppointClassCadre = "appoint_class_cadre", "任免班级干部", "appoint class cadres";
    /// Appoint secretaries, school leaders and IT admins, and end it: offices that could give others to anybody.
    AppointSeniorOffice = "appoint_senior_office", "任免书记、校领导、系统管理员", "appoint to senior offices";
    /// Let somebody stand in for one's own office for a while.
    DelegateOffice = "delegate_office", "委托代理本人职务", "delegate one's office";
    /// Read who holds which office.
    ReadOffices = "read_offices", "查看任职情况", "read who holds offices";
    /// Read who has read a student's place or reason.
    ReadWhoRead = "read_who_read", "查看何人看过", "read who has read";

    /// One's own password, and one's own sign-in sessions.
    ManageOwnSignIn = "manage_own_sign_in", "管理本人登录", "manage one's own sign-in";
    /// Other people's: give a first password again, end sessions.
    ManageSignIn = "manage_sign_in", "管理他人登录", "manage others' sign-in";
    /// Make and revoke keys for programs, which act for oneself in one of one's offices.
    ManageApiKeys = "manage_api_keys", "管理程序密钥", "manage API keys";
    /// Read the school's clock.
    ReadClock = "read_clock", "查看系统时间", "read the clock";
    /// Move the school's clock, where it is moved by hand.
    MoveClock = "move_clock", "调整系统时间", "move the clock";
}

impl Action {
    /// True of what nobody leaves to a program: what one does for oneself, decides about others, or gives away.
    pub fn is_a_persons_own(self) -> bool {
        matches!(
            self,
            Action::CheckIn
                | Action::SubmitSlip
                | Action::ApproveSlip
                | Action::RejectSlip
                | Action::AppointOffice
                | Action::AppointClassCadre
                | Action::AppointSeniorOffice
                | Action::DelegateOffice
                | Action::ManageOwnSignIn
                | Action::ManageSignIn
                | Action::ManageApiKeys
        )
    }

    /// The action that appoints to a role, and ends it.
    pub fn appointing(role: Role) -> Action {
        match role {
            Role::ClassCadre => Action::AppointClassCadre,
            Role::DepartmentSecretary | Role::SchoolLeader | Role::ItAdmin => {
                Action::AppointSeniorOffice
            }
            _ => Action::AppointOffice,
        }
    }
}
