//! Why an office is not as asked.

use crate::refusal::{Language, RefusalKind, Refuse};

use super::TEXT_CHARS_MAX;

/// Why nothing happened to an office.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfficeRefused {
    /// Nobody of the roster is this person.
    UnknownPerson,
    /// There is no such role, or it does not extend over such a scope.
    NoSuchOffice,
    /// There is no such class, grade, department or floor.
    NoSuchScope,
    /// The title is too long, or blank.
    TitleLength,
    /// An office of staff, and the person is none; or one of students, and the person is none of that class.
    NotForThem,
    /// The student has left by then, or the class has graduated.
    Gone,
    /// The person holds it, or will, within these dates.
    AlreadyHeld,
    /// The person does not hold it.
    NotHeld,
    /// It is to begin before now; nobody could have acted in it then.
    BeginsInThePast,
    /// It is to end before it begins.
    EndsBeforeItBegins,
    /// The actor may neither appoint to this office nor holds it.
    NotYours,
    /// Somebody appoints themselves, or is to stand in for themselves.
    ForThemselves,
    /// A deputy cannot let a third person stand in.
    CannotBeDelegatedFurther,
    /// The holder does not hold it for as long as the deputy is to stand in.
    OutlastsTheOffice,
}

impl Refuse for OfficeRefused {
    fn code(&self) -> &'static str {
        match self {
            OfficeRefused::UnknownPerson => "unknown-person",
            OfficeRefused::NoSuchOffice => "no-such-office",
            OfficeRefused::NoSuchScope => "no-such-scope",
            OfficeRefused::TitleLength => "text-length",
            OfficeRefused::NotForThem => "office-not-for-them",
            OfficeRefused::Gone => "left-or-graduated",
            OfficeRefused::AlreadyHeld => "office-already-held",
            OfficeRefused::NotHeld => "office-not-held",
            OfficeRefused::BeginsInThePast => "begins-in-the-past",
            OfficeRefused::EndsBeforeItBegins => "ends-before-it-begins",
            OfficeRefused::NotYours => "office-not-yours",
            OfficeRefused::ForThemselves => "office-for-oneself",
            OfficeRefused::CannotBeDelegatedFurther => "cannot-be-delegated-further",
            OfficeRefused::OutlastsTheOffice => "outlasts-the-office",
        }
    }

    fn kind(&self) -> RefusalKind {
        match self {
            OfficeRefused::NoSuchOffice
            | OfficeRefused::NoSuchScope
            | OfficeRefused::TitleLength
            | OfficeRefused::EndsBeforeItBegins => RefusalKind::Invalid,
            OfficeRefused::UnknownPerson => RefusalKind::NotFound,
            OfficeRefused::AlreadyHeld | OfficeRefused::NotHeld => RefusalKind::Conflict,
            OfficeRefused::NotForThem
            | OfficeRefused::Gone
            | OfficeRefused::BeginsInThePast
            | OfficeRefused::OutlastsTheOffice => RefusalKind::Denied,
            OfficeRefused::NotYours
            | OfficeRefused::ForThemselves
            | OfficeRefused::CannotBeDelegatedFurther => RefusalKind::Forbidden,
        }
    }

    fn field(&self) -> Option<String> {
        let field = match self {
            OfficeRefused::NoSuchOffice => "role",
            OfficeRefused::NoSuchScope => "scope",
            OfficeRefused::TitleLength => "title",
            OfficeRefused::BeginsInThePast => "from",
            OfficeRefused::EndsBeforeItBegins | OfficeRefused::OutlastsTheOffice => "to",
            OfficeRefused::UnknownPerson | OfficeRefused::NotForThem => "person",
            _ => return None,
        };
        Some(field.to_owned())
    }

    fn sentence(&self, language: Language) -> String {
        let (chinese, english) = match self {
            OfficeRefused::UnknownPerson => (
                "名册中没有这个人。".to_owned(),
                "Nobody of the roster is this person.".to_owned(),
            ),
            OfficeRefused::NoSuchOffice => (
                "没有这样的职务，或这种职务不能管这样的范围。".into(),
                "There is no such office, or it does not extend over such a scope.".into(),
            ),
            OfficeRefused::NoSuchScope => (
                "没有这样的班级、年级、系部或楼层。".into(),
                "There is no such class, grade, department or floor.".into(),
            ),
            OfficeRefused::TitleLength => (
                format!("职务名称须为 1 至 {TEXT_CHARS_MAX} 个字。"),
                format!("The title must have 1 to {TEXT_CHARS_MAX} characters."),
            ),
            OfficeRefused::NotForThem => (
                "此人不能担任这个职务：教职工的职务由教职工担任，班级干部须是本班学生。".into(),
                "This person cannot hold the office: staff hold the offices of staff, and a class cadre is a student of the class.".into(),
            ),
            OfficeRefused::Gone => (
                "届时该生已离校，或该班已毕业。".into(),
                "By then the student has left, or the class has graduated.".into(),
            ),
            OfficeRefused::AlreadyHeld => (
                "此人在这段时间内已担任这个职务。".into(),
                "The person holds this office within these dates already.".into(),
            ),
            OfficeRefused::NotHeld => (
                "此人没有担任这个职务。".into(),
                "The person does not hold this office.".into(),
            ),
            OfficeRefused::BeginsInThePast => (
                "任期不能从过去开始。".into(),
                "An office cannot begin in the past.".into(),
            ),
            OfficeRefused::EndsBeforeItBegins => (
                "结束时间须晚于开始时间。".into(),
                "The office must end after it begins.".into(),
            ),
            OfficeRefused::NotYours => (
                "您无权任免或委托这个职务。".into(),
                "This office is not yours to give, to end or to delegate.".into(),
            ),
            OfficeRefused::ForThemselves => (
                "不能任命自己，也不能做自己的代理人。".into(),
                "Nobody appoints themselves, or stands in for themselves.".into(),
            ),
            OfficeRefused::CannotBeDelegatedFurther => (
                "代理人不能再委托他人。".into(),
                "A deputy cannot delegate the office further.".into(),
            ),
            OfficeRefused::OutlastsTheOffice => (
                "代理期超出了被代理人的任期。".into(),
                "The delegation lasts longer than the holder's own office.".into(),
            ),
        };
        match language {
            Language::Chinese => chinese,
            Language::English => english,
        }
    }
}
