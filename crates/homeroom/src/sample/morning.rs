//! The roster, the rule, and the raw morning, each attempt at the instant at which it was made.

use anyhow::Context;
use homeroom_domain::{Moment, Zone};

use super::files::Sample;
use super::people::People;
use crate::{import, say};

/// Before anybody was up: the roster and the rule are from then.
const DAWN: &str = "2026-11-23T06:00:00+08:00";
/// After the last attempt and the end of every window.
const AFTER: &str = "2026-11-23T09:00:00+08:00";

/// Plays the morning up to [`AFTER`]; what the clock says has been is not played again.
pub(super) async fn play(people: &mut People, sample: &Sample) -> anyhow::Result<()> {
    let mut clock = Clock::read(people).await?;
    clock.move_to(people, Moment::parse(DAWN)?).await?;
    let importing = say::spinner("importing the sample roster");
    let imported = people.import("sample-roster", &sample.roster).await;
    importing.finish_and_clear();
    let imported = imported?.ok("the sample roster")?;
    say::line(format_args!(
        "\nsample roster: {}",
        import::summary(&imported)
    ));
    people
        .post(
            &sample.officer,
            "sample-calendar",
            "/v1/calendar/import",
            &sample.calendar,
        )
        .await?
        .ok("the country's holidays")?;
    people
        .post(
            &sample.officer,
            "sample-morning-rule",
            "/v1/rules",
            &sample.rule,
        )
        .await?
        .ok("the morning rule")?;
    let bar = say::bar(
        "replaying the morning of 2026-11-23",
        sample.check_ins.len() as u64,
        "check-ins",
    );
    for (index, check_in) in sample.check_ins.iter().enumerate() {
        if clock.is_before_or_at(check_in.at) {
            clock.move_to(people, check_in.at).await?;
            let key = format!("sample-check-in-{index:04}");
            let answer = people
                .post(&check_in.student, &key, "/v1/check-ins", &check_in.body())
                .await?;
            // Attempts that do not count belong to any morning; the tables tell them.
            if !answer.status.is_success() && !is_no(&answer.status) {
                answer.ok("a check-in of the sample")?;
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    clock.move_to(people, Moment::parse(AFTER)?).await
}

/// An attempt that was judged and does not count.
fn is_no(status: &reqwest::StatusCode) -> bool {
    matches!(status.as_u16(), 409 | 422)
}

/// The manual clock, as far as we have moved it.
struct Clock {
    now: Option<Moment>,
}

impl Clock {
    async fn read(people: &mut People) -> anyhow::Result<Self> {
        let clock = people.get("admin", "/v1/clock").await?.ok("the clock")?;
        let now = clock["now"].as_str().map(Moment::parse).transpose();
        Ok(Self {
            now: now.context("the clock")?,
        })
    }

    fn is_before_or_at(&self, at: Moment) -> bool {
        self.now.is_none_or(|now| now <= at)
    }

    /// Moves it forward; where it is later already it stays.
    async fn move_to(&mut self, people: &mut People, to: Moment) -> anyhow::Result<()> {
        if self.now.is_some_and(|now| to <= now) {
            return Ok(());
        }
        people
            .set_clock(&to.rfc3339(Zone::Asia__Shanghai))
            .await?
            .ok("moving the clock")?;
        self.now = Some(to);
        Ok(())
    }
}
