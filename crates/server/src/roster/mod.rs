//! Importing a roster.

mod csv;
pub(crate) mod decide;
mod files;
mod upload;

use std::collections::BTreeMap;

use axum::extract::State;
use homeroom_domain::rights::{Action, Target};
use homeroom_domain::roster::{
    CadreLine, ClassLine, Identity, ImportRoster, RosterCommand, RosterDecider, RosterEvent,
    RosterFacts, RosterRefused, RosterState, StaffLine, StudentLine,
};
use homeroom_domain::sealed::{Category, Mark, Sealed};
use homeroom_domain::{Boundary, ClassId, Moment, PersonId, Refuse, Zone};
use homeroom_log::Vault;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::app::App;
use crate::error::{self, ApiError};
use crate::execute::{Asked, Executed, random_bits};
use crate::people;

use files::Sheets;
use upload::{RosterForm, Upload};

pub(crate) use upload::IMPORT_BYTES_MAX;

/// How often an import is read again against a roster that was changed meanwhile.
const ROUNDS_MAX: usize = 4;
/// The most faults that are named at once.
const FAULTS_MAX: usize = 1_000;

/// What an import changed. All zero when the roster was so already.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct RosterImported {
    /// The position of the commit; where nothing changed, of the roster's newest.
    pub position: u64,
    /// Classes that are new.
    pub classes_opened: usize,
    /// Classes whose name, year or major changed.
    pub classes_corrected: usize,
    /// Students that are new.
    pub students_enrolled: usize,
    /// Students whose name, sex, phone or dorm changed.
    pub students_corrected: usize,
    /// Students who changed class.
    pub students_moved: usize,
    /// Members of staff that are new.
    pub staff_joined: usize,
    /// Members of staff whose name or phone changed.
    pub staff_corrected: usize,
    /// Offices that begin.
    pub offices_appointed: usize,
    /// Offices that end.
    pub offices_ended: usize,
}

impl RosterImported {
    fn of(executed: &Executed<RosterEvent>) -> Self {
        let mut imported = Self {
            position: executed.position().0,
            ..Self::default()
        };
        for event in &executed.events {
            let count = match event {
                RosterEvent::ClassOpened(_) => &mut imported.classes_opened,
                RosterEvent::ClassCorrected(_) => &mut imported.classes_corrected,
                RosterEvent::StudentEnrolled(_) => &mut imported.students_enrolled,
                RosterEvent::StudentCorrected(_) => &mut imported.students_corrected,
                RosterEvent::StudentMoved(_) => &mut imported.students_moved,
                RosterEvent::StaffJoined(_) => &mut imported.staff_joined,
                RosterEvent::StaffCorrected(_) => &mut imported.staff_corrected,
                RosterEvent::OfficeAppointed(_) => &mut imported.offices_appointed,
                RosterEvent::OfficeEnded(_) => &mut imported.offices_ended,
                // No import tells any of these.
                RosterEvent::StudentSuspended(_)
                | RosterEvent::StudentResumed(_)
                | RosterEvent::StudentLeft(_)
                | RosterEvent::ClassGraduated(_)
                | RosterEvent::GuardianRegistered(_)
                | RosterEvent::GuardianCorrected(_)
                | RosterEvent::GuardianAdded(_)
                | RosterEvent::GuardianRemoved(_) => continue,
            };
            *count += 1;
        }
        imported
    }
}

/// Import a roster as the school office exports it.
///
/// Up to four CSV files, in UTF-8 (with or without a byte order mark) or GB18030, each with its header. A file or a
/// line that is not there changes nothing; a person who is there is there whole, with all offices. Imported whole or
/// not at all: every bad line is named in `faults`. Importing the same files again appends nothing.
#[utoipa::path(
    post,
    path = "/v1/roster/import",
    tag = "roster",
    request_body(content = RosterForm, content_type = "multipart/form-data"),
    responses((status = 200, body = RosterImported)),
    extensions(("x-homeroom-action" = json!("import_roster")))
)]
pub(crate) async fn import_roster(
    State(app): State<App>,
    upload: Upload,
) -> Result<Answer<RosterImported>, ApiError> {
    let caller = &upload.caller;
    let may = |at| {
        caller.may(
            &app.directory()?,
            Action::ImportRoster,
            &Target::school(),
            at,
        )
    };
    may(app.clock.now()?)?;
    let envelope = upload.envelope();
    let boundary = Boundary::roster();
    if let Some(first) = app
        .first_answer::<RosterDecider>(&boundary, &envelope)
        .await?
    {
        return Ok(Answer::done(first.position(), RosterImported::of(&first)));
    }
    let sheets = Sheets::read(&upload.files);
    let facts = RosterFacts {
        actor: caller.person().map(|person| person.id.clone()),
        zone: app.zone(),
    };
    for _ in 0..ROUNDS_MAX {
        let roster = app.executor.look::<RosterDecider>(&boundary).await?;
        let mut import = import(&app.vault, &sheets, &roster.state)?;
        // Decided once on the side: faults are told, and nobody gets keys for a roster that is refused.
        check(
            &sheets,
            &import,
            &roster.state,
            (app.zone(), app.clock.now()?),
        )?;
        seal(&app.vault, &sheets, &mut import).await?;
        let known = app.directory()?.0.position();
        let executed = app.execute::<RosterDecider>(&boundary, &envelope, |at| {
            Ok(Asked {
                command: RosterCommand::Import(import.clone()),
                facts: facts.clone(),
                actor: caller.actor(&may(at)?),
                known,
            })
        });
        match executed.await {
            Err(error) if moved_on(&error) => {}
            executed => {
                let executed = executed?;
                return Ok(Answer::done(
                    executed.position(),
                    RosterImported::of(&executed),
                ));
            }
        }
    }
    Err(error::contended())
}

/// True if the roster was changed between reading the files against it and deciding.
fn moved_on(error: &ApiError) -> bool {
    error
        .said()
        .faults
        .iter()
        .any(|fault| fault.code == "roster-moved-on")
}

/// Every fault: of the files by themselves, and of their sound lines against the roster.
fn check(
    sheets: &Sheets,
    import: &ImportRoster,
    roster: &RosterState,
    (zone, at): (Zone, Moment),
) -> Result<(), ApiError> {
    let refused = import.compare(roster, zone, at).err();
    let found = refused
        .map(|RosterRefused(faults)| faults)
        .unwrap_or_default();
    let mut faults = sheets.faults.clone();
    faults.extend(
        found
            .into_iter()
            .filter(|fault| !sheets.is_consequence(fault)),
    );
    if faults.is_empty() {
        return Ok(());
    }
    faults.sort_by_cached_key(|fault| place(&fault.at));
    let all = faults.len();
    let refused = RosterRefused(faults);
    let mut error = ApiError::refused(&refused as &dyn Refuse, None);
    if all > FAULTS_MAX {
        error = error.first_faults(FAULTS_MAX);
    }
    Err(error)
}

/// Files in the order in which a reader mends them, then lines.
fn place(at: &str) -> (usize, u32) {
    let mut parts = at.split(':');
    let file = parts.next().unwrap_or_default();
    let order = ["classes.csv", "staff.csv", "students.csv", "cadres.csv"];
    let file = order
        .iter()
        .position(|name| *name == file)
        .unwrap_or(order.len());
    (
        file,
        parts.next().and_then(|line| line.parse().ok()).unwrap_or(0),
    )
}

/// The files as a command on this roster; nothing is sealed yet.
fn import(vault: &Vault, sheets: &Sheets, roster: &RosterState) -> Result<ImportRoster, ApiError> {
    let mut people = People {
        vault,
        roster,
        fresh: BTreeMap::new(),
    };
    let mut import = ImportRoster::default();
    for cells in &sheets.classes {
        import.classes.push(ClassLine {
            line: cells.line,
            id: ClassId::from_bits(bits()?),
            code: cells.code.clone(),
            name: cells.name.clone(),
            entered: cells.entered,
            major: cells.major.clone(),
            homeroom_teacher: people::number_mark(vault, &cells.teacher),
        });
    }
    for cells in &sheets.staff {
        let (person, number, identity) = people.of(&cells.identity)?;
        import.staff.push(StaffLine {
            line: cells.line,
            sealed: unsealed(&person),
            person,
            number,
            identity,
            role: cells.role,
            scopes: cells.scopes.clone(),
        });
    }
    for cells in &sheets.students {
        let (person, number, identity) = people.of(&cells.identity)?;
        import.students.push(StudentLine {
            line: cells.line,
            sealed: unsealed(&person),
            person,
            number,
            identity,
            class: cells.class.clone(),
            dorm: cells.dorm.clone(),
        });
    }
    for cells in &sheets.cadres {
        import.cadres.push(CadreLine {
            line: cells.line,
            student: people::number_mark(vault, &cells.student),
            role: cells.role,
            scope: cells.scope.clone(),
            title: cells.title.clone(),
        });
    }
    Ok(import)
}

/// Seals every identity of the import. All of them, also those that change nothing: which ones change is decided
/// later, on the roster as it is then.
async fn seal(vault: &Vault, sheets: &Sheets, import: &mut ImportRoster) -> Result<(), ApiError> {
    let staff = import.staff.iter().map(|line| &line.person);
    let students = import.students.iter().map(|line| &line.person);
    let mut people: Vec<PersonId> = staff.chain(students).cloned().collect();
    people.sort_unstable();
    people.dedup();
    vault.ensure(&people).await?;
    for (line, cells) in import.staff.iter_mut().zip(&sheets.staff) {
        line.sealed = people::seal_identity(vault, &line.person, &cells.identity).await?;
    }
    for (line, cells) in import.students.iter_mut().zip(&sheets.students) {
        line.sealed = people::seal_identity(vault, &line.person, &cells.identity).await?;
    }
    Ok(())
}

/// Who the lines are about: somebody the roster knows by number, or one new person for each new number.
struct People<'a> {
    vault: &'a Vault,
    roster: &'a RosterState,
    fresh: BTreeMap<Mark, PersonId>,
}

impl People<'_> {
    fn of(&mut self, identity: &Identity) -> Result<(PersonId, Mark, Mark), ApiError> {
        let number = people::number_mark(self.vault, &identity.number);
        let mark = people::identity_mark(self.vault, identity)?;
        let known = self
            .roster
            .person_by_number(&number)
            .or_else(|| self.fresh.get(&number));
        let person = match known {
            Some(known) => known.clone(),
            None => {
                let person = PersonId::from_bits(bits()?);
                self.fresh.insert(number.clone(), person.clone());
                person
            }
        };
        Ok((person, number, mark))
    }
}

/// What stands in a line until it is sealed.
fn unsealed(person: &PersonId) -> Sealed {
    Sealed {
        person: person.clone(),
        category: Category::Identity,
        ciphertext: String::new(),
    }
}

/// Bits for an id.
pub(crate) fn bits() -> Result<[u8; 10], ApiError> {
    random_bits().map_err(|why| {
        tracing::error!(why, "no random numbers");
        error::internal()
    })
}
