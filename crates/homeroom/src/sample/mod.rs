//! The sample department, played through the HTTP API as its people would: the roster, a rule, one raw morning, a
//! slip, a report. Whatever was played before is answered as it was then, and appends nothing.

mod day;
mod files;
mod morning;
mod report;
mod slip;

use std::time::Duration;

use crate::api::Api;

/// How long the service may be away while the sample is played.
const PATIENCE: Duration = Duration::from_secs(60);

/// Plays the sample; says which slip was walked.
///
/// # Errors
/// When the service refuses what the sample needs, or does not answer.
pub(crate) async fn play(url: String) -> anyhow::Result<Option<String>> {
    let api = Api::new(&url, PATIENCE)?;
    let sample = files::Sample::read()?;
    morning::play(&api, &sample).await?;
    day::show(&api, &sample).await?;
    let slip = slip::walk(&api, &sample).await?;
    report::file(&api, &sample).await?;
    Ok(slip)
}
