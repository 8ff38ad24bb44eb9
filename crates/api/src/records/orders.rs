//! What is ordered beside single reads: scopes to be kept, admissions, exports for research.

use salus_consent::{EpisodeId, GrantId, PurposeOfUse, ReleaseMode, ScopeOf};
use salus_types::BlockTime;
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// What opens the scope of a grant, an episode, an emergency or an emergency set, for an organisation
/// that keeps the records.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScopeRegistration {
    /// What it is the scope of, such as `{"basis": {"grant": "<id>"}}` or
    /// `{"emergency_set": "<patient>"}`.
    #[schema(value_type = Object)]
    pub of: ScopeOf,
    /// The scope and the salt of its commitment.
    #[schema(value_type = Object)]
    pub opening: serde_json::Value,
    /// The API of the organisation that keeps the records; this one when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

impl fmt::Debug for ScopeRegistration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopeRegistration").field("of", &self.of).finish_non_exhaustive()
    }
}

/// What a hospital needs of a patient who is admitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdmissionOrder {
    /// Which records: categories, resource types, records, dates.
    #[schema(value_type = Object)]
    pub scope: serde_json::Value,
    /// How keys are released: `wrapped` or `custodial`.
    #[schema(value_type = String)]
    pub mode: ReleaseMode,
    /// Until when the hospital reads at the latest, in milliseconds since 1970.
    #[schema(value_type = u64)]
    pub not_after: BlockTime,
    /// Until when the link may be taken, in milliseconds since 1970.
    #[schema(value_type = u64)]
    pub offered_until: BlockTime,
}

/// What is shown to the patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdmissionAnswer {
    /// The link, signed by the hospital.
    pub link: String,
    /// The episode that it opens once the patient takes it.
    #[schema(value_type = String)]
    pub episode: EpisodeId,
}

/// What a project wants of a patient's records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportOrder {
    /// The grant for it.
    #[schema(value_type = String)]
    pub grant: GrantId,
    /// What for: `HRESCH`, `CLINTRCH` or `PUBHLTH`, as the grant says.
    #[schema(value_type = String)]
    pub purpose: PurposeOfUse,
    /// The project, 1 to 64 bytes: pseudonyms are the same within it.
    pub project: String,
    /// The API of the organisation that keeps the records; looked up on the ledger when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}
