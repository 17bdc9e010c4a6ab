//! Other terms for a check-in rule, from now on.

use crate::id::RuleId;

use super::{RuleEvent, RuleRefused, RuleRevised, RuleTerms, RulesState};

/// Asks for other terms.
#[derive(Debug, Clone)]
pub struct ReviseRule {
    /// The rule.
    pub rule: RuleId,
    /// The version that whoever asks has seen.
    pub version: u32,
    /// What it is to say.
    pub terms: RuleTerms,
}

pub(super) fn decide(
    state: &RulesState,
    command: &ReviseRule,
) -> Result<Vec<RuleEvent>, RuleRefused> {
    let rule = state.rule(&command.rule).ok_or(RuleRefused::Unknown)?;
    if !rule.in_force {
        return Err(RuleRefused::Retired);
    }
    if rule.version != command.version {
        return Err(RuleRefused::VersionMovedOn { now: rule.version });
    }
    command.terms.check()?;
    if let Some(other) = state.overlapping(Some(&command.rule), &command.terms) {
        return Err(RuleRefused::Overlaps {
            other: other.terms.name.clone(),
        });
    }
    if rule.terms == command.terms {
        return Ok(Vec::new());
    }
    Ok(vec![RuleEvent::Revised(RuleRevised {
        rule: command.rule.clone(),
        version: rule.version + 1,
        terms: command.terms.clone(),
    })])
}
