//! Names and texts at the edge: sealed before anything is decided, opened for whoever may read them.

use homeroom_domain::PersonId;
use homeroom_domain::roster::Identity;
use homeroom_domain::sealed::{Category, Mark, Sealed};
use homeroom_log::Vault;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::{self, ApiError};

/// Who somebody is, as the school calls them.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub(crate) struct Named {
    /// The school number or staff number; null where it was erased.
    #[schema(example = "2026010101")]
    pub number: Option<String>,
    /// The name; null where it was erased.
    pub name: Option<String>,
    /// True where number and name were erased.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub erased: bool,
}

/// A text that was sealed: the text itself, `{"erased": true}` once its key is destroyed, `{"withheld": true}` to whoever
/// may not know it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Opened {
    /// The text.
    Text(String),
    /// Its key was destroyed.
    Erased {
        /// Always true.
        erased: bool,
    },
    /// The reader may not know it.
    Withheld {
        /// Always true.
        withheld: bool,
    },
}

/// Whether the reader may know what was written in confidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Words {
    Opened,
    Withheld,
}

/// What a school number is found by.
pub(crate) fn number_mark(vault: &Vault, number: &str) -> Mark {
    vault.mark("number", number)
}

/// What tells a whole identity from another.
pub(crate) fn identity_mark(vault: &Vault, identity: &Identity) -> Result<Mark, ApiError> {
    Ok(vault.mark("identity", &json(identity)?))
}

/// Seals an identity.
pub(crate) async fn seal_identity(
    vault: &Vault,
    person: &PersonId,
    identity: &Identity,
) -> Result<Sealed, ApiError> {
    Ok(vault
        .seal(person, Category::Identity, json(identity)?.as_bytes())
        .await?)
}

/// JSON of something of ours, which cannot fail but for a programming error.
pub(crate) fn json<T: Serialize>(value: &T) -> Result<String, ApiError> {
    serde_json::to_string(value).map_err(|error| {
        tracing::error!(%error, "a value is no JSON");
        error::internal()
    })
}

/// Somebody's identity, sealed, with what the roster finds them by.
pub(crate) struct SealedSomebody {
    /// Whoever the roster knows by that number, else somebody new.
    pub(crate) person: PersonId,
    pub(crate) number: Mark,
    pub(crate) identity: Mark,
    pub(crate) sealed: Sealed,
}

/// Seals the identity of somebody who may be known already; `new_bits` become the id of whoever is not.
pub(crate) async fn seal_somebody(
    app: &App,
    identity: &Identity,
    new_bits: [u8; 10],
) -> Result<SealedSomebody, ApiError> {
    let vault = &app.vault;
    let number = number_mark(vault, &identity.number);
    let known = app.directory()?.person_by_number(&number)?;
    let person = known.map_or_else(|| PersonId::from_bits(new_bits), |known| known.id);
    vault.ensure(std::slice::from_ref(&person)).await?;
    Ok(SealedSomebody {
        sealed: seal_identity(vault, &person, identity).await?,
        identity: identity_mark(vault, identity)?,
        person,
        number,
    })
}

/// Opens an identity; `None` where it was erased.
pub(crate) async fn identity(
    vault: &Vault,
    identity: &Sealed,
) -> Result<Option<Identity>, ApiError> {
    let Some(opened) = vault.open_sealed(identity).await? else {
        return Ok(None);
    };
    let identity = serde_json::from_slice(&opened).map_err(|error| {
        tracing::error!(%error, "a sealed identity is not what was sealed");
        error::internal()
    })?;
    Ok(Some(identity))
}

/// What somebody is called; erased ones are named by nothing.
pub(crate) async fn named(vault: &Vault, sealed: &Sealed) -> Result<Named, ApiError> {
    let Some(identity) = identity(vault, sealed).await? else {
        return Ok(Named {
            erased: true,
            ..Named::default()
        });
    };
    Ok(Named {
        number: Some(identity.number),
        name: Some(identity.name),
        erased: false,
    })
}

/// Opens a text.
pub(crate) async fn opened(
    vault: &Vault,
    sealed: &Sealed,
    words: Words,
) -> Result<Opened, ApiError> {
    if words == Words::Withheld {
        return Ok(Opened::Withheld { withheld: true });
    }
    Ok(match vault.open_sealed(sealed).await? {
        Some(text) => Opened::Text(String::from_utf8_lossy(&text).into_owned()),
        None => Opened::Erased { erased: true },
    })
}

/// Opens a text that may not be there.
pub(crate) async fn opened_if_any(
    vault: &Vault,
    sealed: Option<&Sealed>,
) -> Result<Option<Opened>, ApiError> {
    match sealed {
        Some(sealed) => opened(vault, sealed, Words::Opened).await.map(Some),
        None => Ok(None),
    }
}

/// An event's data with every sealed field in it opened.
pub(crate) async fn opened_data(
    vault: &Vault,
    mut data: Value,
    words: Words,
) -> Result<Value, ApiError> {
    let mut fields = Vec::new();
    collect_sealed(&data, &mut String::new(), &mut fields);
    for (pointer, sealed) in fields {
        let text = opened(vault, &sealed, words).await?;
        if let Some(field) = data.pointer_mut(&pointer) {
            *field = serde_json::to_value(text).unwrap_or_default();
        }
    }
    Ok(data)
}

/// Every sealed field under a value, by its JSON pointer.
fn collect_sealed(value: &Value, pointer: &mut String, fields: &mut Vec<(String, Sealed)>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(object) if object.contains_key("box") => {
            if let Ok(sealed) = Sealed::deserialize(value) {
                fields.push((pointer.clone(), sealed));
            }
            return;
        }
        Value::Object(object) => object
            .iter()
            .map(|(key, child)| (escaped(key), child))
            .collect(),
        Value::Array(array) => array
            .iter()
            .enumerate()
            .map(|(index, child)| (index.to_string(), child))
            .collect(),
        _ => return,
    };
    for (key, child) in children {
        let length = pointer.len();
        pointer.push('/');
        pointer.push_str(&key);
        collect_sealed(child, pointer, fields);
        pointer.truncate(length);
    }
}

/// A key as a JSON pointer writes it (RFC 6901).
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sealed_fields_are_found_wherever_they_stand() {
        let sealed = json!({"person": "p1", "category": "note", "box": "AAAA"});
        let data = json!({
            "plain": 1, "note": sealed, "a/b": {"~": sealed},
            "answers": [{"value": {"yes_no": true}}, {"value": {"text": sealed}}],
            "odd": {"box": "is not sealed"},
        });
        let mut fields = Vec::new();
        collect_sealed(&data, &mut String::new(), &mut fields);
        let mut pointers: Vec<_> = fields.iter().map(|(pointer, _)| pointer.as_str()).collect();
        pointers.sort_unstable();
        assert_eq!(pointers, ["/answers/1/value/text", "/a~1b/~0", "/note"]);
        assert!(
            pointers
                .iter()
                .all(|pointer| data.pointer(pointer) == Some(&sealed))
        );
    }
}
