//! A new check-in rule.

use crate::id::RuleId;

use super::{RULES_MAX, RuleCreated, RuleEvent, RuleRefused, RuleTerms, RulesState};

/// Asks for a new rule.
#[derive(Debug, Clone)]
pub struct CreateRule {
    /// Its id, made at the edge.
    pub rule: RuleId,
    /// What it is to say.
    pub terms: RuleTerms,
}

pub(super) fn decide(
    state: &RulesState,
    command: &CreateRule,
) -> Result<Vec<RuleEvent>, RuleRefused> {
    command.terms.check()?;
    if state.in_force() >= RULES_MAX {
        return Err(RuleRefused::TooMany);
    }
    if let Some(other) = state.overlapping(None, &command.terms) {
        return Err(RuleRefused::Overlaps {
            other: other.terms.name.clone(),
        });
    }
    let (rule, terms) = (command.rule.clone(), command.terms.clone());
    Ok(vec![RuleEvent::Created(RuleCreated {
        rule,
        version: 1,
        terms,
    })])
}
