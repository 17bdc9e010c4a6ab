//! The decider of the roster.

use crate::boundary::Boundary;
use crate::decider::Decider;
use crate::id::PersonId;
use crate::refusal::{Fault, Language, RefusalKind, Refuse};
use crate::time::{Moment, Zone};

use super::office::{appoint, delegate, end};
use super::{
    AddGuardian, AppointOffice, DelegateOffice, EndOffice, EnrolmentCommand, EnrolmentRefused,
    GuardianRefused, ImportRoster, OfficeRefused, RemoveGuardian, RosterEvent, RosterRefused,
    RosterState,
};
use super::{enrolment, guardian};

/// What may be asked of the roster.
#[derive(Debug, Clone)]
pub enum RosterCommand {
    /// Make the roster what the school office's files say.
    Import(ImportRoster),
    /// Appoint somebody to an office.
    AppointOffice(AppointOffice),
    /// End somebody's office.
    EndOffice(EndOffice),
    /// Let somebody stand in for a holder for a while.
    DelegateOffice(DelegateOffice),
    /// Let a student come, move, stay away or go.
    Enrolment(EnrolmentCommand),
    /// Say who is a student's guardian.
    AddGuardian(AddGuardian),
    /// Say who is no longer.
    RemoveGuardian(RemoveGuardian),
}

/// What deciding on the roster needs from outside it. Offices are the roster's own: whether the actor may is decided
/// from what the roster says at the instant of deciding, so that nobody acts in an office that just ended.
#[derive(Debug, Clone)]
pub struct RosterFacts {
    /// Who asks; `None` for an administrator who is nobody of the roster, who may everything here.
    pub actor: Option<PersonId>,
    /// The school's zone.
    pub zone: Zone,
}

/// Why nothing happened to the roster.
#[derive(Debug, Clone)]
pub enum RosterRefusal {
    /// The files are not sound.
    Import(RosterRefused),
    /// An office is not as asked.
    Office(OfficeRefused),
    /// Somebody's enrolment is not as asked.
    Enrolment(EnrolmentRefused),
    /// A guardian is not as asked.
    Guardian(GuardianRefused),
}

impl RosterRefusal {
    fn inner(&self) -> &dyn Refuse {
        match self {
            RosterRefusal::Import(refused) => refused,
            RosterRefusal::Office(refused) => refused,
            RosterRefusal::Enrolment(refused) => refused,
            RosterRefusal::Guardian(refused) => refused,
        }
    }
}

impl Refuse for RosterRefusal {
    fn code(&self) -> &'static str {
        self.inner().code()
    }
    fn kind(&self) -> RefusalKind {
        self.inner().kind()
    }
    fn field(&self) -> Option<String> {
        self.inner().field()
    }
    fn sentence(&self, language: Language) -> String {
        self.inner().sentence(language)
    }
    fn faults(&self) -> Vec<Fault> {
        self.inner().faults()
    }
}

/// Decides what happens to the roster.
#[derive(Debug)]
pub struct RosterDecider;

impl Decider for RosterDecider {
    type Command = RosterCommand;
    type Event = RosterEvent;
    type State = RosterState;
    type Facts = RosterFacts;
    type Refusal = RosterRefusal;

    fn boundary(_: &RosterCommand) -> Boundary {
        Boundary::roster()
    }

    fn evolve(state: &mut RosterState, event: &RosterEvent, _: Moment) {
        state.apply(event);
    }

    fn decide(
        state: &RosterState,
        command: &RosterCommand,
        facts: &RosterFacts,
        at: Moment,
    ) -> Result<Vec<RosterEvent>, RosterRefusal> {
        match command {
            RosterCommand::Import(import) => import
                .compare(state, facts.zone, at)
                .map_err(RosterRefusal::Import),
            RosterCommand::AppointOffice(command) => {
                appoint::decide(state, command, facts, at).map_err(RosterRefusal::Office)
            }
            RosterCommand::EndOffice(command) => {
                end::decide(state, command, facts, at).map_err(RosterRefusal::Office)
            }
            RosterCommand::DelegateOffice(command) => {
                delegate::decide(state, command, facts, at).map_err(RosterRefusal::Office)
            }
            RosterCommand::Enrolment(command) => {
                enrolment::decide(state, command, facts, at).map_err(RosterRefusal::Enrolment)
            }
            RosterCommand::AddGuardian(command) => {
                guardian::add(state, command, facts, at).map_err(RosterRefusal::Guardian)
            }
            RosterCommand::RemoveGuardian(command) => {
                guardian::remove(state, command, facts, at).map_err(RosterRefusal::Guardian)
            }
        }
    }
}
