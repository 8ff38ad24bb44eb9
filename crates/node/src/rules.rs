//! Labels, explanations and the organisation's own rules, as the API offers them.

use crate::records::{Gateway, from_vault, refusal};
use async_trait::async_trait;
use salus_api::{
    records::RecordsRefusal,
    rules::{ExplainOrder, RecordRules, RulesAnswer},
};
use salus_consent::RecordId;
use salus_vault::rules::{Act, Asking, Explained, LabelOrder, Why};

#[async_trait]
impl RecordRules for Gateway {
    async fn set_labels(&self, record: RecordId, order: LabelOrder) -> Result<(), RecordsRefusal> {
        self.vault.set_labels(record, order).await.map_err(from_vault)
    }

    async fn explain(&self, order: ExplainOrder) -> Result<Explained, RecordsRefusal> {
        let asking = Asking::for_purpose(order.purpose).by(order.actor).act(Act::Read);
        let accessor = order.accessor.unwrap_or(self.organisation);
        let why = Why { record: order.record, accessor, basis: order.basis, asking };
        self.vault.explain(&why).await.map_err(from_vault)
    }

    async fn reload(&self) -> Result<RulesAnswer, RecordsRefusal> {
        let house = self.house.clone().ok_or_else(|| {
            refusal(
                "node.no_rules",
                "`rules` in node.toml names no folder, so there are none to load",
            )
        })?;
        let loaded = tokio::task::spawn_blocking(move || house.reload()).await;
        let loaded = loaded.map_err(|_| refusal("api.internal", "the node is stopping"))?;
        let (rules, names) = loaded.map_err(|error| refusal(error.code(), &error))?;
        tracing::info!(rules = rules.len(), names, "the rules of the organisation were loaded");
        Ok(RulesAnswer { rules, names })
    }
}
