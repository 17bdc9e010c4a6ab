//! The end of a check-in rule.

use crate::id::RuleId;

use super::{RuleEvent, RuleRefused, RuleRetired, RulesState};

/// Asks that a rule hold no longer.
#[derive(Debug, Clone)]
pub struct RetireRule {
    /// The rule.
    pub rule: RuleId,
}

pub(super) fn decide(
    state: &RulesState,
    command: &RetireRule,
) -> Result<Vec<RuleEvent>, RuleRefused> {
    let rule = state.rule(&command.rule).ok_or(RuleRefused::Unknown)?;
    if !rule.in_force {
        return Ok(Vec::new());
    }
    Ok(vec![RuleEvent::Retired(RuleRetired {
        rule: command.rule.clone(),
    })])
}
