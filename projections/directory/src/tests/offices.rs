//! Offices over time.

use super::*;

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
