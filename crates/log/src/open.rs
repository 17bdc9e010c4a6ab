//! Opening a log that exists, and refusing what is not one.

use homeroom_domain::SchoolId;

use crate::commit::Position;
use crate::connection::{ApiError, Connection, StreamConfig};
use crate::identity::Identity;

/// The oldest nats-server that can hold a log: the first with atomic batches.
///
/// It is right but slow: 2.12.8 fsyncs each member of a batch by itself, so that a thousand writers have 4,700 commits/s
/// where 2.15.1 gives them 47,000 to 56,000.
pub(crate) const SERVER_VERSION_MIN: (i64, i64, i64) = (2, 12, 0);

/// Why a log was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is none.
    #[error(
        "this nats-server holds no log of school {0}; a log is created once, at initialisation, and never because it is missing"
    )]
    Missing(SchoolId),
    /// The stream is not as we created it.
    #[error("the stream of school {school} is not a log of Homeroom, or was changed: {what}")]
    NotOurs {
        /// The school.
        school: SchoolId,
        /// What differs.
        what: String,
    },
    /// The server is too old.
    #[error("nats-server {0} is too old: 2.12 or newer is needed")]
    TooOld(String),
    /// The server says no or nothing.
    #[error("the log cannot be opened: {0}")]
    Unavailable(String),
}

/// What opening found.
pub(crate) struct Opened {
    pub(crate) identity: Identity,
    pub(crate) head: Position,
    /// On how many servers each commit stands.
    pub(crate) replicas: usize,
}

/// Checks the server and the stream.
pub(crate) async fn check(connection: &Connection, school: &SchoolId) -> Result<Opened, OpenError> {
    let (major, minor, patch) = SERVER_VERSION_MIN;
    if !connection.client.is_server_compatible(major, minor, patch) {
        return Err(OpenError::TooOld(connection.client.server_info().version));
    }
    let info = connection
        .stream_info(&Identity::stream(school))
        .await
        .map_err(|error| match error {
            ApiError::Refused(refused) if refused.is_stream_not_found() => {
                OpenError::Missing(school.clone())
            }
            other => OpenError::Unavailable(other.to_string()),
        })?;
    let not_ours = |what| OpenError::NotOurs {
        school: school.clone(),
        what,
    };
    check_config(&info.config, school).map_err(|what| not_ours(what.to_owned()))?;
    let identity = Identity::from_metadata(school, &info.config.metadata).map_err(not_ours)?;
    Ok(Opened {
        identity,
        head: Position(info.state.last_seq),
        replicas: info.config.num_replicas,
    })
}

/// Whatever could lose or change a commit is refused by name.
fn check_config(config: &StreamConfig, school: &SchoolId) -> Result<(), &'static str> {
    let must = |is, what| if is { Ok(()) } else { Err(what) };
    must(
        config.subjects == [format!("hr.{school}.>")],
        "its subjects differ",
    )?;
    must(config.storage == "file", "it is not stored in files")?;
    must(config.discard == "new", "it discards old commits")?;
    must(config.max_age == 0, "it forgets commits by age")?;
    must(!config.allow_msg_ttl, "commits may carry an age limit")?;
    must(
        config.retention == "limits",
        "it forgets commits that were read",
    )?;
    must(
        config.max_msgs <= 0 && config.max_bytes <= 0 && config.max_msgs_per_subject <= 0,
        "it has a limit",
    )?;
    must(
        config.subject_transform.is_none(),
        "it changes the subjects of commits",
    )?;
    must(
        config.mirror.is_none() && config.sources.is_empty(),
        "it takes commits from another stream",
    )?;
    must(!config.no_ack, "it acknowledges nothing")?;
    must(config.deny_delete, "commits can be deleted")?;
    must(config.deny_purge, "it can be purged")?;
    must(config.allow_direct, "it cannot be read directly")?;
    must(config.allow_atomic, "it takes no atomic batches")
}
