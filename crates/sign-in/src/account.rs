//! What is kept of one person: how they sign in, and the sign-in sessions they have. One record, so that a new password
//! and the end of every session are one write.

use homeroom_domain::Moment;
use serde::{Deserialize, Serialize};

use crate::password::{FirstPasswordHash, PasswordHash};
use crate::records::Record;
use crate::session::Via;
use crate::settings::{Group, Settings};
use crate::token::EndedBy;

/// Sign-in sessions of one person at a time; one more ends the one that was not used for longest.
pub(crate) const SESSIONS_MAX: usize = 16;
/// Ended ones that are remembered by what ended them.
const ENDED_MAX: usize = 16;
/// A session's last use is written at most so often.
const SEEN_MS: i64 = 10 * 60_000;

/// How a person proves who they are; none if only by a provider, or not at all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Credential {
    First {
        hash: FirstPasswordHash,
        given: Moment,
        until: Moment,
    },
    Own {
        hash: PasswordHash,
        since: Moment,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) id: String,
    /// SHA-256 of its token.
    pub(crate) hash: String,
    pub(crate) group: Group,
    pub(crate) via: Via,
    pub(crate) since: Moment,
    /// Its last use, some minutes behind.
    pub(crate) seen: Moment,
    pub(crate) device: String,
}

impl Session {
    /// When it ends if it is not used again.
    pub(crate) fn expires(&self, settings: &Settings) -> Moment {
        let terms = settings.terms(self.group);
        let idle = self.seen.plus_ms(terms.idle_ms);
        idle.min(self.since.plus_ms(terms.absolute_ms))
    }

    /// Notes its use, coarsely.
    pub(crate) fn is_seen_long_ago(&self, at: Moment) -> bool {
        at >= self.seen.plus_ms(SEEN_MS)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ended {
    pub(crate) hash: String,
    pub(crate) by: EndedBy,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) credential: Option<Credential>,
    pub(crate) sessions: Vec<Session>,
    pub(crate) ended: Vec<Ended>,
}

impl Record for Account {
    const PREFIX: &'static str = "account";
}

impl Account {
    /// Ends every session that `which` names; how many.
    pub(crate) fn end(&mut self, by: EndedBy, which: impl Fn(&Session) -> bool) -> usize {
        let (gone, kept) = std::mem::take(&mut self.sessions)
            .into_iter()
            .partition::<Vec<_>, _>(which);
        self.sessions = kept;
        let count = gone.len();
        let gone = gone.into_iter().map(|session| Ended {
            hash: session.hash,
            by,
        });
        self.ended.extend(gone);
        let forgotten = self.ended.len().saturating_sub(ENDED_MAX);
        self.ended.drain(..forgotten);
        count
    }

    /// Begins a session; makes room for it.
    pub(crate) fn begin(&mut self, session: Session, settings: &Settings) {
        let at = session.since;
        self.end(EndedBy::Time, |session| session.expires(settings) <= at);
        while self.sessions.len() >= SESSIONS_MAX {
            let oldest = self.sessions.iter().min_by_key(|session| session.seen);
            let Some(oldest) = oldest.map(|session| session.id.clone()) else {
                break;
            };
            self.end(EndedBy::Newer, |session| session.id == oldest);
        }
        self.sessions.push(session);
    }
}
