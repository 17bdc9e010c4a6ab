//! The questions: one slip, a student's slips.

use homeroom_domain::leave::{LeaveType, SlipStatus};
use homeroom_domain::office::Role;
use homeroom_domain::sealed::Sealed;
use homeroom_domain::{ClassId, Moment, PersonId, SlipId};
use homeroom_log::Position;
use homeroom_projection::{Key, Projection, SealedRow, Snapshot, View, ViewError};

use crate::LeaveProjection;
use crate::rows::{DecidedRow, SLIPS, SlipRow, slip_key};

/// The most slips of one page.
pub const SLIPS_PAGE_MAX: usize = 200;

/// The questions leave answers, at one position.
#[derive(Debug)]
pub struct Leave(pub Snapshot);

/// One slip as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Slip {
    /// The slip.
    pub id: SlipId,
    /// The student's class at the instant of asking.
    pub class: ClassId,
    /// The type.
    pub leave: LeaveType,
    /// The first instant of it.
    pub from: Moment,
    /// The instant at which it is over; not part of it.
    pub to: Moment,
    /// Why, sealed under the student's key.
    pub reason: Sealed,
    /// When it was asked.
    pub submitted_at: Moment,
    /// Where in the log it was asked.
    pub submitted: Position,
    /// Where it stands.
    pub status: SlipStatus,
    /// Whose word it waits for; `None` once it is decided.
    pub waits_for: Option<Role>,
    /// How it was decided.
    pub decided: Option<Decided>,
    /// How many decisions by somebody who may not were refused.
    pub decisions_refused: u32,
}

/// How a slip was decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// When.
    pub at: Moment,
    /// Where in the log.
    pub position: Position,
    /// By whom.
    pub by: PersonId,
    /// As what.
    pub office: Role,
    /// What was said with it, sealed under the student's key; a rejection always says why.
    pub words: Option<Sealed>,
}

/// Some of a student's slips.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The slips, newest first.
    pub slips: Vec<Slip>,
    /// The cursor of the next page: ask for slips before this number. `None` when there are no more.
    pub next: Option<u32>,
}

impl Leave {
    /// Reads the view as it is now.
    ///
    /// # Errors
    /// When the view cannot be read; so everywhere below.
    pub fn read(view: &View) -> Result<Self, ViewError> {
        view.read().map(Self)
    }

    /// One slip.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn slip(&self, id: &SlipId) -> Result<Option<Slip>, ViewError> {
        let row = self.0.load(&SLIPS, &slip_key(id))?;
        row.map(|row| read(&id.student, &row)).transpose()
    }

    /// A student's slips, newest first: those numbered below `before` (all, if `None`), at most `limit` and
    /// [`SLIPS_PAGE_MAX`] of them.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn slips_of(
        &self,
        student: &PersonId,
        before: Option<u32>,
        limit: usize,
    ) -> Result<Page, ViewError> {
        let limit = limit.clamp(1, SLIPS_PAGE_MAX);
        let mut page = Page {
            slips: Vec::new(),
            next: None,
        };
        for row in self.0.prefix(&SLIPS, &Key::new().text(student.as_str()))? {
            let (_, row) = row?;
            if before.is_some_and(|before| row.number >= before) {
                continue;
            }
            if page.slips.len() == limit {
                page.next = page.slips.last().map(|slip| slip.id.number);
                break;
            }
            page.slips.push(read(student, &row)?);
        }
        Ok(page)
    }
}

fn read(student: &PersonId, row: &SlipRow) -> Result<Slip, ViewError> {
    let read = || {
        let waits_for = Role::from_name(&row.waits_for)?;
        let decided = match &row.decided {
            None => None,
            Some(decided) => Some(read_decided(decided)?),
        };
        Some(Slip {
            id: SlipId {
                student: student.clone(),
                number: row.number,
            },
            class: ClassId::parse(&row.class).ok()?,
            leave: LeaveType::from_name(&row.leave)?,
            from: Moment::from_unix_ms(row.from_ms),
            to: Moment::from_unix_ms(row.to_ms),
            reason: row.reason.sealed()?,
            submitted_at: Moment::from_unix_ms(row.submitted_ms),
            submitted: Position(row.submitted_position),
            status: match &row.decided {
                None => SlipStatus::Waiting,
                Some(decided) if decided.approved => SlipStatus::Approved,
                Some(_) => SlipStatus::Rejected,
            },
            waits_for: decided.is_none().then_some(waits_for),
            decided,
            decisions_refused: row.decisions_refused,
        })
    };
    read().ok_or_else(|| ViewError::Unreadable {
        name: LeaveProjection::NAME,
        what: format!("the slip {student}-{} is not what was written", row.number),
    })
}

fn read_decided(row: &DecidedRow) -> Option<Decided> {
    let words = match &row.words {
        None => None,
        Some(words) => Some(SealedRow::sealed(words)?),
    };
    Some(Decided {
        at: Moment::from_unix_ms(row.at_ms),
        position: Position(row.position),
        by: PersonId::parse(&row.by).ok()?,
        office: Role::from_name(&row.office)?,
        words,
    })
}
