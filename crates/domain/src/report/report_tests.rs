use super::*;
use crate::office::{Office, Role, Scope};
use crate::report::{
    Item, PublishTemplate, TemplateDecider, TemplateEvent, TemplateProblem, TemplatePublished,
    TemplateRefused,
};
use crate::sealed::Category;
use crate::testing::{Outcome, at, given};

fn item(key: &str, kind: ItemKind, required: bool) -> Item {
    Item {
        key: key.into(),
        label: key.to_uppercase(),
        kind,
        required,
    }
}

fn hygiene() -> TemplateTerms {
    TemplateTerms {
        name: "早间卫生检查".into(),
        full_marks_hundredths: 10_000,
        items: vec![
            item(
                "floor",
                ItemKind::Deduction {
                    max_hundredths: 1_000,
                },
                true,
            ),
            item("windows", ItemKind::YesNo, true),
            item(
                "smell",
                ItemKind::Choice {
                    options: vec!["无".into(), "有".into()],
                },
                false,
            ),
            item("persons", ItemKind::Number { min: 0, max: 60 }, false),
            item("remark", ItemKind::Text { chars_max: 100 }, false),
            item(
                "desks",
                ItemKind::Deduction {
                    max_hundredths: 500,
                },
                false,
            ),
        ],
    }
}

fn sealed() -> Sealed {
    Sealed {
        person: PersonId::parse("p1").unwrap(),
        category: Category::Note,
        ciphertext: "AAAA".into(),
    }
}

fn answer(item: &str, value: AnswerValue) -> GivenAnswer {
    GivenAnswer {
        answer: Answer {
            item: item.into(),
            value,
        },
        chars: 0,
    }
}

/// Floor 2.50 off, windows open.
fn sound() -> Vec<GivenAnswer> {
    vec![
        answer("windows", AnswerValue::YesNo(true)),
        answer("floor", AnswerValue::Deduction(250)),
    ]
}

fn report(answers: Vec<GivenAnswer>) -> FileReport {
    FileReport {
        template: TemplateId::parse("t1").unwrap(),
        class: ClassId::parse("c1").unwrap(),
        date: "2026-11-23".parse().unwrap(),
        answers,
        note: None,
    }
}

fn facts(roles: &[Role]) -> FileFacts {
    let scope = |role: &Role| match role {
        Role::ClassCadre | Role::SubjectTeacher => Scope::Class(ClassId::parse("c1").unwrap()),
        Role::Student => Scope::Person(PersonId::parse("p1").unwrap()),
        _ => Scope::Department("综职系".into()),
    };
    let office = |role: &Role| HeldOffice {
        holder: Some(PersonId::parse("p1").unwrap()),
        office: Office {
            role: *role,
            scope: scope(role),
            title: None,
        },
        from: at("00:00:00"),
        to: None,
        deputises_for: None,
    };
    FileFacts {
        template_version: 2,
        terms: hygiene(),
        filer: PersonId::parse("p1").unwrap(),
        offices: roles.iter().map(office).collect(),
        entered: 2026,
        zone: Zone::Asia__Shanghai,
    }
}

fn file(report: &FileReport) -> Outcome<ReportDecider> {
    given([]).when(report, &facts(&[Role::DepartmentCadre]), at("08:00:00"))
}

#[track_caller]
fn filed(outcome: Outcome<ReportDecider>) -> ReportFiled {
    let ReportEvent::Filed(event) = outcome.events().remove(0);
    event
}

#[test]
fn a_report_scores_full_marks_less_deductions_and_keeps_the_templates_order() {
    let mut answers = sound();
    answers.push(answer("desks", AnswerValue::Deduction(50)));
    let event = filed(file(&report(answers)));
    assert_eq!(event.score_hundredths, 10_000 - 250 - 50);
    assert_eq!(
        event
            .answers
            .iter()
            .map(|a| a.item.as_str())
            .collect::<Vec<_>>(),
        ["floor", "windows", "desks"]
    );
    assert_eq!(
        (event.template_version, event.office),
        (2, Role::DepartmentCadre)
    );
}

#[test]
fn whoever_inspects_holds_an_office_that_does() {
    let with = |roles: &[Role]| {
        given::<ReportDecider>([]).when(&report(sound()), &facts(roles), at("08:00:00"))
    };
    with(&[]).then_refused(RefusalKind::Forbidden, "not-an-inspector");
    with(&[Role::Student]).then_refused(RefusalKind::Forbidden, "not-an-inspector");
    assert_eq!(filed(with(&[Role::ClassCadre])).office, Role::ClassCadre);
    assert_eq!(
        filed(with(&[Role::DepartmentCadre, Role::ClassCadre])).office,
        Role::ClassCadre,
        "the office nearest to the class is the one acted in"
    );
    with(&[Role::SubjectTeacher]).then_refused(RefusalKind::Forbidden, "not-an-inspector");
    assert_eq!(
        filed(with(&[Role::StudentAffairsOfficer])).office,
        Role::StudentAffairsOfficer
    );
}

#[test]
fn a_report_is_filed_once() {
    let first = file(&report(sound())).events();
    given::<ReportDecider>(first)
        .when(
            &report(sound()),
            &facts(&[Role::Counsellor]),
            at("09:00:00"),
        )
        .then_refused(RefusalKind::Conflict, "already-filed");
}

#[test]
fn an_inspection_is_filed_within_seven_days_and_never_ahead() {
    let on = |date: &str| {
        let report = FileReport {
            date: date.parse().unwrap(),
            ..report(sound())
        };
        file(&report)
    };
    filed(on("2026-11-23"));
    filed(on("2026-11-16"));
    let refused = on("2026-11-15").then_refused(RefusalKind::Denied, "date-too-old");
    assert_eq!(refused.field().as_deref(), Some("date"));
    on("2026-11-24").then_refused(RefusalKind::Denied, "date-in-the-future");
}

#[test]
fn bad_answers_are_refused_by_the_name_of_their_item() {
    let with = |change: GivenAnswer| {
        let mut answers = sound();
        answers.retain(|given| given.answer.item != change.answer.item);
        answers.push(change);
        file(&report(answers))
    };
    let text = |chars| GivenAnswer {
        chars,
        ..answer("remark", AnswerValue::Text(sealed()))
    };
    for (given, field, code) in [
        (
            answer("ceiling", AnswerValue::YesNo(true)),
            "answers.ceiling",
            "unknown-item",
        ),
        (
            answer("floor", AnswerValue::Deduction(1_001)),
            "answers.floor",
            "answer-out-of-limits",
        ),
        (
            answer("floor", AnswerValue::Deduction(-1)),
            "answers.floor",
            "answer-out-of-limits",
        ),
        (
            answer("floor", AnswerValue::Number(5)),
            "answers.floor",
            "answer-out-of-limits",
        ),
        (
            answer("smell", AnswerValue::Choice("也许".into())),
            "answers.smell",
            "answer-out-of-limits",
        ),
        (
            answer("persons", AnswerValue::Number(61)),
            "answers.persons",
            "answer-out-of-limits",
        ),
        (text(101), "answers.remark", "answer-out-of-limits"),
    ] {
        let refused = with(given).then_refused(RefusalKind::Invalid, code);
        assert_eq!(refused.field().as_deref(), Some(field));
    }
    filed(with(text(100)));
    filed(with(answer("smell", AnswerValue::Choice("有".into()))));
    filed(with(answer("persons", AnswerValue::Number(60))));

    let missing =
        file(&report(sound()[..1].to_vec())).then_refused(RefusalKind::Invalid, "answer-missing");
    assert_eq!(missing.field().as_deref(), Some("answers.floor"));
    let mut twice = sound();
    twice.push(answer("floor", AnswerValue::Deduction(0)));
    let twice = file(&report(twice)).then_refused(RefusalKind::Invalid, "unknown-item");
    assert_eq!(twice.field().as_deref(), Some("answers.floor"));
}

fn publish(terms: TemplateTerms) -> PublishTemplate {
    PublishTemplate {
        template: TemplateId::parse("t1").unwrap(),
        terms,
    }
}

fn published(version: u32, terms: TemplateTerms) -> TemplateEvent {
    TemplateEvent::Published(TemplatePublished {
        template: TemplateId::parse("t1").unwrap(),
        version,
        terms,
    })
}

#[test]
fn publishing_again_makes_a_new_version_unless_nothing_changed() {
    let now = at("08:00:00");
    given::<TemplateDecider>([])
        .when(&publish(hygiene()), &(), now)
        .then([published(1, hygiene())]);
    given::<TemplateDecider>([published(1, hygiene())])
        .when(&publish(hygiene()), &(), now)
        .then_nothing();
    let changed = TemplateTerms {
        full_marks_hundredths: 5_000,
        ..hygiene()
    };
    given::<TemplateDecider>([published(1, hygiene())])
        .when(&publish(changed.clone()), &(), now)
        .then([published(2, changed)]);
}

#[test]
fn templates_that_make_no_sense_are_refused_by_the_field_at_fault() {
    let with = |change: fn(&mut TemplateTerms)| {
        let mut terms = hygiene();
        change(&mut terms);
        terms
    };
    let options = |options: &[&str]| {
        let mut terms = hygiene();
        terms.items[2].kind = ItemKind::Choice {
            options: options.iter().map(|&o| o.to_owned()).collect(),
        };
        terms
    };
    use TemplateProblem as Problem;
    for (terms, field, problem) in [
        (with(|t| t.name = " ".into()), "name", Problem::Text),
        (with(|t| t.name = "长".repeat(61)), "name", Problem::Text),
        (
            with(|t| t.full_marks_hundredths = -1),
            "full_marks_hundredths",
            Problem::Limit,
        ),
        (with(|t| t.items.clear()), "items", Problem::Items),
        (
            with(|t| t.items = vec![t.items[0].clone(); 201]),
            "items",
            Problem::Items,
        ),
        (
            with(|t| t.items[1].key = "floor".into()),
            "items[1].key",
            Problem::Key,
        ),
        (
            with(|t| t.items[1].key = "Floor".into()),
            "items[1].key",
            Problem::Key,
        ),
        (
            with(|t| t.items[1].key = "地面".into()),
            "items[1].key",
            Problem::Key,
        ),
        (
            with(|t| t.items[1].key = String::new()),
            "items[1].key",
            Problem::Key,
        ),
        (
            with(|t| t.items[1].key = "k".repeat(41)),
            "items[1].key",
            Problem::Key,
        ),
        (
            with(|t| t.items[1].label = String::new()),
            "items[1].label",
            Problem::Text,
        ),
        (
            with(|t| t.items[0].kind = ItemKind::Deduction { max_hundredths: 0 }),
            "items[0].kind",
            Problem::Limit,
        ),
        (
            with(|t| t.items[0].kind = ItemKind::Number { min: 1, max: 0 }),
            "items[0].kind",
            Problem::Limit,
        ),
        (
            with(|t| t.items[0].kind = ItemKind::Text { chars_max: 2_001 }),
            "items[0].kind",
            Problem::Limit,
        ),
        (options(&["无"]), "items[2].kind", Problem::Options),
        (options(&["无", "无"]), "items[2].kind", Problem::Options),
        (options(&["无", ""]), "items[2].kind", Problem::Options),
    ] {
        let refused = given::<TemplateDecider>([])
            .when(&publish(terms), &(), at("08:00:00"))
            .then_refused(RefusalKind::Invalid, "invalid-template");
        assert_eq!(
            refused,
            TemplateRefused {
                field: field.to_owned(),
                problem
            }
        );
    }
}
