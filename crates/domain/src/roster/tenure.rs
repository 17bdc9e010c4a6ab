//! Offices over time: who holds what, from when to when.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::PersonId;
use crate::office::{Office, Scope};
use crate::rights::HeldOffice;
use crate::time::Moment;

use super::{OfficeAppointed, OfficeEnded};

/// An office as it was given to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenure {
    /// The office.
    pub office: Office,
    /// The first instant at which it counts.
    pub from: Moment,
    /// The instant from which it counts no longer.
    pub to: Option<Moment>,
    /// For whom the person stands in.
    pub deputises_for: Option<PersonId>,
    /// True if a roster file told it.
    pub imported: bool,
}

impl Tenure {
    /// True until it is over: it counts at this instant, or will.
    pub fn lasts_after(&self, at: Moment) -> bool {
        self.to.is_none_or(|to| at < to)
    }

    /// True if it counts at any instant from `from` on and before `to`.
    pub(super) fn meets(&self, from: Moment, to: Option<Moment>) -> bool {
        self.lasts_after(from) && to.is_none_or(|to| self.from < to)
    }

    /// True if it counts at every instant from `from` on and before `to`.
    pub(super) fn spans(&self, from: Moment, to: Moment) -> bool {
        self.from <= from && self.to.is_none_or(|end| to <= end)
    }
}

/// Every office anybody holds, held or will hold.
#[derive(Debug, Clone, Default)]
pub(super) struct Tenures {
    by_person: BTreeMap<PersonId, Vec<Tenure>>,
    ended_by_hand: BTreeSet<(PersonId, Office)>,
}

impl Tenures {
    pub(super) fn appointed(&mut self, e: &OfficeAppointed) {
        let tenure = Tenure {
            office: e.office.clone(),
            from: e.from,
            to: e.to,
            deputises_for: e.deputises_for.clone(),
            imported: e.imported,
        };
        self.by_person
            .entry(e.person.clone())
            .or_default()
            .push(tenure);
        if e.deputises_for.is_none() {
            self.ended_by_hand
                .remove(&(e.person.clone(), e.office.clone()));
        }
    }

    pub(super) fn ended(&mut self, e: &OfficeEnded) {
        let held = self.by_person.entry(e.person.clone()).or_default();
        let meant =
            |held: &Tenure| held.office == e.office && held.deputises_for == e.deputises_for;
        held.retain(|held| !(meant(held) && held.from >= e.to));
        for held in held.iter_mut().filter(|held| meant(held)) {
            held.to = Some(held.to.map_or(e.to, |to| to.min(e.to)));
        }
        if e.deputises_for.is_none() && !e.imported {
            self.ended_by_hand
                .insert((e.person.clone(), e.office.clone()));
        }
    }

    pub(super) fn was_ended_by_hand(&self, person: &PersonId, office: &Office) -> bool {
        self.ended_by_hand
            .contains(&(person.clone(), office.clone()))
    }

    pub(super) fn of(&self, person: &PersonId) -> &[Tenure] {
        self.by_person.get(person).map_or(&[], Vec::as_slice)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (&PersonId, &Tenure)> {
        let people = self.by_person.iter();
        people.flat_map(|(person, held)| held.iter().map(move |held| (person, held)))
    }

    pub(super) fn held(&self, person: &PersonId) -> Vec<HeldOffice> {
        let held = self.of(person).iter();
        held.map(|held| HeldOffice {
            holder: Some(person.clone()),
            office: held.office.clone(),
            from: held.from,
            to: held.to,
            deputises_for: held.deputises_for.clone(),
        })
        .collect()
    }

    /// What ends when a person stands in for nobody any more.
    pub(super) fn deputising_ends(&self, person: &PersonId, to: Moment) -> Vec<OfficeEnded> {
        let held = self.of(person).iter();
        let stands_in = held.filter(|held| held.deputises_for.is_some() && held.lasts_after(to));
        let ends = stands_in.map(|held| ended(person, held, to));
        ends.collect()
    }

    /// What ends when a scope is no more.
    pub(super) fn ending_over(&self, scope: &Scope, to: Moment) -> Vec<OfficeEnded> {
        let held = self.all();
        let over = held.filter(|(_, held)| held.office.scope == *scope && held.lasts_after(to));
        over.map(|(person, held)| ended(person, held, to)).collect()
    }

    /// What ends when a person's own office ends: the office, and whoever stands in for them in it.
    pub(super) fn ending(
        &self,
        person: &PersonId,
        office: &Office,
        to: Moment,
        imported: bool,
    ) -> Vec<OfficeEnded> {
        let mut ends: Vec<OfficeEnded> = Vec::new();
        for (holder, held) in self.all() {
            let own = holder == person && held.deputises_for.is_none();
            let stands_in = held.deputises_for.as_ref() == Some(person);
            if held.office == *office && held.lasts_after(to) && (own || stands_in) {
                let end = OfficeEnded {
                    imported,
                    ..ended(holder, held, to)
                };
                if !ends.contains(&end) {
                    ends.push(end);
                }
            }
        }
        ends
    }
}

fn ended(person: &PersonId, held: &Tenure, to: Moment) -> OfficeEnded {
    OfficeEnded {
        person: person.clone(),
        office: held.office.clone(),
        to,
        deputises_for: held.deputises_for.clone(),
        imported: false,
    }
}
