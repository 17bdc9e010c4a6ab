//! Reading a view: the generation in use, followed without a restart, never a step back.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use homeroom_log::{Identity, Position};
use serde::Serialize;

use crate::generation::{Expected, Generation, Refused, Unusable};
use crate::generations::Generations;
use crate::snapshot::Snapshot;

/// How often the pointer to the generation in use is looked at.
const POINTER_INTERVAL: Duration = Duration::from_millis(50);

/// Why a view cannot be read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ViewError {
    /// No generation was ever finished.
    #[error("the view {0} is not built yet")]
    NotBuilt(&'static str),
    /// The generation in use is not fit for it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The view cannot be read.
    #[error("the view {name} cannot be read: {what}")]
    Unreadable {
        /// The view.
        name: &'static str,
        /// Why.
        what: String,
    },
}

/// What a view is, for health.
#[derive(Debug, Clone, Serialize)]
pub struct ViewStatus {
    /// The projection.
    pub name: &'static str,
    /// The version that is read.
    pub version: u32,
    /// The generation that is read.
    pub generation: Option<String>,
    /// How far it has come.
    pub position: Option<Position>,
    /// Events it did not know and skipped.
    pub unknown_events: u64,
    /// Why it cannot be read, or why a newer generation is not taken.
    pub problem: Option<String>,
}

/// A view as a process reads it. Cheap to clone; all clones share what they have open and never step back.
#[derive(Debug, Clone)]
pub struct View {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    generations: Generations,
    expected: Expected,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    current: Option<Generation>,
    /// The generation that the pointer names, while it has not yet come as far as what was served.
    next: Option<Generation>,
    /// Why the generation that the pointer names is not taken.
    problem: Option<ViewError>,
    /// The newest position served.
    served: Position,
    looked_at: Option<Instant>,
}

impl View {
    /// Names a view to read. Nothing is opened before it is asked for.
    pub fn new(views: &Path, name: &'static str, version: u32) -> Self {
        Self::expecting(
            views,
            Expected {
                name,
                version,
                identity: None,
            },
        )
    }

    /// The same view, refused unless it is of this log. For whoever has the log at hand.
    #[must_use]
    pub fn of(&self, log: &Identity) -> Self {
        let expected = Expected {
            identity: Some(log.clone()),
            ..self.inner.expected.clone()
        };
        let inner = Inner {
            generations: self.inner.generations.clone(),
            expected,
            state: Mutex::default(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    fn expecting(views: &Path, expected: Expected) -> Self {
        let generations = Generations::new(views, expected.name);
        Self {
            inner: Arc::new(Inner {
                generations,
                expected,
                state: Mutex::default(),
            }),
        }
    }

    /// The projection's name.
    pub fn name(&self) -> &'static str {
        self.inner.expected.name
    }

    /// A consistent look at the view as it is now. Keep it short: while it lives, pages it sees are not reused.
    ///
    /// # Errors
    /// When there is no generation that is fit for use.
    pub fn read(&self) -> Result<Snapshot, ViewError> {
        let mut state = self
            .inner
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.follow_pointer(&mut state);
        let Some(generation) = state.current.clone() else {
            return Err(state
                .problem
                .clone()
                .unwrap_or(ViewError::NotBuilt(self.name())));
        };
        let snapshot = Snapshot::of(self.name(), generation)?;
        state.served = state.served.max(snapshot.position());
        Ok(snapshot)
    }

    /// Looks where the pointer points, at most every [`POINTER_INTERVAL`]; what is being served stays good meanwhile.
    fn follow_pointer(&self, state: &mut State) {
        if state
            .looked_at
            .is_some_and(|at| at.elapsed() < POINTER_INTERVAL)
        {
            return;
        }
        state.looked_at = Some(Instant::now());
        let before = state.problem.take();
        if let Err(problem) = self.take_newest(state) {
            if before.is_none() {
                tracing::warn!(view = self.name(), %problem, "the newest generation is not taken");
            }
            state.problem = Some(problem);
        }
    }

    fn take_newest(&self, state: &mut State) -> Result<(), ViewError> {
        let named = self
            .inner
            .generations
            .current()
            .map_err(|error| self.unusable(error))?;
        let Some(name) = named else { return Ok(()) };
        if state
            .current
            .as_ref()
            .is_some_and(|current| current.is_current(&name))
        {
            state.next = None;
            return Ok(());
        }
        // Removed by hand and built again under the same name: two of one name cannot be open at once.
        state.current.take_if(|current| current.name() == name);
        let next = match state.next.take().filter(|next| next.is_current(&name)) {
            Some(next) => next,
            None => self.open(&name)?,
        };
        let position = next
            .meta_now()
            .map_err(|what| self.unreadable(what))?
            .position;
        if position >= state.served {
            state.current = Some(next);
        } else {
            state.next = Some(next);
        }
        Ok(())
    }

    /// Opens a generation that the pointer named; once more if it was replaced and removed meanwhile.
    fn open(&self, name: &str) -> Result<Generation, ViewError> {
        let Inner {
            generations,
            expected,
            ..
        } = &*self.inner;
        let opened = Generation::open(&generations.folder_of(name), expected);
        let again = match (&opened, generations.current()) {
            (Err(_), Ok(Some(now))) if now != name => {
                Generation::open(&generations.folder_of(&now), expected)
            }
            _ => opened,
        };
        again.map_err(|error| self.unusable(error))
    }

    fn unusable(&self, error: Unusable) -> ViewError {
        match error {
            Unusable::Refused(refused) => ViewError::Refused(refused),
            Unusable::Failed(what) => self.unreadable(what),
        }
    }

    fn unreadable(&self, what: String) -> ViewError {
        ViewError::Unreadable {
            name: self.name(),
            what,
        }
    }

    /// What the view is now.
    pub fn status(&self) -> ViewStatus {
        let read = self.read();
        let state = self
            .inner
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let problem = read.as_ref().err().or(state.problem.as_ref());
        ViewStatus {
            name: self.name(),
            version: self.inner.expected.version,
            generation: state
                .current
                .as_ref()
                .map(|current| current.name().into_owned()),
            position: read.as_ref().ok().map(Snapshot::position),
            unknown_events: read.as_ref().map_or(0, Snapshot::unknown_events),
            problem: problem.map(ToString::to_string),
        }
    }
}
