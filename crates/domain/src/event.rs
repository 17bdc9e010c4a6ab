//! How events are written in a commit.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::refusal::Refuse;

/// One event as a commit holds it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EventRecord {
    /// The event's type, in snake case.
    #[serde(rename = "type")]
    pub type_: String,
    /// The version of its data.
    pub v: u16,
    /// Its data.
    #[schemars(with = "serde_json::Value")]
    pub data: Box<RawValue>,
}

/// An event that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("event {type_} v{v}: {source}")]
pub struct EventError {
    /// The event's type.
    pub type_: String,
    /// The version.
    pub v: u16,
    /// What is wrong with its data.
    pub source: serde_json::Error,
}

/// An event of one of the deciders. Implemented by [`events!`](crate::events).
pub trait DomainEvent: Sized + Clone + std::fmt::Debug + Send + Sync + 'static {
    /// Writes the event.
    ///
    /// # Errors
    /// When its data cannot be JSON.
    fn encode(&self) -> Result<EventRecord, EventError>;

    /// Reads an event; `None` when the type is not one of this decider's.
    ///
    /// # Errors
    /// When the type is known and its version or data cannot be read.
    fn decode(record: &EventRecord) -> Option<Result<Self, EventError>>;

    /// The refusal that this event records, if it records one.
    fn refusal(&self) -> Option<&dyn Refuse>;

    /// Type, version and JSON Schema of the data of every event.
    fn schemas() -> Vec<(&'static str, u16, schemars::Schema)>;
}

/// Declares the events of a decider: an enum of one struct each, its names and versions in the log.
///
/// `refused` marks the events that record a refusal; their data must implement [`Refuse`].
#[macro_export]
macro_rules! events {
    ($(#[$doc:meta])* pub enum $name:ident {
        $($(#[$vdoc:meta])* $variant:ident($data:ty) = $type:literal v $v:literal $(, $refused:ident)?;)+
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $name {
            $($(#[$vdoc])* $variant($data),)+
        }

        impl $crate::event::DomainEvent for $name {
            fn encode(&self) -> Result<$crate::event::EventRecord, $crate::event::EventError> {
                match self {
                    $($name::$variant(data) => Ok($crate::event::EventRecord {
                        type_: $type.to_owned(),
                        v: $v,
                        data: serde_json::value::to_raw_value(data).map_err(|source| {
                            $crate::event::EventError { type_: $type.to_owned(), v: $v, source }
                        })?,
                    }),)+
                }
            }

            fn decode(
                record: &$crate::event::EventRecord,
            ) -> Option<Result<Self, $crate::event::EventError>> {
                let error = |source| $crate::event::EventError { type_: record.type_.clone(), v: record.v, source };
                match (record.type_.as_str(), record.v) {
                    $(($type, $v) => Some(serde_json::from_str(record.data.get()).map($name::$variant).map_err(error)),)+
                    $(($type, _))|+ => {
                        let source = <serde_json::Error as serde::de::Error>::custom("a version this program does not know");
                        Some(Err(error(source)))
                    }
                    _ => None,
                }
            }

            fn refusal(&self) -> Option<&dyn $crate::refusal::Refuse> {
                match self {
                    $($name::$variant(_data) => $crate::events!(@refusal _data $($refused)?),)+
                }
            }

            fn schemas() -> Vec<(&'static str, u16, schemars::Schema)> {
                vec![$(($type, $v, schemars::schema_for!($data))),+]
            }
        }
    };
    (@refusal $data:ident refused) => { Some($data as &dyn $crate::refusal::Refuse) };
    (@refusal $data:ident) => { None };
}
