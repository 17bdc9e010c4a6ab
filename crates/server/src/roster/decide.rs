//! What every single change of the roster has in common.

use homeroom_directory::Directory;
use homeroom_domain::rights::Grant;
use homeroom_domain::roster::{RosterCommand, RosterDecider, RosterFacts};
use homeroom_domain::{Boundary, Moment};
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::app::App;
use crate::error::ApiError;
use crate::execute::Asked;
use crate::request::Command;

/// A change of the roster.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RosterAnswer {
    /// False if it was so already, and nothing was recorded.
    pub changed: bool,
    /// When it was decided.
    pub at: String,
    /// Where in the log it stands.
    pub position: u64,
}

/// Decides a change of the roster; `ask` says what is asked, and as what the caller may.
pub(crate) async fn decide<T>(
    app: &App,
    command: &Command<T>,
    type_: &'static str,
    ask: impl Fn(&Directory, Moment) -> Result<(RosterCommand, Grant), ApiError>,
) -> Result<Answer<RosterAnswer>, ApiError> {
    let caller = &command.caller;
    let envelope = command.envelope(type_);
    let boundary = Boundary::roster();
    let executed = app.execute::<RosterDecider>(&boundary, &envelope, |at| {
        let directory = app.directory()?;
        let (command, grant) = ask(&directory, at)?;
        let facts = RosterFacts {
            actor: caller.person().map(|person| person.id.clone()),
            zone: app.zone(),
        };
        Ok(Asked {
            command,
            facts,
            actor: caller.actor(&grant),
            known: directory.0.position(),
        })
    });
    let executed = executed.await?;
    let position = executed.position();
    let body = RosterAnswer {
        changed: !executed.events.is_empty(),
        at: executed.at.rfc3339(app.zone()),
        position: position.0,
    };
    Ok(Answer::done(position, body))
}
