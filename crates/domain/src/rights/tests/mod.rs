mod exhaustive;
mod sentences;

use super::*;
use crate::id::{ClassId, PersonId, TemplateId};
use crate::office::{Office, Role, Scope};
use crate::refusal::Language;
use crate::testing::at;
use crate::time::Moment;

fn person(text: &str) -> PersonId {
    PersonId::parse(text).unwrap()
}

fn class(text: &str) -> ClassId {
    ClassId::parse(text).unwrap()
}

fn department() -> Scope {
    Scope::Department("综职系".into())
}

/// An office of `me`, from 08:00 to 18:00.
fn held(role: Role, scope: Scope) -> HeldOffice {
    HeldOffice {
        holder: Some(person("me")),
        office: Office {
            role,
            scope,
            title: None,
        },
        from: at("08:00:00"),
        to: Some(at("18:00:00")),
        deputises_for: None,
    }
}

fn homeroom(of: &str) -> HeldOffice {
    held(Role::HomeroomTeacher, Scope::Class(class(of)))
}

/// A student of the class c1, which entered in 2024.
fn student() -> Target {
    Target::student(person("p1"), class("c1"), 2024)
}

#[test]
fn nobody_without_an_office_may_do_anything() {
    for action in Action::ALL {
        assert_eq!(grant(*action, &[], &student(), at("09:00:00")), None);
    }
}

#[test]
fn an_office_without_an_end_counts_until_somebody_ends_it() {
    let mut office = homeroom("c1");
    office.to = None;
    let granted = grant(Action::ApproveSlip, &[office], &student(), Moment::MAX);
    assert!(granted.is_some());
}

#[test]
fn a_deputy_may_do_what_the_office_may_and_the_grant_says_for_whom() {
    let mut deputy = homeroom("c1");
    deputy.deputises_for = Some(person("t1"));
    let granted = grant(Action::ApproveSlip, &[deputy], &student(), at("09:00:00")).unwrap();
    assert_eq!(granted.deputises_for, Some(person("t1")));
    assert_eq!(granted.reach, Reach::Scope);
}

#[test]
fn of_several_offices_the_one_nearest_to_the_matter_is_acted_in() {
    let now = at("09:00:00");
    let officer = held(Role::StudentAffairsOfficer, department());
    let counsellor = held(Role::Counsellor, Scope::Grade(2024));
    let mut stands_in = homeroom("c1");
    stands_in.deputises_for = Some(person("t1"));
    let mut offices = vec![officer.clone(), counsellor.clone()];
    let acted = |offices: &[HeldOffice], target: &Target| {
        let granted = grant(Action::ReadReason, offices, target, now).unwrap();
        granted.office.role
    };
    assert_eq!(acted(&offices, &student()), Role::Counsellor);
    offices.push(stands_in);
    assert_eq!(
        acted(&offices, &student()),
        Role::Counsellor,
        "an office of one's own before one deputised for"
    );
    offices.push(homeroom("c1"));
    assert_eq!(acted(&offices, &student()), Role::HomeroomTeacher);
    offices.push(held(Role::Student, Scope::Person(person("p1"))));
    assert_eq!(acted(&offices, &student()), Role::Student);
    let elsewhere = Target::student(person("p2"), class("c9"), 2023);
    assert_eq!(acted(&offices, &elsewhere), Role::StudentAffairsOfficer);
    offices.reverse();
    assert_eq!(
        acted(&offices, &student()),
        Role::Student,
        "in whatever order they are told"
    );
}

#[test]
fn a_replaced_homeroom_teacher_may_do_nothing_from_the_instant_of_the_replacement() {
    let (mut before, mut after) = (homeroom("c1"), homeroom("c1"));
    before.to = Some(at("12:00:00"));
    after.holder = Some(person("t2"));
    after.from = at("12:00:00");
    let may = |office: &HeldOffice, time| {
        let office = std::slice::from_ref(office);
        grant(Action::ApproveSlip, office, &student(), at(time)).is_some()
    };
    assert_eq!(
        (may(&before, "11:59:59.999"), may(&after, "11:59:59.999")),
        (true, false)
    );
    assert_eq!(
        (may(&before, "12:00:00"), may(&after, "12:00:00")),
        (false, true)
    );
}

#[test]
fn a_template_or_a_floor_is_covered_only_where_the_matter_names_it() {
    let t1 = TemplateId::parse("t1").unwrap();
    let on_template = held(Role::DepartmentCadre, Scope::Template(t1.clone()));
    let on_floor = held(Role::DepartmentCadre, Scope::DormFloor("A5".into()));
    let files = |office: &HeldOffice, target: Target| {
        let office = std::slice::from_ref(office);
        grant(Action::FileReport, office, &target, at("09:00:00")).is_some()
    };
    let of_class = || Target::class(class("c1"), 2024);
    assert!(files(&on_template, of_class().on(t1)));
    assert!(!files(
        &on_template,
        of_class().on(TemplateId::parse("t2").unwrap())
    ));
    assert!(!files(&on_template, of_class()));
    assert!(files(&on_floor, of_class().on_floor("A5")));
    assert!(
        !files(&on_floor, of_class().on_floor("A50")),
        "RP06: another floor"
    );
    assert!(!files(&on_floor, of_class()));
}

#[test]
fn the_school_as_a_whole_is_nobodys_class() {
    let publishes = |scope| {
        let office = held(Role::StudentAffairsOfficer, scope);
        let granted = grant(
            Action::PublishTemplate,
            &[office],
            &Target::school(),
            at("09:00:00"),
        );
        granted.is_some()
    };
    assert!(publishes(department()) && publishes(Scope::School));
    assert!(!publishes(Scope::Grade(2024)) && !publishes(Scope::Class(class("c1"))));
}

#[test]
fn every_action_and_role_has_one_name_in_every_language() {
    let names = |language: Language| -> Vec<&str> {
        let actions = Action::ALL.iter().map(|action| action.name(language));
        let roles = Role::ALL.iter().map(|role| role.name(language));
        actions.chain(roles).collect()
    };
    let of_programs: Vec<&str> = Action::ALL.iter().map(|action| action.as_str()).collect();
    for mut names in [
        names(Language::Chinese),
        names(Language::English),
        of_programs,
    ] {
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all, "{names:?}");
    }
}

#[test]
fn the_table_is_printed_whole_in_each_language_and_as_a_page() {
    for language in [Language::Chinese, Language::English] {
        let text = plain(language);
        for action in Action::ALL {
            assert_eq!(
                text.lines()
                    .filter(|line| line.starts_with(&format!("{}  ", action.name(language))))
                    .count(),
                1,
                "{action:?}"
            );
        }
        for role in Role::ALL {
            assert!(text.contains(role.name(language)), "{role:?}");
        }
        assert!(text.lines().all(|line| line == line.trim_end()));
    }
    let page = markdown();
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| ")).collect();
    assert_eq!(rows.len(), Action::ALL.len() + 1);
    for row in rows {
        assert_eq!(row.matches('|').count(), Role::ALL.len() + 2, "{row}");
    }
}

/// `HOMEROOM_WRITE_SCHEMAS=1` writes it instead.
#[test]
fn the_page_of_rights_in_the_docs_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/rights.md");
    if std::env::var_os("HOMEROOM_WRITE_SCHEMAS").is_some() {
        std::fs::write(path, markdown()).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == markdown(),
        "docs/rights.md is not current: run HOMEROOM_WRITE_SCHEMAS=1 cargo test -p homeroom-domain rights"
    );
}
