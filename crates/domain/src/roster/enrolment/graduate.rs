//! A class has come to its end.

use crate::id::ClassId;
use crate::office::Scope;
use crate::roster::{ClassGraduated, RosterEvent};
use crate::time::SchoolDate;

use super::{Case, EnrolmentRefused, Leaving, Standing, end_of, leave};

/// Lets a class graduate: whoever is still of it then leaves after the last day, and every office over the class ends.
/// Nothing that was is rewritten; the class and its records stay.
#[derive(Debug, Clone)]
pub struct GraduateClass {
    /// The class.
    pub class: ClassId,
    /// The last day.
    pub last_day: SchoolDate,
}

pub(super) fn decide(
    case: &Case<'_>,
    command: &GraduateClass,
) -> Result<Vec<RosterEvent>, EnrolmentRefused> {
    case.check_rights(&command.class)?;
    let GraduateClass { class, last_day } = command;
    let known = case.state.class(class);
    let known = known.ok_or(EnrolmentRefused::UnknownClass)?;
    case.check_date(*last_day)?;
    if known.graduated.is_some() {
        return Err(EnrolmentRefused::ClassGraduated);
    }
    let until = end_of(*last_day, case.zone());
    let mut events = vec![RosterEvent::ClassGraduated(ClassGraduated {
        class: class.clone(),
        last_day: *last_day,
        until,
    })];
    for (student, of_class) in case.state.students() {
        let of_class = of_class.enrolment.class_on(*last_day) == Some(class)
            && !matches!(of_class.enrolment.standing(*last_day), Standing::Gone(_));
        if of_class {
            events.extend(leave::left(case, student, *last_day, Leaving::Graduated));
        }
    }
    let scope = Scope::Class(class.clone());
    for end in case.state.ending_over(&scope, until.max(case.at)) {
        let end = RosterEvent::OfficeEnded(end);
        if !events.contains(&end) {
            events.push(end);
        }
    }
    Ok(events)
}
