//! Publishing a template, or a new version of one.

use crate::boundary::Boundary;
use crate::decider::Decider;
use crate::id::TemplateId;
use crate::time::Moment;

use super::{TemplateEvent, TemplatePublished, TemplateRefused, TemplateTerms};

/// Asks that these terms hold from now on.
#[derive(Debug, Clone)]
pub struct PublishTemplate {
    /// The template: a new id, or one already published.
    pub template: TemplateId,
    /// What it is to ask.
    pub terms: TemplateTerms,
}

/// A template's newest version.
#[derive(Debug, Clone, Default)]
pub struct TemplateState {
    newest: Option<(u32, TemplateTerms)>,
}

/// Decides templates.
#[derive(Debug)]
pub struct TemplateDecider;

impl Decider for TemplateDecider {
    type Command = PublishTemplate;
    type Event = TemplateEvent;
    type State = TemplateState;
    type Facts = ();
    type Refusal = TemplateRefused;

    fn boundary(command: &PublishTemplate) -> Boundary {
        Boundary::template(&command.template)
    }

    fn evolve(state: &mut TemplateState, TemplateEvent::Published(e): &TemplateEvent, _: Moment) {
        state.newest = Some((e.version, e.terms.clone()));
    }

    fn decide(
        state: &TemplateState,
        command: &PublishTemplate,
        (): &(),
        _: Moment,
    ) -> Result<Vec<TemplateEvent>, TemplateRefused> {
        command.terms.check()?;
        let version = match &state.newest {
            Some((_, terms)) if *terms == command.terms => return Ok(Vec::new()),
            Some((version, _)) => version + 1,
            None => 1,
        };
        let (template, terms) = (command.template.clone(), command.terms.clone());
        Ok(vec![TemplateEvent::Published(TemplatePublished {
            template,
            version,
            terms,
        })])
    }
}
