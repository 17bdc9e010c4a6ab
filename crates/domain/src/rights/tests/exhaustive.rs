//! Every action by every role, over every scope, about every kind of target, before, within and after its dates,
//! against [`told`](super::sentences::told) and a scope told case by case.

use super::sentences::told;
use super::*;

fn template(text: &str) -> TemplateId {
    TemplateId::parse(text).unwrap()
}

/// What may be asked about, with a name for each.
fn targets() -> Vec<(&'static str, Target)> {
    let on_floor = Target::student(person("p5"), class("c1"), 2024).on_floor("A5");
    let other_department = Target {
        department: Some("机电系".into()),
        ..Target::default()
    };
    vec![
        ("the school", Target::school()),
        ("me", Target::person(person("me"))),
        ("me in c1", Target::student(person("me"), class("c1"), 2024)),
        (
            "my child in c2",
            Target::student(person("child"), class("c2"), 2024),
        ),
        ("class c1", Target::class(class("c1"), 2024)),
        (
            "class c2 of the same year",
            Target::class(class("c2"), 2024),
        ),
        ("class c3 of another year", Target::class(class("c3"), 2023)),
        (
            "a student of c1",
            Target::student(person("p1"), class("c1"), 2024),
        ),
        (
            "a student of c3",
            Target::student(person("p3"), class("c3"), 2023),
        ),
        (
            "c1 on t1",
            Target::class(class("c1"), 2024).on(template("t1")),
        ),
        (
            "c3 on t1",
            Target::class(class("c3"), 2023).on(template("t1")),
        ),
        (
            "c1 on t2",
            Target::class(class("c1"), 2024).on(template("t2")),
        ),
        ("a student of c1 on floor A5", on_floor),
        ("floor A6", Target::school().on_floor("A6")),
        ("another department", other_department),
    ]
}

/// Every scope, and by name what lies in it.
fn scopes() -> Vec<(Scope, Vec<&'static str>)> {
    let everything: Vec<&str> = targets().into_iter().map(|(name, _)| name).collect();
    let in_c1 = vec![
        "me in c1",
        "class c1",
        "a student of c1",
        "c1 on t1",
        "c1 on t2",
        "a student of c1 on floor A5",
    ];
    let mut entered_2024 = in_c1.clone();
    entered_2024.extend(["my child in c2", "class c2 of the same year"]);
    let mut in_department = everything.clone();
    in_department.retain(|name| *name != "another department");
    vec![
        (Scope::Class(class("c1")), in_c1),
        (Scope::Grade(2024), entered_2024),
        (department(), in_department),
        (
            Scope::DormFloor("A5".into()),
            vec!["a student of c1 on floor A5"],
        ),
        (
            Scope::Template(template("t1")),
            vec!["c1 on t1", "c3 on t1"],
        ),
        (Scope::Person(person("me")), vec!["me", "me in c1"]),
        (Scope::Person(person("child")), vec!["my child in c2"]),
        (Scope::School, everything),
    ]
}

/// Instants around an office from 08:00 to 18:00, and whether it counts then.
const INSTANTS: [(&str, bool); 7] = [
    ("2026-08-31T00:00:00+08:00", false),
    ("07:59:59.999", false),
    ("08:00:00", true),
    ("12:00:00", true),
    ("17:59:59.999", true),
    ("18:00:00", false),
    ("2027-08-31T00:00:00+08:00", false),
];

#[test]
fn every_action_by_every_role_over_every_scope_about_everything_at_every_instant() {
    let mut asked = 0_u32;
    for role in Role::ALL {
        let told = told(role);
        for (scope, within) in scopes() {
            let office = held(role, scope.clone());
            let mine: &[&str] = match &scope {
                Scope::Person(of) if *of == person("child") && role == Role::Guardian => {
                    &["me", "me in c1", "my child in c2"]
                }
                Scope::Person(of) if *of == person("child") => &["my child in c2"],
                _ => &["me", "me in c1"],
            };
            for action in Action::ALL {
                for (name, target) in targets() {
                    let may = told.all.contains(action)
                        || told.scope.contains(action) && within.contains(&name)
                        || told.own.contains(action) && mine.contains(&name);
                    for (instant, counts) in INSTANTS {
                        let granted =
                            grant(*action, std::slice::from_ref(&office), &target, at(instant));
                        assert_eq!(
                            granted.is_some(),
                            may && counts,
                            "{action:?} by {role:?} over {scope:?} about {name} at {instant}"
                        );
                        asked += 1;
                    }
                }
            }
        }
    }
    assert!(asked > 300_000, "{asked}");
}

#[test]
fn two_offices_may_do_what_either_may_and_no_more() {
    let now = at("12:00:00");
    let mut offices = Vec::new();
    for role in Role::ALL {
        offices.push(held(role, Scope::Class(class("c1"))));
        offices.push(held(role, Scope::Grade(2023)));
    }
    for one in &offices {
        for other in &offices {
            for action in Action::ALL {
                for (name, target) in targets() {
                    let alone = |office: &HeldOffice| {
                        let office = std::slice::from_ref(office);
                        grant(*action, office, &target, now).is_some()
                    };
                    let both = [one.clone(), other.clone()];
                    let granted = grant(*action, &both, &target, now);
                    assert_eq!(
                        granted.is_some(),
                        alone(one) || alone(other),
                        "{action:?} {name}"
                    );
                    if let Some(granted) = granted {
                        let acted = both.iter().find(|held| held.office == granted.office);
                        assert!(
                            alone(acted.unwrap()),
                            "{action:?} {name}: acts as what permits it"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn the_service_itself_and_an_administrator_nobody_knows_own_nothing() {
    for role in Role::ALL {
        let mut office = held(role, Scope::School);
        office.holder = None;
        let own = told(role).own;
        for action in own {
            let target = Target::person(person("me"));
            assert_eq!(
                grant(*action, &[office.clone()], &target, at("12:00:00")),
                None
            );
            assert_eq!(
                grant(
                    *action,
                    &[office.clone()],
                    &Target::school(),
                    at("12:00:00")
                ),
                None
            );
        }
    }
}
