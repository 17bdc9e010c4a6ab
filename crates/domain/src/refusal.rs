//! Refusals are words of the domain: a stable code, the field at fault, one sentence in each language.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The languages every sentence exists in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Language {
    /// Simplified Chinese.
    #[default]
    #[serde(rename = "zh-CN")]
    Chinese,
    /// English.
    #[serde(rename = "en")]
    English,
}

/// What kind of no it is; decides the HTTP status in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// The command itself makes no sense (422).
    Invalid,
    /// It names something that does not exist (404).
    NotFound,
    /// The actor holds no office that allows it (403).
    Forbidden,
    /// It contradicts what already happened (409).
    Conflict,
    /// It is well made, but a rule of the school says no (422).
    Denied,
}

/// A refusal, said to a person and to a program.
pub trait Refuse: std::fmt::Debug + Send + Sync {
    /// The stable name, in kebab case: the last part of the problem's `type`.
    fn code(&self) -> &'static str;
    /// The kind.
    fn kind(&self) -> RefusalKind;
    /// The field of the command at fault, as a JSON name or path.
    fn field(&self) -> Option<String> {
        None
    }
    /// One sentence.
    fn sentence(&self, language: Language) -> String;
    /// The single faults, where one command has many (the lines of an imported file).
    fn faults(&self) -> Vec<Fault> {
        Vec::new()
    }
}

/// One thing wrong in a command that has many parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where: a JSON path, or `file:line:column` of an imported file.
    pub at: String,
    /// The stable name of what is wrong, in kebab case.
    pub code: &'static str,
    /// One sentence in Chinese.
    pub chinese: String,
    /// One sentence in English.
    pub english: String,
}

impl Fault {
    /// The sentence in one language.
    pub fn sentence(&self, language: Language) -> &str {
        match language {
            Language::Chinese => &self.chinese,
            Language::English => &self.english,
        }
    }
}
