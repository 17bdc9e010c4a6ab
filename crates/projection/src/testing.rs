//! Tests of folds: commits told one after the other, folded into a real view without a log. Feature `testing`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::path::Path;

use homeroom_domain::office::{Actor, Role, Via};
use homeroom_domain::{Boundary, CommandId, CommitId, DomainEvent, Moment, SchoolId, Zone};
use homeroom_log::{
    ClockKind, CommandRecord, Commit, Epoch, Hash, Identity, Position, Recorded, Tail,
};

use crate::fold::fold_now;
use crate::generation::Generation;
use crate::generations::Generations;
use crate::run::RunError;
use crate::{Projection, View};

/// Commits as a log would hold them: numbered from 1, each boundary a chain.
#[derive(Debug, Clone, Default)]
pub struct Story {
    /// The commits so far.
    pub commits: Vec<Recorded>,
    tails: BTreeMap<Boundary, Tail>,
}

impl Story {
    /// One more commit: these events of this boundary at this instant (RFC 3339).
    pub fn tell<E: DomainEvent>(&mut self, boundary: Boundary, at: &str, events: &[E]) -> Position {
        let position = Position(self.commits.len() as u64 + 1);
        let commit = Commit {
            commit: CommitId::parse(&format!("m{position}")).unwrap(),
            school: SchoolId::parse("s1").unwrap(),
            boundary: boundary.clone(),
            command: CommandRecord {
                id: CommandId::parse(&format!("k{position}")).unwrap(),
                type_: "told".to_owned(),
                digest: Hash::of(b"told"),
            },
            actor: Actor {
                id: None,
                office: Role::Clock,
                deputises_for: None,
                via: Via::Clock,
            },
            at: Moment::parse(at).unwrap(),
            clock: None,
            facts: Position::START,
            follows: self.tails.get(&boundary).copied(),
            events: events.iter().map(|event| event.encode().unwrap()).collect(),
        };
        let recorded =
            Recorded::read(position, serde_json::to_vec(&commit).unwrap().into()).unwrap();
        self.tails.insert(boundary, recorded.tail());
        self.commits.push(recorded);
        position
    }

    /// Folds the story into a new generation under `views` and reads it.
    ///
    /// # Errors
    /// When a commit cannot be folded.
    pub fn folded<P: Projection>(&self, projection: &P, views: &Path) -> Result<View, RunError> {
        let identity = Identity {
            school: SchoolId::parse("s1").unwrap(),
            zone: Zone::Asia__Shanghai,
            clock: ClockKind::Real,
            epoch: Epoch::from_bits([7; 10]),
        };
        let generations = Generations::new(views, P::NAME);
        let building = generations.next_building().unwrap();
        let generation = Generation::create(&building, P::NAME, P::VERSION, &identity).unwrap();
        fold_now(projection, &generation, &self.commits)?;
        generation.finish().unwrap();
        generations.publish(&building).unwrap();
        Ok(View::new(views, P::NAME, P::VERSION))
    }
}
