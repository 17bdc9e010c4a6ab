//! `homeroom clock`: what happens at a time happens here. Closes sessions.

mod due;
mod history;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use chrono::Days;
use futures::{StreamExt, TryStreamExt};
use homeroom_attendance::Attendance;
use homeroom_domain::attendance::{CloseFacts, SessionKey};
use homeroom_domain::{ClassId, Moment, RuleId, SchoolDate, Zone};
use homeroom_log::{AppendError, Log, ReadError, Vault};
use homeroom_projection::View;
use homeroom_server::{Clock, ClockError, ClockSetting, CloseError, Closer};
use tokio_util::sync::CancellationToken;

use crate::cli::Place;
use crate::reach::{Alone, reach};
use crate::serve::{Ready, clock_setting};
use crate::stop;
use due::{Due, due, next_end};
use history::History;

/// How far back sessions are closed that nobody has closed: a school year with both its holidays.
const LOOK_BACK_DAYS: u64 = 400;
/// A rule made in another process is known after so long.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// Sessions that end together are closed together; so many at once.
const CLOSE_AT_ONCE: usize = 64;
/// How long to wait for the attendance view, which only saves work: closing what is closed changes nothing.
const VIEW_TIMEOUT: Duration = Duration::from_secs(10);
const VIEW_INTERVAL: Duration = Duration::from_millis(20);
/// Between two tries while the log is away.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// Closes each session once its window is over, by the school's clock.
///
/// One of the parts that `homeroom up` runs; two of them close nothing twice. After it was down it catches up. Whoever
/// had duty is told from the roster as it was when the window ended, however late that is.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    /// The school's clock: real, manual, or <instant>x<speed>. Needed only where the data folder does not say it.
    #[arg(long, value_name = "CLOCK", value_parser = ClockSetting::parse)]
    clock: Option<ClockSetting>,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let stop = stop::told()?;
    let reached = reach(&args.place, "clock", Alone::Refuse).await?;
    let setting = clock_setting(args.clock, &reached.folder, &reached.log)?;
    let clock = Clock::open(&reached.connection, reached.log.identity(), setting).await?;
    let vault = Vault::open(reached.connection.clone(), reached.log.school()).await?;
    let log = reached.log.clone();
    let mut closing = Closing {
        closer: Closer::new(log.clone(), vault, clock.clone()),
        attendance: homeroom_attendance::view(&reached.folder.views()).of(log.identity()),
        zone: log.identity().zone,
        history: History::default(),
        closed: BTreeSet::new(),
        looked: None,
        log,
        clock,
    };
    Ready::default().tell(&format!("following the {} clock", setting.kind().as_str()));
    closing.run(&stop).await
}

type Session = (SchoolDate, RuleId, ClassId);

struct Closing {
    log: Log,
    clock: Clock,
    closer: Closer,
    attendance: View,
    zone: Zone,
    history: History,
    /// The sessions known to be closed, as far back as they are looked at again.
    closed: BTreeSet<Session>,
    /// What the clock showed when everything due was closed; `None` before that, or when a rule has changed since.
    looked: Option<Moment>,
}

impl Closing {
    async fn run(&mut self, stop: &CancellationToken) -> anyhow::Result<()> {
        loop {
            let now = match self.clock.now() {
                Ok(now) => Some(now),
                Err(ClockError::NotSet) => None,
                Err(error) => return Err(error.into()),
            };
            let wait = match now {
                None => LOOK_INTERVAL,
                Some(now) => match self.close_all_due(now, stop).await {
                    Ok(()) => LOOK_INTERVAL,
                    Err(error) if may_pass(&error) => {
                        tracing::warn!(%error, "trying again");
                        RETRY_INTERVAL
                    }
                    Err(error) => return Err(error.into()),
                },
            };
            let next = now.and_then(|now| next_end(&self.history, now, self.zone));
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                () = self.clock.changed(now) => {}
                () = reach_if_any(&self.clock, next) => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Closes every session whose window is over at `now` and that is not closed.
    async fn close_all_due(
        &mut self,
        now: Moment,
        stop: &CancellationToken,
    ) -> Result<(), CloseError> {
        if self.history.refresh(&self.log).await? {
            self.looked = None;
        }
        let from = self.from(now);
        let mut due = due(&self.history, from, now, self.zone);
        due.retain(|due| !self.closed.contains(&name(&due.session)));
        if due.is_empty() {
            self.looked = Some(now);
            return Ok(());
        }
        if self.looked.is_none() {
            due = self.not_closed(due, stop).await?;
        }
        let key = |due: &Due| (due.session.date, due.window.closes);
        for ended_together in due.chunk_by(|one, other| key(one) == key(other)) {
            self.close(ended_together).await?;
            if stop.is_cancelled() {
                return Ok(());
            }
        }
        tracing::info!(sessions = due.len(), now = %now.rfc3339(self.zone), "closed");
        self.looked = Some(now);
        let kept = self.from(now);
        self.closed.retain(|(date, _, _)| *date >= kept);
        Ok(())
    }

    /// Closes sessions of one date whose windows ended at the same instant, for those who had duty, as was known then.
    async fn close(&mut self, ended_together: &[Due]) -> Result<(), CloseError> {
        let Some(first) = ended_together.first() else {
            return Ok(());
        };
        let on_duty = self
            .history
            .on_duty(first.session.date, first.window.closes);
        let (closer, known, zone) = (&self.closer, self.history.known(), self.zone);
        let closings = futures::stream::iter(ended_together).map(|Due { session, window }| {
            let duty = on_duty.get(&session.class).cloned().unwrap_or_default();
            let facts = CloseFacts { duty, zone };
            async move {
                closer.close(session, *window, &facts, known).await?;
                Ok::<_, CloseError>(name(session))
            }
        });
        let closed: Vec<Session> = closings
            .buffer_unordered(CLOSE_AT_ONCE)
            .try_collect()
            .await?;
        self.closed.extend(closed);
        Ok(())
    }

    /// The first date to look at.
    fn from(&self, now: Moment) -> SchoolDate {
        let (since, days) = match self.looked {
            // A day more: a commit decided just before the last look may have been stored after it.
            Some(looked) => (looked, 1),
            None => (now, LOOK_BACK_DAYS),
        };
        let date = since.date(self.zone);
        date.checked_sub_days(Days::new(days)).unwrap_or(date)
    }

    /// Leaves out what the attendance view knows to be closed, once it has come as far as the log is now.
    async fn not_closed(
        &mut self,
        due: Vec<Due>,
        stop: &CancellationToken,
    ) -> Result<Vec<Due>, CloseError> {
        let head = self.log.head().await?;
        let end = Instant::now() + VIEW_TIMEOUT;
        let attendance = loop {
            match Attendance::read(&self.attendance) {
                Ok(attendance) if attendance.0.position() >= head => break attendance,
                _ if stop.is_cancelled() => return Ok(Vec::new()),
                Ok(attendance) if Instant::now() >= end => break attendance,
                Err(error) if Instant::now() >= end => {
                    tracing::warn!(%error, "closing without the attendance view");
                    return Ok(due);
                }
                _ => tokio::time::sleep(VIEW_INTERVAL).await,
            }
        };
        let mut open = Vec::new();
        for due in due {
            let SessionKey {
                rule, class, date, ..
            } = &due.session;
            match attendance.closing(class, *date, rule) {
                Ok(Some(_)) => {
                    self.closed.insert(name(&due.session));
                }
                Ok(None) => open.push(due),
                Err(error) => {
                    tracing::warn!(%error, "closing without the attendance view");
                    open.push(due);
                }
            }
        }
        Ok(open)
    }
}

fn name(session: &SessionKey) -> Session {
    (session.date, session.rule.clone(), session.class.clone())
}

async fn reach_if_any(clock: &Clock, due: Option<Moment>) {
    match due {
        Some(due) => clock.reach(due).await,
        None => std::future::pending().await,
    }
}

/// True where the same may succeed later.
fn may_pass(error: &CloseError) -> bool {
    match error {
        // The clock showed the end and another process's does not yet.
        CloseError::StillOpen => true,
        CloseError::Read(error) => matches!(error, ReadError::Unavailable(_)),
        CloseError::Append(error) => {
            !matches!(error, AppendError::Damaged(_) | AppendError::Unwritable(_))
        }
        CloseError::Clock(error) => matches!(error, ClockError::Unavailable(_)),
        CloseError::Defect(_) => false,
    }
}
