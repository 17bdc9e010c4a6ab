//! The sample department, played through the HTTP API as its people would: the roster, a rule, one raw morning, a
//! slip, a report. Whatever was played before is answered as it was then, and appends nothing.

mod day;
mod files;
mod morning;
mod people;
mod report;
mod slip;

use std::time::Duration;

use homeroom_server::SessionsWithoutPassword;

use crate::api::Api;
use people::People;

/// The homeroom teacher of 24JY1, and a student of that class.
const TEACHER: &str = "T1001";
const STUDENT: &str = "2024010101";
/// How long the service may be away while the sample is played.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was played, for whoever goes on from there.
#[derive(Debug)]
pub(crate) struct Played {
    /// The slip that was walked.
    pub(crate) slip: Option<String>,
    /// A sign-in session of the homeroom teacher of 24JY1, and one of a student of that class.
    pub(crate) teacher: String,
    pub(crate) student: String,
}

/// Plays the sample.
///
/// # Errors
/// When the service refuses what the sample needs, or does not answer.
pub(crate) async fn play(url: String, sessions: SessionsWithoutPassword) -> anyhow::Result<Played> {
    let sample = files::Sample::read()?;
    let mut people = People::new(Api::new(&url, PATIENCE)?, sessions);
    morning::play(&mut people, &sample).await?;
    day::show(&mut people, &sample).await?;
    let slip = slip::walk(&mut people, &sample).await?;
    report::file(&mut people, &sample).await?;
    Ok(Played {
        slip,
        teacher: people.token(TEACHER).await?,
        student: people.token(STUDENT).await?,
    })
}
