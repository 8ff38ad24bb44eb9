//! What the API needs of rules about records: labels that people set, and why a read is refused.

use crate::records::RecordsRefusal;
use async_trait::async_trait;
use salus_consent::{Basis, PurposeOfUse, RecordId};
use salus_types::AccountId;
use salus_vault::{
    actor::Actor,
    rules::{Explained, LabelOrder},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which read is to be explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplainOrder {
    /// The record, which is kept here.
    #[schema(value_type = String)]
    pub record: RecordId,
    /// The organisation that would ask; this one when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub accessor: Option<AccountId>,
    /// On what it would rest, such as `{"grant": "<id>"}`; nothing for an own read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub basis: Option<Basis>,
    /// What for.
    #[schema(value_type = String)]
    pub purpose: PurposeOfUse,
    /// Who would ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub actor: Option<Actor>,
}

/// The rules of the organisation that were loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RulesAnswer {
    /// Their ids, in order.
    pub rules: Vec<String>,
    /// How many names the directory has.
    pub names: usize,
}

/// Rules about the organisation's records.
#[async_trait]
pub trait RecordRules: Send + Sync + 'static {
    /// Sets labels of a record.
    ///
    /// # Errors
    ///
    /// There is no such record; or it is not said who, why and what.
    async fn set_labels(&self, record: RecordId, order: LabelOrder) -> Result<(), RecordsRefusal>;

    /// Says how a read would be decided now, and by which provision of which consent.
    ///
    /// # Errors
    ///
    /// There is no such record here.
    async fn explain(&self, order: ExplainOrder) -> Result<Explained, RecordsRefusal>;

    /// Reads the rules of the organisation again; if they are not valid, what counted before stays in
    /// force.
    ///
    /// # Errors
    ///
    /// There are none, or they are not valid.
    async fn reload(&self) -> Result<RulesAnswer, RecordsRefusal>;
}
