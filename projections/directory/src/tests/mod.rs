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

mod offices;
mod people;

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
