//! What a template asks, and what can be answered.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::refusal::{Language, RefusalKind, Refuse};

/// The most items of a template.
pub const ITEMS_MAX: usize = 200;
/// The most hundredths of a point anything may be worth.
pub const HUNDREDTHS_MAX: i64 = 100_000_000;

/// What a template asks. Points are whole hundredths, so that sums are exact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateTerms {
    /// What people call it (早间卫生检查).
    pub name: String,
    /// What a flawless inspection scores, in hundredths of a point.
    pub full_marks_hundredths: i64,
    /// What is looked at, in this order.
    pub items: Vec<Item>,
}

/// One thing looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Its name to programs: 1 to 40 of `[a-z0-9_]`, unique in the template.
    pub key: String,
    /// Its name to people.
    pub label: String,
    /// What can be answered.
    pub kind: ItemKind,
    /// Whether it must be answered.
    pub required: bool,
}

/// What can be answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ItemKind {
    /// Points taken off.
    Deduction {
        /// At most so many hundredths.
        max_hundredths: i64,
    },
    /// One of these.
    Choice {
        /// 2 to 50 different texts.
        options: Vec<String>,
    },
    /// A whole number.
    Number {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
    /// Free text.
    Text {
        /// At most so many characters, up to 2,000.
        chars_max: u32,
    },
    /// Yes or no.
    YesNo,
}

/// The answer to one item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The item's key.
    pub item: String,
    /// What was answered.
    pub value: AnswerValue,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnswerValue {
    /// Hundredths of a point taken off.
    Deduction(i64),
    /// The option chosen.
    Choice(String),
    /// A whole number.
    Number(i64),
    /// Free text, sealed under the inspector's key: it may name a student.
    Text(crate::sealed::Sealed),
    /// Yes or no.
    YesNo(bool),
}

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateRefused {
    /// The field at fault, as a JSON path.
    pub field: String,
    /// What is wrong with it.
    pub problem: TemplateProblem,
}

/// What can be wrong with a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateProblem {
    /// A text is empty or too long.
    Text,
    /// A limit is out of bounds or the wrong way round.
    Limit,
    /// A key is not 1 to 40 of `[a-z0-9_]`, or stands twice.
    Key,
    /// No item, or more than [`ITEMS_MAX`].
    Items,
    /// Fewer than 2 or more than 50 options, or one twice.
    Options,
}

impl TemplateTerms {
    /// Checks that the terms make sense.
    ///
    /// # Errors
    /// Names the first field at fault.
    pub fn check(&self) -> Result<(), TemplateRefused> {
        let refused = |field: String, problem| Err(TemplateRefused { field, problem });
        if !is_label(&self.name) {
            return refused("name".into(), TemplateProblem::Text);
        }
        if !(0..=HUNDREDTHS_MAX).contains(&self.full_marks_hundredths) {
            return refused("full_marks_hundredths".into(), TemplateProblem::Limit);
        }
        if self.items.is_empty() || self.items.len() > ITEMS_MAX {
            return refused("items".into(), TemplateProblem::Items);
        }
        let mut keys = BTreeSet::new();
        for (index, item) in self.items.iter().enumerate() {
            let is_key = (1..=40).contains(&item.key.len())
                && item
                    .key
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            if !is_key || !keys.insert(&item.key) {
                return refused(format!("items[{index}].key"), TemplateProblem::Key);
            }
            if !is_label(&item.label) {
                return refused(format!("items[{index}].label"), TemplateProblem::Text);
            }
            if let Some(problem) = item.kind.problem() {
                return refused(format!("items[{index}].kind"), problem);
            }
        }
        Ok(())
    }

    /// One item by its key.
    pub fn item(&self, key: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.key == key)
    }
}

impl ItemKind {
    fn problem(&self) -> Option<TemplateProblem> {
        let sound = match self {
            ItemKind::Deduction { max_hundredths } => (1..=HUNDREDTHS_MAX).contains(max_hundredths),
            ItemKind::Number { min, max } => min <= max,
            ItemKind::Text { chars_max } => (1..=2_000).contains(chars_max),
            ItemKind::YesNo => true,
            ItemKind::Choice { options } => {
                let different: BTreeSet<_> = options.iter().collect();
                let sound = (2..=50).contains(&options.len())
                    && different.len() == options.len()
                    && options.iter().all(|option| is_label(option));
                return (!sound).then_some(TemplateProblem::Options);
            }
        };
        (!sound).then_some(TemplateProblem::Limit)
    }
}

/// 1 to 60 characters that are not all blank.
fn is_label(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= 60
}

impl Refuse for TemplateRefused {
    fn code(&self) -> &'static str {
        "invalid-template"
    }
    fn kind(&self) -> RefusalKind {
        RefusalKind::Invalid
    }
    fn field(&self) -> Option<String> {
        Some(self.field.clone())
    }
    fn sentence(&self, language: Language) -> String {
        let (chinese, english) = match self.problem {
            TemplateProblem::Text => ("须为 1 至 60 个字", "must have 1 to 60 characters"),
            TemplateProblem::Limit => ("限值不合理", "has an impossible limit"),
            TemplateProblem::Key => (
                "须为 1 至 40 个小写字母、数字或下划线，且不重复",
                "must be 1 to 40 of a-z, 0-9 and _, and unique",
            ),
            TemplateProblem::Items => ("须有 1 至 200 项", "must have 1 to 200 items"),
            TemplateProblem::Options => (
                "须有 2 至 50 个不同的选项",
                "must have 2 to 50 different options",
            ),
        };
        match language {
            Language::Chinese => format!("模板的 {} {chinese}。", self.field),
            Language::English => format!("The template's {} {english}.", self.field),
        }
    }
}
