use homeroom_domain::office::{Office, Role, Scope};
use homeroom_domain::report::{Item, ItemKind, TemplateEvent, TemplatePublished, TemplateTerms};
use homeroom_domain::rights::{HeldOffice, Target};
use homeroom_domain::roster::{
    ClassCorrected, ClassOpened, GuardianAdded, GuardianRegistered, GuardianRemoved, Leaving,
    OfficeAppointed, OfficeEnded, RosterEvent, StaffCorrected, StaffJoined, StudentCorrected,
    StudentEnrolled, StudentLeft, StudentMoved, StudentResumed, StudentSuspended,
};
use homeroom_domain::rule::{RuleCreated, RuleEvent, RuleRetired, RuleRevised, RuleTerms};
use homeroom_domain::sealed::{Category, Mark, Sealed};
use homeroom_domain::{Boundary, ClassId, Moment, PersonId, RuleId, SchoolDate, TemplateId, Zone};
use homeroom_projection::RunError;
use homeroom_projection::testing::Story;
use tempfile::TempDir;

use crate::{Directory, DirectoryProjection, PersonKind};

const MORNING: &str = "2026-11-23T07:00:00+08:00";

fn person(text: &str) -> PersonId {
    PersonId::parse(text).unwrap()
}

fn class(text: &str) -> ClassId {
    ClassId::parse(text).unwrap()
}

fn mark(text: &str) -> Mark {
    Mark(text.to_owned())
}

fn sealed(of: &str, words: &str) -> Sealed {
    Sealed {
        person: person(of),
        category: Category::Identity,
        ciphertext: words.to_owned(),
    }
}

fn opened(id: &str, code: &str, name: &str) -> RosterEvent {
    let (code, name, major) = (code.to_owned(), name.to_owned(), "计算机应用".to_owned());
    RosterEvent::ClassOpened(ClassOpened {
        class: class(id),
        code,
        name,
        entered: 2024,
        major,
    })
}

fn enrolled(student: &str, into: &str) -> RosterEvent {
    RosterEvent::StudentEnrolled(StudentEnrolled {
        student: person(student),
        class: class(into),
        on: date("2026-09-01T00:00:00+08:00"),
        dorm: Some("3-502".to_owned()),
        number: mark(&format!("number of {student}")),
        identity: mark("whole"),
        sealed: sealed(student, "first"),
    })
}

fn joined(staff: &str) -> RosterEvent {
    RosterEvent::StaffJoined(StaffJoined {
        staff: person(staff),
        number: mark(&format!("number of {staff}")),
        identity: mark("whole"),
        sealed: sealed(staff, "first"),
    })
}

fn office(role: Role, of: &str, title: Option<&str>) -> Office {
    Office {
        role,
        scope: Scope::Class(class(of)),
        title: title.map(str::to_owned),
    }
}

/// What a student is of themselves.
fn of_student(student: &str) -> Office {
    Office {
        role: Role::Student,
        scope: Scope::Person(person(student)),
        title: None,
    }
}

fn moment(text: &str) -> Moment {
    Moment::parse(text).unwrap()
}

fn morning() -> Moment {
    moment(MORNING)
}

fn appointed(who: &str, office: Office) -> RosterEvent {
    from_to(who, office, MORNING, None, None)
}

fn from_to(
    who: &str,
    office: Office,
    from: &str,
    to: Option<&str>,
    of: Option<&str>,
) -> RosterEvent {
    RosterEvent::OfficeAppointed(OfficeAppointed {
        person: person(who),
        office,
        from: moment(from),
        to: to.map(moment),
        deputises_for: of.map(person),
        imported: false,
    })
}

fn ended(who: &str, office: Office, to: &str, of: Option<&str>) -> RosterEvent {
    RosterEvent::OfficeEnded(OfficeEnded {
        person: person(who),
        office,
        to: moment(to),
        deputises_for: of.map(person),
        imported: false,
    })
}

/// The directory after this roster, in the order told.
fn directory(roster: &[&[RosterEvent]]) -> (TempDir, Directory) {
    let mut story = Story::default();
    for events in roster {
        story.tell(Boundary::roster(), MORNING, events);
    }
    read(&story)
}

fn held(directory: &Directory, of: &str) -> Vec<HeldOffice> {
    let person = directory.person(&person(of)).unwrap().unwrap();
    directory.held(&person).unwrap()
}

/// What somebody may act in at an instant.
fn offices(directory: &Directory, of: &str, at: Moment) -> Vec<Office> {
    let held = held(directory, of).into_iter();
    held.filter(|held| held.counts_at(at))
        .map(|held| held.office)
        .collect()
}

/// The members of a class on the morning's date.
fn members(directory: &Directory, of: &str) -> Vec<String> {
    let members = directory.members(&class(of), date(MORNING)).unwrap();
    members.iter().map(|member| member.id.to_string()).collect()
}

fn date(text: &str) -> SchoolDate {
    moment(text).date(Zone::Asia__Shanghai)
}

fn read(story: &Story) -> (TempDir, Directory) {
    let views = TempDir::new().unwrap();
    let view = story.folded(&DirectoryProjection, views.path()).unwrap();
    (views, Directory::read(&view).unwrap())
}

#[test]
fn a_student_is_found_by_number_with_class_dorm_and_a_sealed_identity() {
    let (_views, directory) =
        directory(&[&[opened("c1", "24JY1", "计应1班"), enrolled("p1", "c1")]]);
    let student = directory
        .person_by_number(&mark("number of p1"))
        .unwrap()
        .unwrap();
    assert_eq!(student, directory.person(&person("p1")).unwrap().unwrap());
    assert_eq!(
        (student.kind, student.class.clone()),
        (PersonKind::Student, Some(class("c1")))
    );
    assert_eq!(
        (student.dorm.as_deref(), &student.number),
        (Some("3-502"), &mark("number of p1"))
    );
    assert_eq!(student.identity, sealed("p1", "first"));
    assert_eq!(
        directory
            .person_by_number(&mark("number of nobody"))
            .unwrap(),
        None
    );
    assert_eq!(directory.person(&person("p2")).unwrap(), None);
}

#[test]
fn a_student_who_moves_is_a_member_of_the_new_class_alone() {
    let moved = StudentMoved {
        student: person("p1"),
        from: class("c1"),
        to: class("c2"),
        on: date(MORNING),
    };
    let (_views, directory) = directory(&[
        &[
            opened("c1", "24JY1", "计应1班"),
            opened("c2", "24JY2", "计应2班"),
        ],
        &[
            enrolled("p1", "c1"),
            enrolled("p2", "c1"),
            enrolled("p3", "c2"),
        ],
        &[RosterEvent::StudentMoved(moved)],
    ]);
    assert_eq!(members(&directory, "c1"), ["p2"]);
    assert_eq!(members(&directory, "c2"), ["p1", "p3"]);
    let before = date(MORNING).pred_opt().unwrap();
    let then = directory.members(&class("c1"), before).unwrap();
    assert_eq!(then.len(), 2, "on the day before, p1 was still one of it");
    assert_eq!(
        directory.person(&person("p1")).unwrap().unwrap().class,
        Some(class("c2"))
    );
}

#[test]
fn corrections_replace_what_was_said_and_nothing_else() {
    let student = StudentCorrected {
        student: person("p1"),
        dorm: None,
        identity: mark("other"),
        sealed: sealed("p1", "second"),
    };
    let staff = StaffCorrected {
        staff: person("t1"),
        identity: mark("other"),
        sealed: sealed("t1", "second"),
    };
    let (_views, directory) = directory(&[
        &[
            opened("c1", "24JY1", "计应1班"),
            enrolled("p1", "c1"),
            joined("t1"),
        ],
        &[
            RosterEvent::StudentCorrected(student),
            RosterEvent::StaffCorrected(staff),
        ],
    ]);
    let student = directory.person(&person("p1")).unwrap().unwrap();
    assert_eq!((student.dorm, student.class), (None, Some(class("c1"))));
    assert_eq!(student.identity, sealed("p1", "second"));
    let staff = directory
        .person_by_number(&mark("number of t1"))
        .unwrap()
        .unwrap();
    assert_eq!(
        (staff.kind, staff.class, staff.identity),
        (PersonKind::Staff, None, sealed("t1", "second"))
    );
}

#[test]
fn a_class_is_found_by_code_and_by_its_newest_name_only() {
    let corrected = ClassCorrected {
        class: class("c1"),
        name: "计应甲班".to_owned(),
        entered: 2023,
        major: "计算机网络".to_owned(),
    };
    let (_views, directory) = directory(&[
        &[
            opened("c2", "24JY2", "计应2班"),
            opened("c1", "24JY1", "计应1班"),
        ],
        &[RosterEvent::ClassCorrected(corrected)],
    ]);
    let found = directory.class_by_code("24JY1").unwrap().unwrap();
    assert_eq!(
        (found.name.as_str(), found.entered, found.major.as_str()),
        ("计应甲班", 2023, "计算机网络")
    );
    assert_eq!(directory.class_by_name("计应甲班").unwrap(), Some(found));
    assert_eq!(directory.class_by_name("计应1班").unwrap(), None);
    assert_eq!(
        directory.class_by_code("24JY").unwrap(),
        None,
        "half a code is no code"
    );
    let codes: Vec<_> = directory
        .classes()
        .unwrap()
        .into_iter()
        .map(|class| class.code)
        .collect();
    assert_eq!(codes, ["24JY1", "24JY2"]);
}

#[test]
fn classes_that_swap_their_names_are_each_found_by_the_new_one() {
    let renamed = |id: &str, name: &str| {
        let (name, major) = (name.to_owned(), "计算机应用".to_owned());
        RosterEvent::ClassCorrected(ClassCorrected {
            class: class(id),
            name,
            entered: 2024,
            major,
        })
    };
    let (_views, directory) = directory(&[
        &[opened("c1", "24JY1", "甲班"), opened("c2", "24JY2", "乙班")],
        &[renamed("c1", "乙班"), renamed("c2", "甲班")],
    ]);
    assert_eq!(
        directory.class_by_name("乙班").unwrap().unwrap().id,
        class("c1")
    );
    assert_eq!(
        directory.class_by_name("甲班").unwrap().unwrap().id,
        class("c2")
    );
}

#[test]
fn offices_are_known_by_person_and_by_scope_until_they_end() {
    let cadre = |title| office(Role::ClassCadre, "c1", Some(title));
    let teacher = office(Role::HomeroomTeacher, "c1", None);
    let (_views, directory) = directory(&[
        &[
            opened("c1", "24JY1", "计应1班"),
            enrolled("p1", "c1"),
            joined("t1"),
        ],
        &[
            appointed("t1", teacher.clone()),
            appointed("p1", cadre("考勤委员")),
            appointed("p1", cadre("卫生委员")),
        ],
        &[ended("p1", cadre("考勤委员"), MORNING, None)],
    ]);
    let now = morning();
    let teacher_of = |of: &str, at| directory.homeroom_teacher(&class(of), at).unwrap();
    assert_eq!(teacher_of("c1", now), Some(person("t1")));
    assert_eq!(teacher_of("c1", now.plus_ms(-1)), None, "not before");
    assert_eq!(teacher_of("c2", now), None);
    assert_eq!(
        offices(&directory, "p1", now),
        [of_student("p1"), cadre("卫生委员")]
    );
    assert_eq!(
        directory
            .holders(Role::ClassCadre, &Scope::Class(class("c1")), now)
            .unwrap(),
        [person("p1")]
    );
    let as_teacher = HeldOffice {
        holder: Some(person("t1")),
        office: teacher,
        from: now,
        to: None,
        deputises_for: None,
    };
    assert_eq!(held(&directory, "t1"), [as_teacher]);
}

#[test]
fn who_held_an_office_at_an_instant_stays_known_after_somebody_else_holds_it() {
    let teacher = || office(Role::HomeroomTeacher, "c1", None);
    let noon = "2026-11-23T12:00:00+08:00";
    let evening = "2026-11-23T18:00:00+08:00";
    let (_views, directory) = directory(&[
        &[joined("t1"), joined("t2"), appointed("t1", teacher())],
        &[
            ended("t1", teacher(), noon, None),
            from_to("t2", teacher(), noon, Some(evening), None),
        ],
    ]);
    let at = |text: &str, before_ms: i64| {
        let at = moment(text).plus_ms(-before_ms);
        let teacher = directory.homeroom_teacher(&class("c1"), at).unwrap();
        teacher.map(|teacher| teacher.to_string())
    };
    assert_eq!(at(noon, 1).as_deref(), Some("t1"));
    assert_eq!(at(noon, 0).as_deref(), Some("t2"));
    assert_eq!(at(evening, 1).as_deref(), Some("t2"));
    assert_eq!(at(evening, 0), None);
    assert_eq!(held(&directory, "t1")[0].to, Some(moment(noon)));
}

#[test]
fn a_deputy_is_known_as_one_and_is_no_holder() {
    let teacher = || office(Role::HomeroomTeacher, "c1", None);
    let scope = Scope::Class(class("c1"));
    let noon = "2026-11-23T12:00:00+08:00";
    let evening = "2026-11-23T18:00:00+08:00";
    let story = |more: &[RosterEvent]| {
        let deputy = from_to("t2", teacher(), noon, Some(evening), Some("t1"));
        let mut events = vec![appointed("t1", teacher()), deputy];
        events.extend_from_slice(more);
        directory(&[&[joined("t1"), joined("t2")], &events])
    };
    let (_views, directory) = story(&[]);
    let deputies = |directory: &Directory, text: &str| {
        let at = moment(text);
        directory
            .deputies(Role::HomeroomTeacher, &scope, at)
            .unwrap()
    };
    assert_eq!(deputies(&directory, MORNING), []);
    assert_eq!(deputies(&directory, noon), [(person("t2"), person("t1"))]);
    assert_eq!(deputies(&directory, evening), []);
    let holders = directory.holders(Role::HomeroomTeacher, &scope, moment(noon));
    assert_eq!(holders.unwrap(), [person("t1")]);
    assert_eq!(offices(&directory, "t2", moment(noon)), [teacher()]);
    assert_eq!(held(&directory, "t2")[0].deputises_for, Some(person("t1")));
    let (_views, directory) = story(&[ended("t2", teacher(), MORNING, Some("t1"))]);
    assert_eq!(held(&directory, "t2"), [], "ended before it began");
    assert_eq!(deputies(&directory, noon), []);
}

#[test]
fn the_longest_names_a_roster_takes_fit_the_keys_of_the_view() {
    // Sixty characters of four bytes each.
    let long = "𠮷".repeat(60);
    let scope = Scope::Department(long.clone());
    let office = Office {
        role: Role::StudentAffairsOfficer,
        scope: scope.clone(),
        title: Some(long.clone()),
    };
    let (_views, directory) = directory(&[&[
        opened("c1", &long, &long),
        joined("t1"),
        appointed("t1", office.clone()),
    ]]);
    assert_eq!(directory.class_by_name(&long).unwrap().unwrap().code, long);
    assert_eq!(
        directory
            .holders(Role::StudentAffairsOfficer, &scope, morning())
            .unwrap(),
        [person("t1")]
    );
    assert_eq!(offices(&directory, "t1", morning()), [office]);
}

fn terms(name: &str, classes: &str) -> RuleTerms {
    serde_json::from_value(serde_json::json!({
        "name": name,
        "classes": if classes == "all" { "all".into() } else { serde_json::json!({"only": [classes]}) },
        "weekdays": ["Mon"],
        "opens": "06:40:00", "on_time_until": "07:20:00", "closes": "07:40:00",
        "place": {"centre": {"lat": 31.2, "lng": 121.4}, "radius_m": 200.0},
    }))
    .unwrap()
}

#[test]
fn a_rule_binds_its_classes_in_its_newest_version_until_it_is_retired() {
    let rule = |id: &str| RuleId::parse(id).unwrap();
    let created = |id, terms| {
        RuleEvent::Created(RuleCreated {
            rule: rule(id),
            version: 1,
            terms,
        })
    };
    let revised = RuleRevised {
        rule: rule("r1"),
        version: 2,
        terms: terms("早点名二", "all"),
    };
    let mut story = Story::default();
    story.tell(
        Boundary::rules(),
        MORNING,
        &[created("r1", terms("早点名", "all"))],
    );
    story.tell(
        Boundary::rules(),
        MORNING,
        &[created("r2", terms("晚点名", "c2"))],
    );
    story.tell(
        Boundary::rules(),
        MORNING,
        &[created("r3", terms("午点名", "c1"))],
    );
    story.tell(
        Boundary::rules(),
        "2026-11-24T07:00:00+08:00",
        &[RuleEvent::Revised(revised)],
    );
    story.tell(
        Boundary::rules(),
        MORNING,
        &[RuleEvent::Retired(RuleRetired { rule: rule("r3") })],
    );
    let (_views, directory) = read(&story);
    let binding = |class_: &str| -> Vec<_> {
        let rules = directory.rules_for(&class(class_)).unwrap();
        rules
            .into_iter()
            .map(|bound| (bound.rule, bound.version))
            .collect()
    };
    assert_eq!(binding("c1"), [(rule("r1"), 2)]);
    assert_eq!(binding("c2"), [(rule("r1"), 2), (rule("r2"), 1)]);
    let first = directory.rule(&rule("r1")).unwrap().unwrap();
    assert_eq!(
        (first.terms.name.as_str(), first.in_force),
        ("早点名二", true)
    );
    assert_eq!(first.created, Moment::parse(MORNING).unwrap());
    assert!(!directory.rule(&rule("r3")).unwrap().unwrap().in_force);
}

#[test]
fn a_template_is_known_in_its_newest_version() {
    let id = TemplateId::parse("t1").unwrap();
    let published = |version, name: &str| {
        let item = Item {
            key: "floor".to_owned(),
            label: "地面".to_owned(),
            kind: ItemKind::Deduction {
                max_hundredths: 500,
            },
            required: true,
        };
        let terms = TemplateTerms {
            name: name.to_owned(),
            full_marks_hundredths: 10_000,
            items: vec![item],
        };
        TemplateEvent::Published(TemplatePublished {
            template: id.clone(),
            version,
            terms,
        })
    };
    let mut story = Story::default();
    story.tell(
        Boundary::template(&id),
        MORNING,
        &[published(1, "早间卫生")],
    );
    story.tell(
        Boundary::template(&id),
        MORNING,
        &[published(2, "早间卫生检查")],
    );
    let (_views, directory) = read(&story);
    let template = directory.template(&id).unwrap().unwrap();
    assert_eq!(
        (template.version, template.terms.name.as_str()),
        (2, "早间卫生检查")
    );
    assert_eq!(directory.templates().unwrap(), [template]);
}

#[test]
fn a_change_of_what_never_began_stops_the_fold_and_says_of_whom() {
    let moved = StudentMoved {
        student: person("p9"),
        from: class("c1"),
        to: class("c2"),
        on: date(MORNING),
    };
    let mut story = Story::default();
    story.tell(
        Boundary::roster(),
        MORNING,
        &[opened("c1", "24JY1", "计应1班")],
    );
    story.tell(
        Boundary::roster(),
        MORNING,
        &[RosterEvent::StudentMoved(moved)],
    );
    let views = TempDir::new().unwrap();
    let error = story
        .folded(&DirectoryProjection, views.path())
        .unwrap_err();
    assert!(matches!(error, RunError::Poison { .. }));
    assert!(
        error.to_string().contains("position 2") && error.to_string().contains("p9"),
        "{error}"
    );
}

/// A class with the student `p1`, and these events after.
fn class_of_one(more: &[RosterEvent]) -> (TempDir, Directory) {
    directory(&[
        &[opened("c1", "24JY1", "计应1班"), enrolled("p1", "c1")],
        more,
    ])
}

#[test]
fn a_suspended_student_is_a_member_without_duty_from_that_date_until_back() {
    let suspended = StudentSuspended {
        student: person("p1"),
        from: "2026-11-10".parse().unwrap(),
    };
    let resumed = StudentResumed {
        student: person("p1"),
        from: "2026-11-23".parse().unwrap(),
    };
    let (_views, directory) = class_of_one(&[
        RosterEvent::StudentSuspended(suspended),
        RosterEvent::StudentResumed(resumed),
    ]);
    let on = |date: &str| {
        let date = date.parse().unwrap();
        let members = directory.members(&class("c1"), date).unwrap().len();
        (
            members,
            directory.on_duty(&class("c1"), date).unwrap().len(),
        )
    };
    assert_eq!(on("2026-08-31"), (0, 0), "not enrolled yet");
    assert_eq!(on("2026-11-09"), (1, 1));
    assert_eq!(on("2026-11-10"), (1, 0));
    assert_eq!(on("2026-11-22"), (1, 0));
    assert_eq!(on("2026-11-23"), (1, 1));
}

#[test]
fn whoever_has_left_is_no_member_and_holds_nothing_from_that_instant_and_may_come_back() {
    let until = moment("2026-11-24T00:00:00+08:00");
    let left = StudentLeft {
        student: person("p1"),
        last_day: "2026-11-23".parse().unwrap(),
        until,
        how: Leaving::Left,
    };
    let left = RosterEvent::StudentLeft(left);
    let (_views, gone) = class_of_one(std::slice::from_ref(&left));
    assert_eq!(members(&gone, "c1"), ["p1"], "the last day is a day");
    let next = "2026-11-24".parse().unwrap();
    assert_eq!(gone.on_duty(&class("c1"), next).unwrap(), []);
    assert_eq!(offices(&gone, "p1", until.plus_ms(-1)), [of_student("p1")]);
    assert_eq!(offices(&gone, "p1", until), []);
    let back = RosterEvent::StudentEnrolled(StudentEnrolled {
        on: "2026-12-01".parse().unwrap(),
        ..match enrolled("p1", "c1") {
            RosterEvent::StudentEnrolled(e) => e,
            _ => unreachable!(),
        }
    });
    let (_views, back) = class_of_one(&[left, back]);
    assert_eq!(back.on_duty(&class("c1"), next).unwrap(), []);
    let day = "2026-12-01".parse().unwrap();
    assert_eq!(back.on_duty(&class("c1"), day).unwrap(), [person("p1")]);
    assert_eq!(offices(&back, "p1", until), [of_student("p1")]);
}

#[test]
fn a_guardian_acts_for_the_child_until_taken_off() {
    let registered = GuardianRegistered {
        guardian: person("g1"),
        number: mark("13800000000"),
        identity: mark("whole"),
        sealed: sealed("g1", "first"),
    };
    let pair = || (person("g1"), person("p1"));
    let (guardian, student) = pair();
    let added = RosterEvent::GuardianAdded(GuardianAdded { guardian, student });
    let events = [RosterEvent::GuardianRegistered(registered), added];
    let (_views, directory) = class_of_one(&events);
    let of_child = Office {
        role: Role::Guardian,
        ..of_student("p1")
    };
    assert_eq!(offices(&directory, "g1", morning()), [of_child]);
    let guardians = directory.guardians(&person("p1")).unwrap();
    assert_eq!(guardians[0].kind, PersonKind::Guardian);
    let (guardian, student) = pair();
    let removed = RosterEvent::GuardianRemoved(GuardianRemoved { guardian, student });
    let (_views, directory) = class_of_one(&[events[0].clone(), events[1].clone(), removed]);
    assert_eq!(offices(&directory, "g1", morning()), []);
    assert_eq!(directory.guardians(&person("p1")).unwrap(), []);
}

#[test]
fn what_an_action_on_a_student_is_about_is_the_student_the_class_and_its_grade() {
    let (_views, directory) = class_of_one(&[]);
    let student = directory.person(&person("p1")).unwrap().unwrap();
    assert_eq!(
        directory.target(&student).unwrap(),
        Target::student(person("p1"), class("c1"), 2024)
    );
}
