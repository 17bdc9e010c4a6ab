//! What may happen to templates and reports.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{ClassId, PersonId, TemplateId};
use crate::office::Role;
use crate::sealed::Sealed;
use crate::time::SchoolDate;

use super::{Answer, TemplateTerms};

/// A template can be used from now on, in this version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TemplatePublished {
    /// The template.
    pub template: TemplateId,
    /// Its version, from 1 upwards.
    pub version: u32,
    /// What it asks.
    pub terms: TemplateTerms,
}

crate::events! {
    /// What may happen to a template.
    pub enum TemplateEvent {
        /// A version was published.
        Published(TemplatePublished) = "template_published" v 1;
    }
}

/// A report on one class by one template for one date was filed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportFiled {
    /// The template.
    pub template: TemplateId,
    /// The version the answers are to.
    pub template_version: u32,
    /// The class inspected.
    pub class: ClassId,
    /// The date inspected.
    pub date: SchoolDate,
    /// Who filed it.
    pub by: PersonId,
    /// As what.
    pub office: Role,
    /// One answer an item, in the template's order.
    pub answers: Vec<Answer>,
    /// The template's full marks less all deductions, in hundredths of a point.
    pub score_hundredths: i64,
    /// What the inspector noted, sealed under the inspector's key.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<Sealed>,
}

crate::events! {
    /// What may happen to a report.
    pub enum ReportEvent {
        /// It was filed.
        Filed(ReportFiled) = "report_filed" v 1;
    }
}
