//! What every handler works with.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use homeroom_directory::Directory;
use homeroom_domain::{Boundary, ClassId, Decider, DomainEvent, Moment, PersonId, Zone};
use homeroom_log::{Log, Position, Vault};
use homeroom_projection::View;
use homeroom_sign_in::{Provider, SignIn};
use homeroom_trail::Trail;
use ipnet::IpNet;

use crate::class_day::ClassDays;
use crate::clock::{Clock, ClockError};
use crate::error::{self, ApiError};
use crate::execute::{Asked, Envelope, Executed, Executor, Hints};
use crate::limits::Limits;
use crate::people::{self, Named};
use crate::server::ServerOptions;
use crate::views::Views;

/// What every handler works with. Cheap to clone.
#[derive(Clone)]
pub(crate) struct App(Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) log: Log,
    pub(crate) vault: Vault,
    pub(crate) clock: Clock,
    pub(crate) views: Views,
    pub(crate) executor: Executor,
    pub(crate) class_days: ClassDays,
    pub(crate) sign_in: SignIn,
    pub(crate) limits: Limits,
    pub(crate) provider: Option<Provider>,
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// The newest commit of ours that changes what facts are read from.
    directory_floor: AtomicU64,
}

impl Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    pub(crate) fn new(
        options: &ServerOptions,
        log: Log,
        vault: Vault,
        views: &Path,
        clock: Clock,
        (sign_in, provider): (SignIn, Option<Provider>),
    ) -> Self {
        let views = Views::new(views, &log);
        let hints = TrailHints(views.trail.view.clone());
        let appender = log.appender(options.batching);
        let executor = Executor::new(log.clone(), appender, clock.clone(), Box::new(hints));
        Self(Arc::new(Parts {
            log,
            vault,
            clock,
            views,
            executor,
            class_days: ClassDays::new(),
            sign_in,
            limits: Limits::new(),
            provider,
            trusted_proxies: options.trusted_proxies.clone(),
            directory_floor: AtomicU64::new(0),
        }))
    }
}

impl Parts {
    /// The school's zone.
    pub(crate) fn zone(&self) -> Zone {
        self.log.identity().zone
    }

    /// The directory as it is now, for facts. It has what this process appended: see [`Parts::directory_floor`].
    pub(crate) fn directory(&self) -> Result<Directory, ApiError> {
        Ok(Directory::read(&self.views.directory.view)?)
    }

    /// How far the directory must have come before anything is decided or answered here.
    pub(crate) fn directory_floor(&self) -> Position {
        Position(self.directory_floor.load(Ordering::Acquire))
    }

    /// What the school's clock shows; the beginning of time on a clock that nobody has set yet.
    pub(crate) fn now_or_start(&self) -> Result<Moment, ApiError> {
        match self.clock.now() {
            Ok(now) => Ok(now),
            Err(ClockError::NotSet) => Ok(Moment::MIN),
            Err(error) => Err(error.into()),
        }
    }

    /// A class's code.
    pub(crate) fn class_code(&self, class: &ClassId) -> Result<String, ApiError> {
        let class = self.directory()?.class(class)?;
        class.map(|class| class.code).ok_or_else(|| {
            tracing::error!("a class that something happened in is not in the directory");
            error::unavailable()
        })
    }

    /// Somebody by id, as the school calls them; nobody is named by nothing.
    pub(crate) async fn named(&self, person: &PersonId) -> Result<Named, ApiError> {
        let person = self.directory()?.person(person)?;
        match person {
            Some(person) => people::named(&self.vault, &person.identity).await,
            None => Ok(Named::default()),
        }
    }

    /// Executes a command. A refusal that was recorded is a refusal to whoever asked.
    pub(crate) async fn execute<D: Decider>(
        &self,
        boundary: &Boundary,
        envelope: &Envelope,
        ask: impl FnMut(Moment) -> Result<Asked<D>, ApiError>,
    ) -> Result<Executed<D::Event>, ApiError> {
        let executed = self.executor.execute::<D>(boundary, envelope, ask).await?;
        if matches!(
            boundary.kind(),
            "roster" | "rules" | "template" | "calendar"
        ) {
            self.directory_floor
                .fetch_max(executed.position().0, Ordering::AcqRel);
        }
        unless_refused(executed)
    }

    /// The first answer to a command on this boundary, if there is one.
    pub(crate) async fn first_answer<D: Decider>(
        &self,
        boundary: &Boundary,
        envelope: &Envelope,
    ) -> Result<Option<Executed<D::Event>>, ApiError> {
        let first = self.executor.first_answer::<D>(boundary, envelope).await?;
        first.map(unless_refused).transpose()
    }
}

fn unless_refused<E: DomainEvent>(executed: Executed<E>) -> Result<Executed<E>, ApiError> {
    match executed.events.iter().find_map(DomainEvent::refusal) {
        Some(refusal) => Err(ApiError::refused(refusal, Some(executed.position()))),
        None => Ok(executed),
    }
}

/// The trail knows every boundary: one that it has never seen need not be loaded from the log.
struct TrailHints(View);

impl Hints for TrailHints {
    fn is_new(&self, boundary: &Boundary) -> bool {
        let tail = Trail::read(&self.0).and_then(|trail| trail.tail(boundary));
        matches!(tail, Ok(None))
    }
}
