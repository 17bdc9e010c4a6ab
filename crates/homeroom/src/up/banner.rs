//! What `up` says of itself: what is running, where, and what to try.

use homeroom_server::ClockSetting;

use crate::folder::{Folder, LogPlace, Run, Settings};
use crate::project::ViewName;
use crate::sample::Played;
use crate::say;

/// What is running and where.
pub(super) fn running(run: &Run, folder: &Folder, settings: &Settings) {
    let log = match (settings.log, run.nats) {
        (LogPlace::Private, Some(nats)) => {
            format!("private nats-server at {nats}, fsync before every acknowledgement")
        }
        _ => "on the cluster that was named; /healthz says how durable it is".to_owned(),
    };
    let clock = match settings.clock {
        ClockSetting::Real => "real".to_owned(),
        ClockSetting::Manual => "manual: NOT THE REAL TIME, moved by PUT /v1/clock only".to_owned(),
        ClockSetting::Scaled { .. } => format!("{}: NOT THE REAL TIME", settings.clock),
    };
    let views = ViewName::ALL.map(ViewName::as_str).join(" ");
    let url = &run.url;
    say::line(format_args!(
        "homeroom is up: school {}, {}",
        settings.school, settings.zone
    ));
    say::line(format_args!(
        "  serves   {url}   (the API, to read and try: {url}/docs)"
    ));
    say::line(format_args!("  clock    {clock}"));
    say::line(format_args!("  log      {log}"));
    say::line(format_args!("  data     {}", folder.path().display()));
    say::line(format_args!(
        "  parts    serve, clock, project {views}; what they log is in {}",
        folder.logs().display()
    ));
    say::line("  Ctrl-C stops everything; the next start goes on where it was.");
}

/// What to do first.
pub(super) fn try_these(run: &Run, folder: &Folder) {
    let (url, data) = (&run.url, folder.path().display());
    say::line("\nTry:");
    say::line(format_args!("  curl -s {url}/healthz"));
    say::line(format_args!(
        "  homeroom admin create --data {data}    # the first password of `admin`; shown once"
    ));
    say::line(format_args!(
        "  homeroom sign-in admin --data {data}   # asks for it, and for one of your own"
    ));
}

/// What to try with the sample.
pub(super) fn try_the_sample(run: &Run, played: &Played) {
    let url = &run.url;
    let Played {
        slip,
        teacher,
        student,
    } = played;
    say::line(
        "\nTry, signed in as T1001, homeroom teacher of 24JY1, and as 2024010101, a student of it:",
    );
    say::line(format_args!("  TEACHER={teacher}"));
    say::line(format_args!("  STUDENT={student}"));
    say::line("  # a class's day, as its homeroom teacher sees it");
    say::line(format_args!(
        "  curl -s -H \"Authorization: Bearer $TEACHER\" {url}/v1/classes/24JY1/days/2026-11-23"
    ));
    if let Some(slip) = slip {
        say::line("  # a slip with its whole trail");
        say::line(format_args!(
            "  curl -s -H \"Authorization: Bearer $TEACHER\" {url}/v1/slips/{slip}"
        ));
    }
    say::line("  # a student asks for leave");
    say::line(format_args!(
        "  curl -s -H \"Authorization: Bearer $STUDENT\" -H 'Idempotency-Key: my-first-slip' -H 'Content-Type: application/json' \\\n    \
         -d '{{\"type\":\"sick\",\"from\":\"2026-11-25T08:00:00+08:00\",\"to\":\"2026-11-25T18:00:00+08:00\",\"reason\":\"牙疼\"}}' {url}/v1/slips"
    ));
}
