use homeroom_domain::office::Role;
use homeroom_domain::report::{Answer, AnswerValue, ReportEvent, ReportFiled};
use homeroom_domain::sealed::{Category, Sealed};
use homeroom_domain::{Boundary, ClassId, PersonId, SchoolDate, TemplateId};
use homeroom_projection::testing::Story;
use tempfile::TempDir;

use crate::{ReportProjection, Reports};

fn class(text: &str) -> ClassId {
    ClassId::parse(text).unwrap()
}

fn template(text: &str) -> TemplateId {
    TemplateId::parse(text).unwrap()
}

fn date(text: &str) -> SchoolDate {
    text.parse().unwrap()
}

fn note() -> Sealed {
    Sealed {
        person: PersonId::parse("p1").unwrap(),
        category: Category::Note,
        ciphertext: "AAAA".into(),
    }
}

fn answers() -> Vec<Answer> {
    vec![
        Answer {
            item: "floor".into(),
            value: AnswerValue::Deduction(250),
        },
        Answer {
            item: "remark".into(),
            value: AnswerValue::Text(note()),
        },
    ]
}

fn file(story: &mut Story, class_id: &str, template_id: &str, day: &str, at: &str) {
    let event = ReportFiled {
        template: template(template_id),
        template_version: 2,
        class: class(class_id),
        date: date(day),
        by: PersonId::parse("p1").unwrap(),
        office: Role::DepartmentCadre,
        answers: answers(),
        score_hundredths: 9_750,
        note: Some(note()),
    };
    let boundary = Boundary::report(&event.class, &event.template, event.date);
    story.tell(boundary, at, &[ReportEvent::Filed(event)]);
}

fn folded(story: &Story) -> (Reports, TempDir) {
    let views = TempDir::new().unwrap();
    let view = story.folded(&ReportProjection, views.path()).unwrap();
    (Reports::read(&view).unwrap(), views)
}

#[test]
fn a_classs_day_holds_its_reports_of_that_day_in_the_order_in_which_they_were_filed() {
    let mut story = Story::default();
    file(
        &mut story,
        "c1",
        "t2",
        "2026-11-23",
        "2026-11-23T08:00:00+08:00",
    );
    file(
        &mut story,
        "c1",
        "t1",
        "2026-11-23",
        "2026-11-23T21:00:00+08:00",
    );
    file(
        &mut story,
        "c1",
        "t1",
        "2026-11-22",
        "2026-11-23T21:01:00+08:00",
    );
    file(
        &mut story,
        "c2",
        "t1",
        "2026-11-23",
        "2026-11-23T21:02:00+08:00",
    );
    let (reports, _views) = folded(&story);
    let of_day = reports.of_day(&class("c1"), date("2026-11-23")).unwrap();
    assert_eq!(
        of_day
            .iter()
            .map(|report| report.template.as_str())
            .collect::<Vec<_>>(),
        ["t2", "t1"]
    );
    assert_eq!(
        reports.of_day(&class("c3"), date("2026-11-23")).unwrap(),
        []
    );
}

#[test]
fn a_report_reads_as_it_was_filed() {
    let mut story = Story::default();
    file(
        &mut story,
        "c1",
        "t1",
        "2026-11-23",
        "2026-11-23T08:00:00+08:00",
    );
    let (reports, _views) = folded(&story);
    let report = reports
        .report(&class("c1"), date("2026-11-23"), &template("t1"))
        .unwrap()
        .unwrap();
    assert_eq!(
        (
            report.answers,
            report.score_hundredths,
            report.template_version
        ),
        (answers(), 9_750, 2)
    );
    assert_eq!(
        (report.by.as_str(), report.office, report.note),
        ("p1", Role::DepartmentCadre, Some(note()))
    );
    assert_eq!(report.position.0, 1);
    assert_eq!(
        reports
            .report(&class("c1"), date("2026-11-23"), &template("t2"))
            .unwrap(),
        None
    );
}

#[test]
fn the_same_log_gives_the_same_digest_and_another_log_another() {
    let digest = |story: &Story| folded(story).0.0.digest().unwrap();
    let mut story = Story::default();
    file(
        &mut story,
        "c1",
        "t1",
        "2026-11-23",
        "2026-11-23T08:00:00+08:00",
    );
    let before = digest(&story);
    assert_eq!(digest(&story), before);
    file(
        &mut story,
        "c2",
        "t1",
        "2026-11-23",
        "2026-11-23T08:00:00+08:00",
    );
    assert_ne!(digest(&story), before);
}
