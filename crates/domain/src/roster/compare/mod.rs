//! What a roster import comes to: its lines against the roster as it is, line by line, into events and faults.

mod cadres;
mod classes;
mod homeroom_teachers;
mod staff;
mod students;

use std::collections::{BTreeMap, BTreeSet};

use crate::id::{ClassId, PersonId};
use crate::office::{Office, Role};
use crate::refusal::Fault;
use crate::sealed::Mark;
use crate::time::{Moment, SchoolDate, Zone};

use super::{ImportRoster, OfficeAppointed, PersonKind, RosterEvent, RosterRefused, RosterState};

/// The longest name of a class, a scope or an office, in characters.
pub(in crate::roster) const TEXT_CHARS_MAX: usize = 60;

/// A cell: file, line (the header being 1), column.
type Cell = (&'static str, u32, &'static str);

/// A comparison under way: the state moves along with the events, so that later lines see earlier ones.
pub(super) struct Comparison {
    state: RosterState,
    at: Moment,
    today: SchoolDate,
    class_by_name: BTreeMap<String, ClassId>,
    events: Vec<RosterEvent>,
    faults: Vec<Fault>,
}

/// Whom a line is about.
enum Whom {
    /// Somebody new.
    New,
    /// Somebody the roster knows.
    Known(PersonId),
    /// Nobody it could be about; the fault is written.
    Fault,
}

impl Comparison {
    /// Compares: the events that make the roster what the import says, or every fault of the import.
    pub(super) fn of(
        state: &RosterState,
        import: &ImportRoster,
        zone: Zone,
        at: Moment,
    ) -> Result<Vec<RosterEvent>, RosterRefused> {
        let class_by_name = state
            .classes()
            .map(|(id, class)| (class.name.clone(), id.clone()))
            .collect();
        let mut comparison = Self {
            state: state.clone(),
            at,
            today: at.date(zone),
            class_by_name,
            events: Vec::new(),
            faults: Vec::new(),
        };
        comparison.classes(&import.classes);
        let claims = comparison.staff(&import.staff);
        comparison.students(&import.students);
        comparison.homeroom_teachers(&import.classes, claims);
        comparison.cadres(&import.cadres);
        if comparison.faults.is_empty() {
            Ok(comparison.events)
        } else {
            Err(RosterRefused(comparison.faults))
        }
    }

    /// Whom a line is about: numbers are unique in the school, and a person is a student or staff for life.
    fn whom(&mut self, cell: Cell, number: &Mark, id: &PersonId, student: bool) -> Whom {
        let Some(known) = self.state.person_by_number(number).cloned() else {
            if self.state.person(id).is_none() {
                return Whom::New;
            }
            return self.moved_on(cell);
        };
        let kind = self.state.person(&known).map(|person| person.kind);
        match (kind, student) {
            (Some(PersonKind::Guardian), _) => {
                let english = "This number is already a guardian's phone.".into();
                self.fault(
                    cell,
                    "number-of-a-guardian",
                    "这个号码已是某位家长的登记号码。".into(),
                    english,
                );
                Whom::Fault
            }
            (Some(PersonKind::Student), false) => {
                let english = "This staff number is already a student's school number.".into();
                self.fault(
                    cell,
                    "number-of-a-student",
                    "这个工号已是某位学生的学号。".into(),
                    english,
                );
                Whom::Fault
            }
            (Some(PersonKind::Staff), true) => {
                let english = "This school number is already a member of staff's.".into();
                self.fault(
                    cell,
                    "number-of-staff",
                    "这个学号已是某位教职工的工号。".into(),
                    english,
                );
                Whom::Fault
            }
            // What is sealed in the line would open under another person's key.
            _ if known != *id => self.moved_on(cell),
            _ => Whom::Known(known),
        }
    }

    /// The line was read against an older roster than the one that decides.
    fn moved_on(&mut self, cell: Cell) -> Whom {
        let english = "The roster was changed meanwhile; import again.".into();
        self.fault(
            cell,
            "roster-moved-on",
            "名册在导入期间已被更改，请重新导入。".into(),
            english,
        );
        Whom::Fault
    }

    /// Ends the offices of these roles that files told and tell no longer, and begins those that are told anew. What
    /// was appointed or ended by hand stays as it is.
    fn settle(&mut self, person: &PersonId, told: &BTreeSet<Office>, of: impl Fn(Role) -> bool) {
        let held = self.state.own_offices_of(person, self.at);
        let ended: Vec<Office> = held
            .filter(|held| held.imported && of(held.office.role) && !told.contains(&held.office))
            .map(|held| held.office.clone())
            .collect();
        for office in ended {
            self.end(person, &office);
        }
        for office in told {
            self.appoint(person, office.clone());
        }
    }

    fn appoint(&mut self, person: &PersonId, office: Office) {
        let held = self.state.holds(person, &office, self.at);
        let last = self.state.lasts_at_most(person, &office);
        let over = last.is_some_and(|last| last <= self.at);
        if !held && !over && !self.state.was_ended_by_hand(person, &office) {
            self.happen(RosterEvent::OfficeAppointed(OfficeAppointed {
                person: person.clone(),
                office,
                from: self.at,
                to: last,
                deputises_for: None,
                imported: true,
            }));
        }
    }

    /// Ends an office now, and whoever stands in for its holder with it.
    fn end(&mut self, person: &PersonId, office: &Office) {
        for ended in self.state.ending(person, office, self.at, true) {
            self.happen(RosterEvent::OfficeEnded(ended));
        }
    }

    fn happen(&mut self, event: RosterEvent) {
        match &event {
            RosterEvent::ClassOpened(e) => {
                self.class_by_name.insert(e.name.clone(), e.class.clone())
            }
            RosterEvent::ClassCorrected(e) => {
                self.class_by_name.insert(e.name.clone(), e.class.clone())
            }
            _ => None,
        };
        self.state.apply(&event);
        self.events.push(event);
    }

    fn fault(
        &mut self,
        (file, line, column): Cell,
        code: &'static str,
        chinese: String,
        english: String,
    ) {
        self.faults.push(Fault {
            at: format!("{file}:{line}:{column}"),
            code,
            chinese,
            english,
        });
    }

    fn repeated(&mut self, cell: Cell, first: u32) {
        let chinese = format!("与第 {first} 行重复。");
        self.fault(
            cell,
            "repeated",
            chinese,
            format!("The same as on line {first}."),
        );
    }

    /// True if the class is there for whoever comes new into it; a fault else.
    fn takes_students(&mut self, cell: Cell, class: &ClassId) -> bool {
        let graduated = self.state.class(class).and_then(|class| class.graduated);
        let takes = graduated.is_none_or(|graduated| self.today <= graduated.last_day);
        if !takes {
            let english = "The class has graduated.".into();
            self.fault(cell, "class-graduated", "这个班已经毕业。".into(), english);
        }
        takes
    }

    fn unknown_class(&mut self, cell: Cell, name: &str) {
        let name: String = name.chars().take(TEXT_CHARS_MAX).collect();
        let english = format!("There is no class named \"{name}\".");
        self.fault(
            cell,
            "unknown-class",
            format!("没有名为“{name}”的班级。"),
            english,
        );
    }

    /// True of 1 to [`TEXT_CHARS_MAX`] characters, none of them a control character, not all of them blank; a fault else.
    fn is_text(&mut self, cell: Cell, text: &str) -> bool {
        let sound = !text.trim().is_empty() && !text.chars().any(char::is_control);
        let sound = sound && text.chars().count() <= TEXT_CHARS_MAX;
        if !sound {
            let chinese = format!("须为 1 至 {TEXT_CHARS_MAX} 个字。");
            self.fault(
                cell,
                "text-length",
                chinese,
                format!("Must have 1 to {TEXT_CHARS_MAX} characters."),
            );
        }
        sound
    }
}
