//! Sealed names and texts, opened for whoever has the keys.

use std::collections::BTreeMap;

use homeroom_domain::roster::{Identity, RosterEvent};
use homeroom_domain::sealed::Sealed;
use homeroom_domain::{Boundary, DomainEvent, PersonId};
use homeroom_log::Vault;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::reach::Reached;

/// What is shown of a sealed field to whoever has no keys.
const SEALED: &str = "[sealed]";
/// What is shown of one whose key was destroyed.
const ERASED: &str = "[erased]";

/// Names and texts, or none of them.
pub(super) struct Names(Option<Opened>);

struct Opened {
    vault: Vault,
    identities: BTreeMap<PersonId, Sealed>,
}

impl Names {
    /// Nothing is opened.
    pub(super) fn sealed() -> Self {
        Self(None)
    }

    /// Everything that the keys open, with the roster's own chain verified for it.
    pub(super) async fn opened(reached: &Reached) -> anyhow::Result<Self> {
        let vault = Vault::open(reached.connect_as("serve").await?, reached.log.school()).await?;
        let mut identities = BTreeMap::new();
        for commit in reached.log.load(&Boundary::roster()).await? {
            for event in commit.commit.events.iter().filter_map(RosterEvent::decode) {
                let (person, sealed) = match event? {
                    RosterEvent::StudentEnrolled(e) => (e.student, e.sealed),
                    RosterEvent::StudentCorrected(e) => (e.student, e.sealed),
                    RosterEvent::StaffJoined(e) => (e.staff, e.sealed),
                    RosterEvent::StaffCorrected(e) => (e.staff, e.sealed),
                    _ => continue,
                };
                identities.insert(person, sealed);
            }
        }
        Ok(Self(Some(Opened { vault, identities })))
    }

    /// Number and name of a person; null where they are not opened.
    pub(super) async fn of(&self, person: &PersonId) -> anyhow::Result<Value> {
        let Some(opened) = &self.0 else {
            return Ok(Value::Null);
        };
        let Some(sealed) = opened.identities.get(person) else {
            return Ok(Value::Null);
        };
        let Some(identity) = opened.vault.open_sealed(sealed).await? else {
            return Ok(json!(ERASED));
        };
        let identity: Identity = serde_json::from_slice(&identity)?;
        Ok(json!(format!("{} {}", identity.number, identity.name)))
    }

    /// An event's data with every sealed field in it opened, or said to be sealed.
    pub(super) async fn data(&self, data: &Value) -> anyhow::Result<Value> {
        let mut shown = data.clone();
        let mut fields = Vec::new();
        collect(&mut shown, &mut fields);
        for (field, sealed) in fields {
            *field = match &self.0 {
                None => json!(SEALED),
                Some(opened) => match opened.vault.open_sealed(&sealed).await? {
                    Some(text) => json!(String::from_utf8_lossy(&text)),
                    None => json!(ERASED),
                },
            };
        }
        Ok(shown)
    }
}

/// Every sealed field under a value.
fn collect<'a>(value: &'a mut Value, fields: &mut Vec<(&'a mut Value, Sealed)>) {
    if let Ok(sealed) = Sealed::deserialize(&*value) {
        fields.push((value, sealed));
        return;
    }
    match value {
        Value::Object(object) => object.values_mut().for_each(|child| collect(child, fields)),
        Value::Array(array) => array.iter_mut().for_each(|child| collect(child, fields)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_keys_nothing_sealed_is_shown_and_everything_else_is() {
        let sealed = json!({"person": "p1", "category": "reason", "box": "AAAA"});
        let data =
            json!({"slip": "p1-1", "reason": sealed, "answers": [{"value": {"text": sealed}}]});
        let shown = Names::sealed().data(&data).await.unwrap();
        let expected = json!({"slip": "p1-1", "reason": "[sealed]", "answers": [{"value": {"text": "[sealed]"}}]});
        assert_eq!(shown, expected);
    }
}
