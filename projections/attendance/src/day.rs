//! The questions: a class's day and a student's day, from the facts on record.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use homeroom_domain::attendance::DutyFact;
use homeroom_domain::{ClassId, Moment, PersonId, RuleId, SchoolDate, SlipId};
use homeroom_log::Position;
use homeroom_projection::{Key, Projection, Snapshot, View, ViewError};

use crate::AttendanceProjection;
use crate::answers::{
    Attempt, ClassDay, Closing, Evidence, Explained, SessionDay, SessionExpected, StudentDay,
    StudentDuty,
};
use crate::facts::{check_in_fact, leave_facts, reaching_into};
use crate::rows::{
    AttemptRow, DAYS, DayRow, EVIDENCE, LEAVE, SESSIONS, STUDENT_DAYS, class_day_key, day_key,
    evidence_key, session_key, student_day_key,
};
use crate::session::Session;

/// The questions attendance answers, at one position.
#[derive(Debug)]
pub struct Attendance(pub Snapshot);

impl Attendance {
    /// Reads the view as it is now.
    ///
    /// # Errors
    /// When the view cannot be read; so everywhere below.
    pub fn read(view: &View) -> Result<Self, ViewError> {
        view.read().map(Self)
    }

    /// A class's day. `members` are the members of the class now, who have duty in every session that is open;
    /// `expected` are the sessions that the rules in force make on that date.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn class_day(
        &self,
        class: &ClassId,
        date: SchoolDate,
        members: &[PersonId],
        expected: &[SessionExpected],
    ) -> Result<ClassDay, ViewError> {
        let days = self.days(class, date)?;
        let sessions = self.sessions(class, date, expected, days.values())?;
        // Of a student in several sessions the slips are read once.
        let mut leave: BTreeMap<PersonId, Vec<Explained>> = BTreeMap::new();
        let mut day = ClassDay {
            sessions: Vec::with_capacity(sessions.len()),
            without_session: Vec::new(),
        };
        for session in sessions {
            let mut students: BTreeSet<&PersonId> = match &session.duty {
                Some(duty) => duty.iter().collect(),
                None => members.iter().collect(),
            };
            students.extend(
                days.iter()
                    .filter(|(_, row)| session.touches(row))
                    .map(|(student, _)| student),
            );
            let mut duties = Vec::with_capacity(students.len());
            for student in students {
                let slips = match leave.entry(student.clone()) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(unknown) => unknown.insert(self.leave(student)?),
                };
                duties.push(self.student_duty(&session, student, days.get(student), slips)?);
            }
            day.sessions.push(SessionDay {
                rule: session.rule,
                rule_version: session.version,
                window: session.window,
                closed: session.closed,
                students: duties,
            });
        }
        for (student, row) in &days {
            for attempt in row
                .attempts
                .iter()
                .filter(|attempt| attempt.judged_by.is_none())
            {
                day.without_session
                    .push((student.clone(), self.attempt(attempt)?));
            }
        }
        day.without_session
            .sort_by_key(|(_, attempt)| attempt.position);
        Ok(day)
    }

    /// A student's day, under whatever classes. `class` is the student's class now and `expected` the sessions that
    /// the rules in force make for it on that date.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn student_day(
        &self,
        student: &PersonId,
        date: SchoolDate,
        class: &ClassId,
        expected: &[SessionExpected],
    ) -> Result<StudentDay, ViewError> {
        let slips = self.leave(student)?;
        let mut day = StudentDay {
            sessions: Vec::new(),
            without_session: Vec::new(),
        };
        for of_class in self.classes_on(student, date, class)? {
            let row = self
                .0
                .load(&DAYS, &day_key(&of_class, date, student))?
                .unwrap_or_default();
            let expected = if of_class == *class { expected } else { &[] };
            for session in self.sessions(&of_class, date, expected, [&row])? {
                let facts = self.facts(&session, student, &row, &slips)?;
                let on_duty = session
                    .duty
                    .as_ref()
                    .is_none_or(|duty| duty.contains(student));
                if on_duty || session.touches(&row) {
                    day.sessions
                        .push(session.of_student(of_class.clone(), facts));
                }
            }
            for attempt in row
                .attempts
                .iter()
                .filter(|attempt| attempt.judged_by.is_none())
            {
                day.without_session.push(self.attempt(attempt)?);
            }
        }
        day.sessions
            .sort_by_key(|session| session.window.map_or(Moment::MAX, |window| window.opens));
        day.without_session.sort_by_key(|attempt| attempt.position);
        Ok(day)
    }

    /// How a session was closed; `None` while it is open.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn closing(
        &self,
        class: &ClassId,
        date: SchoolDate,
        rule: &RuleId,
    ) -> Result<Option<Closing>, ViewError> {
        let row = self.0.load(&SESSIONS, &session_key(class, date, rule))?;
        Ok(row.map(|row| Closing {
            at: Moment::from_unix_ms(row.closed_ms),
            position: Position(row.position),
        }))
    }

    /// What the phone said in the attempt at this position.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn evidence(
        &self,
        student: &PersonId,
        position: Position,
    ) -> Result<Option<Evidence>, ViewError> {
        let Some(row) = self.0.load(&EVIDENCE, &evidence_key(student, position.0))? else {
            return Ok(None);
        };
        let read = || {
            let device = row
                .device
                .as_ref()
                .map(|device| device.sealed().ok_or(()))
                .transpose()
                .ok()?;
            Some(Evidence {
                place: row.place.sealed()?,
                device,
            })
        };
        read()
            .map(Some)
            .ok_or_else(|| unreadable("the evidence of", student.as_str()))
    }

    /// What everybody did on that date as a member of the class.
    fn days(
        &self,
        class: &ClassId,
        date: SchoolDate,
    ) -> Result<BTreeMap<PersonId, DayRow>, ViewError> {
        let prefix = class_day_key(class, date);
        let skip = prefix.as_bytes().len();
        let rows = self.0.prefix(&DAYS, &prefix)?;
        rows.map(|row| {
            let (key, row) = row?;
            Ok((
                PersonId::parse(text_after(key, skip)?)
                    .map_err(|error| unreadable("days", &error.to_string()))?,
                row,
            ))
        })
        .collect()
    }

    /// Every session of the class on that date, in the order in which they open: closed, expected, or known only from
    /// what somebody did in it.
    fn sessions<'a>(
        &self,
        class: &ClassId,
        date: SchoolDate,
        expected: &[SessionExpected],
        days: impl IntoIterator<Item = &'a DayRow>,
    ) -> Result<Vec<Session>, ViewError> {
        let prefix = class_day_key(class, date);
        let skip = prefix.as_bytes().len();
        let mut sessions: BTreeMap<RuleId, Session> = BTreeMap::new();
        let rows = self.0.prefix(&SESSIONS, &prefix)?;
        for row in rows {
            let (key, row) = row?;
            let session = Session::closed(rule_id(text_after(key, skip)?)?, &row)?;
            sessions.insert(session.rule.clone(), session);
        }
        for session in expected {
            sessions
                .entry(session.rule.clone())
                .or_insert_with(|| Session::expected(session));
        }
        for day in days {
            let check_ins = day
                .check_ins
                .iter()
                .map(|row| (&row.rule, row.rule_version));
            let attempts = day
                .attempts
                .iter()
                .filter_map(|row| row.judged_by.as_ref())
                .map(|(rule, v)| (rule, *v));
            for (rule, version) in check_ins.chain(attempts) {
                let rule = rule_id(rule)?;
                sessions
                    .entry(rule.clone())
                    .or_insert_with(|| Session::orphaned(rule, version));
            }
        }
        let mut sessions: Vec<Session> = sessions.into_values().collect();
        sessions.sort_by_key(|session| session.window.map_or(Moment::MAX, |window| window.opens));
        Ok(sessions)
    }

    /// The classes under which a student has facts or duty on that date, and the class now.
    fn classes_on(
        &self,
        student: &PersonId,
        date: SchoolDate,
        now: &ClassId,
    ) -> Result<BTreeSet<ClassId>, ViewError> {
        let rows = self
            .0
            .prefix(&STUDENT_DAYS, &student_day_key(student, date))?;
        let mut classes = BTreeSet::from([now.clone()]);
        for row in rows {
            let (_, class) = row?;
            classes.insert(ClassId::parse(&class).map_err(|_| unreadable("the class", &class))?);
        }
        Ok(classes)
    }

    /// Every slip of a student as facts, in the order of the log.
    fn leave(&self, student: &PersonId) -> Result<Vec<Explained>, ViewError> {
        let prefix = Key::new().text(student.as_str());
        let skip = prefix.as_bytes().len();
        let mut facts = Vec::new();
        for row in self.0.prefix(&LEAVE, &prefix)? {
            let (key, row) = row?;
            let number = key
                .get(skip..)
                .and_then(|bytes| bytes.try_into().ok())
                .map(u64::from_be_bytes);
            let number = number.and_then(|number| u32::try_from(number).ok());
            let number = number.ok_or_else(|| unreadable("a slip of", student.as_str()))?;
            facts.extend(leave_facts(
                &SlipId {
                    student: student.clone(),
                    number,
                },
                &row,
            ));
        }
        facts.sort_by_key(|fact| fact.position);
        Ok(facts)
    }

    fn student_duty(
        &self,
        session: &Session,
        student: &PersonId,
        row: Option<&DayRow>,
        slips: &[Explained],
    ) -> Result<StudentDuty, ViewError> {
        let nothing = DayRow::default();
        let row = row.unwrap_or(&nothing);
        let facts = self.facts(session, student, row, slips)?;
        let duty = session.verdict(&facts);
        let mut check_ins: Vec<Explained> = facts
            .into_iter()
            .filter(|fact| matches!(fact.fact, DutyFact::CheckedIn { .. }))
            .collect();
        check_ins.sort_by_key(|check_in| check_in.fact.at());
        let mut refused = Vec::new();
        for attempt in row
            .attempts
            .iter()
            .filter(|attempt| session.judged(attempt))
        {
            refused.push(self.attempt(attempt)?);
        }
        Ok(StudentDuty {
            student: student.clone(),
            duty,
            check_in: check_ins.into_iter().next(),
            refused,
        })
    }

    /// Everything that bears on one student in one session, in the order of the log.
    fn facts(
        &self,
        session: &Session,
        student: &PersonId,
        row: &DayRow,
        slips: &[Explained],
    ) -> Result<Vec<Explained>, ViewError> {
        let mut facts: Vec<Explained> = row
            .check_ins
            .iter()
            .filter(|row| session.has(row))
            .map(check_in_fact)
            .collect();
        for attempt in row
            .attempts
            .iter()
            .filter(|attempt| session.judged(attempt))
        {
            let Attempt {
                position,
                at,
                reason,
            } = self.attempt(attempt)?;
            facts.push(Explained {
                position,
                fact: DutyFact::CheckInRefused { at, reason },
            });
        }
        if let Some(window) = &session.window {
            facts.extend(reaching_into(window, slips));
        }
        if let (Some(Closing { at, position }), Some(duty)) = (session.closed, &session.duty) {
            let on_duty = duty.contains(student);
            facts.push(Explained {
                position,
                fact: DutyFact::SessionClosed { at, on_duty },
            });
        }
        facts.sort_by_key(|fact| fact.position);
        Ok(facts)
    }

    fn attempt(&self, row: &AttemptRow) -> Result<Attempt, ViewError> {
        let reason = serde_json::from_str(&row.reason_json)
            .map_err(|_| unreadable("reason", &row.reason_json))?;
        Ok(Attempt {
            position: Position(row.position),
            at: Moment::from_unix_ms(row.at_ms),
            reason,
        })
    }
}

fn rule_id(text: &str) -> Result<RuleId, ViewError> {
    RuleId::parse(text).map_err(|_| unreadable("the rule", text))
}

/// The last text of a key, after so many bytes.
fn text_after(key: &[u8], skip: usize) -> Result<&str, ViewError> {
    let text = key.get(skip..).and_then(|rest| rest.strip_suffix(&[0]));
    text.and_then(|text| std::str::from_utf8(text).ok())
        .ok_or_else(|| unreadable("a key", "its last part"))
}

pub(crate) fn unreadable(what: &str, which: &str) -> ViewError {
    ViewError::Unreadable {
        name: AttendanceProjection::NAME,
        what: format!("{what} {which} is not what was written"),
    }
}
