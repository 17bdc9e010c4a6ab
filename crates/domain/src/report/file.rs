//! Filing a report.

use chrono::Duration;

use crate::boundary::Boundary;
use crate::decider::Decider;
use crate::id::{ClassId, PersonId, TemplateId};
use crate::refusal::{Language, RefusalKind, Refuse};
use crate::rights::{Action, HeldOffice, Target, grant};
use crate::sealed::Sealed;
use crate::time::{Moment, SchoolDate, Zone};

use super::{Answer, AnswerValue, ItemKind, ReportEvent, ReportFiled, TemplateTerms};

/// How many days back an inspection may still be filed.
pub const FILING_DAYS_MAX: i64 = 7;

/// Files the report on one class by one template for one date.
#[derive(Debug, Clone)]
pub struct FileReport {
    /// The template.
    pub template: TemplateId,
    /// The class inspected.
    pub class: ClassId,
    /// The date inspected.
    pub date: SchoolDate,
    /// The answers, in any order.
    pub answers: Vec<GivenAnswer>,
    /// A note, sealed under the inspector's key.
    pub note: Option<Sealed>,
}

/// An answer, with the length of what is sealed in it.
#[derive(Debug, Clone)]
pub struct GivenAnswer {
    /// The answer.
    pub answer: Answer,
    /// The number of characters of a text, which the domain cannot read once it is sealed.
    pub chars: usize,
}

/// What filing needs from outside.
#[derive(Debug, Clone)]
pub struct FileFacts {
    /// The template's version in force.
    pub template_version: u32,
    /// What it asks.
    pub terms: TemplateTerms,
    /// Who files.
    pub filer: PersonId,
    /// The offices of the filer, with their dates.
    pub offices: Vec<HeldOffice>,
    /// The year in which the class inspected entered.
    pub entered: u16,
    /// The school's zone.
    pub zone: Zone,
}

/// Whether the report is filed.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReportState {
    filed: bool,
}

/// Why nothing was filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportRefused {
    /// The filer holds no office that inspects this class by this template.
    NotAnInspector,
    /// The report on this class by this template for this date is filed.
    AlreadyFiled,
    /// The date lies ahead.
    DateInTheFuture,
    /// The date lies more than [`FILING_DAYS_MAX`] days back.
    DateTooOld,
    /// The template has no such item, or it was answered twice.
    UnknownItem(String),
    /// A required item was not answered.
    Missing(String),
    /// The answer is of another kind than the item, or outside its limits.
    WrongAnswer(String),
}

impl Refuse for ReportRefused {
    fn code(&self) -> &'static str {
        match self {
            ReportRefused::NotAnInspector => "not-an-inspector",
            ReportRefused::AlreadyFiled => "already-filed",
            ReportRefused::DateInTheFuture => "date-in-the-future",
            ReportRefused::DateTooOld => "date-too-old",
            ReportRefused::UnknownItem(_) => "unknown-item",
            ReportRefused::Missing(_) => "answer-missing",
            ReportRefused::WrongAnswer(_) => "answer-out-of-limits",
        }
    }

    fn kind(&self) -> RefusalKind {
        match self {
            ReportRefused::NotAnInspector => RefusalKind::Forbidden,
            ReportRefused::AlreadyFiled => RefusalKind::Conflict,
            ReportRefused::DateInTheFuture | ReportRefused::DateTooOld => RefusalKind::Denied,
            ReportRefused::UnknownItem(_)
            | ReportRefused::Missing(_)
            | ReportRefused::WrongAnswer(_) => RefusalKind::Invalid,
        }
    }

    fn field(&self) -> Option<String> {
        match self {
            ReportRefused::UnknownItem(item)
            | ReportRefused::Missing(item)
            | ReportRefused::WrongAnswer(item) => Some(format!("answers.{item}")),
            ReportRefused::DateInTheFuture | ReportRefused::DateTooOld => Some("date".into()),
            ReportRefused::NotAnInspector | ReportRefused::AlreadyFiled => None,
        }
    }

    fn sentence(&self, language: Language) -> String {
        let (chinese, english) = match self {
            ReportRefused::NotAnInspector => (
                "您的职务不能用这个模板检查这个班。".to_owned(),
                "Your office does not inspect this class by this template.".to_owned(),
            ),
            ReportRefused::AlreadyFiled => (
                "这个班当天的这项检查已有人提交。".into(),
                "This inspection of the class has been filed for that date.".into(),
            ),
            ReportRefused::DateInTheFuture => (
                "检查日期还没有到。".into(),
                "The date of the inspection lies ahead.".into(),
            ),
            ReportRefused::DateTooOld => (
                format!("只能补交最近 {FILING_DAYS_MAX} 天的检查。"),
                format!("An inspection can be filed for at most {FILING_DAYS_MAX} days."),
            ),
            ReportRefused::UnknownItem(item) => (
                format!("模板里没有“{item}”这一项，或它被回答了两次。"),
                format!("The template has no item \"{item}\", or it was answered twice."),
            ),
            ReportRefused::Missing(item) => (
                format!("“{item}”是必填项。"),
                format!("The item \"{item}\" must be answered."),
            ),
            ReportRefused::WrongAnswer(item) => (
                format!("“{item}”的回答类型不符或超出限值。"),
                format!("The answer to \"{item}\" is of the wrong kind or outside its limits."),
            ),
        };
        match language {
            Language::Chinese => chinese,
            Language::English => english,
        }
    }
}

/// Decides reports.
#[derive(Debug)]
pub struct ReportDecider;

impl Decider for ReportDecider {
    type Command = FileReport;
    type Event = ReportEvent;
    type State = ReportState;
    type Facts = FileFacts;
    type Refusal = ReportRefused;

    fn boundary(command: &FileReport) -> Boundary {
        Boundary::report(&command.class, &command.template, command.date)
    }

    fn evolve(state: &mut ReportState, ReportEvent::Filed(_): &ReportEvent, _: Moment) {
        state.filed = true;
    }

    fn decide(
        state: &ReportState,
        command: &FileReport,
        facts: &FileFacts,
        at: Moment,
    ) -> Result<Vec<ReportEvent>, ReportRefused> {
        let target = Target::class(command.class.clone(), facts.entered);
        let target = target.on(command.template.clone());
        let granted = grant(Action::FileReport, &facts.offices, &target, at);
        let office = granted.ok_or(ReportRefused::NotAnInspector)?.office.role;
        let today = at.date(facts.zone);
        if command.date > today {
            return Err(ReportRefused::DateInTheFuture);
        }
        if today - command.date > Duration::days(FILING_DAYS_MAX) {
            return Err(ReportRefused::DateTooOld);
        }
        if let Some(stray) = stray_answer(&facts.terms, &command.answers) {
            return Err(ReportRefused::UnknownItem(stray.to_owned()));
        }
        let mut answers = Vec::with_capacity(facts.terms.items.len());
        let mut score_hundredths = facts.terms.full_marks_hundredths;
        for item in &facts.terms.items {
            let Some(given) = command
                .answers
                .iter()
                .find(|given| given.answer.item == item.key)
            else {
                if item.required {
                    return Err(ReportRefused::Missing(item.key.clone()));
                }
                continue;
            };
            if !fits(&item.kind, given) {
                return Err(ReportRefused::WrongAnswer(item.key.clone()));
            }
            if let AnswerValue::Deduction(hundredths) = given.answer.value {
                score_hundredths -= hundredths;
            }
            answers.push(given.answer.clone());
        }
        if state.filed {
            return Err(ReportRefused::AlreadyFiled);
        }
        Ok(vec![ReportEvent::Filed(ReportFiled {
            template: command.template.clone(),
            template_version: facts.template_version,
            class: command.class.clone(),
            date: command.date,
            by: facts.filer.clone(),
            office,
            answers,
            score_hundredths,
            note: command.note.clone(),
        })])
    }
}

/// The first answer to an item the template does not have, or that was answered before.
fn stray_answer<'a>(terms: &TemplateTerms, answers: &'a [GivenAnswer]) -> Option<&'a str> {
    answers.iter().enumerate().find_map(|(index, given)| {
        let key = given.answer.item.as_str();
        let repeated = answers[..index]
            .iter()
            .any(|before| before.answer.item == key);
        (repeated || terms.item(key).is_none()).then_some(key)
    })
}

/// True if the answer is of the item's kind and within its limits.
fn fits(kind: &ItemKind, given: &GivenAnswer) -> bool {
    match (kind, &given.answer.value) {
        (ItemKind::Deduction { max_hundredths }, AnswerValue::Deduction(hundredths)) => {
            (0..=*max_hundredths).contains(hundredths)
        }
        (ItemKind::Choice { options }, AnswerValue::Choice(chosen)) => options.contains(chosen),
        (ItemKind::Number { min, max }, AnswerValue::Number(number)) => {
            (min..=max).contains(&number)
        }
        (ItemKind::Text { chars_max }, AnswerValue::Text(_)) => given.chars <= *chars_max as usize,
        (ItemKind::YesNo, AnswerValue::YesNo(_)) => true,
        _ => false,
    }
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
